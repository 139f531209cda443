"""The script inside a baseline container: the bare toolchain of a language, timed where it runs.

Reads one JSON line per request (``file``, ``text``, ``commands``; ``expected`` is null or what the last of them should
print), answers one: milliseconds. Standard library only.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path


def clear() -> None:
    """Removes what earlier runs left, but for hidden files, which are the tools' caches."""
    for path in Path.cwd().iterdir():
        if path.name.startswith("."):
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def once(file: str, text: str, commands: list[list[str]], expected: str | None = None) -> float:
    started = time.perf_counter()
    with Path(file).open("w", encoding="utf-8") as source:
        source.write(text)
    output = b""
    for command in commands:
        done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True)
        if done.returncode:
            said = done.stderr.decode(errors="replace")[-300:]
            raise SystemExit(f"{command[0]} ended with {done.returncode}: {said}")
        output = done.stdout
    elapsed_ms = (time.perf_counter() - started) * 1e3
    if expected is not None and output.decode() != expected:
        raise SystemExit(f"{file} printed {output!r}")
    return elapsed_ms


def loop(seconds: float, text: str) -> int:
    """How many times ``python3 main.py`` ends within ``seconds``."""
    deadline, done = time.perf_counter() + seconds, 0
    while time.perf_counter() < deadline:
        once("main.py", text.replace("%d", str(done)), [["python3", "main.py"]])
        done += 1
    return done


def main() -> None:
    os.chdir(os.environ["HOME"])
    for line in sys.stdin:
        request = json.loads(line)
        if "seconds" in request:
            answer: float = loop(request["seconds"], request["text"])
        else:
            if request.get("fresh"):
                clear()
            answer = once(request["file"], request["text"], request["commands"], request["expected"])
        print(json.dumps(answer), flush=True)


main()
