import os

print("growing", flush=True)
files = []
while True:
    fd = os.memfd_create("ballast")
    files.append(fd)
    for _ in range(32):
        os.write(fd, b"x" * 65536)
