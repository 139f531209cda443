import heapq
from collections import defaultdict
from math import inf


def build(edges):
    graph = defaultdict(dict)
    for a, b, cost in edges:
        graph[a][b] = cost
        graph[b][a] = cost
    return graph


def shortest(graph, start):
    best, before = {start: 0}, {}
    queue = [(0, start)]
    while queue:
        cost, node = heapq.heappop(queue)
        if cost > best[node]:
            continue
        for neighbour, step in graph[node].items():
            through = cost + step
            if through < best.get(neighbour, inf):
                best[neighbour] = through
                before[neighbour] = node
                heapq.heappush(queue, (through, neighbour))
    return best, before


def path(before, end):
    nodes = [end]
    while nodes[-1] in before:
        nodes.append(before[nodes[-1]])
    return " -> ".join(reversed(nodes))


EDGES = [
    ("home", "bakery", 4), ("home", "school", 2), ("school", "bakery", 1), ("bakery", "station", 5),
    ("school", "park", 8), ("park", "station", 2), ("station", "airport", 6), ("park", "airport", 3),
]
best, before = shortest(build(EDGES), "home")
for place in sorted(best, key=best.get):
    print(f"{best[place]:>2}  {path(before, place)}")
