import math
import random
import statistics

random.seed(7)
sample = [random.gauss(170, 8) for _ in range(400)]
print(f"mean {statistics.mean(sample):.2f} median {statistics.median(sample):.2f} deviation {statistics.stdev(sample):.2f}")
print("quartiles", [round(value, 1) for value in statistics.quantiles(sample, n=4)])


def histogram(values, width):
    low = math.floor(min(values) / width) * width
    bins = {}
    for value in values:
        start = low + int((value - low) // width) * width
        bins[start] = bins.get(start, 0) + 1
    return dict(sorted(bins.items()))


for start, count in histogram(sample, 5).items():
    print(f"{start:>4} {'*' * (count // 4)}")

x = list(range(1, 11))
y = [2.1, 3.9, 6.2, 7.8, 10.1, 12.2, 13.8, 16.1, 18.0, 20.2]
slope, intercept = statistics.linear_regression(x, y)
print(f"y = {slope:.3f} x + {intercept:.3f}, r = {statistics.correlation(x, y):.5f}")
print(statistics.mode("abracadabra"), statistics.multimode([1, 1, 2, 2, 3]))
inside = sum(math.hypot(random.random(), random.random()) <= 1 for _ in range(5000))
print("pi is about", 4 * inside / 5000)
