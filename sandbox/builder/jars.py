"""Jars of Maven repositories, fetched by this machine's own Maven: those listed, and none that they ask for."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from sandbox.builder.pinned import FetchError, Pinned, check, read_pinned, run

_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
_COORDINATES = 3
"""group:artifact:version"""


def fetch_jars(listed: Path, folder: Path) -> None:
    """The jars of a list (``org.jetbrains.kotlin:kotlin-stdlib:2.2.21``) as ``ARTIFACT-VERSION.jar``. Raises
    FetchError."""
    jars = read_pinned(listed)
    wrong = next((one.name for one in jars if len(one.name.split(":")) != _COORDINATES), "")
    if wrong:
        raise FetchError(f"{listed.name} names {wrong}, which is not group:artifact:version.")
    project = folder / "pom.xml"
    project.write_bytes(_project(jars, folder))
    try:
        run("mvn", "maven", ["--batch-mode", "--quiet", f"--file={project}", f"{_PLUGIN}:copy"], folder)
    finally:
        project.unlink()
    for one in jars:
        check(folder / _file(one), one)


def _project(jars: list[Pinned], folder: Path) -> bytes:
    """A project that does nothing but copy these."""
    told = {"groupId": "coderunner", "artifactId": "image", "version": "1", "packaging": "pom"}
    project = _element("project", modelVersion="4.0.0", **told)
    plugins = ElementTree.SubElement(ElementTree.SubElement(project, "build"), "plugins")
    group, artifact, version = _PLUGIN.split(":")
    plugin = _element("plugin", groupId=group, artifactId=artifact, version=version)
    plugins.append(plugin)
    configuration = _element("configuration", outputDirectory=str(folder))
    plugin.append(configuration)
    items = ElementTree.SubElement(configuration, "artifactItems")
    for one in jars:
        group, artifact, version = one.name.split(":")
        items.append(_element("artifactItem", groupId=group, artifactId=artifact, version=version))
    return ElementTree.tostring(project)


def _element(name: str, **texts: str) -> ElementTree.Element:
    element = ElementTree.Element(name)
    for child, text in texts.items():
        ElementTree.SubElement(element, child).text = text
    return element


def _file(jar: Pinned) -> str:
    _, artifact, version = jar.name.split(":")
    return f"{artifact}-{version}.jar"
