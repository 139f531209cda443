import functools
import sys

sys.setrecursionlimit(5000)


def counted(function):
    @functools.wraps(function)
    def wrapper(*args):
        wrapper.calls += 1
        return function(*args)

    wrapper.calls = 0
    return wrapper


@counted
def slow(n):
    return n if n < 2 else slow(n - 1) + slow(n - 2)


@functools.lru_cache(maxsize=None)
def fast(n):
    return n if n < 2 else fast(n - 1) + fast(n - 2)


def pairs():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, a + b


print(slow(18), "after", slow.calls, "calls")
print(fast(300))
print(fast.cache_info())
stream = pairs()
print([next(stream) for _ in range(15)])
print(functools.reduce(lambda total, n: total + fast(n), range(50), 0) == fast(51) - 1)
