"""The needs of a command: what must be on the machine before it runs, and which tests need which of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce

_TESTED_ELSEWHERE = ("--ignore", "--deselect")
"""Options of pytest whose value is a path of tests that do not run."""


@dataclass(frozen=True, slots=True)
class Needs:
    """The parts of the development set-up that a command needs; ``python3 -m dev`` prepares them in this order."""

    locks: frozenset[str] = frozenset({"servers", "dev"})
    """Files of ``requirements/`` that the virtual environment holds."""
    engine: bool = False
    """A Docker engine that answers."""
    gvisor: bool = False
    """gVisor beside the engine's usual runtime, where that is quickly had."""
    images: bool = False
    """The sandbox images, up to date."""
    installers: bool = False
    """Those of what installs packages as well, which no demo does."""
    databases: bool = False
    """The programs of PostgreSQL and MariaDB."""
    prometheus: bool = False
    """The programs of Prometheus."""
    helm: bool = False
    """Helm."""
    compose: bool = False
    """Docker Compose."""
    chromium: bool = False
    """Chromium, a browser."""
    express: bool = False
    """Express, a web framework of Node.js."""
    page_parts: bool = False
    """xterm.js and CodeMirror, as pages fetch them."""
    toolchains: bool = False
    """Compilers and build tools of the examples in other languages."""
    npm: bool = False
    """npm, with which Node.js's packages are fetched."""

    def __or__(self, other: Needs) -> Needs:
        return Needs(
            self.locks | other.locks,
            self.engine or other.engine,
            self.gvisor or other.gvisor,
            self.images or other.images,
            self.installers or other.installers,
            self.databases or other.databases,
            self.prometheus or other.prometheus,
            self.helm or other.helm,
            self.compose or other.compose,
            self.chromium or other.chromium,
            self.express or other.express,
            self.page_parts or other.page_parts,
            self.toolchains or other.toolchains,
            self.npm or other.npm,
        )


PACKAGES = Needs(locks=frozenset({"dev"}))
SERVERS = Needs()
DATABASES = Needs(databases=True)
ENGINE_AND_IMAGES = Needs(engine=True, images=True, installers=True)
MONITORING = Needs(prometheus=True)
HELM = Needs(locks=frozenset({"dev", "helm"}), helm=True)
COMPOSE = Needs(engine=True, images=True, compose=True)
BROWSER = Needs(engine=True, images=True, chromium=True)
WIDGETS = BROWSER | Needs(page_parts=True, npm=True)
EXAMPLES = Needs(engine=True, images=True, toolchains=True)
DOCS = Needs(locks=frozenset({"dev", "docs"}))
CHECKED = SERVERS | DOCS
EVERYTHING = ENGINE_AND_IMAGES | BROWSER | Needs(gvisor=True, databases=True, prometheus=True, express=True)
THOROUGH = ("tests/attacks/test_under_gvisor.py", "tests/integration/images/test_cpp.py")
"""Files with tests that are marked ``thorough``."""
FROM_NPM = (
    "tests/e2e/test_npm_clients.py",
    "tests/e2e/page/test_codapi_widget.py",
    "tests/e2e/page/test_codemirror.py",
    "tests/e2e/page/test_terminal.py",
)
"""Tests of what npm fetches. They run where they are named (``make widgets``): ``make test`` does with Debian and
PyPI."""
BY_PATH = {
    **dict.fromkeys(FROM_NPM, WIDGETS),
    "tests/unit": PACKAGES,
    "tests/contracts": ENGINE_AND_IMAGES | DATABASES,
    "tests/contracts/gateway": DATABASES,
    "tests/contracts/node": ENGINE_AND_IMAGES,
    "tests/contracts/schemas": PACKAGES,
    "tests/conformance": ENGINE_AND_IMAGES,
    "tests/docusaurus": BROWSER,
    "tests/e2e/page": BROWSER | DOCS | Needs(express=True),
    "tests/examples": EXAMPLES,
    "tests/integration/abuse": SERVERS,
    "tests/integration/backend": SERVERS,
    "tests/integration/chassis": SERVERS,
    "tests/integration/gateway": SERVERS,
    "tests/integration/monitoring": MONITORING,
    "tests/integration/node": SERVERS,
    "tests/integration/operations": SERVERS,
    "tests/integration/sdks": ENGINE_AND_IMAGES | Needs(express=True),
    "tests/integration/guarantees": ENGINE_AND_IMAGES,
    "tests/integration/guarantees/test_admission.py": SERVERS,
    "tests/integration/guarantees/test_api_keys.py": SERVERS,
    "tests/integration/guarantees/test_callbacks.py": SERVERS,
    "tests/integration/guarantees/test_cancel.py": SERVERS,
    "tests/integration/guarantees/test_clusters.py": SERVERS,
    "tests/integration/guarantees/test_fair_shares.py": SERVERS,
    "tests/integration/guarantees/test_forged_results.py": SERVERS,
    "tests/integration/guarantees/test_full_store.py": SERVERS,
    "tests/integration/guarantees/test_history_role.py": SERVERS,
    "tests/integration/guarantees/test_http.py": SERVERS,
    "tests/integration/guarantees/test_issuer.py": SERVERS,
    "tests/integration/guarantees/test_judge0_callbacks.py": SERVERS,
    "tests/integration/guarantees/test_kept_answers.py": SERVERS,
    "tests/integration/guarantees/test_leaving.py": SERVERS,
    "tests/integration/guarantees/test_logs.py": SERVERS,
    "tests/integration/guarantees/test_mcp.py": SERVERS,
    "tests/integration/guarantees/test_order.py": SERVERS,
    "tests/integration/guarantees/test_placing_again.py": SERVERS,
    "tests/integration/guarantees/test_publishable_keys.py": SERVERS,
    "tests/integration/guarantees/test_queue_deadlines.py": SERVERS,
    "tests/integration/guarantees/test_secrets.py": SERVERS,
    "tests/integration/guarantees/test_silent_peers.py": SERVERS,
    "tests/integration/guarantees/test_tls.py": SERVERS,
    "tests/integration/guarantees/test_tracing.py": SERVERS,
    "tests/integration/guarantees/test_without_a_bus.py": SERVERS,
    "tests/integration/guarantees/test_without_etcd.py": SERVERS,
}
"""What the tests below a path need; the longest path that fits counts, and all other tests need everything. Those that
need no engine run beside the others (``dev/suite.py``)."""


def of_tests(arguments: Iterable[str]) -> Needs:
    """What ``pytest ARGUMENTS`` needs, by the paths among them; without a path it is the whole suite."""
    paths = list(_paths(arguments))
    return reduce(Needs.__or__, map(_of_path, paths)) if paths else EVERYTHING


def _paths(arguments: Iterable[str]) -> Iterable[str]:
    before = ""
    for argument in arguments:
        if argument.startswith(("tests/", "./tests/")) and before not in _TESTED_ELSEWHERE:
            yield argument.partition("::")[0].removeprefix("./").rstrip("/")
        elif argument.rstrip("/") in ("tests", "./tests", "."):
            yield "tests"
        before = argument


def _of_path(path: str) -> Needs:
    fitting = [known for known in BY_PATH if path == known or path.startswith(f"{known}/")]
    return BY_PATH[max(fitting, key=len)] if fitting else EVERYTHING
