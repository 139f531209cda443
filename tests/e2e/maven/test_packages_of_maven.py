"""Packages that a task in Java names: from a Maven repository over TLS, through an installer's slot, to javac and to a
waiting JVM."""

from __future__ import annotations

import asyncio

import pytest

from coderunner import Client, InvalidTask, Limits, Output, Status
from tests.servers.maven_repository import (
    NOTHING,
    MavenRepository,
    a_dependency,
    a_group,
    a_jar,
    compiled,
)
from tests.servers.package_index import send
from tests.servers.package_stack import said, stdout

GREETING = "package lib; public class Greeting { public static String hello() { return %s; } }"
GREETS = "public class Main { public static void main(String[] args) { System.out.println(lib.Greeting.hello()); } }"


async def test_a_program_has_the_packages_that_its_task_names_and_what_they_need(
    client: Client, repository: MavenRepository
) -> None:
    group = a_group()
    words = await compiled(
        client, {"lib/Word.java": 'package lib; public class Word { public static String x = "hi"; }'}
    )
    both = await compiled(
        client,
        {"lib/Greeting.java": GREETING % "Word.x", "lib/Word.java": "package lib; class Word { static String x; }"},
    )
    repository.publish(f"{group}:word:1.5", a_jar(words))
    repository.publish(
        f"{group}:greeting:2.0", a_jar({"lib/Greeting.class": both["lib/Greeting.class"]}), needs=[f"{group}:word:1.5"]
    )
    pieces: list[Output] = []
    first = await client.run("java", GREETS, packages=[f"{group}:greeting:2.0"], on_output=pieces.append)
    assert (first.status, stdout(first)) == (Status.SUCCEEDED, "hi\n")
    assert set(first.packages) == {f"{group}:greeting:2.0", f"{group}:word:1.5"}
    told = "".join(piece.text for piece in pieces if piece.stage == "compile")
    assert f"Installed {group}:greeting:2.0 {group}:word:1.5\n" in told
    asked = len(repository.index.requests)
    again = await client.run("java", GREETS + "//", packages=[f"{group}:greeting:2.0"])
    assert (stdout(again), said(again), again.packages) == ("hi\n", "", first.packages)
    assert len(repository.index.requests) == asked
    plain = await client.run("java", GREETS)
    assert plain.status is Status.COMPILE_ERROR
    assert "package lib does not exist" in said(plain)


FACTS = """
import java.util.*;
public class Main {
    static void tell() throws Exception {
        var type = Class.forName("lib.Greeting");
        System.out.println(System.getProperty("java.class.path"));
        System.out.println(type.getModule().isNamed() + " " + type.getClassLoader().getClass().getName());
        System.out.println(type.getProtectionDomain().getCodeSource().getLocation());
        System.out.println(type.getPackage().getImplementationVersion());
        System.out.println(Main.class.getResource("/lib/data.txt"));
        System.out.println(Collections.list(ClassLoader.getSystemResources("lib/data.txt")));
        System.out.println(new String(type.getResourceAsStream("data.txt").readAllBytes()));
        for (var one : ServiceLoader.load(lib.Service.class)) System.out.println(one.getClass() + " " + one);
        try { Class.forName("lib.Absent"); } catch (ClassNotFoundException error) { System.out.println(error); }
    }
    public static void main(String[] args) throws Exception {
        tell();
        if (args.length > 0) return;
        System.out.println("---");
        var java = List.of("java", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"), "Main", "plain");
        System.exit(new ProcessBuilder(java).inheritIO().start().waitFor());
    }
}"""
SERVICE = "package lib; public interface Service {}"
SERVES = 'package lib; public class Serves implements Service { public String toString() { return "serves"; } }'


async def test_a_program_in_a_waiting_jvm_sees_what_java_with_that_class_path_would_show(
    client: Client, repository: MavenRepository
) -> None:
    group = a_group()
    sources = {"lib/Greeting.java": GREETING % '"hi"', "lib/Service.java": SERVICE, "lib/Serves.java": SERVES}
    manifest = "Manifest-Version: 1.0\nImplementation-Version: 7.5\nMulti-Release: true\n\n"
    files: dict[str, bytes | str] = {
        "META-INF/MANIFEST.MF": manifest,
        **await compiled(client, sources),
        "META-INF/services/lib.Service": "lib.Serves\n",
        "META-INF/versions/9/lib/data.txt": "new",
        "lib/data.txt": "old",
    }
    repository.publish(f"{group}:a:1", a_jar(files), needs=[f"{group}:b:1"])
    repository.publish(f"{group}:b:1", a_jar({"lib/data.txt": "other"}))
    ended = await client.run("java", FACTS, packages=[f"{group}:a:1"], limits=Limits(memory_bytes=512 << 20))
    waiting, plain = stdout(ended).split("---\n")
    assert waiting == plain
    assert waiting.splitlines()[0].startswith(".:/packages/")
    assert waiting.splitlines()[1:4:2] == ["false jdk.internal.loader.ClassLoaders$AppClassLoader", "7.5"]
    assert "class lib.Serves serves" in waiting
    preview = await client.run(
        "java", FACTS, packages=[f"{group}:a:1"], compile_options=["--enable-preview", "--release", "21"]
    )
    assert stdout(preview).split("---\n")[0] == plain


