import sys

print("to standard error", file=sys.stderr)
