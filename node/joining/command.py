"""The command ``coderunner-node join``: its steps in their order, and its exit code."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from node.joining import engine, service
from node.joining.arguments import PROGRAM, Wanted, wanted
from node.joining.errors import FAILED, INTERRUPTED, JoinError, WrongInputError
from node.joining.machine import LocalMachine, Machine
from node.joining.membership import Membership
from node.joining.node_file import NodeFile, Places, found, settings_of
from node.joining.plan import Plan, plan
from node.joining.request import join
from node.joining.writing import PRIVATE, PUBLIC, make_directory, write_file

_HTTP_ADDRESS = "127.0.0.1:8082"
"""Where a node's health is asked for unless its settings say otherwise."""


def main(arguments: Sequence[str], machine: Machine | None = None) -> int:
    """Returns what to exit with."""
    try:
        _join(wanted(arguments), machine or LocalMachine())
    except JoinError as error:
        return _complain(str(error), error.code)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _complain(f"{where}{error.strerror or error}", FAILED)
    except KeyboardInterrupt:
        return _complain("interrupted; the same command goes on", INTERRUPTED)
    return 0


def say(line: str) -> None:
    """A line about what is done now."""
    sys.stdout.write(f"{PROGRAM}: {line}\n")
    sys.stdout.flush()


def _complain(words: str, code: int) -> int:
    sys.stderr.write(f"{PROGRAM}: {words}\n")
    return code


def _join(wanted: Wanted, machine: Machine) -> None:
    """Looks at all that may be wrong before it changes anything. Raises JoinError, OSError."""
    program = _ready_to_set_up(wanted, machine) if wanted.sets_up else ""
    access = wanted.entrance.access()
    places = wanted.places
    before = found(places.settings)
    node = plan(wanted, before)
    make_directory(places.directory)
    if not node.replaces:
        write_file(places.seed, node.seed, PRIVATE)  # before the call: its answer may be lost, and the key may not
    if not access.secure:
        say(f"nobody asks {access.target} who it is, and nothing is encrypted: https:// would see to both")
    said = asyncio.run(join(access, node.node_id, node.seed, node.pools))
    say(f"the gateway at {access.target} takes this machine for the node {node.node_id}")
    renewed = _write(places, before, node, said)
    if wanted.sets_up:
        _set_up(machine, places, program, renewed=renewed)
    if not (wanted.sets_up and machine.has_systemd()):
        say(f"start it: coderunner-node --config {places.settings}")


def _ready_to_set_up(wanted: Wanted, machine: Machine) -> str:
    """The path of this command. Raises WrongInputError."""
    if not machine.is_administrator():
        raise WrongInputError("only root can set this machine up: be it, or join with --no-setup")
    program = machine.program()
    if machine.has_systemd():
        paths = (program, wanted.places.directory, sys.prefix, sys.base_prefix, Path(__file__).parent)
        service.refuse_hidden(map(str, paths))
    return program


def _write(places: Places, before: NodeFile, node: Plan, said: Membership) -> bool:
    """Whether any file is another now. Raises WrongInputError, OSError."""
    text = before.with_settings(settings_of(node.node_id, node.pools, said, places))
    files = [
        (places.seed, node.seed, PRIVATE),
        (places.bus_authorities, said.bus_authorities.encode(), PUBLIC),
        (places.directory_authorities, said.directory_authorities.encode(), PUBLIC),
        (places.settings, text.encode(), PRIVATE),
    ]
    written = [path.name for path, content, mode in files if content and write_file(path, content, mode)]
    say(f"wrote {', '.join(written)} to {places.directory}" if written else f"{places.directory} is as it was")
    return bool(written)


def _set_up(machine: Machine, places: Places, program: str, *, renewed: bool) -> None:
    """Raises JoinError, OSError."""
    if renewed and machine.has_systemd():
        service.renew_service(machine, say)
    engine.ensure_engine(machine, say)
    engine.ensure_images(machine, say, program)
    if not machine.has_systemd():
        return
    service.ensure_user(machine, say)
    service.hand_over_files(machine, places)
    service.ensure_service(machine, say, program, places)
    address = str(found(places.settings).told.get("http_address", _HTTP_ADDRESS))
    say(f"{service.SERVICE} runs; {service.readiness(machine, address)}")
