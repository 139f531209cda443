"""Publishable keys over gRPC, where they open nothing."""

from __future__ import annotations

import pytest

from broker_gateway.application.identity import Identity, Verifiers
from broker_gateway.application.key_ring import KeyRing
from broker_gateway.application.key_service import KeyAppService, NewKey
from broker_gateway.domain.api_key import KeyDraft, PageTerms
from broker_gateway.domain.client_role import ClientRole
from broker_gateway.interfaces.authentication import Recognising
from broker_gateway.interfaces.method_roles import FOR_PAGES, NEEDED
from tests.fakes.memory_keys import MemoryKeyStore
from tests.unit.gateway.grpc_calls import Code, failure, serving


@pytest.mark.parametrize("method", sorted(NEEDED))
async def test_no_way_in_opens_a_method_that_is_not_for_pages(method: str) -> None:
    """Also where a route is said to be for them by mistake."""

    class AnyPage:
        def takes(self, _token: str) -> bool:
            return True

        async def identity(self, _token: str) -> Identity:
            return Identity("blog", frozenset([ClientRole.PAGE]), None, PageTerms("key", frozenset(), None))

    refused = await Recognising(Verifiers([AnyPage()])).refusal(method, "crp_", lambda _page: None)
    assert (refused is None) is (method in FOR_PAGES)


@pytest.mark.parametrize("method", sorted(NEEDED))
async def test_every_method_refuses_one_and_says_where_it_is_taken(method: str) -> None:
    store = MemoryKeyStore()
    draft = KeyDraft(
        client="blog",
        roles=["page"],
        origins=["https://blog.example"],
        quota_rate_per_s=0.0,
        quota_burst=0,
        expires_at_ms=0,
    )
    async with serving(verifiers=[KeyRing(store)]) as calls:
        made = await KeyAppService(store).create(draft)
        assert isinstance(made, NewKey)
        metadata = (("authorization", f"Bearer {made.secret}"), ("origin", "https://blog.example"))
        code, _, error = await failure(calls.raw(method, b"", metadata))
        assert (code, "over HTTP" in str(error.details())) == (Code.PERMISSION_DENIED, True)
        assert calls.gateway.bus.calls == []
