import sys

print("hello from Python", ".".join(map(str, sys.version_info[:2])), "and", sum(range(10)), "more")
