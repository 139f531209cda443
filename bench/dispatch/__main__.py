"""The dispatch plane: gateway, bus, node and result with nothing run in between.

    python -m bench.dispatch [--quick]

Writes ``bench/results/dispatch.json``. Each row stands beside a bare JetStream loop that was measured just before and
after it, because the machine may be busy: the ratio and the processor time per task are what can be compared.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from pathlib import Path

import uvloop

from bench.dispatch.rounds import DispatchBench
from bench.dispatch.rows import printed
from bench.figures import save
from tests.servers.nats import NatsServer


async def main(quick: bool) -> None:
    with tempfile.TemporaryDirectory() as directory:
        server = NatsServer(Path(directory), name="bare-nats")
        server.start()
        try:
            bench = DispatchBench(Path(directory), server, quick=quick)
            rates, depths = await (bench.quick() if quick else bench.full())
            resting = await bench.idle(quick=quick)
        finally:
            server.stop()
    print("processor time (us per task) and memory (MiB) of callers/gateway/nats/etcd/nodes")
    print(f"{printed(rates)}\n\n{printed(depths)}\n\n{printed(resting)}")
    if not quick:
        machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load_average": os.getloadavg()}
        save("dispatch.json", {"machine": machine, "rates": rates, "depths": depths, "idle": resting})


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="one small round, for correctness; writes nothing")
    uvloop.run(main(parser.parse_args().quick))
