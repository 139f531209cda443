"""API keys in a gateway's memory: known ones cost the database nothing, made up ones little, and it may be away."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs

from broker_gateway.application.commands import Unavailable
from broker_gateway.application.identity import Identity
from broker_gateway.application.key_ring import KeyRing, KeyRingSettings
from broker_gateway.application.key_service import KeyAppService, NewKey
from broker_gateway.domain.api_key import ENTROPY_BYTES, ApiKey, KeyDraft, KeySecret
from broker_gateway.domain.client_role import ClientRole
from tests.fakes.memory_keys import MemoryKeyStore
from tests.servers.waiting import eventually

SETTINGS = KeyRingSettings(lookups_per_s=1.0, lookups_at_once=3, max_known=2, max_unknown=2)


class Rig:
    """Two gateways on one database, and their clock."""

    def __init__(self, settings: KeyRingSettings = SETTINGS) -> None:
        self.now_s = 1_000_000.0
        self.store = MemoryKeyStore()
        self.ring, self.other = (
            KeyRing(self.store, settings, now_ms=self.now_ms, monotonic_s=lambda: self.now_s) for _ in range(2)
        )
        self.service = KeyAppService(self.store, on_revoked=self.ring.forget, now_ms=self.now_ms)

    def now_ms(self) -> int:
        return int(self.now_s * 1000)

    async def made(self, **fields: Any) -> NewKey:
        usual = {"client": "blog", "roles": ["submit"], "quota_rate_per_s": 0, "quota_burst": 0, "expires_at_ms": 0}
        answer = await self.service.create(KeyDraft(**{**usual, **fields}))
        assert isinstance(answer, NewKey)
        return answer


@pytest.fixture
def rig() -> Rig:
    return Rig()


def made_up(number: int) -> str:
    return KeySecret.fresh(number.to_bytes(8, "big") + bytes(ENTROPY_BYTES - 8)).text


BLOG = Identity("blog", frozenset({ClientRole.SUBMIT}))


async def test_a_key_that_was_seen_is_not_asked_for_again(rig: Rig) -> None:
    secret = (await rig.made()).secret
    for _ in range(100):
        assert await rig.ring.identity(secret) == BLOG
    assert len(rig.store.finds) == 1


async def test_many_calls_that_come_with_a_new_key_at_once_ask_once(rig: Rig) -> None:
    secret = (await rig.made()).secret
    assert await asyncio.gather(*(rig.ring.identity(secret) for _ in range(50))) == [BLOG] * 50
    assert len(rig.store.finds) == 1


async def test_a_caller_who_goes_does_not_take_the_question_with_him(rig: Rig) -> None:
    secret = (await rig.made()).secret
    leaving, staying = (asyncio.create_task(rig.ring.identity(secret)) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == BLOG


async def test_a_revoked_key_is_refused_here_at_once_and_elsewhere_after_the_next_check(rig: Rig) -> None:
    new = await rig.made()
    assert await rig.ring.identity(new.secret) == await rig.other.identity(new.secret) == BLOG
    await rig.service.revoke(new.key.id)
    assert await rig.ring.identity(new.secret) is None
    assert await rig.other.identity(new.secret) == BLOG
    await rig.other.check()
    assert await rig.other.identity(new.secret) is None


async def test_a_key_that_is_in_the_database_no_more_is_refused_after_the_next_check(rig: Rig) -> None:
    new = await rig.made()
    assert await rig.ring.identity(new.secret) == BLOG
    del rig.store.kept[new.key.id]
    await rig.ring.check()
    assert await rig.ring.identity(new.secret) is None


async def test_the_checks_come_by_themselves() -> None:
    rig = Rig(KeyRingSettings(check_every_s=0.001))
    new = await rig.made()
    assert await rig.other.identity(new.secret) == BLOG
    running = asyncio.create_task(rig.other.run())
    await rig.service.revoke(new.key.id)

    async def is_refused() -> bool:
        return await rig.other.identity(new.secret) is None

    await eventually(is_refused)
    running.cancel()


async def test_an_expired_key_is_refused_from_that_moment_on(rig: Rig) -> None:
    secret = (await rig.made(expires_at_ms=rig.now_ms() + 1000)).secret
    assert await rig.ring.identity(secret) == BLOG
    rig.now_s += 1.0
    assert await rig.ring.identity(secret) is None


async def test_the_right_id_with_a_wrong_secret_is_refused_and_asks_once(rig: Rig) -> None:
    new = await rig.made()
    wrong = KeySecret.fresh(bytes.fromhex(new.key.id) + bytes(ENTROPY_BYTES - 8)).text
    for _ in range(10):
        assert await rig.ring.identity(wrong) is None
    assert await rig.ring.identity(new.secret) == BLOG
    assert len(rig.store.finds) == 1


async def test_a_flood_of_made_up_keys_asks_the_database_at_a_steady_rate_and_known_ones_go_on(rig: Rig) -> None:
    secret = (await rig.made()).secret
    assert await rig.ring.identity(secret) == BLOG
    answers = [await rig.ring.identity(made_up(number)) for number in range(1000)]
    assert len(rig.store.finds) == SETTINGS.lookups_at_once
    assert all(isinstance(one, Unavailable) for one in answers[SETTINGS.lookups_at_once :])
    assert await rig.ring.identity(secret) == BLOG
    rig.now_s += 1.0
    assert await rig.ring.identity(made_up(5000)) is None
    assert isinstance(await rig.ring.identity(made_up(5001)), Unavailable)


async def test_what_cannot_be_a_key_never_reaches_the_database(rig: Rig) -> None:
    for text in ("crk_", "crk_" + "0" * 88, made_up(1)[:-1] + "x"):
        assert await rig.ring.identity(text) is None
    assert rig.store.finds == []


async def test_an_id_that_is_nobodys_is_asked_for_once_in_a_while(rig: Rig) -> None:
    for _ in range(10):
        assert await rig.ring.identity(made_up(1)) is None
    assert len(rig.store.finds) == 1
    rig.now_s += SETTINGS.unknown_s
    assert await rig.ring.identity(made_up(1)) is None
    assert len(rig.store.finds) == 2


async def test_so_many_are_remembered_and_not_more(rig: Rig) -> None:
    secrets = [(await rig.made()).secret for _ in range(3)]
    for secret in secrets:
        rig.now_s += 10
        assert await rig.ring.identity(secret) == BLOG
        assert await rig.ring.identity(secrets[0]) == BLOG
    assert len(rig.store.finds) == 3
    assert await rig.ring.identity(secrets[1]) == BLOG
    assert len(rig.store.finds) == 4
    for number in range(5):
        rig.now_s += 10
        assert await rig.ring.identity(made_up(number)) is None
    assert len(rig.ring._unknown) == SETTINGS.max_unknown


async def test_while_the_database_is_away_known_keys_go_on_for_a_time_and_new_ones_are_unavailable(
    rig: Rig,
) -> None:
    known, new = (await rig.made()).secret, (await rig.made()).secret
    assert await rig.ring.identity(known) == BLOG
    rig.store.is_away = True
    with capture_logs() as lines:
        await rig.ring.check()
        await rig.ring.check()
        assert isinstance(await rig.ring.identity(new), Unavailable)
        assert isinstance(await rig.ring.identity(made_up(1)), Unavailable)
        rig.now_s += SETTINGS.kept_s
        assert await rig.ring.identity(known) == BLOG
        rig.now_s += 0.1
        assert isinstance(await rig.ring.identity(known), Unavailable)
        rig.store.is_away = False
        rig.now_s += 1.0
        assert await rig.ring.identity(new) == await rig.ring.identity(known) == BLOG
    assert [line["event"] for line in lines] == ["keys_not_checked", "keys_checked_again"]


async def test_a_key_that_nobody_shows_is_forgotten(rig: Rig) -> None:
    assert await rig.ring.identity((await rig.made()).secret) == BLOG
    rig.now_s += SETTINGS.unused_s + 1
    await rig.ring.check()
    before = len(rig.store.finds)
    await rig.ring.check()
    assert len(rig.store.finds) == before


async def test_the_last_use_is_told_to_the_database_now_and_then(rig: Rig) -> None:
    new = await rig.made()
    wrong = KeySecret.fresh(bytes.fromhex(new.key.id) + bytes(ENTROPY_BYTES - 8)).text
    await rig.ring.identity(wrong)
    await rig.ring.check()
    assert _last_used(rig) == [None]
    await rig.ring.identity(new.secret)
    first_ms = rig.now_ms()
    await rig.ring.check()
    for _ in range(5):
        rig.now_s += 60
        await rig.ring.identity(new.secret)
        await rig.ring.check()
    assert _last_used(rig) == [first_ms]
    rig.now_s += SETTINGS.note_use_every_s - 300
    await rig.ring.identity(new.secret)
    rig.now_s += 1
    await rig.ring.check()
    assert _last_used(rig) == [rig.now_ms()]


def _last_used(rig: Rig) -> Sequence[int | None]:
    keys: list[ApiKey] = list(rig.store.kept.values())
    return [key.last_used_at_ms for key in keys]
