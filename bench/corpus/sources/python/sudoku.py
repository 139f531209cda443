import itertools

PUZZLE = """
53..7.... 6..195... .98....6. 8...6...3 4..8.3..1 7...2...6 .6....28. ...419..5 ....8..79
"""


def parse(text):
    return [[0 if char == "." else int(char) for char in row] for row in text.split()]


def candidates(grid, row, column):
    used = set(grid[row]) | {grid[r][column] for r in range(9)}
    top, left = row - row % 3, column - column % 3
    used |= {grid[r][c] for r, c in itertools.product(range(top, top + 3), range(left, left + 3))}
    return [digit for digit in range(1, 10) if digit not in used]


def solve(grid):
    empty = [(r, c) for r, c in itertools.product(range(9), repeat=2) if grid[r][c] == 0]
    if not empty:
        return True
    row, column = min(empty, key=lambda cell: len(candidates(grid, *cell)))
    for digit in candidates(grid, row, column):
        grid[row][column] = digit
        if solve(grid):
            return True
    grid[row][column] = 0
    return False


grid = parse(PUZZLE)
print(solve(grid))
for row in grid:
    print(*row)
