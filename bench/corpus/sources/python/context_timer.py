import contextlib
import time
from collections import OrderedDict


@contextlib.contextmanager
def section(name, times):
    started = time.perf_counter()
    try:
        yield
    finally:
        times[name] = time.perf_counter() - started


class LRU:
    def __init__(self, size):
        self.size = size
        self.items = OrderedDict()

    def __getitem__(self, key):
        self.items.move_to_end(key)
        return self.items[key]

    def __setitem__(self, key, value):
        self.items[key] = value
        self.items.move_to_end(key)
        if len(self.items) > self.size:
            self.items.popitem(last=False)


times = {}
with section("list", times):
    squares = [n * n for n in range(20_000)]
with section("set", times):
    ends = {square % 1000 for square in squares}
with contextlib.suppress(ZeroDivisionError), section("failing", times):
    1 / 0
print(sorted(times), all(0 <= seconds < 5 for seconds in times.values()))
print(len(ends), sum(squares))

cache = LRU(3)
for n in (1, 2, 3):
    cache[n] = n * n
cache[1]
cache[4] = 16
print(dict(cache.items))
try:
    cache[2]
except KeyError as error:
    print("forgotten:", error)
