"""A Maven repository that lies, and packages made to attack: what reads them is in a slot, and what they bring is on a
class path and nowhere else."""

from __future__ import annotations

import zipfile
from contextlib import suppress
from http.server import BaseHTTPRequestHandler

import pytest

from coderunner import Client, Execution, Status
from tests.servers.maven_repository import (
    FOLDER,
    NOTHING,
    MavenRepository,
    a_dependency,
    a_group,
    a_jar,
    a_pom,
    compiled,
    coordinates,
)
from tests.servers.package_index import redirect

SHOWS_LAYER = """
import java.io.File; import java.nio.file.*;
public class Main {
    public static void main(String[] args) throws Exception {
        var jar = Path.of(System.getProperty("java.class.path").split(":")[1]);
        var names = new java.util.TreeSet<String>();
        try (var files = Files.list(jar.getParent())) { files.forEach(one -> names.add(one.getFileName().toString())); }
        System.out.println(String.join(" ", names));
        System.out.println(new File("/packages/evil.txt").exists() + " " + new File("/tmp/evil.txt").exists());
    }
}"""


async def installed(client: Client, group: str, name: str = "a:1") -> Execution:
    return await client.run("java", SHOWS_LAYER, packages=[f"{group}:{name}"])


def refused(ended: Execution, words: str = "") -> bool:
    assert ended.compile is not None, ended.error
    assert words in ended.compile.stderr, ended.compile.stderr
    return ended.status is Status.COMPILE_ERROR and ended.run is None


def layer(ended: Execution) -> str:
    """What is in the layer; nothing is anywhere else."""
    assert ended.run is not None, (ended.error, ended.compile)
    names, _, elsewhere = ended.run.stdout.partition("\n")
    assert elsewhere == "false false\n"
    return names


def place(group: str, name: str) -> str:
    artifact, version = name.split(":")
    return f"{group.replace('.', '/')}/{artifact}/{version}/{artifact}-{version}"


@pytest.mark.parametrize("ending", [".jar", ".pom"])
async def test_what_fails_its_checksum_or_has_none_is_not_installed(
    client: Client, repository: MavenRepository, ending: str
) -> None:
    group = a_group()
    repository.publish(f"{group}:a:1")
    body = a_jar({"x": ""}) if ending == ".jar" else a_pom(f"{group}:a:1").encode()
    repository.put(place(group, "a:1") + ending, body, sha1="0" * 40)
    assert refused(await installed(client, group), "hecksum")
    repository.publish(f"{group}:b:1")
    repository.take_away(f"{place(group, 'b:1')}{ending}.sha1")
    assert refused(await installed(client, group, "b:1"), "hecksum")


XXE = """<?xml version="1.0"?><!DOCTYPE project [<!ENTITY secret SYSTEM "%s">]>
<project><modelVersion>4.0.0</modelVersion>%s<description>&secret;</description>
<dependencies><dependency><groupId>a</groupId><artifactId>&secret;</artifactId><version>1</version></dependency>
</dependencies></project>"""
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12))
LAUGHING = """<?xml version="1.0"?><!DOCTYPE project [%s]>
<project><modelVersion>4.0.0</modelVersion>%s<name>&l11;</name></project>"""


async def test_a_pom_reads_no_file_and_no_address_and_does_not_grow(
    client: Client, repository: MavenRepository
) -> None:
    group = a_group()
    asked = f"{FOLDER}{group}/secret"
    for number, source in enumerate(("file:///etc/passwd", repository.index.origin + asked)):
        repository.publish(f"{group}:a:{number}", pom=XXE % (source, coordinates(f"{group}:a:{number}")))
        ended = await installed(client, group, f"a:{number}")
        assert ended.compile is not None
        assert "root:" not in ended.compile.stderr
        assert asked not in repository.index.requests
    repository.publish(f"{group}:laughs:1", pom=LAUGHING % (LAUGHS, coordinates(f"{group}:laughs:1")))
    ended = await installed(client, group, "laughs:1")
    assert ended.status in (Status.COMPILE_ERROR, Status.SUCCEEDED)


