"""Double fork, new session, every signal ignored: what a daemon does to outlive its parent."""
import os
import signal
import time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_IGN)
        for place in ("/tmp", "/dev/shm", "/var/tmp"):
            open(f"{place}/alive", "w").write(str(os.getpid()))
        while True:
            time.sleep(0.01)
            for place in ("/tmp", "/dev/shm"):
                open(f"{place}/{time.monotonic()}", "w").close()
    os._exit(0)
time.sleep(0.2)
print("left")
