from __future__ import annotations

from fractions import Fraction
from typing import Iterable


class Matrix:
    def __init__(self, rows: Iterable[Iterable[int | Fraction]]) -> None:
        self.rows = [[Fraction(value) for value in row] for row in rows]

    @property
    def size(self) -> tuple[int, int]:
        return len(self.rows), len(self.rows[0])

    def __matmul__(self, other: Matrix) -> Matrix:
        columns = list(zip(*other.rows))
        return Matrix([[sum(a * b for a, b in zip(row, column)) for column in columns] for row in self.rows])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Matrix) and self.rows == other.rows

    def inverse(self) -> Matrix:
        n = len(self.rows)
        work = [row + [Fraction(i == j) for j in range(n)] for i, row in enumerate(self.rows)]
        for column in range(n):
            pivot = next(row for row in range(column, n) if work[row][column] != 0)
            work[column], work[pivot] = work[pivot], work[column]
            work[column] = [value / work[column][column] for value in work[column]]
            for row in range(n):
                if row != column:
                    factor = work[row][column]
                    work[row] = [a - factor * b for a, b in zip(work[row], work[column])]
        return Matrix(row[n:] for row in work)

    def __str__(self) -> str:
        return "\n".join(" ".join(f"{str(value):>6}" for value in row) for row in self.rows)


a = Matrix([[2, 1, 1], [1, 3, 2], [1, 0, 0]])
identity = Matrix([[1, 0, 0], [0, 1, 0], [0, 0, 1]])
print(a.size, a.inverse(), sep="\n")
print(a @ a.inverse() == identity, a @ a)
