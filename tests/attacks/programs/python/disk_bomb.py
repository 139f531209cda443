total = 0
for place in (".", "/tmp", "/var/tmp", "/dev/shm", "/workspace", "/", "/etc", "/home", "/root", "/run", "/opt/coderunner", "/var/cache"):
    try:
        with open(f"{place}/ballast", "wb", buffering=0) as file:
            if place.startswith(("/etc", "/home", "/root", "/run", "/opt", "/var/cache")) or place == "/":
                print(f"ESCAPED: wrote to {place}")
            while (n := file.write(b"x" * (1 << 16))) == 1 << 16:
                total += n
    except OSError as error:
        assert error.errno in (28, 30, 13, 2, 27), error
print("full", total < 200 << 20, flush=True)
