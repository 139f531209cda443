import os

total = 0
for place in ("/tmp", "/var/tmp", "/dev/shm", "/", "/etc", "/home", "/root", "/run", "/opt/coderunner", "/var/cache", ".", "/workspace"):
    try:
        with open(f"{place}/ballast", "wb", buffering=0) as file:
            if place.startswith(("/etc", "/home", "/root", "/run", "/opt", "/var/cache")) or place == "/":
                print(f"ESCAPED: wrote to {place}")
            while (n := file.write(b"x" * (1 << 16))) == 1 << 16:
                total += n
    except OSError as error:
        assert error.errno in (28, 30, 13, 2, 27), error
    if place in ("/tmp", "/var/tmp", "/dev/shm"):
        os.remove(f"{place}/ballast")  # one after the other: together they are more than the limit
print("full", total < 200 << 20, flush=True)
