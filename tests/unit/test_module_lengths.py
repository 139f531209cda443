"""A module that grows past 300 lines holds more than one thing."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAX_LINES = 300
GENERATED = ROOT / "coderunner" / "v1"
NOT_SOURCES = {"build", "dist"}


def test_no_module_has_more_than_300_lines() -> None:
    folders = [path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")]
    packages = [folder for folder in folders if folder.name not in NOT_SOURCES]
    modules = [module for package in packages for module in package.rglob("*.py") if GENERATED not in module.parents]
    assert ROOT / "node" / "main.py" in modules
    lines = {str(module.relative_to(ROOT)): module.read_text(encoding="utf-8").count("\n") for module in modules}
    assert {module: count for module, count in lines.items() if count > MAX_LINES} == {}
