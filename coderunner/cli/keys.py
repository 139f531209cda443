"""``coderunner keys create``, ``keys list`` and ``keys revoke``."""

from __future__ import annotations

import re
import time
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict

import click

from coderunner.api_key import ApiKey, NewApiKey
from coderunner.cli.output import as_json, print_json, print_notice
from coderunner.cli.printable import printable
from coderunner.cli.session import Address, as_operator
from coderunner.cli.tables import local_time, table
from coderunner.cli.task_filters import MOMENT

if TYPE_CHECKING:
    from coderunner.operations import Operator

ROLES = ("submit", "read-own", "read-all", "operate", "join", "admin")
_UNITS_S = {"h": 3600, "d": 86_400, "y": 365 * 86_400}


class _Usual(TypedDict):
    """What every key may have."""

    expires_at_ms: int
    quota_rate_per_s: float
    quota_burst: int


class _Expiry(click.ParamType):  # type: ignore[type-arg]  # generic in newer stubs only
    """A moment, or a time from now: ``12h``, ``90d``, ``1y``. In Unix milliseconds."""

    name = "when"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        match = re.fullmatch(r"(\d{1,4})([hdy])", str(value), re.ASCII)
        if match is not None:
            return int((time.time() + int(match[1]) * _UNITS_S[match[2]]) * 1000)
        moment: datetime = MOMENT.convert(value, param, ctx)
        return int(moment.timestamp() * 1000)


@click.group(short_help="API keys: create, list, revoke.")
def keys() -> None:
    """The bearer tokens of clients. All of this asks for a token with the role admin."""


@keys.command(short_help="Make a key; its secret is printed once.")
@click.option("--client", required=True, metavar="C", help="The client that whoever shows it is.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice(ROLES),
    help="May be repeated; submit and read-own unless given.",
)
@click.option("--expires", type=_Expiry(), metavar="WHEN", help="12h, 90d, 1y, or a moment: 2027-01-31[T12:30:00].")
@click.option("--rate", type=click.FloatRange(min=0), default=0.0, metavar="N", help="Tasks per second, of its own.")
@click.option("--burst", type=click.IntRange(min=0), default=0, metavar="N", help="Tasks at once after a pause.")
@click.option("--publishable", is_flag=True, help="A key for the source of pages, which run programs over HTTP.")
@click.option("--origin", "origins", multiple=True, metavar="O", help="Of its pages: https://blog.example; repeatable.")
@click.option(
    "--reader-per-minute",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="N",
    help="Tasks per minute of each reader of its pages; else as the gateway's settings say, or 30.",
)
@click.option(
    "--reader-burst",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Tasks of a reader's at once after a pause.",
)
@click.option("--json", "as_object", is_flag=True, help="Print the key and its secret as a JSON object.")
@click.pass_obj
def create(
    address: Address,
    *,
    client: str,
    roles: tuple[str, ...],
    expires: int | None,
    rate: float,
    burst: int,
    publishable: bool,
    origins: tuple[str, ...],
    reader_per_minute: float,
    reader_burst: int,
    as_object: bool,
) -> None:
    """Make an API key. The secret goes to standard output, alone, and is nowhere afterwards."""
    of_pages = origins or reader_per_minute or reader_burst
    if publishable and (roles or not origins):
        raise click.UsageError("--publishable goes with one --origin or more, and with no --role")
    if of_pages and not publishable:
        raise click.UsageError("--origin, --reader-per-minute and --reader-burst go with --publishable")
    usual: _Usual = {"expires_at_ms": expires or 0, "quota_rate_per_s": rate, "quota_burst": burst}

    async def make(operator: Operator) -> NewApiKey:
        if not publishable:
            return await operator.create_key(client, roles or ("submit", "read-own"), **usual)
        of_reader = reader_per_minute / 60
        return await operator.create_publishable_key(
            client, origins, reader_rate_per_s=of_reader, reader_burst=reader_burst, **usual
        )

    made = as_operator(address, make)
    if as_object:
        print_json({"key": as_json(made.key), "secret": made.secret})
        return
    click.echo(made.secret)
    if publishable:
        where = f"for pages of {printable(', '.join(origins))}"
        print_notice(f"publishable key {made.key.id} of client {printable(client)}, {where}")
        if not rate:
            print_notice("all their readers together are bound by the client's quotas alone: --rate gives the key one")
        return
    print_notice(f"key {made.key.id} of client {printable(client)}; nobody can be told its secret again")


@keys.command("list", short_help="What keys there are.")
@click.option("--client", default="", metavar="C", help="Of this client only.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, metavar="N", help="At most so many."
)
@click.option("--json", "as_objects", is_flag=True, help="Print a JSON array of ApiKeys.")
@click.pass_obj
def list_keys(address: Address, *, client: str, limit: int, as_objects: bool) -> None:
    """API keys, newest first, without their secrets."""

    async def collect(operator: Operator) -> list[ApiKey]:
        return [key async for key in operator.keys(client, limit)]

    found = as_operator(address, collect)
    if as_objects:
        print_json([as_json(key) for key in found])
    elif not found:
        print_notice("there is no API key")
    else:
        header = ("id", "client", "roles", "state", "created", "expires", "last used")
        click.echo(table(header, [_row(one) for one in found]))


@keys.command(short_help="Have a key refused from now on.")
@click.argument("key_ids", metavar="ID...", nargs=-1, required=True)
@click.pass_obj
def revoke(address: Address, *, key_ids: tuple[str, ...]) -> None:
    """Revoke API keys by their ids: 16 digits, which the secret has after crk_."""

    async def all_of_them(operator: Operator) -> None:
        for key_id in key_ids:
            key = await operator.revoke_key(key_id)
            click.echo(printable(f"{key.id} of client {key.client} is revoked"))

    as_operator(address, all_of_them)


def _row(key: ApiKey) -> tuple[str, ...]:
    moments = (local_time(at_ms) if at_ms else "-" for at_ms in (key.expires_at_ms, key.last_used_at_ms))
    row = (
        key.id,
        key.client,
        " ".join((",".join(key.roles), *key.origins)),
        _state(key),
        local_time(key.created_at_ms),
        *moments,
    )
    return tuple(map(printable, row))


def _state(key: ApiKey) -> str:
    if key.revoked_at_ms:
        return "revoked"
    return "expired" if key.expires_at_ms and key.expires_at_ms <= time.time() * 1000 else "valid"
