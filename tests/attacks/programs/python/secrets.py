"""Whatever could be worth reading: the agent, its environment, the host, other tasks."""
import glob
import os

# gVisor shows these to everybody; what is in them is looked at below, and namespaces cannot be entered (kernel_doors.cpp).
shown_by_gvisor = {"environ", "maps", "fd", "auxv", "ns/mnt", "ns/pid"} if os.path.exists("/proc/sentry-meminfo") else set()
private = {"environ", "mem", "maps", "fd", "cwd", "root", "exe", "auxv", "stack", "syscall", "pagemap", "io", "map_files", "ns/mnt", "ns/pid"}
for name in private - shown_by_gvisor:
    for pid in {1, os.getppid()}:
        path = f"/proc/{pid}/{name}"
        try:
            os.listdir(path) if os.path.isdir(path) else os.readlink(path) if os.path.islink(path) else open(path, "rb").read(64)
            print("ESCAPED: read", path)
        except OSError:
            pass
ours = {os.fstat(fd).st_ino for fd in range(3)}  # the other ends of our own streams are no secret to us
for pid in {1, os.getppid()} if shown_by_gvisor else ():
    with open(f"/proc/{pid}/environ") as file:
        names = {entry.partition("=")[0] for entry in file.read().split("\0")}
    if not names <= {"", "HOME", "HOSTNAME", "LANG", "PATH", "PYTHONDONTWRITEBYTECODE"}:
        print("ESCAPED: environment of", pid, names)
    for number in range(64):
        for access in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR):
            try:
                if os.stat(f"/proc/{pid}/fd/{number}").st_ino in ours:
                    continue
                os.open(f"/proc/{pid}/fd/{number}", access | os.O_NONBLOCK)
                print("ESCAPED: opened descriptor", number, "of", pid, os.readlink(f"/proc/{pid}/fd/{number}"))
            except OSError:
                pass
for path in ("/etc/shadow", "/etc/gshadow", "/root", "/var/run/docker.sock", "/run/docker.sock", "/run/containerd", "/dev/mem", "/dev/kmem",
             "/proc/kcore", "/proc/kmsg", "/proc/kallsyms_", "/sys/kernel/debug", "/sys/firmware/efi", "/var/run/secrets",
             "/proc/sys/kernel/core_pattern_", "/boot", "/etc/ssh/ssh_host_rsa_key", "/proc/sched_debug", "/proc/timer_list"):
    try:
        found = os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(64)
        if found:
            print("ESCAPED: read", path, found)
    except OSError:
        pass
text = " ".join(f"{name}={value}" for name, value in os.environ.items())
for word in ("CODERUNNER", "NATS", "ETCD", "TOKEN", "SECRET", "PASSWORD", "KEY", "DOCKER", "KUBERNETES"):
    if word in text.upper():
        print("ESCAPED: environment", text)
for path in glob.glob("/workspace/*"):
    if os.path.realpath(path) != os.getcwd():
        print("ESCAPED: another task's", path)
mounts = open("/proc/self/mountinfo").read()
for line in mounts.splitlines():
    if "/var/lib/docker/volumes" in line or ".sock" in line:
        print("ESCAPED: mount", line)
print("looked")
