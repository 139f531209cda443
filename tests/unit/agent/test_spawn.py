"""What a fresh child does before it becomes a program, in a child of the test."""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from node.agent.config import RlimitSet
from node.agent.spawn import Pipes, set_limits, take_descriptors


def in_a_child(do: Callable[[], object]) -> Any:
    """What ``do`` returns, as JSON, in a forked child whose descriptor 1 is a pipe to here."""
    reader, writer = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        try:
            os.dup2(writer, 1)
            os.write(1, json.dumps(do()).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        told = answer.read()
    os.waitpid(pid, 0)
    assert told, "the child failed"
    return json.loads(told)


def is_open(fd: int) -> bool:
    with suppress(OSError):
        os.fstat(fd)
        return True
    return False


def test_a_program_has_the_descriptors_that_it_was_given_and_no_other() -> None:
    first, second = os.memfd_create("first"), os.memfd_create("second")

    def taken() -> object:
        take_descriptors([second, 1, first])
        names = [str(Path(f"/proc/self/fd/{fd}").readlink()) for fd in (0, 2)]
        return [name.split(":")[1].split(" ")[0] for name in names], [fd for fd in range(3, 100) if is_open(fd)]

    assert in_a_child(taken) == [["second", "first"], []]
    os.close(first)
    os.close(second)


def test_a_descriptor_may_be_given_the_number_of_another() -> None:
    """0 and 2 change places, so that a source is a target too."""

    def swapped() -> object:
        before = [os.fstat(fd).st_ino for fd in (0, 2)]
        take_descriptors([2, 1, 0])
        return before, [os.fstat(fd).st_ino for fd in (0, 2)]

    for fd in (0, 2):
        assert is_open(fd), "the test needs standard streams"
    before, after = in_a_child(swapped)
    assert after == before[::-1]


def test_limits_are_set_soft_and_hard_alike() -> None:
    def limited() -> object:
        set_limits(RlimitSet(processes=64, file_bytes=1 << 20, open_files=100))
        return [
            resource.getrlimit(which) for which in (resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE, resource.RLIMIT_CORE)
        ]

    assert in_a_child(limited) == [[1 << 20, 1 << 20], [100, 100], [0, 0]]


def test_a_limit_above_the_inherited_one_stays_at_that() -> None:
    def limited() -> object:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500, 1000))
        set_limits(RlimitSet(processes=64, file_bytes=2000, open_files=100))
        return resource.getrlimit(resource.RLIMIT_FSIZE)

    assert in_a_child(limited) == [1000, 1000]


def test_a_program_can_always_open_its_standard_streams() -> None:
    def limited() -> object:
        set_limits(RlimitSet(processes=64, file_bytes=1, open_files=1))
        return resource.getrlimit(resource.RLIMIT_NOFILE)

    assert in_a_child(limited) == [16, 16]


def test_the_agents_ends_of_the_pipes_never_block_and_no_end_survives_an_exec() -> None:
    pipes = Pipes.make()
    ours, theirs = (pipes.our_stdin, pipes.our_stdout, pipes.our_stderr), (pipes.stdin, pipes.stdout, pipes.stderr)
    assert [os.get_blocking(fd) for fd in (*ours, *theirs)] == [False] * 3 + [True] * 3
    assert not any(os.get_inheritable(fd) for fd in (*ours, *theirs))
    pipes.close_theirs()
    with pytest.raises(BrokenPipeError):
        os.write(pipes.our_stdin, b"x")
    pipes.close_ours()
    assert not any(is_open(fd) for fd in (*ours, *theirs))
