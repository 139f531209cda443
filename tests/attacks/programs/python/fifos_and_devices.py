import os
import socket
import stat

for place in (".", "/tmp", "/dev/shm"):
    for kind, device in ((stat.S_IFCHR, os.makedev(1, 1)), (stat.S_IFBLK, os.makedev(8, 0)), (stat.S_IFBLK, os.makedev(254, 0))):
        try:
            os.mknod(f"{place}/device{device}", kind | 0o666, device)
            print("ESCAPED: made a device")
        except OSError:
            pass
    for name in ("stdin", "main", "task-1"):
        try:
            os.mkfifo(f"{place}/{name}", 0o666)
        except OSError:
            pass
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(f"{place}/{name}.socket")
        listener.listen()
known = {"null", "zero", "full", "random", "urandom", "tty", "console", "ptmx"}
if os.path.exists("/proc/sentry-meminfo"):
    known.add("fuse")  # gVisor's own; of no use before a mount, which nobody here may do
    try:
        os.read(os.open("/dev/fuse", os.O_RDWR | os.O_NONBLOCK), 10_000)
        print("ESCAPED: read /dev/fuse")
    except OSError:
        pass
for name in os.listdir("/dev"):
    try:
        found = os.stat(f"/dev/{name}")
    except OSError:
        continue
    if stat.S_ISCHR(found.st_mode) and found.st_rdev == os.makedev(1, 3):
        continue  # the null device, which some engines put over what /dev/core points to
    if stat.S_ISBLK(found.st_mode) or (stat.S_ISCHR(found.st_mode) and name not in known):
        print("ESCAPED: there is a device", name)
print("tried")
