"""Packages that a task names, in every language that has a kind of them: for its compiler and for the program."""

from __future__ import annotations

from collections.abc import Iterator

import docker
import pytest

from coderunner import Client, Execution, Status
from node.domain.language import Language
from sandbox.builder.build import build_images
from sandbox.builder.catalogue import own_image
from tests.servers.maven_repository import MavenRepository, a_jar, compiled
from tests.servers.npm_registry import NpmRegistry, a_tarball
from tests.servers.package_index import a_wheel
from tests.servers.package_stack import stack_with_packages, stdout
from tests.servers.stack import Stack

PYTHON = "import greeting; print(greeting.hello())"
JAVASCRIPT = 'console.log(require("greeting").hello());'
TYPESCRIPT = 'import { hello } from "greeting"; const said: string = hello(); console.log(said);'
JAVA = "public class Main { public static void main(String[] args) { System.out.println(lib.Greeting.hello()); } }"
JAVA_WITH_LIBRARIES = """
import com.google.common.base.Joiner;

public class Main {
    public static void main(String[] args) {
        var gson = ClassLoader.getSystemResource("com/google/gson/Gson.class").getPath();
        System.out.println(Joiner.on("").join(gson.startsWith("file:/packages/") ? "" : gson, lib.Greeting.hello()));
    }
}
"""
"""Its own Guava, and another Gson."""
PLUGIN = """package lib;
import com.sun.source.util.*;
public class Plug implements Plugin {
    public String getName() { return "plug"; }
    public boolean autoStart() { return true; }
    public void init(JavacTask task, String... args) { throw new Error("ESCAPED"); }
}"""
KOTLIN = "fun main() { println(lib.Greeting.hello()) }"
PROGRAMS = {
    "clojure": "(println (lib.Greeting/hello))",
    "groovy": "println lib.Greeting.hello()",
    "java": JAVA,
    "java-17": JAVA,
    "java-25": JAVA,
    "java-batteries": JAVA_WITH_LIBRARIES,
    "javascript": JAVASCRIPT,
    "javascript-22": JAVASCRIPT,
    "javascript-24": JAVASCRIPT,
    "javascript-batteries": JAVASCRIPT,
    "kotlin": KOTLIN,
    "kotlin-2": KOTLIN,
    "pypy": PYTHON,
    "python": PYTHON,
    "python-3.11": PYTHON,
    "python-science": PYTHON,
    "scala": "object Main { def main(args: Array[String]): Unit = println(lib.Greeting.hello()) }",
    "scala-3": "@main def greets(): Unit = println(lib.Greeting.hello())",
    "typescript": TYPESCRIPT,
    "typescript-5": TYPESCRIPT,
}
"""By language: says what the package ``greeting`` says, which has the word from the package ``word``."""
WORDS = {"javascript-22": "Node.js 22", "javascript-24": "Node.js 24", "pypy": "PyPy", "python-3.11": "older"}
"""What is chosen for the language's own interpreter; else ``newer``."""
JUNIT = "class GreetingTest { @org.junit.jupiter.api.Test void greets() { lib.Greeting.hello(); } }"
NODE_TEST = 'import test from "node:test"; import greeting from "greeting"; test("greets", () => greeting.hello());'
TESTS = {
    "junit": JUNIT,
    "node-test": NODE_TEST,
    "pytest": "import greeting\ndef test_greets():\n    greeting.hello()\n",
}
"""By framework: one test."""
NAMES = {"pypi": "{}=={}", "npm": "{}@{}", "maven": "test.lib:{}:{}"}


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NpmRegistry]:
    """A place of all kinds of packages."""
    one = NpmRegistry(tmp_path_factory.mktemp("registry"))
    yield one
    one.close()


