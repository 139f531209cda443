"""The profile as a document: nothing dangerous is allowed, every rule says why, the page explains each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox import SECCOMP_PATH

PROFILE: dict[str, Any] = json.loads(SECCOMP_PATH.read_text())
ALLOWED = [rule for rule in PROFILE["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW"]
PAGE = (SECCOMP_PATH.parents[1] / "docs" / "seccomp.md").read_text()

DANGEROUS = """
    keyctl add_key request_key io_uring_setup io_uring_enter io_uring_register userfaultfd bpf perf_event_open
    unshare setns mount umount2 pivot_root chroot fsopen open_tree move_mount clone3 ptrace process_vm_readv
    process_vm_writev kcmp pidfd_getfd shmget shmat msgget semget mq_open kexec_load kexec_file_load
    init_module finit_module delete_module swapon swapoff reboot name_to_handle_at open_by_handle_at mknod
    mknodat fanotify_init seccomp cachestat readahead vmsplice sync syncfs iopl ioperm modify_ldt
    syslog settimeofday sethostname quotactl acct
"""


@pytest.mark.parametrize("name", DANGEROUS.split())
def test_a_dangerous_call_is_in_no_allowing_rule(name: str) -> None:
    assert [rule for rule in ALLOWED if name in rule["names"]] == []


def test_what_is_not_named_is_refused_with_eperm() -> None:
    assert (PROFILE["defaultAction"], PROFILE["defaultErrnoRet"]) == ("SCMP_ACT_ERRNO", 1)


def test_no_other_architecture_can_be_spoken() -> None:
    assert [entry["subArchitectures"] for entry in PROFILE["archMap"]] == [[], []]


def test_sockets_are_unix_sockets_tcp_and_udp() -> None:
    kinds = []
    for rule in ALLOWED:
        if "socket" in rule["names"]:
            assert [arg["index"] for arg in rule["args"]] == list(range(len(rule["args"])))
            assert {arg["op"] for arg in (rule["args"][0], rule["args"][-1])} == {"SCMP_CMP_EQ"}
            kinds.append(
                tuple(arg["valueTwo" if arg["op"] == "SCMP_CMP_MASKED_EQ" else "value"] for arg in rule["args"])
            )
    tcp, udp = [(1, 0), (1, 6)], [(2, 0), (2, 17)]
    assert sorted(kinds) == sorted([(1,), *((family, *kind) for family in (2, 10) for kind in (*tcp, *udp))])


def test_no_allowing_rule_leaves_junk_above_an_int_unseen_that_it_should_see() -> None:
    """The kernel looks at 32 bits of an int and the filter at 64: "not equal" and "greater" are true of junk."""
    operators = {arg["op"] for rule in ALLOWED for arg in rule.get("args", ())}
    assert operators <= {"SCMP_CMP_EQ", "SCMP_CMP_LE", "SCMP_CMP_MASKED_EQ"}


def test_clone_is_allowed_without_any_namespace_flag() -> None:
    (rule,) = [rule for rule in ALLOWED if "clone" in rule["names"]]
    namespaces = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
    assert rule["args"] == [{"index": 0, "value": namespaces, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]


def test_a_call_is_named_once_unless_its_arguments_tell_the_rules_apart() -> None:
    names = [name for rule in PROFILE["syscalls"] if not rule.get("args") for name in rule["names"]]
    assert len(names) == len(set(names))


def test_each_rule_says_why_and_the_page_explains_it() -> None:
    missing = [rule["comment"] for rule in PROFILE["syscalls"] if rule["comment"] not in PAGE]
    assert missing == []


def test_the_default_path_is_this_repositorys_profile() -> None:
    assert Path("sandbox/seccomp.json").resolve() == SECCOMP_PATH
