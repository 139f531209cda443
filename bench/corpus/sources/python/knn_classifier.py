from collections import Counter
from dataclasses import dataclass
from math import dist
from random import Random


@dataclass(frozen=True)
class Flower:
    kind: str
    length: float
    width: float

    @property
    def point(self):
        return self.length, self.width


def garden(rng, count=30):
    centres = {"setosa": (1.5, 0.3), "versicolor": (4.3, 1.3), "virginica": (5.6, 2.0)}
    return [
        Flower(kind, round(rng.gauss(x, 0.35), 2), round(rng.gauss(y, 0.15), 2))
        for kind, (x, y) in centres.items()
        for _ in range(count)
    ]


def classify(known, point, k=5):
    nearest = sorted(known, key=lambda flower: dist(flower.point, point))[:k]
    return Counter(flower.kind for flower in nearest).most_common(1)[0][0]


rng = Random(11)
flowers = garden(rng)
rng.shuffle(flowers)
train, test = flowers[:60], flowers[60:]
guesses = [(flower.kind, classify(train, flower.point)) for flower in test]
right = sum(kind == guess for kind, guess in guesses)
print(f"{right} of {len(test)} right")
for k in (1, 3, 15):
    print(k, sum(classify(train, flower.point, k) == flower.kind for flower in test) / len(test))
print(Counter(flower.kind for flower in train).most_common())
print(classify(train, (1.4, 0.2)), classify(train, (5.9, 2.2)))
