"""A Maven repository of the tests' own, on the server of ``package_index``: what tests publish, honest or not."""

from __future__ import annotations

import base64
import hashlib
import io
import secrets
import zipfile
from collections.abc import Mapping, Sequence

from coderunner import Client
from tests.servers.package_index import Answer, PackageIndex, send
from tests.servers.package_stack import stdout

FOLDER = "/maven2/"
EMPTY_JAR = b"PK\x05\x06" + bytes(18)
NOTHING = "public class Main { public static void main(String[] args) { System.out.println(42); } }"
"""A program that needs no package."""


class MavenRepository:
    """What is published below ``url``."""

    def __init__(self, index: PackageIndex) -> None:
        self.index = index
        self.url = f"{index.origin}{FOLDER}"
        self._versions: dict[tuple[str, str], list[str]] = {}

    def publish(
        self,
        name: str,
        jar: bytes | None = EMPTY_JAR,
        *,
        needs: Sequence[str] = (),
        pom: str = "",
        classifier: str = "",
    ) -> None:
        """``name``: ``group:artifact:version``; ``needs``: the same of others, or ``<dependency>`` elements; ``pom``:
        what else its POM says, or all of it where it begins with ``<?xml``."""
        group, artifact, version = name.split(":")
        place = f"{group.replace('.', '/')}/{artifact}/{version}/{artifact}-{version}"
        self.put(f"{place}.pom", (pom if pom.startswith("<?xml") else a_pom(name, needs, pom)).encode())
        if jar is not None:
            self.put(f"{place}{'-' if classifier else ''}{classifier}.jar", jar)
        versions = self._versions.setdefault((group, artifact), [])
        versions.append(version)
        self.list_versions(group, artifact, versions)

    def list_versions(self, group: str, artifact: str, versions: Sequence[str]) -> None:
        """Tells of these; the last one is called the release."""
        listed = "".join(f"<version>{one}</version>" for one in versions)
        text = f"<versioning><release>{versions[-1]}</release><versions>{listed}</versions></versioning>"
        path = f"{group.replace('.', '/')}/{artifact}/maven-metadata.xml"
        self.put(path, f"<metadata><groupId>{group}</groupId>{text}</metadata>".encode())

    def put(self, path: str, body: bytes, *, sha1: str | None = None) -> None:
        """Offers a document with its checksum, or with another one."""
        kind = "application/java-archive" if path.endswith(".jar") else "text/xml"
        self.index.answers[f"{FOLDER}{path}"] = _sends(body, kind)
        digest = sha1 if sha1 is not None else hashlib.sha1(body).hexdigest()
        self.index.answers[f"{FOLDER}{path}.sha1"] = _sends(digest.encode(), "text/plain")

    def take_away(self, path: str) -> None:
        """Offers it no longer."""
        del self.index.answers[f"{FOLDER}{path}"]


def a_jar(files: Mapping[str, bytes | str], entries: Sequence[tuple[zipfile.ZipInfo, bytes]] = ()) -> bytes:
    """A jar with these files, and with ``entries`` just as they are."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            archive.writestr(path, data)
        for entry, data in entries:
            archive.writestr(entry, data)
    return made.getvalue()


def a_pom(name: str, needs: Sequence[str] = (), more: str = "") -> str:
    """The POM of ``group:artifact:version``."""
    needed = "".join(one if one.startswith("<") else a_dependency(one) for one in needs)
    project = f"<modelVersion>4.0.0</modelVersion>{coordinates(name)}{more}<dependencies>{needed}</dependencies>"
    return f'<?xml version="1.0"?><project>{project}</project>'


def a_dependency(name: str, more: str = "") -> str:
    """``more``: elements such as ``<scope>test</scope>``."""
    return f"<dependency>{coordinates(name)}{more}</dependency>"


def coordinates(name: str) -> str:
    """``group:artifact:version``, or ``group:artifact``, as elements."""
    tags = zip(("groupId", "artifactId", "version"), name.split(":"), strict=False)
    return "".join(f"<{tag}>{value}</{tag}>" for tag, value in tags)


def _sends(body: bytes, kind: str) -> Answer:
    return lambda handler: send(handler, body, kind)


def a_group() -> str:
    """A group of packages that no other test has."""
    return f"test.g{secrets.token_hex(6)}"


SHOWS_CLASSES = """
import java.nio.file.*; import java.util.*;
public class Main {
    public static void main(String[] args) throws Exception {
        try (var paths = Files.walk(Path.of("lib"))) {
            var classes = paths.filter(one -> one.toString().endsWith(".class"));
            for (var path : (Iterable<Path>) classes::iterator)
                System.out.println(path + " " + Base64.getEncoder().encodeToString(Files.readAllBytes(path)));
        }
    }
}"""


async def compiled(client: Client, sources: Mapping[str, str], options: Sequence[str] = ()) -> dict[str, bytes]:
    """The classes of sources in the folder ``lib``, by path; CodeRunner itself compiles them."""
    ended = await client.run("java", {"Main.java": SHOWS_CLASSES, **sources}, compile_options=list(options))
    rows = (line.split() for line in stdout(ended).splitlines())
    return {path: base64.b64decode(text) for path, text in rows}
