"""The class path of a JVM that is started for one program, with the jars of its packages. On this machine's shell."""

from __future__ import annotations

import subprocess
from pathlib import Path

from sandbox import IMAGES_DIR

MAX_BYTES = 131_071
"""Of one word of a command: what Linux takes."""


def ran(path: str, layer: Path, jars: list[str]) -> subprocess.CompletedProcess[str]:
    """Prints the command's own words."""
    (layer / "class-path").write_text("".join(f"{jar}\n" for jar in jars))
    command = ["sh", str(IMAGES_DIR / "class-path" / "with-jars"), path, f"--packages={layer}", "echo", "Main"]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_jars_come_in_their_order_behind_what_the_language_has(tmp_path: Path) -> None:
    done = ran("/usr/share/java/clojure.jar:.", tmp_path, ["b-1.jar", "a-2.jar"])
    assert done.stdout == f"-cp /usr/share/java/clojure.jar:.:{tmp_path}/b-1.jar:{tmp_path}/a-2.jar Main\n"


def test_a_class_path_that_no_command_can_have_is_refused_in_words(tmp_path: Path) -> None:
    """It ended in "Argument list too long"."""
    jars = [f"{number:04}-{'x' * 100}.jar" for number in range(600)]
    fits = "." * (MAX_BYTES - sum(len(f":{tmp_path}/{jar}") for jar in jars))
    assert len(ran(fits, tmp_path, jars).stdout) == len("-cp  Main\n") + MAX_BYTES
    done = ran(f"{fits}.", tmp_path, jars)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"has more than {MAX_BYTES} bytes" in done.stderr
