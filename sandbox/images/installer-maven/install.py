"""Installs packages with Maven Resolver from an index that the node passes on, into a folder that becomes a layer:
``install.py LAYER PLACE... -- PACKAGE...``. The first place is the index; the node's answers come on standard input.

No code of a package runs: jars are downloaded, and neither opened nor unpacked.
"""

import os
import subprocess
import sys
from pathlib import Path

import index_relay

_HERE = Path("/opt/coderunner/installer")
ARCHIVE = f"-XX:SharedArchiveFile={_HERE}/install.jsa"
"""The classes that an installation loads (rehearse.py)."""
_JAVA = ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xmx256m", "-Xss8m"]
_JAVA += ["-XX:+ExitOnOutOfMemoryError", "-Xshare:auto", "-Xlog:disable", "-Xlog:all=error:stderr"]


def main(layer, *words):
    places, packages = words[: words.index("--")], words[words.index("--") + 1 :]
    scratch = Path(layer, "scratch")
    scratch.mkdir()
    line = index_relay.Line()
    index = index_relay.local_address(index_relay.serve(line, places), places[0])
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(scratch), "TMPDIR": str(scratch)}
    command = resolver_command(layer, scratch, places[0], index, packages)
    code = subprocess.call(command, stdin=subprocess.DEVNULL, stdout=2, env=environment)
    if code == 0:
        line.tell(Path(layer, "packages").read_text(encoding="utf-8").splitlines())
    return code


def resolver_command(layer, scratch, index, relay, packages):
    """What installs packages of the index, which the server at ``relay`` reads, into the folder ``layer``; ``scratch``
    is a folder for what it needs meanwhile."""
    jars = [_HERE / "maven.jar", *sorted((_HERE / "lib").glob("*.jar"))]  # in one order, as the archive is for one
    command = [*_JAVA, ARCHIVE, "-cp", ":".join(map(str, jars))]
    command += [f"-Djava.io.tmpdir={scratch}", f"-Duser.home={scratch}", "coderunner.maven.Install"]
    return [*command, str(layer), index, relay, *packages]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
