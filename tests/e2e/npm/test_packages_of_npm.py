"""npm's packages that a task names: from a registry over TLS, through an installer's slot, to programs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from coderunner import Client, InvalidTask, Status
from tests.servers.npm_registry import NpmRegistry, a_tarball
from tests.servers.package_stack import a_name, said, stdout
from tests.servers.stack import Stack


def publish(registry: NpmRegistry, name: str, version: str, index_js: str, **manifest: object) -> None:
    """A CommonJS package of one module."""
    registry.publish(name, version, a_tarball(name, version, {"index.js": index_js}, about=manifest), **manifest)


async def test_a_program_requires_and_imports_the_packages_that_its_task_names(
    client: Client, registry: NpmRegistry
) -> None:
    name, needed = f"@{a_name()}/{a_name()}", a_name()
    says = f'module.exports = require("{needed}")("{name}");'
    publish(registry, name, "2.1.0", says, dependencies={needed: "^1.0.0"})
    publish(registry, name, "3.0.0", "process.exit(3)")
    modern = "export const made = 'module';"
    files = {"index.js": "module.exports = (who) => who + ' by ' + __filename;", "index.mjs": modern}
    exports = {"import": "./index.mjs", "require": "./index.js"}
    registry.publish(needed, "1.5.0", a_tarball(needed, "1.5.0", files, about={"exports": exports}))

    first = await client.run("javascript", f'console.log(require("{name}"));', packages=[f"{name}@2"])
    assert first.status is Status.SUCCEEDED, first
    assert stdout(first).startswith(f"{name} by /packages/")
    assert first.packages == (f"{name}@2.1.0", f"{needed}@1.5.0")
    assert "added 2 packages" in said(first)

    asked = len(registry.requests)
    imports = f'import own from "{name}"; import {{ made }} from "{needed}"; console.log(own.length > 9, made);'
    again = await client.run("javascript", {"main.mjs": imports}, packages=[f"{name}@2.x"])
    assert (stdout(again), again.compile, again.packages) == ("true module\n", None, first.packages)
    assert len(registry.requests) == asked
    plain = await client.run("javascript", f'require("{name}");')
    assert plain.status is Status.FAILED


async def test_packages_that_need_different_versions_of_a_third_have_them(
    client: Client, registry: NpmRegistry
) -> None:
    old, new, third = a_name(), a_name(), a_name()
    for version in ("1.0.0", "2.0.0"):
        publish(registry, third, version, f'module.exports = "{version}";')
    publish(registry, old, "1.0.0", f'module.exports = require("{third}");', dependencies={third: "1"})
    publish(registry, new, "1.0.0", f'module.exports = require("{third}");', dependencies={third: "2"})
    ended = await client.run(
        "javascript", f'console.log(require("{old}"), require("{new}"));', packages=[old, f"{new}@1.0.0"]
    )
    assert stdout(ended) == "1.0.0 2.0.0\n"
    assert {f"{third}@1.0.0", f"{third}@2.0.0"} < set(ended.packages)


async def test_what_a_program_brings_itself_is_nearer_and_nothing_of_a_layer_comes_back(
    client: Client, registry: NpmRegistry
) -> None:
    name = a_name()
    publish(registry, name, "1.0.0", 'module.exports = "installed";')
    files = {"main.js": f'console.log(require("{name}"));', f"node_modules/{name}/index.js": 'module.exports = "own";'}
    ended = await client.run("javascript", files, packages=[name], outputs=["*.js", "node_modules/*"])
    assert (stdout(ended), {file.name for file in ended.files}) == ("own\n", set(files))
    look = 'console.log(require("fs").readdirSync("..").filter((name) => !name.startsWith("task-")));'
    assert stdout(await client.run("javascript", look)) == "[]\n"


async def test_scripts_of_packages_never_run(client: Client, registry: NpmRegistry) -> None:
    name = a_name()
    touch = "touch $npm_config_local_prefix/node_modules/ESCAPED /layer/tree/ESCAPED; exit 1"
    scripts = dict.fromkeys(("preinstall", "install", "postinstall", "prepare"), touch)
    files = {"index.js": "", "binding.gyp": "{'targets': []}", "tool.js": "#!/bin/sh\n"}
    about = {"scripts": scripts, "bin": {"node": "tool.js"}}
    registry.publish(name, "1.0.0", a_tarball(name, "1.0.0", files, about=about), hasInstallScript=True, **about)
    look = f"""
const fs = require("fs"), path = require("path");
const modules = path.dirname(path.dirname(require.resolve("{name}")));
console.log(fs.readdirSync(modules), fs.readdirSync(path.dirname(modules)));"""
    assert stdout(await client.run("javascript", look, packages=[name])) == f"[ '{name}' ] [ 'node_modules' ]\n"


async def test_what_cannot_be_installed_is_a_compile_error_in_npms_words(client: Client, registry: NpmRegistry) -> None:
    name = a_name()
    publish(registry, name, "1.0.0", "")
    for packages, words in (
        ([a_name()], "E404"),
        ([f"{name}@2"], "No matching version found"),
    ):
        ended = await client.run("javascript", "1;", packages=packages)
        assert (ended.status, ended.run, ended.packages, ended.attempt) == (Status.COMPILE_ERROR, None, (), 1)
        assert words in said(ended)


async def test_names_are_npms_and_no_others(client: Client) -> None:
    for package in ("six==1.17.0", "npm:evil", "evil@file:../x", "evil/a", "evil.tgz", "--global"):
        with pytest.raises(InvalidTask) as refused:
            await client.run("javascript", "1;", packages=[package])
        assert [one.field for one in refused.value.violations] == ["task.packages[0]"]
    with pytest.raises(InvalidTask, match="named twice") as refused:
        await client.run("javascript", "1;", packages=["lodash@3", "lodash@4"])
    assert [one.field for one in refused.value.violations] == ["task.packages[1]"]


def test_the_command_line_names_packages(stack: Stack, registry: NpmRegistry, tmp_path: Path) -> None:
    name = a_name()
    publish(registry, name, "1.0.0", 'console.log("installed");')
    (tmp_path / "main.js").write_text(f'require("{name}");')
    command = [sys.executable, "-m", "coderunner", "--gateway", stack.gateways[0].target]
    command += ["run", "--package", f"{name}@^1", str(tmp_path / "main.js")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "installed\n"
