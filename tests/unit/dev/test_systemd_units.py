"""The units are as closed as they can be, by systemd's own measure."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = sorted((Path(__file__).resolve().parents[3] / "deploy" / "systemd").glob("*.service"))
MAX_EXPOSURE = {"coderunner-gateway": 3.2, "coderunner-nats": 3.2, "coderunner-node": 3.5}
"""From 0 to 10. A node sees the machine's processes and control groups: it measures, and bounds, what its slots use."""


def test_each_unit_has_its_bound() -> None:
    assert [unit.stem for unit in UNITS] == sorted(MAX_EXPOSURE)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd's tools")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_is_exposed_no_more_than_its_bound(unit: Path) -> None:
    most = round(MAX_EXPOSURE[unit.stem] * 10)
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={most}", str(unit)]
    looked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert looked.returncode == 0, looked.stdout


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd's tools")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_understands_every_line_of_a_unit(unit: Path) -> None:
    """What it runs is not installed where tests run, and that alone is said."""
    looked = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False, timeout=60
    )
    said = [line for line in looked.stderr.splitlines() if unit.name in line]
    assert [line for line in said if "is not executable" not in line] == []
