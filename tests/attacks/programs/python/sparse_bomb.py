import os

for place in (".", "/tmp", "/dev/shm"):
    fd = os.open(f"{place}/sparse", os.O_CREAT | os.O_WRONLY)
    for size in (1 << 62, 1 << 50, 1 << 40, 1 << 33):
        try:
            os.truncate(fd, size)
            print("ESCAPED: a file of", size)
        except OSError:
            pass
    try:
        os.posix_fallocate(fd, 0, 1 << 33)
        print("ESCAPED: allocated")
    except OSError:
        pass
print("tried")
