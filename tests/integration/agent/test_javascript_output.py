"""What a JavaScript program has printed is there, however it ends: as plain Node.js writes to a file."""

from __future__ import annotations

import pytest

from node.domain.template import expand
from node.infrastructure.languages import load_language
from tests.integration.agent.attached import MIB, REPOSITORY, AttachedAgent
from tests.integration.agent.plain_tool import as_told, plain
from tests.integration.agent.slot_fixtures import slot_of

LANGUAGE = load_language(REPOSITORY / "sandbox" / "languages" / "javascript.toml")
WAITING = 64 + LANGUAGE.processes_overhead
"""Processes that the one that waits was started with: only a task that is granted the same may have it."""
COMMAND = expand(LANGUAGE.run_command, {"entry": "main.js", "args": ["one"]})
PROGRAMS = {
    "standard output": "process.stdout.write('x'.repeat(300000)); process.exit(0)",
    "standard error": "process.stderr.write('x'.repeat(300000)); process.exit(3)",
    "the console, in lines": "for (let i = 0; i < 50000; i++) console.log(i); console.error('end'); process.exit(0)",
    "both in turns": "for (let i = 0; i < 9; i++) { console.log('a'.repeat(30000)); console.error('b'.repeat(30000)) }"
    "process.exit(1)",
    "what follows a callback": "process.stdout.write('x'.repeat(300000), () => { console.log('-'); process.exit(0) })",
    "a stream that ends": "require('stream').Readable.from(['a'.repeat(200000), 'b']).pipe(process.stdout)",
    "what it knows of its start": "console.log(process.argv.slice(2), process.execArgv,"
    " Object.keys(require.cache).length, process._preload_modules, Object.keys(module.constructor._pathCache).length)",
    "a worker thread": "const { Worker } = require('worker_threads');"
    "new Worker('console.log(process.execArgv, Object.keys(require.cache).length)', { eval: true })",
}
slot = slot_of("javascript")


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_what_was_printed_is_there_as_in_a_file(slot: AttachedAgent, name: str, warm: bool) -> None:
    files = {"main.js": PROGRAMS[name]}
    to_files = "node main.js one >out 2>err; code=$?; cat out; cat err >&2; exit $code"
    report = slot.run(files, COMMAND, processes=WAITING, output_bytes=4 * MIB, warm=warm)
    assert as_told(report) == plain(slot, "javascript", files, ["sh", "-c", to_files])


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_a_program_that_prints_without_end_meets_the_limit_of_output_and_not_that_of_memory(
    slot: AttachedAgent, warm: bool
) -> None:
    files = {"main.js": "for (;;) process.stdout.write('x'.repeat(100000))"}
    report = slot.run(files, COMMAND, processes=WAITING, output_bytes=8 * MIB, memory_bytes=96 * MIB, warm=warm)
    assert report.ending == "output"
    assert len(report.stdout) == 8 * MIB
