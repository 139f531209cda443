"""What registries and packages of npm do to installers: it ends in the installer's slot."""

from __future__ import annotations

import json
import os
import tarfile
from functools import partial
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from coderunner import Client, Status
from tests.servers.npm_registry import NpmRegistry, a_tarball
from tests.servers.package_index import redirect, send
from tests.servers.package_stack import a_name, said, stdout

LOOKS = """
const fs = require("fs"), path = require("path");
const layer = fs.realpathSync("../node_modules");
for (const entry of fs.readdirSync(layer, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() && !entry.isDirectory()) console.log("ESCAPED", entry.name);
}
for (const name of ["/packages/evil.js", "/layer", layer + "/evil.js", layer + "/../evil.js"]) {
  if (fs.existsSync(name)) console.log("ESCAPED", name);
}
try { fs.writeFileSync(layer + "/new.js", ""); console.log("ESCAPED"); } catch (error) { console.log(error.code); }
"""


def publish(registry: NpmRegistry, **about: Any) -> str:
    name = a_name()
    registry.publish(name, "1.0.0", a_tarball(name, "1.0.0", {"index.js": ""}, about=about), **about)
    return name


async def refused(client: Client, *packages: str) -> str:
    """What the installer says of what cannot be installed."""
    ended = await client.run("javascript", "1;", packages=packages)
    assert ended.status is Status.COMPILE_ERROR, ended
    return said(ended)


async def test_a_tarball_that_is_not_what_the_registry_says_is_refused(client: Client, registry: NpmRegistry) -> None:
    for digest in ({"integrity": "sha512-" + "A" * 86 + "=="}, {"shasum": "0" * 40, "integrity": None}):
        name = a_name()
        entry = registry.publish(name, "1.0.0", a_tarball(name, "1.0.0", {"index.js": ""}))
        entry["dist"].update(digest)
        assert "EINTEGRITY" in await refused(client, name)


async def test_a_registry_leads_an_installer_nowhere_else(client: Client, registry: NpmRegistry) -> None:
    for place in ("http://169.254.169.254/x.tgz", "https://localhost:1/x.tgz", "file:///etc/passwd"):
        name = a_name()
        registry.publish(name, "1.0.0", a_tarball(name, "1.0.0", {}))["dist"]["tarball"] = place
        await refused(client, name)
    moved = a_name()
    registry.answers[f"/npm/{moved}"] = redirect("http://169.254.169.254/")
    await refused(client, moved)


@pytest.mark.parametrize(
    "wanted",
    [
        "github:evil/a",
        "http://169.254.169.254/a.tgz",
        "file:../../../../packages",
    ],
)
async def test_what_a_package_needs_comes_from_the_registry_or_not_at_all(
    client: Client, registry: NpmRegistry, wanted: str
) -> None:
    name = publish(registry, dependencies={"evil": wanted})
    ended = await client.run("javascript", "1;", packages=[name])
    assert ended.status is Status.COMPILE_ERROR, ended


def _entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", mode: int = 0o644) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname, entry.mode = kind, link, mode
    return entry


HOSTILE_ENTRIES = {
    "up": [(_entry("package/../../evil.js"), b"x"), (_entry("package/../../../../../packages/evil.js"), b"x")],
    "absolute": [(_entry("/packages/evil.js"), b"x"), (_entry("/layer/tree/evil.js"), b"x")],
    "through a link": [
        (_entry("package/up", tarfile.SYMTYPE, "../.."), b""),
        (_entry("package/up/evil.js"), b"x"),
    ],
    "links": [
        (_entry("package/evil_link", tarfile.SYMTYPE, "/etc/passwd"), b""),
        (_entry("package/evil_hard", tarfile.LNKTYPE, "/etc/passwd"), b""),
    ],
    "devices": [
        (_entry("package/evil_device", tarfile.CHRTYPE), b""),
        (_entry("package/evil_pipe", tarfile.FIFOTYPE), b""),
    ],
}


