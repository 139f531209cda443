"""The list of what is preloaded, ``preloads.txt``, and its imports."""

import os
import sys


def read_list():
    """The file's lines by their first word: ``import``, ``environment``, ``file``."""
    found = {"import": [], "environment": [], "file": []}
    with open("/opt/coderunner/python/preloads.txt") as lines:  # noqa: PTH123
        for line in lines:
            words = line.partition("#")[0].split()
            for word in words[1:]:
                found[words[0]].append(word)
    return found


def import_all(trace, names):
    """Imports all but the libraries that the zygote was told to leave out. What is there of one that failed may not be
    loaded again, nor be a program's: so the zygote starts once more, and leaves it out as well."""
    interpreter, option, kind, *rest = sys.orig_argv
    kind, _, left_out = kind.partition("=")
    left_out = [*filter(None, left_out.split(","))]
    failed = {}
    for name in names:
        library = name.partition(".")[0]
        if library in left_out or library in failed:
            continue
        try:
            __import__(name)
        except Exception as error:  # noqa: BLE001 - whatever it is
            failed[library] = error
        if trace.not_renewed:
            failed[library], trace.not_renewed = trace.not_renewed, None
    for library, error in failed.items():
        os.write(2, f"zygote: {library} is not preloaded: {error!r:.300}\n".encode(errors="replace"))
    if failed:
        kind += "=" + ",".join([*left_out, *failed])
        arguments = [interpreter, option, kind, *rest]
        os.execve(sys.executable, arguments, trace.environment.at_start)  # noqa: S606 - the same one
