"""The libraries of science are imported before there is a program, and no program can tell.

Each runs in a slot both ways: with the libraries that wait there, and started by itself, as a variable demands that
they read when they are imported."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Mapping
from typing import Any

import pytest

from node.application.attempt import Attempt
from node.application.workbench import Workbench
from node.domain.language import Language
from node.domain.program import program_of
from schemas.execution import Execution
from schemas.status import Status
from schemas.task import SourceFile
from tests.builders import MIB, a_task, some_limits
from tests.fakes.node import FakeDelivery

pytestmark = pytest.mark.asyncio(loop_scope="module")

IN_ORDER = ["numpy", "pandas", "matplotlib.pyplot", "PIL.Image", "sympy", "warnings, numpy", "pandas, numpy, random"]
IN_ANY_ORDER = [  # scipy itself goes through a set of names
    "scipy",
    "scipy.stats",
    "scipy.optimize, scipy.signal",
    "networkx, matplotlib.pyplot",
    "sklearn.linear_model",
    "sklearn.ensemble, pandas",
    "mpl_toolkits.mplot3d",
    "multiprocessing, logging",
]
AT_LEISURE = {"cpu_ms": 60_000, "wall_ms": 120_000}
"""The rest is what every slot grants, so that one serves them all."""
COLD = {"NPY_NOTHING": "1"}
TELL = """
import sys
modules = list(sys.modules)
names = {one: sorted(vars(sys.modules[one])) for one in PACKAGES}
import atexit, os, signal, threading, warnings
os.environ.pop("NPY_NOTHING", None)
print({
    "modules": modules, "names": names, "filters": [str(one) for one in warnings.filters],
    "environment": sorted(os.environ.items()), "finders": [str(one) for one in sys.meta_path],
    "hooks": len(sys.path_hooks), "at exit": atexit._ncallbacks(), "of threads": len(threading._threading_atexits),
    "signals": [str(signal.getsignal(one)) for one in range(1, 65)], "threads": len(os.listdir("/proc/self/task")),
    "descriptors": len(os.listdir("/proc/self/fd")), "excepthook": str(sys.excepthook), "tmp": os.listdir("/tmp"),
})
"""
_numbers = itertools.count(1)


async def executed(
    bench: Workbench,
    language: Language,
    source: str,
    *,
    env: Mapping[str, str] | None = None,
    others: Mapping[str, str] | None = None,
    **limits: int,
) -> Execution:
    files = [SourceFile("main.py", source), *(SourceFile(name, text) for name, text in (others or {}).items())]
    limits = {**AT_LEISURE, "output_bytes": 4 * MIB, **limits}
    task = a_task(f"science-{next(_numbers)}", language=language.name, files=files, limits=some_limits(**limits))
    program = program_of(language, "1", files, entry_point="main.py", env=env)
    return await bench.execute(Attempt(FakeDelivery(task), "n1", 0.0), program)


async def printed(bench: Workbench, language: Language, source: str, **how: Any) -> str:
    execution = await executed(bench, language, source, **how)
    assert execution.status is Status.SUCCEEDED, execution
    assert execution.run is not None
    return execution.run.stdout


@pytest.mark.parametrize("names", [*IN_ORDER, *IN_ANY_ORDER])
async def test_an_import_leaves_what_it_leaves_in_an_interpreter_of_its_own(
    bench: Workbench, language: Language, names: str
) -> None:
    packages = [one.partition(".")[0] for one in names.split(", ")]
    source = f"import {names}\nPACKAGES = {packages}{TELL}"
    warm, cold = [ast.literal_eval(await printed(bench, language, source, env=env)) for env in (None, COLD)]
    if names not in IN_ORDER:
        warm["modules"], cold["modules"] = sorted(warm["modules"]), sorted(cold["modules"])
    assert warm == cold
    assert warm["threads"] == 1


async def test_a_program_that_imports_nothing_sees_nothing(bench: Workbench, language: Language) -> None:
    warm, cold = [await printed(bench, language, f"PACKAGES = []{TELL}", env=env) for env in (None, COLD)]
    assert warm == cold
    assert "numpy" not in warm


async def test_a_module_is_an_attribute_of_its_package_once_it_is_imported(
    bench: Workbench, language: Language
) -> None:
    source = """import numpy, scipy
print("random" in vars(numpy), "linalg" in vars(scipy), "stats" in vars(scipy))
print(numpy.random.rand() < 1, scipy.linalg.det([[1, 2], [3, 4]]))
import scipy.stats as stats
print("random" in vars(numpy), "linalg" in vars(scipy), stats is vars(scipy)["stats"])
"""
    warm, cold = [await printed(bench, language, source, env=env) for env in (None, COLD)]
    assert warm == cold == "False False False\nTrue -2.0\nTrue True True\n"


async def test_random_numbers_are_each_programs_own(bench: Workbench, language: Language) -> None:
    source = """import multiprocessing, random, numpy as np, sympy, sympy.core.random as of_sympy