@pytest.mark.parametrize("attack", list(HOSTILE_ENTRIES))
async def test_a_tarball_writes_nothing_but_plain_files_below_its_own_folder(
    client: Client, registry: NpmRegistry, attack: str
) -> None:
    name = a_name()
    registry.publish(name, "1.0.0", a_tarball(name, "1.0.0", {"index.js": ""}, entries=HOSTILE_ENTRIES[attack]))
    ended = await client.run("javascript", LOOKS, packages=[name])
    assert ended.status in (Status.COMPILE_ERROR, Status.SUCCEEDED), ended
    if ended.status is Status.SUCCEEDED:
        assert stdout(ended) == "EROFS\n"


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({"tarball": "http://169.254.169.254/x.tgz"}, "could not be had: {name}@1.0.0"),
        ({"integrity": "sha512-" + "A" * 86 + "=="}, "could not be had: {name}@1.0.0"),
        (None, "could not be had: {name}@https://localhost:1/x.tgz"),
    ],
    ids=["elsewhere", "another hash", "an address"],
)
async def test_what_is_optional_and_kept_back_is_not_left_out_in_silence(
    client: Client, registry: NpmRegistry, about: dict[str, Any] | None, words: str
) -> None:
    """npm goes on without it, and the set was kept without it."""
    name = a_name()
    entry = registry.publish(name, "1.0.0", a_tarball(name, "1.0.0", {"index.js": ""}))
    entry["dist"].update(about or {})
    needing = publish(registry, optionalDependencies={name: "1" if about else "https://localhost:1/x.tgz"})
    assert words.format(name=name) in await refused(client, needing)


async def test_what_is_optional_and_moved_beside_the_index_is_kept_back(client: Client, registry: NpmRegistry) -> None:
    name = a_name()
    registry.publish(name, "1.0.0", a_tarball(name, "1.0.0", {"index.js": ""}))
    registry.answers[f"/npm/{name}/-/{name}-1.0.0.tgz"] = redirect("http://169.254.169.254/")
    ended = await client.run("javascript", "1;", packages=[publish(registry, optionalDependencies={name: "1"})])
    assert ended.status is Status.COMPILE_ERROR
    assert "not a place of the index" in ended.error


async def test_what_is_optional_and_too_large_is_not_left_out_in_silence(client: Client, registry: NpmRegistry) -> None:
    """80 MiB, more than an installer's folder has."""
    name = a_name()
    registry.publish(name, "1.0.0", a_tarball(name, "1.0.0", {"index.js": "", "noise": os.urandom(80 << 20)}))
    await refused(client, publish(registry, optionalDependencies={name: "1"}))


@pytest.mark.parametrize("about", [{"os": ["win32"]}, {"engines": {"node": ">=99"}}, None], ids=["os", "node", "none"])
async def test_what_is_optional_and_not_for_this_machine_or_not_there_is_left_out(
    client: Client, registry: NpmRegistry, about: dict[str, Any] | None
) -> None:
    name = publish(registry, **about) if about else a_name()
    needing = publish(registry, optionalDependencies={name: "1"})
    ended = await client.run("javascript", f'require("{needing}");', packages=[needing])
    assert (ended.status, ended.packages) == (Status.SUCCEEDED, (f"{needing}@1.0.0",))


async def test_a_name_that_is_too_long_for_a_set_is_refused_with_the_limit(
    client: Client, registry: NpmRegistry
) -> None:
    name, version = "p" + "x" * 150 + a_name(), "1.0.0-" + "x" * 200
    registry.publish(name, version, a_tarball(name, version, {"index.js": ""}))
    words = await refused(client, name)
    assert "301 characters" in words
    assert f"'{name[:100]}'" in words


def with_bundled(registry: NpmRegistry, count: int) -> str:
    """Publishes a package that brings so many others itself."""
    name, names = a_name(), [f"bundled-{number}" for number in range(count)]
    about: dict[str, Any] = {"bundleDependencies": names, "dependencies": dict.fromkeys(names, "1")}
    bundled = {f"node_modules/{one}/package.json": json.dumps({"name": one, "version": "1.0.0"}) for one in names}
    registry.publish(name, "1.0.0", a_tarball(name, "1.0.0", {"index.js": "", **bundled}, about=about), **about)
    return name


