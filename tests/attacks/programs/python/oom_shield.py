# As cpp/oom_shield.cpp, with memory that no process has mapped: the agent would be the largest.
import os

for score in range(1000, -1001, -50):
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write(str(score))
    except OSError:
        break
for pid in os.listdir("/proc"):
    if pid.isdigit():
        try:
            with open(f"/proc/{pid}/oom_score_adj", "w") as file:
                file.write("1000")
        except OSError:
            pass
print("shielded", flush=True)
for _ in range(40):
    if os.fork() == 0:
        break
memory, block = os.memfd_create("m"), b"x" * 65536
while True:
    os.write(memory, block)
