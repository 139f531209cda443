from collections import Counter
from functools import lru_cache
from itertools import combinations, permutations, product


def send_more_money():
    m = 1
    for s, e, n, d, o, r, y in permutations([0, *range(2, 10)], 7):
        if s != 9 or o != 0:  # the carry leaves no other choice
            continue
        send, more = 1000 * s + 100 * e + 10 * n + d, 1000 * m + 100 * o + 10 * r + e
        if send + more == 10000 * m + 1000 * o + 100 * n + 10 * e + y:
            return send, more, send + more
    return None


@lru_cache(maxsize=None)
def ways(total, coins):
    if total == 0:
        return 1
    if total < 0 or not coins:
        return 0
    return ways(total - coins[0], coins) + ways(total, coins[1:])


print(send_more_money())
print(Counter(map(sum, product(range(1, 7), repeat=3))).most_common(4))
print(sorted({"".join(p) for p in permutations("aab")}))
print(len([c for c in combinations(range(1, 20), 4) if sum(c) == 40]))
print(ways(200, (200, 100, 50, 20, 10, 5, 2, 1)))
print([n for n in range(1000, 3000) if n == sum(int(digit) ** 4 for digit in str(n))])
