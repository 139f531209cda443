"""Files that programs left and that were too large for a result: who may read them."""

from __future__ import annotations

import pytest

from broker_gateway.application.blob_service import Content, ContentGoneError
from broker_gateway.application.commands import (
    Caller,
    UnknownBlob,
)
from tests.unit.gateway.gateway_on_fakes import GatewayOnFakes
from tests.unit.gateway.test_blobs import (
    LARGE,
    digest_of,
    left,
    put,
    read,
)


async def test_a_file_is_for_who_may_read_its_execution(gateway: GatewayOnFakes) -> None:
    task_id = await left(gateway)
    gateway.large.files.leave("p1", LARGE)
    content = await gateway.blobs.open(Caller("blog"), digest_of(LARGE), task_id)
    assert await read(content) == LARGE
    assert isinstance(content, Content)
    assert (content.name, content.media_type) == ("out/a b.html", "text/html")
    for caller, digest, of in (
        (Caller("school"), digest_of(LARGE), task_id),
        (Caller("blog"), digest_of(b"other"), task_id),
        (Caller("blog"), digest_of(LARGE), ""),
    ):
        assert not isinstance(await gateway.blobs.open(caller, digest, of), Content)


async def test_a_file_that_came_with_the_result_is_read_the_same_way(gateway: GatewayOnFakes) -> None:
    task_id = await left(gateway, data=LARGE, place="")
    assert await read(await gateway.blobs.open(Caller("blog"), digest_of(LARGE), task_id), 5, 9) == LARGE[5:9]


@pytest.mark.parametrize("stored", [LARGE[:-1] + b"\0", LARGE[:-1], LARGE + b"\0", b""])
async def test_what_a_node_stored_and_is_not_what_it_said_is_given_to_nobody(
    gateway: GatewayOnFakes, stored: bytes
) -> None:
    task_id = await left(gateway)
    gateway.large.files.leave("p1", stored)
    answer = await gateway.blobs.open(Caller("blog"), digest_of(LARGE), task_id)
    assert isinstance(answer, UnknownBlob)


async def test_what_goes_while_it_is_read_breaks_off(gateway: GatewayOnFakes) -> None:
    held = await put(gateway, LARGE)
    content = await gateway.blobs.open(Caller("blog"), held.digest)
    gateway.large.store.chunks.popitem()
    with pytest.raises(ContentGoneError):
        await read(content)
