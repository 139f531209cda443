"""What Python with the libraries of science does beside what every language does."""

from __future__ import annotations

import pytest

from node.application.workbench import Workbench
from node.domain.language import Language
from schemas.status import Status
from schemas.task import SourceFile
from tests.conformance.programs import Expected
from tests.conformance.test_conformance import executed

PNG = b"\x89PNG\r\n\x1a\n"


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def run(bench: Workbench, language: Language, source: str) -> tuple[str, dict[str, bytes]]:
    """What it printed, and the files that it left."""
    execution = await executed(bench, language, [SourceFile("", source)], Expected())
    assert execution.status is Status.SUCCEEDED, execution
    assert execution.run is not None
    return execution.run.stdout, {file.name: file.data or b"" for file in execution.files}


async def test_show_leaves_every_open_figure_as_a_picture(bench: Workbench, language: Language) -> None:
    source = """import matplotlib.pyplot as plt
for power in (1, 2):
    plt.figure()
    plt.plot([n ** power for n in range(10)])
plt.show()
plt.plot([3, 1, 2])
plt.show()
plt.show()
print(plt.get_fignums())
"""
    printed, files = await run(bench, language, source)
    assert printed == "[]\n"
    assert sorted(files) == ["out/figure-1.png", "out/figure-2.png", "out/figure-3.png"]
    assert all(content.startswith(PNG) for content in files.values())


async def test_every_library_works(bench: Workbench, language: Language) -> None:
    source = """import networkx, numpy, pandas, scipy.optimize, sympy
from PIL import Image
from sklearn.linear_model import LinearRegression
x = sympy.symbols("x")
print(sympy.integrate(x ** 2, x))
print(pandas.DataFrame({"a": [1, 2]}).sum().to_dict())
print(round(float(scipy.optimize.brentq(lambda v: v * v - 2, 0, 2)), 6))
print(networkx.shortest_path_length(networkx.path_graph(4), 0, 3))
print(round(float(LinearRegression().fit([[0], [1]], [1, 3]).predict([[2]])[0]), 6))
print(Image.fromarray(numpy.zeros((2, 3), dtype="uint8")).size)
"""
    printed, _ = await run(bench, language, source)
    assert printed.splitlines() == ["x**3/3", "{'a': 3}", "1.414214", "3", "5.0", "(3, 2)"]
