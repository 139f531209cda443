import os
import threading


def flood(fd: int) -> None:
    while True:
        os.write(fd, b"x" * 4096)


threading.Thread(target=flood, args=(2,), daemon=True).start()
flood(1)
