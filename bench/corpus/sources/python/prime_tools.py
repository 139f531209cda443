import itertools
import math


def sieve(limit):
    flags = bytearray([1]) * (limit + 1)
    flags[:2] = b"\x00\x00"
    for n in range(2, math.isqrt(limit) + 1):
        if flags[n]:
            flags[n * n :: n] = bytes(len(range(n * n, limit + 1, n)))
    return [n for n, flag in enumerate(flags) if flag]


def factorize(n):
    factors = []
    for p in itertools.chain([2], itertools.count(3, 2)):
        if p * p > n:
            break
        while n % p == 0:
            factors.append(p)
            n //= p
    return factors + [n] * (n > 1)


primes = sieve(50_000)
print(len(primes), primes[-1])
twins = [(a, b) for a, b in zip(primes, primes[1:]) if b - a == 2]
print(len(twins), twins[-1])
for n in (8, 70, 1001, 600851475143):
    print(n, "=", " * ".join(map(str, factorize(n))))
print(math.gcd(1071, 462), math.lcm(4, 6, 10), math.comb(10, 3), math.perm(5, 2))
groups = itertools.groupby(primes[:30], key=lambda p: p // 25)
print({key * 25: len(list(group)) for key, group in groups})
