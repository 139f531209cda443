"""The places in a module whose mutants say nothing about its tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator

Position = tuple[int, int]
"""Line from 1, column from 0."""
Region = tuple[Position, Position]


def is_uninteresting(start: Position, regions: list[Region]) -> bool:
    """True where ``start`` lies in one of the regions."""
    return any(first <= start < last for first, last in regions)


def uninteresting_regions(source: str) -> list[Region]:
    """Signatures, whose annotations nobody evaluates and whose defaults are decisions; annotations and values outside
    functions, for the same reasons; protocols, which nobody runs; what a class is made with (``frozen``, ``slots``),
    which the type checker looks after; ``zip``'s ``strict``, which is an assertion."""
    return [region for node in ast.walk(ast.parse(source)) for region in _regions(node)]


def _regions(node: ast.AST) -> Iterator[Region]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        yield _start(node), _start(node.body[0])
    if isinstance(node, ast.AnnAssign):
        yield _whole(node.annotation)
    if isinstance(node, ast.Module | ast.ClassDef):
        yield from (_whole(one.value) for one in node.body if isinstance(one, ast.Assign | ast.AnnAssign) and one.value)
    if isinstance(node, ast.ClassDef):
        yield (min([node.lineno, *(one.lineno for one in node.decorator_list)]), 0), _start(node.body[0])
    if isinstance(node, ast.ClassDef) and "Protocol" in [ast.unparse(base) for base in node.bases]:
        yield _start(node), (node.end_lineno or node.lineno, 0)
    if isinstance(node, ast.Call):
        yield from (_whole(keyword) for keyword in node.keywords if keyword.arg == "strict")


def _start(node: ast.stmt) -> Position:
    return node.lineno, node.col_offset


def _whole(node: ast.expr | ast.keyword) -> Region:
    return (
        (node.lineno, node.col_offset),
        (node.end_lineno or node.lineno, node.end_col_offset or node.col_offset),
    )