@pytest.mark.parametrize("depth", [20_000, 400_000])
async def test_a_pom_that_is_nested_deep_ends_in_its_slot(
    client: Client, repository: MavenRepository, depth: int
) -> None:
    group = a_group()
    deep = "<a>" * depth + "</a>" * depth
    plugin = f"<plugin><artifactId>x</artifactId><configuration>{deep}</configuration></plugin>"
    repository.publish(
        f"{group}:p:1", None, pom=f"<packaging>pom</packaging><build><plugins>{plugin}</plugins></build>"
    )
    parent = f"<parent>{coordinates(f'{group}:p:1')}</parent><build><plugins>{plugin}</plugins></build>"
    repository.publish(f"{group}:a:1", pom=parent)
    ended = await installed(client, group)
    assert ended.status in (Status.COMPILE_ERROR, Status.SUCCEEDED)
    assert (await client.run("java", NOTHING)).status is Status.SUCCEEDED


@pytest.mark.parametrize(
    "bad",
    ["../../evil", "%2e%2e%2fy", "http://169.254.169.254/", "${env.HOME}/x"],
)
async def test_coordinates_lead_nowhere_else(client: Client, repository: MavenRepository, bad: str) -> None:
    group = a_group()
    for number, one in enumerate((f"{bad}:b:1", f"{group}:{bad}:1", f"{group}:b:{bad}")):
        parts = one.rsplit(":", 2) if one.startswith(bad) else one.split(":", 2)
        tags = zip(("groupId", "artifactId", "version"), parts, strict=True)
        needed = "".join(f"<{tag}>{value}</{tag}>" for tag, value in tags)
        repository.publish(f"{group}:a:{number}", needs=[f"<dependency>{needed}</dependency>"])
        before = len(repository.index.requests)
        ended = await installed(client, group, f"a:{number}")
        assert ended.status is Status.COMPILE_ERROR or ended.packages == (f"{group}:a:{number}",)
        assert [path for path in repository.index.requests[before:] if f"/a/{number}/" not in path] == []


async def test_a_pom_adds_no_repository_and_no_file_of_the_machine(client: Client, repository: MavenRepository) -> None:
    group = a_group()
    other = (
        f"<repositories><repository><id>x</id><url>{repository.index.origin}/other/</url></repository></repositories>"
    )
    system = a_dependency(f"{group}:s:1", "<scope>system</scope><systemPath>/etc/passwd</systemPath>")
    script = a_dependency(f"{group}:z:1", "<type>zip</type>")
    repository.publish(f"{group}:a:1", pom=other, needs=[system, script, f"{group}:b:1"])
    repository.publish(f"{group}:b:1")
    repository.put(f"{place(group, 'z:1')}.zip", b"zip")
    repository.publish(f"{group}:z:1", None)
    assert layer(await installed(client, group)) == "a-1.jar b-1.jar class-path"
    assert not any(path.startswith("/other/") for path in repository.index.requests)


async def test_cycles_end(client: Client, repository: MavenRepository) -> None:
    group = a_group()
    repository.publish(f"{group}:a:1", needs=[f"{group}:b:1"])
    repository.publish(f"{group}:b:1", needs=[f"{group}:a:1", f"{group}:b:1"])
    assert layer(await installed(client, group)) == "a-1.jar b-1.jar class-path"
    for child, above in (("c", "d"), ("d", "c"), ("e", "e")):
        repository.publish(
            f"{group}:{child}:1", pom=f"<parent>{coordinates(f'{group}:{above}:1')}</parent><packaging>pom</packaging>"
        )
    for name in ("c:1", "e:1"):
        assert (await installed(client, group, name)).status in (Status.COMPILE_ERROR, Status.SUCCEEDED)


