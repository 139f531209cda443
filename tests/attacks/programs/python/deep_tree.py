"""Trees of 5,000 levels, in pieces that are joined: AppArmor refuses to make what has a path of more than 8 KiB."""
import os

for place in (".", "/tmp", "/dev/shm"):
    top = os.path.realpath(place)
    name = "d" * 200 if place == "/tmp" else "d"
    levels = 4_000 // (len(name) + 1)
    made = 0
    while made < 5_000:
        os.mkdir(f"{top}/new")
        os.chdir(f"{top}/new")
        for _ in range(levels - 1):
            os.mkdir(name)
            os.chdir(name)
        if place == ".":
            os.chmod("..", 0o300)
        if made == 0:
            os.symlink("/etc", "l")
            os.chmod(".", 0)
        else:
            os.rename(f"{top}/{name}", name)
        os.rename(f"{top}/new", f"{top}/{name}")
        made += levels
    if place == ".":
        os.chmod(top, 0o300)
print("left")
