"""Many processes with a little each; the first one only waits, and is killed by nobody."""
import os
import time

children = 0
while children < 40:
    if os.fork() == 0:
        kept = bytearray(b"x") * (24 << 20)
        time.sleep(1)
        os._exit(0)
    children += 1
failed = 0
for _ in range(children):
    failed += os.wait()[1] != 0
raise SystemExit(failed and 1)
