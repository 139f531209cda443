"""What is in the wheels and sdists."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from dev.environment import PROJECTS
from dev.page_element import SERVED, written
from dev.paths import REPOSITORY
from tests.integration.distributions.environments import built_wheel

TRACKED = ["git", "ls-files", "broker_gateway", "chassis", "node", "sandbox", "schemas"]
UNIT = "deploy/systemd/coderunner-node.service"
VERSION = (REPOSITORY / "VERSION").read_text(encoding="ascii").strip()


def names(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


def metadata(wheel: Path) -> list[str]:
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    return archive.read(name).decode().splitlines()


def folders(wheel: Path) -> set[str]:
    """At the top, but for the wheel's own description."""
    return {name.partition("/")[0] for name in names(wheel) if ".dist-info/" not in name}


def test_the_clients_wheel_holds_the_package_coderunner_alone_and_its_types(client_wheel: Path) -> None:
    assert folders(client_wheel) == {"coderunner"}
    assert {"coderunner/py.typed", "coderunner/cli/main.py", "coderunner/v1/execution_pb2.py"} <= names(client_wheel)
    for name, served in written().items():
        if name.parent == SERVED:
            assert zipfile.ZipFile(client_wheel).read(f"coderunner/backend/page/{name.name}").decode() == served


def test_the_servers_wheel_holds_every_file_of_its_packages_with_the_bus_configuration_and_a_unit(
    server_wheel: Path,
) -> None:
    assert folders(server_wheel) == {"broker_gateway", "chassis", "node", "sandbox", "schemas"}
    tracked = subprocess.run(TRACKED, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout.split()
    held = {name for name in names(server_wheel) if ".dist-info/" not in name}
    programs = {name for name in tracked if name.startswith("sandbox/conformance/")}
    assert set(tracked) - programs <= held
    assert not programs & held, "they are the tests', and some are faulty"
    outside = {"broker_gateway/nats.conf": "nats.conf", "node/coderunner-node.service": UNIT}
    for name, source in outside.items():
        assert zipfile.ZipFile(server_wheel).read(name) == (REPOSITORY / source).read_bytes()


def test_programs_of_the_images_stay_executable_in_the_wheel(server_wheel: Path) -> None:
    entries = zipfile.ZipFile(server_wheel).infolist()
    executable = {entry.filename for entry in entries if (entry.external_attr >> 16) & 0o111}
    folder = REPOSITORY / "sandbox" / "images"
    expected = {path for path in folder.rglob("*") if path.is_file() and path.stat().st_mode & 0o111}
    assert {str(path.relative_to(REPOSITORY)) for path in expected} == {
        name for name in executable if name.startswith("sandbox/images/")
    }


def test_neither_holds_what_python_left_behind(client_wheel: Path, server_wheel: Path) -> None:
    assert [name for name in names(client_wheel) | names(server_wheel) if "__pycache__" in name or "pyc" in name] == []


def test_the_version_is_that_of_the_file_and_the_server_wants_the_client_of_its_own(
    client_wheel: Path, server_wheel: Path
) -> None:
    assert f"Version: {VERSION}" in metadata(client_wheel)
    assert f"Version: {VERSION}" in metadata(server_wheel)
    assert f"Requires-Dist: coderunner=={VERSION}" in metadata(server_wheel)


@pytest.mark.parametrize("name", ["coderunner", "coderunner_server"])
def test_an_sdist_builds_the_same_wheel_without_the_repository(dist: Path, tmp_path: Path, name: str) -> None:
    shutil.unpack_archive(dist / f"{name}-{VERSION}.tar.gz", tmp_path / "source")
    again = built_wheel(tmp_path / "source" / f"{name}-{VERSION}", tmp_path / "again")
    (first,) = dist.glob(f"{name}-{VERSION}-*.whl")
    assert again.name == first.name
    assert again.read_bytes() == first.read_bytes()


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_each_distribution_carries_the_licence_of_the_repository(project: Path) -> None:
    assert (project / "LICENSE").read_bytes() == (REPOSITORY / "LICENSE").read_bytes()


def test_make_dist_leaves_a_wheel_and_an_sdist_of_each(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dev.dist", str(tmp_path)], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    built = sorted(path.name for path in tmp_path.iterdir())
    assert built == [
        f"coderunner-{VERSION}-py3-none-any.whl",
        f"coderunner-{VERSION}.tar.gz",
        f"coderunner_server-{VERSION}-py3-none-any.whl",
        f"coderunner_server-{VERSION}.tar.gz",
    ]
    assert sorted(Path(line).name for line in done.stdout.splitlines()) == built