print(np.random.rand(), random.random(), of_sympy.rng.random(), np.random.default_rng().random())
print(multiprocessing.current_process().authkey.hex())
print(sympy.Dummy("x").dummy_index)
print(np.random.get_state()[1][:4], np.random.mtrand._rand._bit_generator.seed_seq.entropy)
"""
    told = [(await printed(bench, language, source)).split() for _ in range(3)]
    assert all(len(set(place)) == 3 for place in zip(*told, strict=False) if place[0] not in "[]")


async def test_where_random_state_cannot_be_renewed_the_import_fails(bench: Workbench, language: Language) -> None:
    """As it fails where the module is loaded, which asks for random numbers itself; a later import works."""
    source = """import os
os.urandom, whole = lambda size: 1 // 0, os.urandom
try:
    import multiprocessing
except ZeroDivisionError as error:
    print(error)
os.urandom = whole
import multiprocessing, multiprocessing.process
print(len(multiprocessing.current_process().authkey))
"""
    warm, cold = [await printed(bench, language, source, env=env) for env in (None, COLD)]
    assert warm == cold
    assert warm.endswith("\n32\n")


async def test_a_seed_gives_the_numbers_that_it_gives_everywhere(bench: Workbench, language: Language) -> None:
    source = "import numpy as np\nnp.random.seed(42)\nprint(np.random.rand(2))\n"
    assert await printed(bench, language, source) == "[0.37454012 0.95071431]\n"


@pytest.mark.parametrize("name", ["numpy.py", "random.py", "PIL/__init__.py", "pyarrow.py", "bottleneck.py"])
async def test_a_file_of_the_programs_comes_before_the_library(bench: Workbench, language: Language, name: str) -> None:
    module = name.partition(".")[0].partition("/")[0]
    source = f"import {module}\nprint({module}.mine)\n"
    assert await printed(bench, language, source, others={name: "mine = True\n"}) == "True\n"


async def test_a_variable_that_is_read_at_the_import_is_read(bench: Workbench, language: Language) -> None:
    source = "import matplotlib.pyplot as plt, os\nprint(plt.get_backend(), os.environ['OPENBLAS_NUM_THREADS'])\n"
    env = {"MPLBACKEND": "svg", "OPENBLAS_NUM_THREADS": "2"}
    assert await printed(bench, language, source, env=env) == "svg 2\n"


async def test_a_settings_file_of_the_programs_is_read(bench: Workbench, language: Language) -> None:
    source = "import matplotlib\nprint(matplotlib.rcParams['lines.linewidth'])\n"
    assert await printed(bench, language, source, others={"matplotlibrc": "lines.linewidth: 7\n"}) == "7.0\n"


OBSERVED = {
    "finder": "class F:\n    find_spec = staticmethod(lambda *a: seen.append(a[0]))\nsys.meta_path.insert(0, F)\n",
    "audit": "sys.addaudithook(lambda event, args: seen.append(args[0]) if event == 'import' else None)\n",
    "trace": "sys.settrace(lambda *a: seen.append('pandas'))\n",
    "import function": "import builtins\nplain = builtins.__import__\n"
    "def mine(name, *rest):\n    seen.append(name)\n    return plain(name, *rest)\nbuiltins.__import__ = mine\n",
}


@pytest.mark.parametrize("name", OBSERVED)
async def test_who_watches_imports_gets_the_libraries_too(bench: Workbench, language: Language, name: str) -> None:
    source = (
        f"import sys\nseen = []\n{OBSERVED[name]}import pandas\nprint('pandas' in seen, pandas.Series([1, 2]).sum())\n"
    )
    assert await printed(bench, language, source) == "True 3\n"


async def test_a_library_can_be_imported_once_more(bench: Workbench, language: Language) -> None:
    source = """import sys, numpy
first = numpy
for name in [name for name in sys.modules if name.startswith("numpy")]: del sys.modules[name]
import numpy
print(numpy is first, numpy.arange(3))
"""
    warm, cold = [await printed(bench, language, source, env=env) for env in (None, COLD)]
    assert warm == cold == "False [0 1 2]\n"


async def test_what_the_libraries_take_is_not_the_programs(bench: Workbench, language: Language) -> None:
    source = (
        "import matplotlib.pyplot, numpy, pandas, scipy.stats, sklearn.linear_model, sympy\nprint(numpy.arange(3))\n"
    )
    execution = await executed(bench, language, source, memory_bytes=64 * MIB)
    assert execution.status is Status.SUCCEEDED, execution
    assert execution.run is not None
    assert execution.run.peak_memory_bytes < 24 * MIB


async def test_what_the_program_takes_is(bench: Workbench, language: Language) -> None:
    source = "import numpy\nkept = [numpy.ones(1 << 20) for _ in range(200)]\nprint(len(kept))\n"
    execution = await executed(bench, language, source, memory_bytes=64 * MIB)
    assert execution.status is Status.MEMORY_LIMIT, execution


async def test_programs_share_the_libraries_memory(bench: Workbench, language: Language) -> None:
    source = """import matplotlib.pyplot, numpy, pandas, scipy.stats, sklearn.linear_model, sympy
sizes = dict(line.split()[:2] for line in open("/proc/self/smaps_rollup").read().splitlines()[1:])
print(sizes["Rss:"], sizes["Private_Dirty:"])
"""
    resident_kib, own_kib = map(int, (await printed(bench, language, source)).split())
    assert resident_kib > 100 << 10
    assert own_kib < 20 << 10
