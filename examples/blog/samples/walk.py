longest = 0
while line := input("A number, or nothing to stop: "):
    n, steps = int(line), 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    longest = max(longest, steps)
    print(f"Down to one after {steps} steps.")
print(f"Your longest walk had {longest} steps.")
