"""The seals that bind a result to what was submitted (docs/adr/0025): keyed digests (HMAC with SHA-256, RFC 2104)
under a key that gateways have and nodes do not."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence

import msgspec

from schemas.blob import BlobRef
from schemas.execution import ResultMessage
from schemas.kept_source import KeptSource, may_be_kept
from schemas.progress import ProgressMessage
from schemas.task import Callback, TaskMessage

MIN_KEY_CHARS = 32
"""Of a key in the settings."""
MAX_KEYS = 8
_MAC_CHARS = 32
"""Half of the digest, in hexadecimal digits: 128 bits."""
_PARTS = 4
_MAX_CHARS = 256
"""More than any seal has."""
_encode = msgspec.json.Encoder(order="sorted").encode


class Seals:
    """The keys of this installation's seals.

    A seal is ``<key>.<address>.<terms>.<program>``: the name of the key that made it, what it says of whom the task is
    and whom its callback tells, what it says of the rest that comes back, and the digest of the program where the
    history keeps that. Without keys nothing is sealed, and everything is taken for bound."""

    def __init__(self, keys: Sequence[str] = (), *, takes_unsealed: bool = False) -> None:
        """The first of ``keys`` seals, each of them is known. ``takes_unsealed``: what has no seal at all is taken for
        bound. Raises ValueError for keys that are too short, or too many."""
        if len(keys) > MAX_KEYS or any(len(key) < MIN_KEY_CHARS for key in keys):
            raise ValueError(f"at most {MAX_KEYS} keys of at least {MIN_KEY_CHARS} characters")
        self._keys = {_name_of(key.encode()): key.encode() for key in keys}
        self._first = next(iter(self._keys), "")
        self._takes_unsealed = takes_unsealed

    @property
    def are_made(self) -> bool:
        """True where there is a key."""
        return bool(self._first)

    def sealed(self, task: TaskMessage) -> TaskMessage:
        """The same task with its seal."""
        return msgspec.structs.replace(task, seal=self._of_task(self._first, task)) if self._first else task

    def sealed_result(self, result: ResultMessage) -> ResultMessage:
        """The same result, of which this gateway itself says that it is as it should be."""
        if not self._first:
            return result
        program = program_digest(result.source) if result.source is not None else ""
        seal = self._seal(self._first, _address_of(result), _terms_of(result, program), program)
        return msgspec.structs.replace(result, seal=seal)

    def binds(self, result: ResultMessage, task_id: str) -> bool:
        """True for a result of the task ``task_id`` that names client, callback, answer, labels and program as they
        were submitted."""
        if self._needs_none(result.seal):
            return True
        key, address, terms, program = self._parts(result.seal)
        if key is None or result.execution.id != task_id:
            return False
        if not (_fits(key, _address_of(result), address) and _fits(key, _terms_of(result, program), terms)):
            return False
        return result.source is None or program_digest(result.source) == program

    def binds_progress(self, message: ProgressMessage) -> bool:
        """True where the task that is told of has that client and that callback."""
        if self._needs_none(message.seal):
            return True
        key, address, _, _ = self._parts(message.seal)
        says = _address(message.progress.execution.id, message.client, message.callback)
        return key is not None and _fits(key, says, address)

    def binds_task(self, task: TaskMessage) -> bool:
        """True for a task that a gateway has sealed, in all that a seal tells of."""
        if self._needs_none(task.seal):
            return True
        name = task.seal.partition(".")[0]
        return name in self._keys and _equal(self._of_task(name, task), task.seal)

    def _needs_none(self, seal: str) -> bool:
        return not self._first or (self._takes_unsealed and not seal)

    def _of_task(self, name: str, task: TaskMessage) -> str:
        answer = task.answer if task.keeps_answer else ""
        program = program_digest(task) if task.keeps_source and may_be_kept(task) else ""
        terms = _terms(task.id, task.labels, answer, task.traceparent, program)
        return self._seal(name, _address(task.id, task.client, task.callback), terms, program)

    def _seal(self, name: str, address: bytes, terms: bytes, program: str) -> str:
        key = self._keys[name]
        return f"{name}.{_mac(key, address)}.{_mac(key, terms)}.{program}"

    def _parts(self, seal: str) -> tuple[bytes | None, str, str, str]:
        """Key and parts of a seal; no key where it is none, or of a key that nobody knows."""
        parts = seal.split(".", _PARTS) if len(seal) <= _MAX_CHARS else []
        if len(parts) != _PARTS:
            return None, "", "", ""
        return self._keys.get(parts[0]), parts[1], parts[2], parts[3]


UNSEALED = Seals()
"""Of gateways that have no key."""


def program_digest(task: TaskMessage | KeptSource) -> str:
    """The digest of all that a program is: its files, how it is built, and what it is given. Where all of it is text it
    is that of versions that knew nothing else."""
    files = [(file.name, file.content) for file in task.files]
    cases = [(case.name, case.stdin, case.args, case.expected_output) for case in task.cases]
    given = (task.language, task.language_version, task.entry_point, task.stdin, task.args, task.compile_options)
    files_data, cases_data = [file.data for file in task.files], [case.stdin_data for case in task.cases]
    data = (task.stdin_data, files_data, cases_data)
    digests = [_digest_of(one) for one in (task.stdin_blob, *_blobs_of_files(task), *_blobs_of_cases(task))]
    said: tuple[object, ...] = (given, files, cases)
    if any(digests):
        said = (*said, data, digests)
    elif any(one is not None for one in (task.stdin_data, *files_data, *cases_data)):
        said = (*said, data)
    if task.packages:
        said = (*said, ("packages", task.packages))
    return hashlib.sha256(_encode(said)).hexdigest()


def _blobs_of_files(task: TaskMessage | KeptSource) -> Iterator[BlobRef | None]:
    return (file.blob for file in task.files)


def _blobs_of_cases(task: TaskMessage | KeptSource) -> Iterator[BlobRef | None]:
    return (case.stdin_blob for case in task.cases)


def _digest_of(blob: BlobRef | None) -> str:
    return "" if blob is None else blob.digest


def _address(task_id: str, client: str, callback: Callback | None) -> bytes:
    """Field by field: a field that comes later needs a rule for seals that were made without it."""
    told = None if callback is None else (callback.url, callback.occasion, callback.headers, callback.events)
    return _encode(("address", task_id, client, told))


def _terms(task_id: str, labels: dict[str, str], answer: str, traceparent: str, program: str) -> bytes:
    return _encode(("terms", task_id, labels, answer, traceparent, program))


def _address_of(result: ResultMessage) -> bytes:
    return _address(result.execution.id, result.client, result.callback)


def _terms_of(result: ResultMessage, program: str) -> bytes:
    execution = result.execution
    return _terms(execution.id, execution.labels, result.answer, result.traceparent, program)


def _mac(key: bytes, message: bytes) -> str:
    return hmac.digest(key, message, "sha256").hex()[:_MAC_CHARS]


def _fits(key: bytes, message: bytes, mac: str) -> bool:
    return _equal(_mac(key, message), mac)


def _equal(ours: str, theirs: str) -> bool:
    """In a time that tells nothing of how much of it is right."""
    return hmac.compare_digest(ours.encode(), theirs.encode())


def _name_of(key: bytes) -> str:
    """Tells keys apart, and nothing of them."""
    return hashlib.sha256(b"the name of a key: " + key).hexdigest()[:8]