async def test_a_hundred_thousand_dependencies_are_too_many(client: Client, repository: MavenRepository) -> None:
    """The first POM is too long; each package of the second one's two hundred would be asked for."""
    group = a_group()
    many = "".join(f"<dependency>{coordinates(f'g:a{number}:1')}</dependency>" for number in range(100_000))
    repository.publish(f"{group}:a:1", needs=[many])
    assert refused(await installed(client, group), "more than 4194304 bytes")
    repository.publish(f"{group}:b:1", needs=[many[: len(many) // 500].rpartition("<dependency>")[0]])
    assert refused(await installed(client, group, "b:1"), "more requests than an installation may make")
    assert (await client.run("java", NOTHING)).status is Status.SUCCEEDED


async def test_a_name_that_is_too_long_for_a_set_is_refused_with_the_limit(
    client: Client, repository: MavenRepository
) -> None:
    """It ended in "was cancelled", and nobody was told why."""
    group = a_group()
    long = f"{group}.{'x' * 150}.{'y' * 150}"
    repository.publish(f"{long}:b:1")
    repository.publish(f"{group}:a:1", needs=[f"{long}:b:1"])
    ended = await installed(client, group)
    assert refused(ended, "has more than 301 characters with its version")
    assert refused(ended, f"'{long[:100]}'")


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/xml")
    handler.end_headers()
    handler.close_connection = True
    handler.wfile.write(b"<metadata><versioning><versions>")
    with suppress(OSError):
        while True:
            handler.wfile.write(b"<version>1.0</version>" * 1000)


async def test_a_list_of_versions_without_end_is_not_read_to_its_end(
    client: Client, repository: MavenRepository
) -> None:
    group = a_group()
    repository.index.answers[f"{FOLDER}{group.replace('.', '/')}/a/maven-metadata.xml"] = endless
    assert refused(await installed(client, group, "a"), "more than 4194304 bytes")
    repository.list_versions(group, "b", [f"1.{number}" for number in range(60_000)])
    assert refused(await installed(client, group, "b"))


def _entry(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    entry.create_system = 3
    return entry


async def test_a_jar_is_not_unpacked(client: Client, repository: MavenRepository) -> None:
    group = a_group()
    repository.publish(f"{group}:a:1", a_jar({"x.txt": ""}, [(_entry("link", 0o120777), b"/etc/passwd")]))
    assert layer(await installed(client, group)) == "a-1.jar class-path"


@pytest.mark.parametrize("name", ["../../../../packages/evil.txt", "/tmp/evil.txt"])
async def test_names_in_a_jar_lead_nowhere(client: Client, repository: MavenRepository, name: str) -> None:
    """javac may refuse to read such a jar; plain programs find nothing of it."""
    group = a_group()
    repository.publish(f"{group}:a:1", a_jar({"x.txt": ""}, [(_entry(name, 0o644), b"evil")]))
    ended = await installed(client, group)
    assert ended.packages == (f"{group}:a:1",)
    assert ended.status is Status.COMPILE_ERROR or layer(ended) == "a-1.jar class-path"


@pytest.mark.parametrize("jar", [b"", b"no jar", b"PK\x03\x04" + bytes(100)])
async def test_a_jar_that_is_none_harms_nobody(client: Client, repository: MavenRepository, jar: bytes) -> None:
    group = a_group()
    repository.publish(f"{group}:a:1", jar)
    assert (await installed(client, group)).status in (Status.COMPILE_ERROR, Status.SUCCEEDED)
    assert (await client.run("java", NOTHING)).status is Status.SUCCEEDED


async def test_a_repository_leads_an_installer_nowhere_else(client: Client, repository: MavenRepository) -> None:
    group = a_group()
    repository.publish(f"{group}:a:1")
    repository.index.answers[f"{FOLDER}{place(group, 'a:1')}.jar"] = redirect("http://169.254.169.254/")
    assert refused(await installed(client, group), "not a place of the index")


PLUGIN = """package lib;
import com.sun.source.util.*;
public class Plug implements Plugin {
    static { System.err.println("ESCAPED"); }
    public String getName() { return "plug"; }
    public boolean autoStart() { return true; }
    public void init(JavacTask task, String... args) { throw new Error("ESCAPED"); }
}"""
PROCESSOR = """package lib;
import java.util.Set; import javax.annotation.processing.*; import javax.lang.model.element.TypeElement;
@SupportedAnnotationTypes("*")
public class Process extends AbstractProcessor {
    public boolean process(Set<? extends TypeElement> types, RoundEnvironment round) { throw new Error("ESCAPED"); }
}"""


async def test_nothing_of_a_package_runs_in_the_compiler(client: Client, repository: MavenRepository) -> None:
    """javac starts plug-ins that it finds on its class path, also where it runs no processors."""
    group = a_group()
    files: dict[str, bytes | str] = {
        **await compiled(client, {"lib/Plug.java": PLUGIN, "lib/Process.java": PROCESSOR}),
        "META-INF/services/com.sun.source.util.Plugin": "lib.Plug\n",
        "META-INF/services/javax.annotation.processing.Processor": "lib.Process\n",
    }
    repository.publish(f"{group}:a:1", a_jar(files))
    ended = await installed(client, group)
    assert layer(ended) == "a-1.jar class-path"
    assert ended.compile is not None
    assert "ESCAPED" not in ended.compile.stderr
