"""``make fix [ARGS=PATHS]``: lets ruff mend and format the repository, or some paths of it. Exits with 1 if something
is left that it cannot mend."""

from __future__ import annotations

import subprocess
import sys

from dev.paths import REPOSITORY

FIXES = (("check", "--fix"), ("format",))


def main(paths: list[str]) -> int:
    done = [
        subprocess.run([sys.executable, "-m", "ruff", *fix, *(paths or ["."])], cwd=REPOSITORY, check=False)
        for fix in FIXES
    ]
    return max(one.returncode for one in done)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
