"""Run when the image is built: prints ``preload_table.py``, which says what ``preload.py`` imports and what that
changes.

``python3 list_preloads.py NAME...``. It imports nothing itself that a plain interpreter has not imported.
"""

import os
import sys

BARE = frozenset(sys.modules)


def in_a_child(do, *arguments):
    """What ``do`` returns when it is called in a fresh copy of this interpreter."""
    read, write = os.pipe()
    if os.fork() == 0:
        with os.fdopen(write, "w") as answer:
            answer.write(repr(do(*arguments)))
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        return eval(answer.read())  # noqa: S307 - our own words


def new_modules(name):
    """What importing it adds to ``sys.modules``, in order."""
    __import__(name)
    return tuple(other for other in sys.modules if other not in BARE)


def attributes_set(order):
    """``{name: [(module, attribute)]}``: what importing a module sets in others, mostly a submodule in its package."""
    found = {}
    for name in order:
        known = {other: dict(vars(module)) for other, module in sys.modules.items()}
        __import__(name)
        last = list(sys.modules)[-1]
        for other, before in known.items():
            for attribute, value in vars(sys.modules[other]).items():
                if before.get(attribute, before) is not value:
                    found.setdefault(last, []).append((other, attribute))
    return found


def main(*names):
    order = dict.fromkeys(other for name in names for other in in_a_child(new_modules, name))
    modules_added = {name: in_a_child(new_modules, name) for name in order}
    attributes = in_a_child(attributes_set, list(order))
    sys.stdout.write(f"MODULES_ADDED = {modules_added!r}\nATTRIBUTES_SET = {attributes!r}\n")


main(*sys.argv[1:])
