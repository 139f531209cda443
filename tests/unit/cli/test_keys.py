"""``keys create``, ``keys list`` and ``keys revoke`` against a scripted gateway."""

from __future__ import annotations

import json
import time

import grpc
import pytest

from coderunner import GatewayUnavailable, Operator
from coderunner.api_key import ApiKey, NewApiKey
from coderunner.v1 import keys_pb2
from tests.fakes.fake_gateway import FakeGateway
from tests.fakes.scripted_keys import SECRET
from tests.unit.cli.command import Cli


@pytest.fixture
def three(gateway: FakeGateway) -> None:
    for number in range(3):
        key = keys_pb2.ApiKey(
            id=f"{number:016x}", client="blog\x1b" if number else "school", roles=["submit"], created_at_ms=1000
        )
        gateway.keys.insert(0, key)


def test_the_secret_alone_goes_to_standard_output(coderunner: Cli, gateway: FakeGateway) -> None:
    done = coderunner("keys", "create", "--client", "blog")
    assert (done.returncode, done.stdout) == (0, SECRET + "\n")
    assert "nobody can be told its secret again" in done.stderr
    assert SECRET not in done.stderr
    assert gateway.of("CreateKey") == [keys_pb2.CreateKeyRequest(client="blog", roles=["submit", "read-own"])]


@pytest.mark.parametrize(("word", "seconds"), [("12h", 12 * 3600), ("90d", 90 * 86_400), ("1y", 365 * 86_400)])
def test_roles_a_rate_and_a_time_can_be_asked_for(
    coderunner: Cli, gateway: FakeGateway, word: str, seconds: int
) -> None:
    options = ("--role", "read-all", "--role", "operate", "--rate", "2.5", "--burst", "7", "--expires", word)
    made = json.loads(coderunner("keys", "create", "--client", "ops", *options, "--json").stdout)
    assert (made["secret"], made["key"]["roles"]) == (SECRET, ["read-all", "operate"])
    (asked,) = gateway.of("CreateKey")
    assert (asked.quota_rate_per_s, asked.quota_burst) == (2.5, 7)
    assert abs(asked.expires_at_ms - (time.time() + seconds) * 1000) < 60_000


def test_a_moment_may_be_written_out(coderunner: Cli, gateway: FakeGateway) -> None:
    assert coderunner("keys", "create", "--client", "ops", "--expires", "2037-01-31").returncode == 0
    (asked,) = gateway.of("CreateKey")
    assert time.localtime(asked.expires_at_ms / 1000)[:3] == (2037, 1, 31)


@pytest.mark.parametrize(
    "options", [(), ("--client", "b", "--role", "root"), ("--client", "b", "--expires", "soon"), ("--client", "b", "x")]
)
def test_what_cannot_be_meant_is_refused_before_a_key_is_made(
    coderunner: Cli, gateway: FakeGateway, options: tuple[str, ...]
) -> None:
    assert coderunner("keys", "create", *options).returncode == 2
    assert gateway.calls == []


def test_a_publishable_key_is_made_for_pages_of_its_origins(coderunner: Cli, gateway: FakeGateway) -> None:
    options = (
        "--client",
        "blog",
        "--publishable",
        "--origin",
        "https://a.example",
        "--origin",
        "http://localhost:3000",
    )
    done = coderunner("keys", "create", *options, "--reader-per-minute", "6", "--reader-burst", "3")
    assert (done.returncode, done.stdout) == (0, SECRET + "\n")
    assert "for pages of https://a.example, http://localhost:3000" in done.stderr
    assert "--rate gives the key one" in done.stderr
    (asked,) = gateway.of("CreateKey")
    assert asked == keys_pb2.CreateKeyRequest(
        client="blog",
        roles=["page"],
        origins=["https://a.example", "http://localhost:3000"],
        reader_rate_per_s=0.1,
        reader_burst=3,
    )
    _, row = coderunner("keys", "list").stdout.splitlines()
    assert "page https://a.example http://localhost:3000" in row
    bounded = coderunner("keys", "create", *options, "--rate", "5")
    assert (bounded.returncode, "--rate" in bounded.stderr) == (0, False)
    listed = json.loads(coderunner("keys", "list", "--json").stdout)
    assert (listed[-1]["origins"], listed[-1]["reader_rate_per_s"]) == (list(asked.origins), 0.1)


@pytest.mark.parametrize(
    "options",
    [
        ("--publishable",),
        ("--publishable", "--origin", "https://a.example", "--role", "submit"),
        ("--origin", "https://a.example"),
        ("--reader-per-minute", "6"),
        ("--reader-burst", "6"),
    ],
    ids=" ".join,
)
def test_no_key_is_made_of_which_it_is_not_clear_whether_it_is_publishable(
    coderunner: Cli, gateway: FakeGateway, options: tuple[str, ...]
) -> None:
    done = coderunner("keys", "create", "--client", "blog", *options)
    assert (done.returncode, gateway.calls) == (2, [])
    assert "--publishable" in done.stderr


@pytest.mark.usefixtures("three")
def test_keys_are_a_table_newest_first_and_cannot_drive_the_terminal(coderunner: Cli, gateway: FakeGateway) -> None:
    gateway.keys[0].revoked_at_ms = 5000
    gateway.keys[1].expires_at_ms = 2000
    done = coderunner("keys", "list")
    _, *rows = done.stdout.splitlines()
    assert [row.split()[:4] for row in rows] == [
        [f"{2:016x}", "blog\\x1b", "submit", "revoked"],
        [f"{1:016x}", "blog\\x1b", "submit", "expired"],
        [f"{0:016x}", "school", "submit", "valid"],
    ]


@pytest.mark.usefixtures("three")
def test_the_list_takes_a_client_and_a_limit(coderunner: Cli) -> None:
    listed = json.loads(coderunner("keys", "list", "--json", "--limit", "2").stdout)
    assert [one["id"] for one in listed] == [f"{2:016x}", f"{1:016x}"]
    assert "secret" not in listed[0]
    assert [one["client"] for one in json.loads(coderunner("keys", "list", "--json", "--client", "school").stdout)] == [
        "school"
    ]


@pytest.mark.usefixtures("three")
def test_keys_are_revoked_by_their_ids_until_one_is_unknown(coderunner: Cli, gateway: FakeGateway) -> None:
    done = coderunner("keys", "revoke", f"{0:016x}", f"{1:016x}")
    assert done.stdout == f"{0:016x} of client school is revoked\n{1:016x} of client blog\\x1b is revoked\n"
    assert [bool(key.revoked_at_ms) for key in gateway.keys] == [False, True, True]
    assert coderunner("keys", "revoke", "f" * 16).returncode != 0


def test_without_keys_it_says_so(coderunner: Cli) -> None:
    assert coderunner("keys", "list").stderr == "coderunner: there is no API key\n"


async def test_a_key_is_asked_for_once_whatever_happens(gateway: FakeGateway) -> None:
    gateway.failures = [grpc.StatusCode.UNAVAILABLE]
    async with Operator(gateway.target) as operator:
        await operator.languages()
        with pytest.raises(GatewayUnavailable):
            await operator.create_key("blog")
    assert len(gateway.of("CreateKey")) == 1


def test_a_secret_is_in_no_representation() -> None:
    assert SECRET not in repr(NewApiKey(ApiKey("1", "blog", ("submit",), 1), SECRET))
