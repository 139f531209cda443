"""Each distribution declares what it imports, and nothing else."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dev.lock import CLIENT, SERVER, declared, optional

REPOSITORY = Path(__file__).resolve().parents[3]
PACKAGES = {CLIENT: ("coderunner",), SERVER: ("broker_gateway", "chassis", "node", "sandbox", "schemas")}
OURS = {name for packages in PACKAGES.values() for name in packages}
SHARED = {
    "google.rpc": "googleapis-common-protos",
    "google.protobuf": "protobuf",
    "opentelemetry": "opentelemetry-api",
    "opentelemetry.context": "opentelemetry-api",
    "opentelemetry.exporter": "opentelemetry-exporter-otlp-proto-http",
    "opentelemetry.sdk": "opentelemetry-sdk",
    "opentelemetry.trace": "opentelemetry-api",
}
"""``google`` and ``opentelemetry`` belong to several packages."""
EXTRAS = {CLIENT: ("docs", "mcp"), SERVER: ("tracing",)}
"""What is imported where it was asked for, alone."""
NOT_OF_THE_CLIENT = {"docker", "asgiref", "django", "flask", "starlette", "mkdocs", "sphinx"}
"""`coderunner doctor` uses the first where coderunner-server has brought it; the others are the caller's own:
frameworks whose requests ``coderunner.webhooks`` and ``coderunner.backend`` answer (asgiref is Django's), and
generators of sites for which ``coderunner.page`` has plug-ins. (`coderunner mcp` names a type of Starlette's, which
stands below its SDK.)"""
IN_SLOTS = (REPOSITORY / "sandbox" / "images", REPOSITORY / "sandbox" / "conformance")
"""What stands there runs inside of containers."""


def imports(packages: tuple[str, ...]) -> Iterator[str]:
    """The modules that a distribution's files name in their import statements."""
    for path in (path for package in packages for path in (REPOSITORY / package).rglob("*.py")):
        if any(path.is_relative_to(folder) for folder in IN_SLOTS):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield str(node.module)


def foreign(packages: tuple[str, ...]) -> set[str]:
    """The distributions of others that the imported modules come from."""
    homes = packages_distributions()
    found: set[str] = set()
    for module in imports(packages):
        top = module.partition(".")[0]
        if top in sys.stdlib_module_names or top in OURS or top == "_typeshed":
            continue
        shared = ".".join(module.split(".")[:2])
        found.add(SHARED[shared] if shared in SHARED else canonicalize_name(homes.get(top, [top])[0]))
    return found


@pytest.mark.parametrize("project", PACKAGES, ids=["coderunner", "coderunner-server"])
def test_what_is_imported_is_declared_and_what_is_declared_is_imported(project: Path) -> None:
    extras = [text for extra in EXTRAS.get(project, ()) for text in optional(project, extra)]
    wanted = {canonicalize_name(Requirement(text).name) for text in (*declared(project), *extras)}
    used = foreign(PACKAGES[project]) - (NOT_OF_THE_CLIENT if project == CLIENT else set())
    assert (sorted(used - wanted), sorted(wanted - used)) == ([], [])


def test_no_package_is_declared_twice() -> None:
    for project in PACKAGES:
        names = [canonicalize_name(Requirement(text).name) for text in declared(project)]
        assert len(names) == len(set(names))
