"""What JavaScript with packages does beside what every language does."""

from __future__ import annotations

import pytest

from node.application.workbench import Workbench
from node.domain.language import Language
from schemas.status import Status
from schemas.task import SourceFile
from tests.conformance.programs import Expected
from tests.conformance.test_conformance import executed

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def printed(bench: Workbench, language: Language, *files: SourceFile) -> str:
    execution = await executed(bench, language, list(files), Expected())
    assert execution.status is Status.SUCCEEDED, execution
    assert execution.run is not None
    return execution.run.stdout


async def test_packages_are_required_and_imported(bench: Workbench, language: Language) -> None:
    required = """const _ = require("lodash"), moment = require("moment");
const { v5 } = require("uuid"), yaml = require("js-yaml");
console.log(_.chunk([1, 2, 3], 2), moment.utc("2026-11-30").format("dddd"), yaml.dump({ a: 1 }).trim());
console.log(v5("name", v5.DNS).length);
"""
    assert await printed(bench, language, SourceFile("", required)) == "[ [ 1, 2 ], [ 3 ] ] Monday a: 1\n36\n"
    imported = """import chalk from "chalk";
import _ from "lodash";
import * as R from "ramda";
import { mean } from "d3";
console.log(_.sum([1, 2]), R.take(1, "xy"), mean([1, 3]), typeof chalk.red);
"""
    main = SourceFile("main.mjs", imported)
    assert await printed(bench, language, main, SourceFile("other.txt", "")) == "3 x 2 function\n"


async def test_a_package_of_the_programs_comes_first(bench: Workbench, language: Language) -> None:
    main = SourceFile("main.js", 'console.log(require("lodash"), require("./uuid").mine);\n')
    own = SourceFile("node_modules/lodash/index.js", 'module.exports = "mine";\n')
    beside = SourceFile("uuid.js", "exports.mine = true;\n")
    assert await printed(bench, language, main, own, beside) == "mine true\n"


async def test_a_web_server_answers_itself(bench: Workbench, language: Language) -> None:
    source = """const app = require("express")();
app.get("/hello/:name", (request, response) => response.json({ hello: request.params.name }));
const server = app.listen(0, "127.0.0.1", async () => {
  console.log(await (await fetch(`http://127.0.0.1:${server.address().port}/hello/you`)).text());
  process.exit();
});
"""
    assert await printed(bench, language, SourceFile("", source)) == '{"hello":"you"}\n'
