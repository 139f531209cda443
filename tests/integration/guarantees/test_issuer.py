"""A gateway that takes an issuer's identity tokens runs programs for who shows one, also while the issuer is away."""

from __future__ import annotations

import time

import pytest

from coderunner import Client, Operator, Unauthenticated
from tests.integration.guarantees.shared_stack import SharedStack
from tests.servers.issuer import AUDIENCE, TestIssuer
from tests.servers.waiting import eventually


async def test_who_shows_an_identity_token_runs_programs_as_its_subject_with_its_roles(shared: SharedStack) -> None:
    await shared.node()
    async with TestIssuer() as issuer:
        gateway, _ = await shared.gateway(oidc_issuer=issuer.url, oidc_audience=AUDIENCE)
        async with Client(gateway.target, issuer.token()) as ada, Client(gateway.target, "") as nobody:
            with pytest.raises(Unauthenticated):
                await nobody.languages()

            async def is_served() -> bool:
                return shared.language in {one.name for one in await ada.languages()}

            await eventually(is_served, 30)
            ended = await ada.run(shared.language, "x")

            async def is_listed() -> bool:
                return [one.id async for one in ada.list(limit=5)] == [ended.id]

            await eventually(is_listed, 10)  # the result may be there before its events are
        expired = issuer.token(exp=int(time.time()) - 60)
        inspector = issuer.token(sub="eve", roles=["coderunner:read-all"])
        await issuer.stop()
        async with Operator(gateway.target, inspector) as eve:
            assert ended.id in [one.id async for one in eve.list(client="oidc:ada", limit=5)]
            assert ("List", "oidc:eve", "oidc:ada") in [
                (one.action, one.client, one.owner) async for one in eve.audit(client="oidc:eve")
            ]
            with pytest.raises(Unauthenticated):
                await eve.purge_cache()
        async with Client(gateway.target, expired) as late:
            with pytest.raises(Unauthenticated):
                await late.languages()
