"""Large content as the Python client puts and fetches it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from coderunner import Blob, Client, CodeRunnerError, Execution, NotFound, OutputFile, Status, SyncClient
from tests.fakes.fake_gateway import FakeGateway

DATA = bytes(range(256)) * 2_000
DIGEST = f"sha256:{hashlib.sha256(DATA).hexdigest()}"


async def test_bytes_and_a_file_are_put_once(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(DATA)
    with FakeGateway() as gateway:
        async with Client(gateway.target) as client:
            first = await client.put_blob(path)
            assert (first.digest, first.size) == (DIGEST, len(DATA))
            assert await client.put_blob(DATA) == first
        assert gateway.of("PutBlob") == [DIGEST]
        assert gateway.blobs[DIGEST] == DATA


async def test_a_blob_stands_for_files_and_inputs() -> None:
    with FakeGateway() as gateway:
        async with Client(gateway.target) as client:
            await client.submit("python", {"a.py": "1", "b": Blob(DIGEST)}, stdin=Blob(DIGEST))
        (request,) = gateway.of("Submit")
        assert (request.task.files[1].digest, request.task.stdin_digest) == (DIGEST, DIGEST)


async def test_a_download_goes_on_where_the_connection_broke() -> None:
    with FakeGateway(blobs={DIGEST: DATA, "GetBlob breaks": b""}) as gateway:
        async with Client(gateway.target) as client:
            assert await client.get_blob(DIGEST) == DATA
        assert [request.offset for request in gateway.of("GetBlob")] == [0, 100_000]


async def test_what_has_another_digest_is_not_handed_on_as_if_it_had_this() -> None:
    with FakeGateway(blobs={DIGEST: DATA[:-1]}) as gateway:
        async with Client(gateway.target) as client:
            with pytest.raises(CodeRunnerError, match="what came is not"):
                await client.get_blob(DIGEST)
            with pytest.raises(NotFound):
                await client.get_blob("sha256:0")
            assert await client.find_blob("sha256:0") is None


def test_the_blocking_client_does_the_same() -> None:
    large = OutputFile("out/a", len(DATA), digest=DIGEST, place="p1")
    small = OutputFile("out/b", 1, data=b"1")
    execution = Execution(id="t1", status=Status.SUCCEEDED, language="python", files=(large, small))
    with FakeGateway() as gateway, SyncClient(gateway.target) as client:
        blob = client.put_blob(DATA)
        assert client.find_blob(blob.digest) == blob
        assert client.get_blob(blob.digest) == b"".join(client.blob_pieces(blob.digest)) == DATA
        assert (client.file(execution, large), client.file(execution, small)) == (DATA, b"1")
        assert gateway.of("GetBlob")[-1].execution_id == "t1"
    assert (large.is_there, OutputFile("c", 1).is_there) == (True, False)
