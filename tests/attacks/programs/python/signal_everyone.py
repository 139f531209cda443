"""Every signal to everybody: the agent, the zygote, all."""
import os
import signal

signal.signal(signal.SIGTERM, signal.SIG_IGN)
for pid in [int(name) for name in os.listdir("/proc") if name.isdigit()]:
    if pid == os.getpid():
        continue
    for number in range(1, 65):
        try:
            os.kill(pid, number)
            print(f"ESCAPED: signal {number} to process {pid}")
        except OSError as error:
            assert error.errno == 1, error
    try:
        os.setpriority(os.PRIO_PROCESS, pid, 19)
        print(f"ESCAPED: priority of {pid}")
    except PermissionError:
        pass
    try:
        os.sched_setaffinity(pid, {0})
        print(f"ESCAPED: affinity of {pid}")
    except PermissionError:
        pass
print("tried", flush=True)
try:
    os.kill(-1, signal.SIGKILL)
except ProcessLookupError:
    pass  # gVisor finds nobody; Linux does not say
