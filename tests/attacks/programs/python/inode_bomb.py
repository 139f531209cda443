import os

for place in (".", "/tmp", "/var/tmp", "/dev/shm"):
    try:
        for number in range(30_000):
            os.close(os.open(f"{place}/{number}", os.O_CREAT | os.O_WRONLY))
    except OSError:
        pass
print("no bound in gVisor" if os.path.exists("/proc/sentry-meminfo") else "full", flush=True)