async def test_all_packages_that_are_bundled_in_one_are_told_and_counted(client: Client, registry: NpmRegistry) -> None:
    """npm opened all their files at once, and forgot those for which it had no descriptors: a thousand were told."""
    name = with_bundled(registry, 1_500)
    ended = await client.run("javascript", f'require("{name}");', packages=[name])
    assert (ended.status, len(ended.packages)) == (Status.SUCCEEDED, 1_501)
    assert "these are 2002 packages" in await refused(client, with_bundled(registry, 2_001))


async def test_a_bomb_ends_in_its_own_slot(client: Client, registry: NpmRegistry) -> None:
    """80 MiB in 80 KiB, more than an installer's folder has."""
    name = a_name()
    registry.publish(name, "1.0.0", a_tarball(name, "1.0.0", {"index.js": "", "zeros": bytes(80 << 20)}))
    assert "cannot be unpacked" in await refused(client, name)
    assert (await client.run("javascript", "1;")).status is Status.SUCCEEDED


GARBAGE = {
    "null": b"null",
    "deep": b"[" * 1_000_000,
    "numbers": b'{"versions": {"1.0.0": 7}, "dist-tags": {"latest": "1.0.0"}}',
    "no dist": b'{"versions": {"1.0.0": {"name": "a", "version": "1.0.0"}}, "dist-tags": {"latest": "1.0.0"}}',
    "__proto__": b'{"__proto__": {"x": 1}, "versions": {"__proto__": {"dist": {}}}, "dist-tags": {"__proto__": "1"}}',
}


async def test_what_is_no_document_is_no_package(client: Client, registry: NpmRegistry) -> None:
    for body in GARBAGE.values():
        name = a_name()
        registry.answers[f"/npm/{name}"] = partial(send, body=body, kind="application/json")
        await refused(client, name)


async def test_names_of_dependencies_are_believed_no_more_than_those_of_tasks(
    client: Client, registry: NpmRegistry
) -> None:
    for evil in ("../../evil", "__proto__", ".bin", "@a/../../b"):
        ended = await client.run("javascript", LOOKS, packages=[publish(registry, dependencies={evil: "1"})])
        assert ended.status is Status.COMPILE_ERROR or stdout(ended) == "EROFS\n", ended


async def test_packages_that_need_each_other_are_installed_once(client: Client, registry: NpmRegistry) -> None:
    one, other = a_name(), a_name()
    for name, needs in ((one, other), (other, one)):
        about: dict[str, Any] = {"dependencies": {needs: "1"}, "peerDependencies": {needs: "*"}}
        registry.publish(name, "1.0.0", a_tarball(name, "1.0.0", {"index.js": ""}, about=about), **about)
    ended = await client.run("javascript", f'require("{one}"); require("{other}");', packages=[one])
    assert (ended.status, len(ended.packages)) == (Status.SUCCEEDED, 2)


async def test_a_hundred_thousand_versions_harm_nobody_else(client: Client, registry: NpmRegistry) -> None:
    name = a_name()
    entry = registry.publish(name, "1.0.0", a_tarball(name, "1.0.0", {"index.js": ""}))
    versions: dict[str, Any] = {f"0.{number // 1000}.{number % 1000}": {"dist": {}} for number in range(100_000)}
    registry.document_of(name)["versions"] = {**versions, "1.0.0": entry}
    ended = await client.run("javascript", "1;", packages=[f"{name}@>0.5"])
    assert ended.status in (Status.SUCCEEDED, Status.COMPILE_ERROR)
    assert (await client.run("javascript", "1;")).status is Status.SUCCEEDED


async def test_a_registry_that_is_busy_is_tried_again_and_is_no_fault_of_the_task(
    client: Client, registry: NpmRegistry
) -> None:
    name = publish(registry)
    path = f"/npm/{name}"

    def busy(handler: BaseHTTPRequestHandler) -> None:
        if registry.requests.count(path) == 3:  # two by the first attempt's installer
            del registry.answers[path]
        send(handler, b"busy", "text/plain", status=503)

    registry.answers[path] = busy
    assert (await client.run("javascript", "1;", packages=[name])).status is Status.SUCCEEDED
