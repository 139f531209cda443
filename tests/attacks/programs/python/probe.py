import os
import socket

problems = []
for place in ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue"):
    problems += [f"{place}/{name}" for name in os.listdir(place)] if os.path.isdir(place) else []
here = os.path.basename(os.getcwd())
problems += [f"/workspace/{name}" for name in os.listdir("/workspace") if name != here]
problems += [name for name in os.listdir(".") if name != "main.py"]
for pid in filter(str.isdigit, os.listdir("/proc")):
    if int(pid) != os.getpid() and os.stat(f"/proc/{pid}").st_uid == os.getuid():
        problems.append(f"process {pid}")
for table in ("shm", "sem", "msg"):
    if os.path.exists(f"/proc/sysvipc/{table}"):
        with open(f"/proc/sysvipc/{table}") as file:
            problems += file.readlines()[1:]
if os.path.exists("/proc/key-users"):
    with open("/proc/key-users") as file:
        problems += [line for line in file if line.split(":")[0].strip() == str(os.getuid())]
problems += [f"descriptor {fd}" for fd in os.listdir("/proc/self/fd") if int(fd) > 3]
if os.getpriority(os.PRIO_PROCESS, 0) or os.getpriority(os.PRIO_PROCESS, 1):
    problems.append("a priority")
if os.sched_getaffinity(0) != os.sched_getaffinity(1) or len(os.sched_getaffinity(0)) < 2 <= os.cpu_count():
    problems.append("an affinity")
if os.sched_getscheduler(1) or os.sched_getscheduler(0):
    problems.append("a scheduler")
if os.umask(0o022) != 0o022:
    problems.append("a umask")
for table in ("tcp", "tcp6", "udp", "udp6"):
    if os.path.exists(f"/proc/net/{table}"):
        with open(f"/proc/net/{table}") as file:
            problems += file.readlines()[1:]
for port in (3000, 5000, 8000, 8080):  # as samples do: without SO_REUSEADDR
    with socket.socket() as server:
        try:
            server.bind(("127.0.0.1", port))
        except OSError as error:
            problems.append(f"port {port}: {error}")
print("clean" if not problems else f"left behind: {problems}")
