import re
from collections import Counter

TEXT = """
It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of
foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the season of light.
"""


def words(text):
    return re.findall(r"[a-z']+", text.lower())


def bigrams(tokens):
    return Counter(zip(tokens, tokens[1:]))


tokens = words(TEXT)
for word, count in Counter(tokens).most_common(6):
    print(f"{word:<12}{count:>3} {'#' * count}")
print()
for pair, count in bigrams(tokens).most_common(3):
    print(" ".join(pair), count)
print(len(set(tokens)), "different words of", len(tokens))
