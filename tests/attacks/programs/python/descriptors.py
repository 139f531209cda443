import os
import stat

kinds = {0: stat.S_ISFIFO, 1: stat.S_ISFIFO, 2: stat.S_ISFIFO}
for fd in range(1024):
    try:
        mode = os.fstat(fd).st_mode
    except OSError:
        continue
    if fd not in kinds or not kinds[fd](mode):
        print(f"ESCAPED: descriptor {fd}: {os.readlink(f'/proc/self/fd/{fd}')}")
print("looked")
