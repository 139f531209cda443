"""How a forked Python becomes ``python3 FILE ARGS``, and ends as that would. A neighbour of ``zygote.py``, which is
started as a script: it is imported by its bare name and taken out of ``sys.modules`` again."""

from __future__ import annotations

import atexit
import builtins
import gc
import os
import signal
import sys
from _weakref import ref
from importlib.machinery import SourceFileLoader
from types import ModuleType

_INTERRUPTED = -1
"""Ends by SIGINT, as the interpreter does after a KeyboardInterrupt that nobody caught."""
_FLUSH_FAILED_CODE = 120
_FIRST_OF_OURS = "__future__"
"""``sys.modules`` is in the order of import, and nothing that the interpreter starts with needs this one."""


def become_main(command: list[str], directory: str) -> None:
    """``command`` as the language file spells it, the work directory. Never returns."""
    script, *arguments = command[1:]
    path = os.path.join(directory, script)
    sys.argv = [script, *arguments]
    sys.orig_argv = list(command)
    sys.path[0] = os.path.dirname(path)
    _give_way_to_files(sys.path[0])
    ours = set(sys.modules) - {"__main__"}
    gc.enable()
    code = _exit_code(path)
    _wind_up(ours, code)


def _give_way_to_files(folder: str) -> None:
    """A module beside the program comes before one of the library, unless the interpreter itself has imported that."""
    names = list(sys.modules)
    ours = set(names[names.index(_FIRST_OF_OURS) :]) if _FIRST_OF_OURS in names else set()
    try:
        beside = {name.partition(".")[0] for name in os.listdir(folder)} & {name.partition(".")[0] for name in ours}
    except OSError:
        return
    for name in ours:
        if name.partition(".")[0] in beside:
            del sys.modules[name]


def _exit_code(path: str) -> int:
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        sys.stderr.write(f"{sys.executable}: can't open file {path!r}: [Errno {error.errno}] {error.strerror}\n")
        return 2
    main = _fresh_main(path)
    uncaught: BaseException
    try:
        exec(compile(source, path, "exec", dont_inherit=True), main.__dict__)  # noqa: S102 - running it is the point
    except SystemExit as leaving:
        return _code_of(leaving)
    except BaseException as error:  # noqa: BLE001 - whatever nobody caught is reported, as the interpreter does
        uncaught = error
    else:
        return 0
    return _report(uncaught)


def _fresh_main(path: str) -> ModuleType:
    main = ModuleType("__main__")
    main.__loader__ = SourceFileLoader("__main__", path)
    main.__dict__.update(__file__=path, __cached__=None, __builtins__=builtins, __annotations__={})
    sys.modules["__main__"] = main
    return main


def _code_of(leaving: SystemExit) -> int:
    if leaving.code is None:
        return 0
    if isinstance(leaving.code, int):
        return leaving.code & 0xFF if abs(leaving.code) < 1 << 63 else 0xFF
    try:
        text = str(leaving.code)
    except Exception:  # noqa: BLE001 - the program's __str__; the interpreter prints nothing then
        text = ""
    _say(f"{text}\n")
    return 1


def _report(error: BaseException) -> int:
    """As the interpreter reports what nobody caught, without the frame of ours that called the program."""
    _cut_our_frame(error)
    sys.__dict__["last_exc"] = error  # new in 3.12
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, error.__traceback__
    code = _INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1
    hook = getattr(sys, "excepthook", None)
    if hook is None:
        _say("sys.excepthook is missing\n")
        hook = sys.__excepthook__
    try:
        hook(type(error), error, error.__traceback__)
    except SystemExit as leaving:
        return _code_of(leaving)
    except BaseException as second:  # noqa: BLE001 - as above
        _cut_our_frame(second)
        second.__context__ = None
        _say("Error in sys.excepthook:\n")
        sys.__excepthook__(type(second), second, second.__traceback__)
        _say("\nOriginal exception was:\n")
        sys.__excepthook__(type(error), error, error.__traceback__)
    return code


def _cut_our_frame(error: BaseException) -> None:
    if error.__traceback__ is not None:
        error.__traceback__ = error.__traceback__.tb_next


def _wind_up(ours: set[str], code: int) -> None:
    """What Py_FinalizeEx does, in its order, without tearing down the interpreter that the zygote lent us (6 ms of
    copied pages): threads, atexit, the program's own modules and so their objects' ``__del__``, the streams."""
    if "threading" in sys.modules:
        sys.modules["threading"]._shutdown()
    atexit._run_exitfuncs()
    whole = _flush(tell=True)
    _let_go_of_modules(ours)
    if not (_flush(tell=False) and whole):
        code = _FLUSH_FAILED_CODE
    if code == _INTERRUPTED:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    os._exit(code)


def _let_go_of_modules(ours: set[str]) -> None:
    """Objects end while their globals still stand; only a module that somebody still holds is emptied, the latest first
    (pylifecycle.c, finalize_modules)."""
    for name in ("last_exc", "last_type", "last_value", "last_traceback"):
        if hasattr(sys, name):
            setattr(sys, name, None)
    left = []
    for name in [name for name in sys.modules if name not in ours]:
        module = sys.modules.pop(name)
        if isinstance(module, ModuleType):
            left.append(ref(module))
        del module
    gc.collect()
    for held in reversed(left):
        _clear(held())


def _clear(module: ModuleType | None) -> None:
    """As _PyModule_Clear: names with one underscore first, then all but ``__builtins__``, are set to None."""
    if module is None:
        return
    names = module.__dict__
    for name in [name for name in names if name.startswith("_") and not name.startswith("__")]:
        names[name] = None
    for name in [name for name in names if name != "__builtins__"]:
        names[name] = None


def _flush(*, tell: bool) -> bool:
    """False where a stream that the program left open does not take what is still to be written."""
    whole = True
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name, None)
        try:
            if stream is not None and not getattr(stream, "closed", False):
                stream.flush()
        except BaseException as error:  # noqa: BLE001 - the stream may be the program's own
            whole = False
            if tell and name == "stdout":
                _say(f"Exception ignored on flushing sys.stdout:\n{type(error).__name__}: {error}\n")
    return whole


def _say(text: str) -> None:
    try:
        sys.stderr.write(text)
    except (AttributeError, OSError, ValueError):
        return  # the program took its standard error away
