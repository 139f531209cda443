"""The command ``coderunner-node``: ``images build`` builds the sandbox images, ``languages`` lists, adds and removes
languages, ``join`` makes this machine a node, everything else runs the daemon."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns what to exit with."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["images"]:
        return _images(given[1:])
    if given[:1] == ["languages"]:
        from node.catalogue.command import main as languages  # noqa: PLC0415 - the daemon does not need it

        return languages(given[1:])
    if given[:1] == ["join"]:
        from node.joining.command import main as join  # noqa: PLC0415 - the daemon does not need it

        return join(given[1:])
    from node.main import main as run_daemon  # noqa: PLC0415 - a quarter of a second that a build does not need

    return run_daemon(given)


def _images(arguments: Sequence[str]) -> int:
    if arguments[:1] != ["build"]:
        sys.stderr.write("usage: coderunner-node images build [--only NAMES | --all] [--force] [--base IMAGE]\n")
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    from sandbox.builder.build import main as build_images  # noqa: PLC0415 - the daemon does not need it

    return build_images(list(arguments[1:]), program="coderunner-node images build")


if __name__ == "__main__":
    sys.exit(main())