@pytest.fixture(scope="module")
def stack(
    language: Language,
    registry: NpmRegistry,
    docker_engine: docker.DockerClient,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    """A gateway, and a node with the language, and with Java where its packages are made."""
    assert language.packages is not None
    if not language.default:
        build_images([own_image(language.image), own_image(language.packages.image)])
    languages = {language.id: None, "java": None} if language.packages.kind == "maven" else [language.id]
    indexes = {
        "pypi": f"{registry.url} {registry.files_url}",
        "npm": registry.registry_url,
        "maven": MavenRepository(registry).url,
    }
    directory = tmp_path_factory.mktemp("packages")
    with stack_with_packages(directory, docker_engine, registry, list(languages), indexes) as stack:
        yield stack


def publish_wheels(registry: NpmRegistry) -> None:
    """Which ``word`` it is depends on the interpreter."""
    choices = {
        "1": ("newer", "python_version >= '3.12'"),
        "2": ("older", "python_version < '3.12' and implementation_name == 'cpython'"),
        "3": ("PyPy", "implementation_name == 'pypy'"),
    }
    for version, (word, _) in choices.items():
        registry.add("word", version, a_wheel("word", version, {"word.py": f"says = {word!r}"}))
    needs = [f"word=={version}; {marker}" for version, (_, marker) in choices.items()]
    hello = "import os, word\n\n\ndef hello():\n    assert os.path.exists(word.__cached__)\n    return word.says\n"
    registry.add("greeting", "1", a_wheel("greeting", "1", {"greeting.py": hello}, requires=needs))


def publish_tarballs(registry: NpmRegistry) -> None:
    """With their types. Which ``word`` it is depends on the Node.js that runs the program; the newest fits none."""
    choices = {
        "1.0.0": ("newer", "<22"),
        "1.1.0": ("Node.js 22", ">=22 <24"),
        "1.2.0": ("Node.js 24", ">=24 <25"),
        "1.3.0": ("none", ">=99"),
    }
    greeting = {
        "index.js": 'exports.hello = () => require("word").says;',
        "index.d.ts": 'import { says } from "word"; export function hello(): typeof says;',
    }
    about = {"types": "index.d.ts"}
    for version, (word, node) in choices.items():
        files = {"index.js": f"exports.says = {word!r};", "index.d.ts": "export const says: string;"}
        engines = {"engines": {"node": node}}
        registry.publish("word", version, a_tarball("word", version, files, about={**about, **engines}), **engines)
    needs = {"dependencies": {"word": "1"}}
    tarball = a_tarball("greeting", "1.0.0", greeting, about={**about, **needs})
    registry.publish("greeting", "1.0.0", tarball, **needs)


async def publish_jars(registry: NpmRegistry, client: Client) -> None:
    """Made by the Java that there is, for older ones too. One has a plug-in for javac, which nobody has asked for, and
    one a class that an image may have."""
    sources = {
        "lib/Word.java": 'package lib; public class Word { public static String says = "newer"; }',
        "lib/Greeting.java": "package lib; public class Greeting { public static String hello() {return Word.says;} }",
        "lib/Plug.java": PLUGIN,
    }
    classes = await compiled(client, sources, options=["--release", "11"])
    repository = MavenRepository(registry)
    plugin = {"META-INF/services/com.sun.source.util.Plugin": b"lib.Plug\n"}
    word = {name: classes[name] for name in ("lib/Word.class", "lib/Plug.class")}
    repository.publish("test.lib:word:1", a_jar({**word, **plugin}))
    greeting = a_jar({"lib/Greeting.class": classes["lib/Greeting.class"], "com/google/gson/Gson.class": ""})
    repository.publish("test.lib:greeting:1", greeting, needs=["test.lib:word:1"])


async def test_a_program_has_the_packages_that_its_task_names_and_what_they_need(
    stack: Stack, registry: NpmRegistry, language: Language
) -> None:
    assert language.packages is not None
    kind, word = language.packages.kind, WORDS.get(language.id, "newer")
    async with stack.client() as client:
        if kind == "maven":
            await publish_jars(registry, client)
        publish_wheels(registry)
        publish_tarballs(registry)
        version = "1.0.0" if kind == "npm" else "1"
        greeting = NAMES[kind].format("greeting", version)
        first = await ran(client, language, [greeting])
        assert (first.status, stdout(first)) == (Status.SUCCEEDED, f"{word}\n")
        chosen = {"older": "2", "PyPy": "3", "Node.js 22": "1.1.0", "Node.js 24": "1.2.0"}.get(word, version)
        assert set(first.packages) == {greeting, NAMES[kind].format("word", chosen)}
        again = await ran(client, language, [greeting])
        assert (stdout(again), again.packages) == (f"{word}\n", first.packages)
        for framework in {one.name for one in language.tests} & TESTS.keys():
            tested = await ran(client, language, [greeting], framework)
            assert (tested.status, len(tested.tests)) == (Status.SUCCEEDED, 1), tested
        assert (await ran(client, language, [])).status in (Status.COMPILE_ERROR, Status.FAILED)


async def ran(client: Client, language: Language, packages: list[str], framework: str = "") -> Execution:
    source, series = TESTS.get(framework, PROGRAMS[language.id]), language.series
    return await client.run(language.name, source, version=series, packages=packages, test_framework=framework)
