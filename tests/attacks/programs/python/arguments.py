import os
import sys

print(sys.argv[1:])
if os.path.exists("/tmp/pwned") or os.path.exists("pwned"):
    print("ESCAPED: a shell read the arguments")
