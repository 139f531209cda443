"""A zygote that has forked programs gives way to another one while the slot is idle."""

from __future__ import annotations

import time

from tests.integration.agent.attached import AttachedAgent

_PATIENCE_S = 60.0
_ZYGOTE = "python3 -X coderunner_zygote"


def _zygote(slot: AttachedAgent) -> str:
    """Its process id on the host: root's, unlike that of the child that waits. Empty while there is none."""
    listed = slot.api.top(slot.name, ps_args="-eo pid,user,args")["Processes"]
    return next((pid for pid, user, args in listed if user == "root" and args.startswith(_ZYGOTE)), "")


def _await_another(slot: AttachedAgent, zygote: str) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while _zygote(slot) in (zygote, ""):
        assert time.monotonic() < deadline, "the zygote was not renewed"


def test_programs_with_a_pause_between_them_share_neither_hash_seed_nor_addresses(
    own_python_slot: AttachedAgent,
) -> None:
    told = set()
    for _ in range(3):
        zygote = _zygote(own_python_slot)
        report = own_python_slot.python("print(hash('a word'), hash(b'another'), id(object))")
        assert report.clean["ok"]
        told.add(report.stdout)
        _await_another(own_python_slot, zygote)
    assert len(told) == 3


def test_the_next_programs_are_served_as_ever(own_python_slot: AttachedAgent) -> None:
    for _ in range(3):
        zygote = _zygote(own_python_slot)
        report = own_python_slot.python("import os\nprint(open('/proc/self/comm').read().strip(), os.listdir('.'))")
        assert (report.stdout, report.clean["ok"]) == (b"python3 ['main.py']\n", True)
        _await_another(own_python_slot, zygote)
