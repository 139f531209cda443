import time

n = int(input())
steps = 0
while n != 1:
    print(f"{n:>6}", "▪" * min(60, n // 150 + 1), flush=True)
    n = n // 2 if n % 2 == 0 else 3 * n + 1
    steps += 1
    time.sleep(0.02)
print(f"{n:>6}\n\nDown to one after {steps} steps.")
