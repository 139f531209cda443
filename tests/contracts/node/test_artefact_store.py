"""What compiling relies on. The one store there is keeps its artefacts in memory: fake and real adapter in one."""

from __future__ import annotations

import pytest

from node.application.ports import ArtefactStore
from node.infrastructure.artefacts import MemoryArtefactStore


@pytest.fixture(params=[MemoryArtefactStore])
def store(request: pytest.FixtureRequest) -> ArtefactStore:
    made: ArtefactStore = request.param()
    return made


def test_what_was_never_kept_is_not_there(store: ArtefactStore) -> None:
    store.put("another", {"program": b"ELF"})
    assert store.get("key") is None


def test_artefacts_are_given_back_whole(store: ArtefactStore) -> None:
    store.put("key", {"program": b"ELF\0", "data/empty": b""})
    assert store.get("key") == {"program": b"ELF\0", "data/empty": b""}


def test_artefacts_that_are_kept_again_take_the_place_of_the_old_ones(store: ArtefactStore) -> None:
    store.put("key", {"old": b"1"})
    store.put("key", {"new": b"2"})
    assert store.get("key") == {"new": b"2"}


def test_what_was_kept_does_not_change_with_the_mapping_it_came_in(store: ArtefactStore) -> None:
    artefacts = {"program": b"ELF"}
    store.put("key", artefacts)
    artefacts["planted"] = b"evil"
    assert store.get("key") == {"program": b"ELF"}
