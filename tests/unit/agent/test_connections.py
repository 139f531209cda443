"""What the kernel's counts and gVisor's tables say of connections that are left, from files as they write them."""

from __future__ import annotations

from pathlib import Path

from node.agent.connections import connections_left

QUIET = """sockets: used 9
TCP: inuse 0 orphan 7 tw 0 alloc 41 mem 3
UDP: inuse 0 mem 12
UDPLITE: inuse 0
RAW: inuse 0
FRAG: inuse 0 memory 0
"""
TABLE = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


def test_what_the_host_has_is_not_the_slots(tmp_path: Path) -> None:
    (tmp_path / "sockstat").write_text(QUIET)
    (tmp_path / "sockstat6").write_text("TCP6: inuse 0\nUDP6: inuse 0\n")
    assert connections_left(str(tmp_path)) == []


def test_open_and_waiting_connections_count_in_both_families(tmp_path: Path) -> None:
    (tmp_path / "sockstat").write_text(QUIET.replace("tw 0", "tw 4").replace("UDP: inuse 0", "UDP: inuse 2"))
    (tmp_path / "sockstat6").write_text("TCP6: inuse 1\nUDP6: inuse 0\n")
    assert connections_left(str(tmp_path)) == ["7 connections are left"]


def test_where_there_are_no_counts_the_tables_are_counted(tmp_path: Path) -> None:
    (tmp_path / "tcp").write_text(TABLE)
    (tmp_path / "udp").write_text(TABLE)
    assert connections_left(str(tmp_path)) == []
    (tmp_path / "tcp6").write_text(TABLE + "   0: 00000000:1F90 00000000:0000 06\n")
    assert connections_left(str(tmp_path)) == ["1 connections are left"]


def test_where_waiting_ones_are_not_listed_each_that_ever_was_counts(tmp_path: Path) -> None:
    (tmp_path / "tcp").write_text(TABLE)
    names = "Tcp: RtoAlgorithm ActiveOpens PassiveOpens InSegs\n"
    (tmp_path / "snmp").write_text(f"Ip: Forwarding\nIp: 1\n{names}Tcp: 1 0 0 9\n")
    assert connections_left(str(tmp_path)) == []
    (tmp_path / "snmp").write_text(f"Ip: Forwarding\nIp: 1\n{names}Tcp: 1 1 1 9\n")
    assert connections_left(str(tmp_path)) == ["2 connections are left"]


def test_a_network_without_any_files_has_no_connections(tmp_path: Path) -> None:
    assert connections_left(str(tmp_path)) == []
