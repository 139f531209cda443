import os
import socket

files = []
try:
    while True:
        files.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    print("refused", len(files) < 300, flush=True)
for fd in files[:100]:
    os.close(fd)
kept = []
try:
    while True:
        kept.append(socket.socketpair())
except OSError:
    print("refused")
