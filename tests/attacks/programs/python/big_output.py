import sys

sys.stderr.write("e" * 150_000)
sys.stdout.write("o" * 150_000)
