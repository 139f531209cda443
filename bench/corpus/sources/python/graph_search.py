from collections import deque

MAZE = """\
###########
#S..#.....#
#.#.#.###.#
#.#...#.#.#
#.#####.#.#
#.......#E#
###########
""".splitlines()


def find(symbol):
    for row, line in enumerate(MAZE):
        if symbol in line:
            return row, line.index(symbol)
    raise LookupError(symbol)


def neighbours(cell):
    row, column = cell
    for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        if MAZE[row + down][column + right] != "#":
            yield row + down, column + right


def breadth_first(start, goal):
    before = {start: None}
    queue = deque([start])
    while queue:
        cell = queue.popleft()
        if cell == goal:
            break
        for neighbour in neighbours(cell):
            if neighbour not in before:
                before[neighbour] = cell
                queue.append(neighbour)
    path = []
    while goal is not None:
        path.append(goal)
        goal = before[goal]
    return path[::-1], len(before)


path, seen = breadth_first(find("S"), find("E"))
print(len(path) - 1, "steps,", seen, "cells seen")
for row, line in enumerate(MAZE):
    print("".join("o" if (row, column) in path and char == "." else char for column, char in enumerate(line)))
