"""What ``install.py`` does, with pip on this interpreter: a package is chosen for it, and its byte code is for it."""

import sys

import install

if __name__ == "__main__":
    install._PIP[0] = sys.executable
    sys.exit(install.main(*sys.argv[1:]))