async def test_jars_are_found_by_the_rules_of_maven(client: Client, repository: MavenRepository) -> None:
    """The nearest version wins, and the first of two that are as near; a BOM and a parent manage versions; a range
    takes the highest; what is excluded, optional, for tests or provided is not there."""
    group = a_group()
    for version in ("1", "2", "3"):
        repository.publish(f"{group}:leaf:{version}")
    managed = (
        f"<dependencyManagement><dependencies>{a_dependency(f'{group}:%s:%s')}</dependencies></dependencyManagement>"
    )
    repository.publish(f"{group}:bom:1", None, pom=f"<packaging>pom</packaging>{managed % ('managed', '7')}")
    imports = managed.replace("</version>", "</version><type>pom</type><scope>import</scope>")
    repository.publish(f"{group}:parent:1", None, pom=f"<packaging>pom</packaging>{imports % ('bom', '1')}")
    parent = f"<parent><groupId>{group}</groupId><artifactId>parent</artifactId><version>1</version></parent>"
    repository.publish(f"{group}:managed:7", needs=[f"{group}:leaf:1"])
    repository.publish(
        f"{group}:top:1",
        pom=parent,
        needs=[
            a_dependency(f"{group}:managed"),
            a_dependency(f"{group}:leaf:[1,3)"),
            a_dependency(f"{group}:absent:1", "<scope>test</scope>"),
            a_dependency(f"{group}:absent2:1", "<scope>provided</scope>"),
            a_dependency(f"{group}:absent3:1", "<optional>true</optional>"),
            a_dependency(
                f"{group}:deep:1",
                f"<exclusions><exclusion><groupId>{group}</groupId><artifactId>gone</artifactId></exclusion></exclusions>",
            ),
            a_dependency(f"{group}:late:1", "<scope>runtime</scope>"),
        ],
    )
    repository.publish(f"{group}:deep:1", needs=[f"{group}:gone:1", f"{group}:leaf:3"])
    repository.publish(f"{group}:late:1")
    ended = await client.run("java", NOTHING, packages=[f"{group}:top:1"])
    assert stdout(ended) == "42\n"
    assert [one.removeprefix(f"{group}:") for one in ended.packages] == [
        "top:1",
        "managed:7",
        "leaf:2",
        "deep:1",
        "late:1",
    ]


@pytest.mark.parametrize(
    ("versions", "newest"),
    [
        (["1.0", "1.1", "2.0-M1"], "1.1"),
        (["1.0", "1.9-rc1", "1.10-SNAPSHOT", "1.10-beta"], "1.0"),
        (["1.0-alpha", "1.0-beta"], "1.0-beta"),
        (["3.2.2", "20040616"], "3.2.2"),
        (["20240303", "20250107"], "20250107"),
        (["33.4.0-android", "33.4.0-jre"], "33.4.0-jre"),
    ],
)
async def test_without_a_version_it_is_the_newest_release(
    client: Client, repository: MavenRepository, versions: list[str], newest: str
) -> None:
    group = a_group()
    for version in versions:
        repository.publish(f"{group}:a:{version}")
    ended = await client.run("java", NOTHING, packages=[f"{group}:a"])
    assert (stdout(ended), ended.packages) == ("42\n", (f"{group}:a:{newest}",))


async def test_two_jars_of_one_name_are_both_there(client: Client, repository: MavenRepository) -> None:
    one, two = a_group(), a_group()
    repository.publish(f"{one}:core:1", a_jar({"one.txt": ""}), needs=[f"{two}:core:1"])
    repository.publish(f"{two}:core:1", a_jar({"two.txt": ""}))
    source = NOTHING.replace(
        "42", 'ClassLoader.getSystemResource("one.txt") != null && ClassLoader.getSystemResource("two.txt") != null'
    )
    assert stdout(await client.run("java", source, packages=[f"{one}:core:1"])) == "true\n"


async def test_a_package_that_there_is_not_is_a_compile_error_in_words(client: Client) -> None:
    group = a_group()
    for name in (f"{group}:absent", f"{group}:absent:1.0"):
        ended = await client.run("java", NOTHING, packages=[name])
        assert (ended.status, ended.run, ended.packages, ended.attempt) == (Status.COMPILE_ERROR, None, (), 1)
        assert f"{group}:absent" in said(ended)


@pytest.mark.parametrize(
    "name", ["a", "a:../b", "../a:b", "a:b:..", "a/b:c", "a:b:1/2", "-a:b", "a:b:${user.home}", "a:b:[1,)"]
)
async def test_what_is_no_name_is_refused(client: Client, name: str) -> None:
    with pytest.raises(InvalidTask) as refused:
        await client.run("java", NOTHING, packages=[name])
    assert [one.field for one in refused.value.violations] == ["task.packages[0]"]


async def test_an_index_that_is_busy_is_tried_again_and_then_is_no_fault_of_the_task(
    client: Client, repository: MavenRepository
) -> None:
    group = a_group()
    repository.publish(f"{group}:a:1", needs=[f"{group}:b:1"])
    repository.publish(f"{group}:b:1")
    path = f"/maven2/{group.replace('.', '/')}/b/1/b-1.pom"
    honest = repository.index.answers[path]
    repository.index.answers[path] = lambda handler: send(handler, b"busy", "text/plain", status=503)
    running = asyncio.create_task(client.run("java", NOTHING, packages=[f"{group}:a:1"]))
    while path not in repository.index.requests:  # noqa: ASYNC110 - it is another thread's
        await asyncio.sleep(0.01)
    repository.index.answers[path] = honest
    ended = await running
    assert (stdout(ended), len(ended.packages)) == ("42\n", 2)
