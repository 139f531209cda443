"""Output reaches the reader line by line, as on a terminal, and is not lost when a program is stopped at a limit. A
program tells where it is when its time is up: at a signal nobody uses it writes its stack to descriptor 2, and ends.

``-X coderunner_zygote``, which the slot's agent gives, makes this interpreter a zygote; see ``zygote/zygote.h``.
"""

import faulthandler
import sys

_STACK_DUMP_SIGNAL = 64  # SIGRTMAX, as the language file says; signal.getsignal still tells SIG_DFL

for _stream in (sys.stdout, sys.stderr):
    if _stream is not None:
        _stream.reconfigure(line_buffering=True)

faulthandler.register(_STACK_DUMP_SIGNAL, 2, all_threads=False, chain=True)
del faulthandler, sys.modules["faulthandler"]  # it is the program's to import

if "coderunner_zygote" in sys._xoptions:
    import _imp
    from _frozen_importlib import ModuleSpec

    _imp.exec_dynamic(_imp.create_dynamic(ModuleSpec("zygote", None, origin="/opt/coderunner/python/zygote.so")))
    del _imp, ModuleSpec
