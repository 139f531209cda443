"""``python -m bench [--quick] [NAME…]``: the measurements one after the other, each in a process of its own.

Those that talk to the demo's gateway bring the demo up first and leave it running. ``--quick`` runs a few rounds of
each for correctness and writes nothing. The exit code is 1 where one of them failed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass

from dev.paths import REPOSITORY


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measurement: the module ``bench.<name>``."""

    name: str
    on_demo: bool = False
    """It measures the demo's gateway and node, not some of its own."""


MEASUREMENTS = (
    Measurement("latency", on_demo=True),
    Measurement("corpus"),
    Measurement("throughput", on_demo=True),
    Measurement("peers", on_demo=True),
    Measurement("slots"),
    Measurement("isolation"),
    Measurement("dispatch"),
    Measurement("floor"),
    Measurement("compile_floor"),
    Measurement("projector"),
    Measurement("cached"),
    Measurement("blobs"),
    Measurement("watchers"),
    Measurement("autoscale"),
    Measurement("soak"),
    Measurement("tracing"),
    Measurement("http"),
    Measurement("page"),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="CodeRunner's measurements.")
    names = [one.name for one in MEASUREMENTS]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these: {', '.join(names)}")
    parser.add_argument("--quick", action="store_true", help="a few rounds, for correctness; writes nothing")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(names))
    if unknown:
        parser.error(f"no such measurement: {unknown[0]}")
    chosen = [one for one in MEASUREMENTS if one.name in (options.names or names)]
    if any(one.on_demo for one in chosen) and not python("dev.demo"):
        return 1
    failed = [one.name for one in chosen if not run(one, quick=options.quick)]
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


def run(measurement: Measurement, *, quick: bool) -> bool:
    """True where it ended well."""
    print(f"\n=== {measurement.name}", flush=True)
    started = time.monotonic()
    ended_well = python(f"bench.{measurement.name}", *(["--quick"] if quick else []))
    print(f"--- {measurement.name}: {time.monotonic() - started:.0f} s", flush=True)
    return ended_well


def python(module: str, *arguments: str) -> bool:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=REPOSITORY, stdin=subprocess.DEVNULL, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
