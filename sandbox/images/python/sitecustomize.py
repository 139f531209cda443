"""Output reaches the reader line by line, as on a terminal, and is not lost when a program is stopped at a limit.

``-X coderunner_zygote``, which the slot's agent gives, makes this interpreter a zygote; see ``zygote/zygote.h``.
"""

import sys

for _stream in (sys.stdout, sys.stderr):
    if _stream is not None:
        _stream.reconfigure(line_buffering=True)

if "coderunner_zygote" in sys._xoptions:
    import _imp
    from _frozen_importlib import ModuleSpec

    _imp.exec_dynamic(_imp.create_dynamic(ModuleSpec("zygote", None, origin="/opt/coderunner/python/zygote.so")))
    del _imp, ModuleSpec
