"""The command ``coderunner-gateway``: ``nats-conf`` prints the bus's configuration, all else runs the gateway."""

from __future__ import annotations

import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def main() -> int:
    """Returns what to exit with; the gateway itself reads its own flags and may exit at once."""
    if sys.argv[1:2] == ["nats-conf"]:
        if sys.argv[2:]:
            sys.stderr.write("usage: coderunner-gateway nats-conf (it prints the file, and takes nothing)\n")
            return 2
        sys.stdout.write(nats_conf().read_text(encoding="utf-8"))
        return 0
    from broker_gateway.main import main as run_gateway  # noqa: PLC0415 - not needed to print a file

    run_gateway()
    return 0


def nats_conf() -> Path:
    """The file ``nats.conf``: in this package where a wheel was installed, at the repository's root in a checkout."""
    installed = _PACKAGE / "nats.conf"
    return installed if installed.exists() else _PACKAGE.parent / "nats.conf"


if __name__ == "__main__":
    sys.exit(main())
