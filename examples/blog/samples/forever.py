import time

n = -5
while n != 1:
    print(n, end=" → ", flush=True)
    n = n // 2 if n % 2 == 0 else 3 * n + 1
    time.sleep(0.25)
