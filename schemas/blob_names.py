"""The only spelling of the subjects of large content: blobs that clients put, and files that programs left."""

from __future__ import annotations

from schemas.names import ROOT, client_token, is_token

STREAM_BLOBS = "CODERUNNER_BLOBS"
STREAM_FILES = "CODERUNNER_FILES"
BLOBS_WILDCARD = f"{ROOT}.blob.*.*.*.*"
FILES_WILDCARD = f"{ROOT}.file.*.*"
ASK_BLOB_WILDCARD = f"{ROOT}.ask.blob.*.*.*"


def blob_place(client: str, upload: str) -> str:
    """The place of what one upload of a client's brings. Raises ValueError, as all do here for what is no token."""
    return _place(f"{client_token(client)}.{upload}")


def chunk_subject(place: str, index: int) -> str:
    """The subject under which a chunk of a blob is stored."""
    return f"{ROOT}.blob.chunk.{_place(place)}.{index}"


def chunks_at(place: str) -> str:
    """The subjects of all chunks of one upload."""
    return f"{ROOT}.blob.chunk.{_place(place)}.*"


def chunks_of_client(client: str) -> str:
    """The subjects of all chunks of a client's blobs, those of uploads that never ended among them."""
    return f"{ROOT}.blob.chunk.{client_token(client)}.*.*"


def blob_subject(client: str, digest: str) -> str:
    """The subject of what is known of a client's blob: the same digest is another blob for another client."""
    return f"{ROOT}.blob.held.{client_token(client)}.{_token(digest.removeprefix('sha256:'))}.0"


def ask_blob_subject(place: str, index: int) -> str:
    """The subject on which a node asks the gateways for one chunk of a blob."""
    return f"{ROOT}.ask.blob.{_place(place)}.{index}"


def file_subject(place: str, index: int) -> str:
    """The subject under which a chunk of a file that a program left is stored."""
    return f"{ROOT}.file.{_token(place)}.{index}"


def _place(place: str) -> str:
    client, _, upload = place.partition(".")
    return f"{_token(client)}.{_token(upload)}"


def _token(text: str) -> str:
    if not is_token(text):
        raise ValueError(f"not a subject token: {text!r}")
    return text
