"""The languages that are tested: the default ones, or those that CODERUNNER_CONFORMANCE names; one pool for each."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import docker
import pytest
import pytest_asyncio

from node.application.workbench import Workbench
from node.domain.language import Language
from node.infrastructure.artefacts import MemoryArtefactStore
from node.infrastructure.languages import load_languages
from sandbox import LANGUAGES_DIR
from sandbox.builder.build import build_images
from tests.conformance.programs import PROGRAMS
from tests.fakes.node import RecordingAnnouncer
from tests.integration.sandbox.prefixed_engine import PrefixedEngine

CHOICE = "CODERUNNER_CONFORMANCE"
"""``all``, or names with commas between them."""
OF_ONE = ("cpp-batteries", "go-batteries", "java-batteries", "javascript-batteries", "python-science", "typescript")
"""Languages with tests of their own: files whose names begin so, as ``test_go_batteries.py``."""

HERE = Path(__file__).parent
OF_SOME = {
    HERE / "test_packages_of_a_task.py": {one.id for one in load_languages(LANGUAGES_DIR) if one.packages},
    HERE / "test_what_waits.py": {path.stem for path in (HERE / "waiting").iterdir()},
    HERE / "test_code_of_macros.py": {path.name for path in (HERE / "macros").iterdir()},
}
"""Languages whose programs may have packages; of which programs are kept that are run by what waits, and by what is
started; and whose compilers run code that they read."""


def chosen() -> list[Language]:
    languages = load_languages(LANGUAGES_DIR)
    choice = os.environ.get(CHOICE, "")
    if choice == "all":
        return list(languages)
    wanted = set(choice.split(",")) if choice else {one.id for one in languages if one.default}
    unknown = wanted - {one.id for one in languages}
    assert not unknown, f"{CHOICE} names no languages: {', '.join(sorted(unknown))}"
    return [one for one in languages if one.id in wanted]


def of_one(path: Path) -> str | None:
    """The language whose tests alone a file has."""
    name = path.name.replace("_", "-")
    return next((language for language in OF_ONE if name.startswith(f"test-{language}")), None)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """What one language does beside what all do is tested where that one is."""
    ids = {language.id for language in chosen()}
    if collection_path in OF_SOME:
        return True if not ids & OF_SOME[collection_path] else None
    one = of_one(collection_path)
    return True if one and one not in ids else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "language" in metafunc.fixturenames:
        one = of_one(metafunc.definition.path)
        languages = [language for language in chosen() if one in (None, language.id)]
        some = OF_SOME.get(metafunc.definition.path)
        languages = [language for language in languages if some is None or language.id in some]
        metafunc.parametrize("language", languages, ids=lambda one: one.id, scope="module", indirect=True)
    if "program" in metafunc.fixturenames:
        metafunc.parametrize("program", PROGRAMS)


@pytest.fixture(scope="module")
def language(request: pytest.FixtureRequest) -> Language:
    return request.param  # type: ignore[no-any-return]  # by pytest_generate_tests


@pytest.fixture(scope="session")
def prefix(docker_engine: docker.DockerClient) -> Iterator[str]:
    prefix = f"crtest-{secrets.token_hex(4)}"
    yield prefix
    for image in docker_engine.images.list(f"{prefix}/dressed"):
        docker_engine.images.remove(str(image.id), force=True)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bench(docker_engine: docker.DockerClient, prefix: str, language: Language) -> AsyncIterator[Workbench]:
    """A node's way with a task, with compile and run slots of the language; its image is built if it is out of date."""
    if not language.default:
        build_images([language.image.partition("/")[2]])
    engine = PrefixedEngine(docker_engine, prefix)
    try:
        pool = await engine.pool(language)
        yield Workbench(pool, MemoryArtefactStore(), RecordingAnnouncer())
        await pool.close()
    finally:
        engine.clean_up()
