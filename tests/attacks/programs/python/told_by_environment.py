import os
import sys

print("started by", os.environ.get("LD_PRELOAD"), sys.flags.inspect, "evil" in sys.modules)
if os.path.exists("/tmp/evil-ran"):
    print("found what it made")
