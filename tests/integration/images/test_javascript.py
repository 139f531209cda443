"""A program that is given to a waiting Node.js cannot tell, and nobody can tell from outside."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.images.image_slot import Slot

PROBE = """
const Module = require('module');
console.log(process.argv, process.execArgv, process.argv0, process.execPath, process.title, process._preload_modules);
console.log(require.main === module, process.mainModule === module, module.id, module.parent, module.paths, __filename);
console.log(Object.keys(require.cache), Object.keys(Module._pathCache), Object.keys(Module).join(), RegExp.lastMatch);
console.log(Object.getOwnPropertyNames(globalThis).join(), Object.keys(process.env).sort().join(), String(new Date(0)));
"""
WORKER = """
const { Worker, isMainThread, parentPort } = require('worker_threads');
if (isMainThread) new Worker(__filename).on('message', (m) => console.log(m));
else parentPort.postMessage([process.argv, process.execArgv, require.main === module, Object.keys(require.cache)]);
"""
FORK = """
const { fork } = require('child_process');
if (process.argv[2]) process.send([process.argv, process.execArgv]);
else fork(__filename, ['child']).on('message', (m) => console.log(m));
"""
LINES = "require('readline').createInterface({ input: process.stdin }).on('line', (l) => console.log(`<${l}>`))"

PROGRAMS: dict[str, dict[str, str]] = {
    "hello": {"main.js": "console.log('hello')"},
    "everything a program can look at": {"main.js": PROBE},
    "another entry point": {"app/start.js": PROBE},
    "an uncaught exception": {"main.js": "function f() { throw new Error('x'); }\nf();"},
    "an unhandled rejection": {"main.js": "Promise.reject(new TypeError('r'))"},
    "a syntax error": {"main.js": "let x = ;"},
    "a missing module": {"main.js": "require('./nope')"},
    "an exit code by property": {"main.js": "process.exitCode = 3; process.on('exit', (c) => console.log('bye', c))"},
    "an exit code by call": {"main.js": "setTimeout(() => process.exit(4), 1)"},
    "death by a signal": {"main.js": "process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 9999)"},
    "stdin at once": {"main.js": "console.log(require('fs').readFileSync(0, 'utf8').length)"},
    "stdin by lines": {"main.js": LINES},
    "a stack trace": {"main.js": "Error.stackTraceLimit = 99; console.log(new Error('s').stack)"},
    "another file": {
        "main.js": "const a = require('./a'); console.log(a.p === module)",
        "a.js": "exports.p = module.parent",
    },
    "an ES module": {
        "main.mjs": "import { x } from './x.mjs'; console.log(import.meta.url, x, await 5, typeof require)",
        "x.mjs": "export const x = 1",
    },
    "an ES module that throws": {"main.mjs": "import './x.mjs'", "x.mjs": "throw new Error('e')"},
    "an ES module by package type": {
        "main.js": "import p from 'path'; console.log(p.sep, import.meta.filename)",
        "package.json": '{"type": "module"}',
    },
    "an ES module that awaits nothing": {"main.mjs": "await new Promise(() => {})"},
    "a worker thread": {"main.js": WORKER},
    "a forked child": {"main.js": FORK},
    "a large write to a pipe": {"main.js": "require('fs').writeSync(1, 'x'.repeat(60000))"},
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_waiting_node_runs_it_as_a_fresh_one(slot: Callable[[str], Slot], name: str) -> None:
    files = PROGRAMS[name]
    command = ["node", next(iter(files)), "one", "two words", ""]
    given = {"run": command, "stdin": "a\nb\n", "env": {"GREETING": "hi = ho", "TZ": "Asia/Tokyo"}}
    waiting = slot("javascript").language["warm"]["command"]
    fresh, warm = slot("javascript").do(given, {**given, "wait": waiting}, files=files)
    assert warm == [*fresh, "1E" if fresh[0] >= 0 else "1"]  # it says that it ends, unless a signal ends it


def test_a_waiting_node_ends_quietly_when_there_is_no_program(slot: Callable[[str], Slot]) -> None:
    waiting = slot("javascript").language["warm"]["command"]
    code, out, err = slot("javascript").run("sh", "-c", '"$@" 3</dev/null 4>/dev/null', "sh", *waiting)
    assert (code, out, err) == (0, "", "")
