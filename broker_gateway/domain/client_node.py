"""A worker node as the gateway sees it."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.node import LanguageRecord, NodeRecord
from schemas.status import NodeState
from schemas.versions import version_matches


@dataclass(frozen=True, slots=True)
class ClientNode:
    """The aggregate of one worker node: its last record, with the rules by which it is given tasks."""

    record: NodeRecord

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def takes_tasks(self) -> bool:
        """A draining node finishes what it runs; an overloaded one takes less, which is still something."""
        return self.record.state is not NodeState.DRAINING and self.record.capacity > 0

    @property
    def load_score(self) -> float:
        """0 (idle) to 100."""
        return self.record.load_score

    def serves(self, language: str, version: str, *, packages: frozenset[str] | None = None) -> bool:
        """True if it runs the language in that version. ``language`` is a name, not an alias; ``version`` a prefix,
        empty for any; ``packages``: it must have an index of one of these kinds, unless that is None. Of several
        versions that match it takes its first, with packages or without."""
        matching = (one for one in self.languages if one.name == language and version_matches(version, one.version))
        found = next(matching, None)
        return found is not None and (packages is None or found.packages in packages)

    def digest_of(self, language: str, version: str) -> str:
        """What runs such a program here (``LanguageRecord.digest``); empty where it does not tell, or does not serve
        it."""
        found = (one.digest for one in self.languages if one.name == language and version_matches(version, one.version))
        return next(found, "")

    def test_frameworks_of(self, language: str, version: str) -> list[str] | None:
        """What it can run such a program as tests of; None where it does not serve it."""
        records = (one for one in self.languages if one.name == language and version_matches(version, one.version))
        return next((record.test_frameworks for record in records), None)

    @property
    def languages(self) -> list[LanguageRecord]:
        return self.record.languages

    def serves_as(self, other: ClientNode) -> bool:
        """True if the two are the same to the scheduler, whatever their load."""
        mine, its = self.record, other.record
        return (
            mine.id == its.id
            and self.takes_tasks == other.takes_tasks
            and mine.capacity == its.capacity
            and mine.pools == its.pools
            and (mine.takes_bytes, mine.takes_blobs) == (its.takes_bytes, its.takes_blobs)
            and (mine.talks, mine.takes_packages) == (its.talks, its.takes_packages)
            and mine.languages == its.languages
        )
