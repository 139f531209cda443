"""The package's surface."""

from __future__ import annotations

import subprocess
import sys

import pytest

import coderunner


def test_importing_the_package_loads_no_grpc() -> None:
    check = "import sys, coderunner; sys.exit('grpc' in sys.modules or 'tenacity' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_every_public_name_can_be_had_and_others_cannot() -> None:
    assert all(getattr(coderunner, name) is not None for name in coderunner._MODULE_OF)
    with pytest.raises(AttributeError):
        _ = coderunner.nonsense
