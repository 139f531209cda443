"""Takes the host's pseudo-terminals, of which there is one number for everybody; a few only, since they are real."""

import os

for door in ("/dev/ptmx", "/dev/pts/ptmx"):
    for change in (lambda: os.chmod(door, 0o666), lambda: os.chown(door, os.getuid(), -1)):
        try:
            change()
            print("ESCAPED: changed", door)
        except OSError:
            pass
    try:
        taken = [os.open(door, os.O_RDWR | os.O_NOCTTY) for _ in range(20)]
        print("ESCAPED:", len(taken), "terminals by", door)
    except OSError:
        pass
try:
    print("ESCAPED: openpty gave", os.openpty())
except OSError:
    pass
print("tried")
