"""The labels by which a node finds its containers again."""

from __future__ import annotations

import pytest

from node.infrastructure.docker.slot.labels import SlotLabels, slot_filter

LABELS = SlotLabels(node_id="n", language="python", role="run", uid=7, spec="abc")


def test_labels_are_read_as_they_were_written() -> None:
    written = LABELS.as_dict("coderunner")
    assert SlotLabels.read({**written, "somebody": "else's"}, "coderunner") == LABELS
    assert slot_filter("coderunner") in written


@pytest.mark.parametrize("uid", ["", "-1", "root", "1.5"])
def test_what_is_missing_or_no_uid_is_empty(uid: str) -> None:
    assert SlotLabels.read({"coderunner.uid": uid}, "coderunner") == SlotLabels("", "", "", None, "")


def test_labels_of_another_prefix_are_not_ours() -> None:
    assert SlotLabels.read(LABELS.as_dict("other"), "coderunner") == SlotLabels("", "", "", None, "")
