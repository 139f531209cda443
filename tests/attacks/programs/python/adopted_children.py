import ctypes
import os

CLONE_PARENT, SYS_CLONE = 0x8000, 56
libc = ctypes.CDLL(None)
for number in range(100 if os.path.exists("/proc/sentry-meminfo") else 600):  # slow in gVisor
    if libc.syscall(SYS_CLONE, CLONE_PARENT, 0, 0, 0, 0) == 0:
        os._exit(number % 200)
print("left", flush=True)
os._exit(3)
