"""Who is let into the bus when its server asks, and by which words."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from broker_gateway.infrastructure.bus.letting_in import LINES_AT_ONCE, Entry, LettingIn
from broker_gateway.infrastructure.bus.nats_jwt import MAX_REQUEST_BYTES, AccountKey, JwtError
from chassis.nats import public_keys
from chassis.nats.connection import BusConnection
from chassis.nats.settings import BusSettings
from schemas.joined import JoinedNode
from schemas.permissions import of_joined_node
from tests.fakes.memory_joins import MemoryJoinedNodes
from tests.fakes.nats_keys import Key, claims_of, encoded, jwt, question, shown

NOW_S = 1_795_936_250
SERVER, NODE, ACCOUNT, CONNECTION = Key("N"), Key(), Key("A"), Key()
LIFETIME_S = 60.0


class Entrance:
    """A gateway that is asked."""

    def __init__(self) -> None:
        self.nodes = MemoryJoinedNodes()
        self.counted: list[Entry] = []
        bus = BusConnection(BusSettings())  # it is never started
        account = AccountKey(ACCOUNT.seed)
        self.letting_in = LettingIn(
            bus, self.nodes, account, count=self.counted.append, lifetime_s=LIFETIME_S, now_s=lambda: NOW_S
        )

    async def join(self, node_id: str = "n1", key: Key = NODE, *pools: str) -> None:
        node = JoinedNode(
            node_id=node_id, pools=list(pools or ["default"]), nats_public_key=key.public, joined_at_ms=1, by="lab"
        )
        assert await self.nodes.put(node, after=0)

    async def answer(self, said: dict[str, Any], nonce: str = "") -> dict[str, Any]:
        """The claims of the answer, once its signature is seen to be the account's."""
        asked = question(SERVER, about=CONNECTION.public, at_s=NOW_S, said=said, **({"nonce": nonce} if nonce else {}))
        token = await self.letting_in.answer(jwt(asked, SERVER))
        return verified(token)


def verified(token: bytes) -> dict[str, Any]:
    signed, _, signature = token.rpartition(b".")
    raw = base64.urlsafe_b64decode(signature + b"=" * (-len(signature) % 4))
    assert public_keys.is_signed(ACCOUNT.public, signed, raw, public_keys.ACCOUNT)
    return claims_of(token)


async def test_a_node_that_joined_is_let_in_with_a_nodes_rights_for_its_pools_and_for_a_while() -> None:
    entrance = Entrance()
    await entrance.join("n1", NODE, "gpu")
    claims = await entrance.answer(shown(NODE, "joined-n1"))
    assert (claims["sub"], claims["aud"], claims["iss"]) == (CONNECTION.public, SERVER.public, ACCOUNT.public)
    user = verified(claims["nats"]["jwt"].encode())
    rights = of_joined_node("n1", ["gpu"])
    assert user["nats"]["pub"] == {"allow": list(rights.publish)}
    assert user["nats"]["sub"] == {"allow": list(rights.subscribe)}
    assert (user["sub"], user["aud"], user["exp"]) == (CONNECTION.public, "CODERUNNER", NOW_S + LIFETIME_S)
    assert entrance.counted == [Entry.LET_IN]


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"user": "joined-n1", "pass": "x"},
        shown(NODE, "joined-n2"),
        shown(NODE, "n1"),
        shown(NODE, "gateway"),
        shown(NODE, "joined-"),
        shown(NODE, "joined-n1.>"),
        shown(NODE, "joined-*"),
        shown(NODE, f"joined-{'n' * 4000}"),
        shown(NODE, ""),
        shown(Key(), "joined-n1"),
        shown(NODE, "joined-n1", nonce="another"),
        {**shown(Key(), "joined-n1"), "nkey": NODE.public},
        {**shown(NODE, "joined-n1"), "sig": ""},
        {**shown(NODE, "joined-n1"), "sig": "ß\n=="},
        {**shown(NODE, "joined-n1"), "nkey": ""},
        {**shown(NODE, "joined-n1"), "nkey": NODE.public.lower()},
        {**shown(NODE, "joined-n1"), "nkey": SERVER.public},
        {**shown(NODE, "joined-n1"), "nkey": NODE.public[:-1] + "ß"},
    ],
    ids=lambda said: str(said)[:60],
)
async def test_whoever_is_none_of_those_is_refused(said: dict[str, Any]) -> None:
    entrance = Entrance()
    await entrance.join()
    claims = await entrance.answer(said)
    assert claims["nats"].keys() == {"type", "version", "error"}
    assert claims["sub"] == CONNECTION.public
    assert entrance.counted == [Entry.REFUSED]


