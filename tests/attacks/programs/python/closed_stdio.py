import os
import time

for fd in (0, 1, 2):
    os.close(fd)
time.sleep(0.05)
os._exit(5)
