"""What each program that pages name makes of its arguments.

Each check raises AssertionError, or the program's own error.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import msgspec
from google.protobuf import descriptor_pool, json_format, message_factory
from starlette.applications import Starlette
from starlette.routing import Match

from broker_gateway.interfaces.callers import Asking
from broker_gateway.interfaces.doorway import Doorway
from broker_gateway.interfaces.http.app import application
from broker_gateway.interfaces.http.blob_routes import BlobRoutes
from broker_gateway.interfaces.http.bodies import BatchBody, TaskBody
from broker_gateway.interfaces.http.calls import Calls
from broker_gateway.interfaces.http.catalog_routes import CatalogRoutes
from broker_gateway.interfaces.http.dialects import DIALECTS, DialectParts, dialect_routes
from broker_gateway.interfaces.http.execution_routes import EXECUTIONS, ExecutionRoutes
from chassis.metrics import Registry
from chassis.probes import Probes
from coderunner.cli.app import cli
from coderunner.v1 import execution_pb2
from dev.__main__ import COMMANDS
from dev.paths import REPOSITORY
from schemas import names
from schemas.topology import BusLimits, streams

Check = Callable[[Sequence[str]], None]
MACHINES_OWN = {
    ".": "the shell's",
    "alias": "the shell's",
    "apt-get": "Debian's",
    "echo": "the shell's",
    "cp": "everybody's",
    "docker": "the engine's",
    "helm": "rendered with by make helm",
    "install": "everybody's",
    "kubectl": "a cluster's",
    "nats-server": "started with these flags by tests/servers",
    "pip": "Python's",
    "systemctl": "systemd's",
    "useradd": "everybody's",
}
"""Programs that are not ours, and whose arguments are looked at for paths of this repository only."""
OUR_MODULES = {"coderunner-gateway": "broker_gateway.command_line", "coderunner-node": "node.command_line"}
OUR_ROOMS = ("deploy/", "docs/", "examples/", "bench/", "tests/")


def check(command: Sequence[str]) -> None:
    """That there is this program, and that it takes these arguments."""
    program, arguments = Path(command[0]).name or command[0], command[1:]
    if program not in CHECKS:
        assert program in MACHINES_OWN, f"{program} is no command that these tests know"
    CHECKS.get(program, _names_what_there_is)(arguments)


def _names_what_there_is(arguments: Sequence[str]) -> None:
    ours = [word for word in arguments if word.startswith(OUR_ROOMS)]
    assert [word for word in ours if not (REPOSITORY / word).exists()] == []


def _make(arguments: Sequence[str]) -> None:
    target, *rest = arguments
    assert target in {*COMMANDS, "stop", "clean"}
    for word in rest:
        name, _, value = word.partition("=")
        assert name in ("ARGS", "PYTHON")
        given = shlex.split(value)
        _names_what_there_is(given)
        if target == "bench":
            assert [one for one in given if one not in _help("bench")] == []


def _coderunner(arguments: Sequence[str]) -> None:
    _parse(cli, list(arguments), None)


def _parse(command: click.Command, arguments: list[str], parent: click.Context | None) -> None:
    """By the command's own parser: unknown options, wrong values and missing files are its errors."""
    context = command.make_context(command.name or "", arguments, parent=parent)
    if isinstance(command, click.Group):
        _, inner, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        assert inner is not None
        _parse(inner, rest, context)


def _python(arguments: Sequence[str]) -> None:
    if arguments[0] != "-m":
        assert (REPOSITORY / arguments[0]).is_file()
        return
    _, module, *rest = arguments
    assert importlib.util.find_spec(module) is not None
    if module.partition(".")[0] in ("bench", "dev"):
        _takes(_help(module), rest)


def _ours(program: str) -> Check:
    def check_it(arguments: Sequence[str]) -> None:
        inner = [word for word in arguments[:2] if not word.startswith("-") and "=" not in word]
        _takes(_help(OUR_MODULES[program], *inner), arguments[len(inner) :])

    return check_it


def _takes(said: str, arguments: Sequence[str]) -> None:
    flags = {word.partition("=")[0] for word in arguments if word.startswith("-")}
    assert {flag for flag in flags if not re.search(rf"(?<![\w-]){flag}(?![\w-])", said)} == set()


@cache
def _help(module: str, *inner: str) -> str:
    command = [sys.executable, "-m", module, *inner, "--help"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def _grpcurl(arguments: Sequence[str]) -> None:
    request = json.loads(arguments[arguments.index("-d") + 1]) if "-d" in arguments else {}
    method = arguments[-1]
    if method == "list":
        return
    assert execution_pb2.DESCRIPTOR.package == "coderunner.v1"
    service, _, name = method.partition("/")
    asked = descriptor_pool.Default().FindServiceByName(service).methods_by_name[name].input_type
    json_format.ParseDict(request, message_factory.GetMessageClass(asked)())


def _nats(arguments: Sequence[str]) -> None:
    """Streams and subjects are ours; the operator may not make consumers."""
    words = " ".join(arguments)
    known = {value for name, value in vars(names).items() if name.startswith("STREAM_")}
    filters = [subject for stream in streams(BusLimits()) for subject in stream["subjects"]]
    filters.append(names.output_subject("ID"))
    assert set(re.findall(r"\b(?:KV_)?CODERUNNER_[A-Z]+\b", words)) <= known
    for subject in re.findall(r"coderunner\.v1\.[\w.*>]+", words):
        assert any(_overlap(subject.split("."), one.split(".")) for one in filters), subject


def _overlap(one: Sequence[str], other: Sequence[str]) -> bool:
    """True if a subject could fit both."""
    for mine, theirs in zip(one, other, strict=False):
        if ">" in (mine, theirs):
            return True
        if mine != theirs and "*" not in (mine, theirs) and mine != "ID":
            return False
    return len(one) == len(other)


def _curl(arguments: Sequence[str]) -> None:
    """The address is a route of ours, and what is sent is what it takes."""
    (url,) = [urlsplit(word) for word in arguments if word.startswith("http")]
    sent = arguments[arguments.index("--json") + 1] if "--json" in arguments else None
    verb = arguments[arguments.index("-X") + 1] if "-X" in arguments else "GET" if sent is None else "POST"
    scope = {"type": "http", "method": verb, "path": url.path, "root_path": ""}
    fitting = [route for route in _http_api().routes if route.matches(scope)[0] is Match.FULL]
    assert fitting, f"{verb} {url.path} is no route"
    if sent is not None and url.path.startswith(EXECUTIONS):
        msgspec.json.decode(sent, type=BatchBody if url.path.endswith(":batch") else TaskBody)


@cache
def _http_api() -> Starlette:
    nothing: Any = None
    calls = Calls(Doorway(), nothing)
    routes = (ExecutionRoutes(nothing, calls, nothing), CatalogRoutes(nothing), BlobRoutes(nothing, calls))
    operations = [operation for each in routes for operation in each.operations()]
    parts = DialectParts(nothing, nothing, calls, nothing, Asking(asks_who=False))
    probes = Probes(dict, Registry())
    return application(operations, calls, version="1", probes=probes, dialects=dialect_routes([*DIALECTS], parts))


CHECKS: dict[str, Check] = {
    "curl": _curl,
    "make": _make,
    "coderunner": _coderunner,
    "python": _python,
    "python3": _python,
    "grpcurl": _grpcurl,
    "bus": _nats,
    "grpc": _grpcurl,
    **{program: _ours(program) for program in OUR_MODULES},
}
