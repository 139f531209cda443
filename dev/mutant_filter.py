"""The places in a module whose mutants say nothing about its tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator

Position = tuple[int, int]
"""Line from 1, column from 0."""


def is_uninteresting(start: Position, regions: list[tuple[Position, Position]]) -> bool:
    """True where ``start`` lies in one of the regions."""
    return any(first <= start < last for first, last in regions)


def uninteresting_regions(source: str) -> list[tuple[Position, Position]]:
    """Start and end of every place that ``uninteresting_nodes`` names."""
    return [
        ((node.lineno, node.col_offset), (node.end_lineno or node.lineno, node.end_col_offset or node.col_offset))
        for node in _uninteresting_nodes(ast.parse(source))
    ]


def _uninteresting_nodes(tree: ast.Module) -> Iterator[ast.expr | ast.keyword]:
    """Annotations, which nobody evaluates; values outside functions and numbers that parameters have by default, which
    are decisions that a test would only repeat; what a class is made with (``frozen``, ``slots``), which the type
    checker looks after; ``zip``'s ``strict``, which is an assertion."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation:
            yield node.annotation
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns:
            yield node.returns
        if isinstance(node, ast.arguments):
            defaults = [*node.defaults, *node.kw_defaults]
            yield from (one for one in defaults if isinstance(one, ast.Constant) and type(one.value) in (int, float))
        if isinstance(node, ast.Module | ast.ClassDef):
            yield from (one.value for one in node.body if isinstance(one, ast.Assign | ast.AnnAssign) and one.value)
        if isinstance(node, ast.ClassDef):
            yield from node.decorator_list
            yield from node.keywords
        if isinstance(node, ast.Call):
            yield from (keyword for keyword in node.keywords if keyword.arg == "strict")