async def test_a_connection_without_a_nonce_proves_nothing() -> None:
    entrance = Entrance()
    await entrance.join()
    asked = question(SERVER, about=CONNECTION.public, at_s=NOW_S, said=shown(NODE, "joined-n1", nonce=""), nonce="")
    assert "error" in verified(await entrance.letting_in.answer(jwt(asked, SERVER)))["nats"]


async def test_a_forgotten_node_is_refused_at_once() -> None:
    entrance = Entrance()
    await entrance.join()
    assert "jwt" in (await entrance.answer(shown(NODE, "joined-n1")))["nats"]
    found = await entrance.nodes.find("n1")
    assert found is not None
    assert await entrance.nodes.remove(found)
    assert "error" in (await entrance.answer(shown(NODE, "joined-n1")))["nats"]


def asked(**changed: Any) -> dict[str, Any]:
    return {**question(SERVER, about=CONNECTION.public, at_s=NOW_S, said=shown(NODE, "joined-n1")), **changed}


def without(field: str) -> dict[str, Any]:
    whole = asked()
    del whole["nats"][field]
    return whole


def of_server(server_id: object) -> dict[str, Any]:
    whole = asked()
    whole["nats"]["server_id"] = server_id
    return whole


def about(user: object) -> dict[str, Any]:
    whole = asked()
    whole["nats"]["user_nkey"] = user
    return whole


def with_claims(token: bytes, claims: dict[str, Any]) -> bytes:
    header, _, signature = token.split(b".")
    return b".".join((header, encoded(json.dumps(claims).encode()), signature))


GARBAGE: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "dots": lambda: b"...",
    "zeros": lambda: bytes(300),
    "no base 64": lambda: b"\xff\xfe.{}.[]",
    "no JSON": lambda: b".".join(map(encoded, (b"{", b"{", b"x" * 64))),
    "brackets": lambda: b".".join(map(encoded, (b"[" * 20_000, b"[" * 20_000, b""))),
    "too large": lambda: jwt(asked(more="x" * MAX_REQUEST_BYTES), SERVER),
    "another's signature": lambda: jwt(asked(), Key("N")),
    "a user's signature": lambda: jwt(asked(iss=NODE.public), NODE),
    "an account's signature": lambda: jwt(asked(iss=ACCOUNT.public), ACCOUNT),
    "no signature": lambda: jwt(asked(), SERVER).rpartition(b".")[0] + b".",
    "no algorithm": lambda: jwt(asked(), SERVER, "none"),
    "another audience": lambda: jwt(asked(aud="somebody"), SERVER),
    "too old": lambda: jwt(asked(exp=NOW_S - 1), SERVER),
    "another server": lambda: jwt(of_server({"id": Key("N").public}), SERVER),
    "a server that is none": lambda: jwt(of_server("x"), SERVER),
    "about nobody": lambda: jwt(about("joined-n1"), SERVER),
    "about a server": lambda: jwt(about(SERVER.public), SERVER),
    "about a number": lambda: jwt(about(7), SERVER),
    "nothing said": lambda: jwt(without("connect_opts"), SERVER),
    "no user": lambda: jwt(without("user_nkey"), SERVER),
    "no claims": lambda: jwt({}, SERVER),
    "changed afterwards": lambda: with_claims(jwt(asked(), SERVER), about(Key().public)),
    "an issuer that is none": lambda: jwt(asked(iss="N" * 56), SERVER),
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
async def test_what_no_server_asked_gets_no_answer(garbage: Callable[[], bytes]) -> None:
    entrance = Entrance()
    await entrance.join()
    with pytest.raises(JwtError):
        await entrance.letting_in.answer(garbage())


async def test_who_floods_the_bus_with_strangers_fills_no_log_and_what_they_show_is_not_in_it() -> None:
    entrance = Entrance()
    with capture_logs() as lines:
        for _ in range(3 * LINES_AT_ONCE):
            await entrance.answer({"auth_token": "secret-of-something-else"})
    assert len(lines) == LINES_AT_ONCE
    assert {line["event"] for line in lines} == {"node_refused"}
    assert "secret" not in json.dumps(lines)


@pytest.mark.parametrize("seed", [b"", b"SA", NODE.seed, SERVER.seed, ACCOUNT.public.encode(), b"\xff" * 58])
def test_an_account_is_nothing_else_than_an_account(seed: bytes) -> None:
    with pytest.raises(ValueError, match="seed"):
        AccountKey(seed)


def test_secrets_for_two_purposes_are_two_and_the_same_at_every_gateway() -> None:
    one, other = AccountKey(ACCOUNT.seed), AccountKey(ACCOUNT.seed)
    assert one.derived("a") == other.derived("a") != one.derived("b")
    assert AccountKey(Key("A").seed).derived("a") != one.derived("a")
