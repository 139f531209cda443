"""Run in the zygote before it forks: imports the modules that ``preloads.txt`` lists, and writes down what each import
does, so that ``preload.c`` can hide them all and give each to a program that imports it, as if it were imported only
then (docs/adr/0038-libraries-are-imported-before-there-is-a-program.md). If one cannot be imported, the zygote starts
once more without its library.

It imports nothing itself that a plain interpreter has not imported, and leaves

``PRELOADS``: ``{name: (module, events, attributes, once)}``. ``events`` is what the import does, in its order: a name
for a module that the code asks for, ``(function, arguments)`` for what it changes elsewhere, and what ``renewals.py``
says. ``attributes`` is what the import system then sets, ``(dictionary, name, value)``. ``once``: it is not of the
standard library, and its machine code may refuse to be loaded again.
``HIDING_NAMES``: names, up to their first dot, of files and folders that make an import of these find something else.
``READ_AT_IMPORT``: beginnings of environment variables that the modules' code reads.
"""

import _frozen_importlib as _bootstrap
import _warnings
import os
import sys

_known_paths = frozenset(sys.path_importer_cache)
sys.path.insert(0, "/opt/coderunner/python")
from import_changes import EnvironmentChanges, ListChanges, NameChanges  # noqa: E402 - it is nowhere else
from preload_list import import_all, read_list  # noqa: E402
from renewals import renewals  # noqa: E402

del sys.path[0], sys.modules["import_changes"], sys.modules["preload_list"], sys.modules["renewals"]

_Module = type(sys)
_absent = object()
_standard_library = os.path.dirname(os.__file__) + "/"  # noqa: PTH120 - pathlib is the program's to import


class _Trace:
    """Follows the import system while the modules are imported."""

    def __init__(self):
        self.at_start = {**sys.modules}
        self.events = {}
        self.bound_before = {}  # by module: what its package called so before it was imported
        self.missing = set()
        self.running = []  # names of the modules whose code runs, the innermost last
        self.environment = EnvironmentChanges()
        self.watched = [ListChanges(_warnings, "filters", _warnings._filters_mutated), self.environment]
        self.watched += [ListChanges(sys, "meta_path"), ListChanges(sys, "path_hooks")]
        self.names = NameChanges(self.at_start.values())
        self.originals = _bootstrap._load_unlocked, _bootstrap._handle_fromlist
        self.just_bound = []
        self.watched_packages = {}
        self.register = None
        self.names_of = {}  # by module that makes attributes when they are asked for: those that it had at first
        self.not_renewed = None  # why what is random in a module would be the same for all programs

    def __enter__(self):
        trace = self

        class Watched(_bootstrap.ModuleSpec):
            """Every import of a module that is there asks whether it is still being initialised."""

            __slots__ = ()

            @property
            def _initializing(self):
                trace.asked_for(self.name)
                return vars(self).get("_initializing", False)

            @_initializing.setter
            def _initializing(self, value):
                vars(self)["_initializing"] = value

        self.watched_spec = Watched
        _bootstrap._load_unlocked, _bootstrap._handle_fromlist = self.load, self.from_list
        sys.meta_path.append(self)
        self.note(names=True)  # these changes are ours
        return self

    def __exit__(self, *exc):
        _bootstrap._load_unlocked, _bootstrap._handle_fromlist = self.originals
        for name in self.events:
            spec = getattr(sys.modules.get(name), "__spec__", None)
            if type(spec) is self.watched_spec:
                spec.__class__ = _bootstrap.ModuleSpec
        for package in self.watched_packages.values():
            package.__class__ = _Module
        if self.register:
            sys.modules["atexit"].register = self.register
        for name, names in self.names_of.items():
            made = vars(sys.modules[name])
            for other in [other for other in made if other not in names and f"{name}.{other}" not in sys.modules]:
                del made[other]
        _forget_configuration()
        for one in (*self.watched, self.names):
            one.restore()

    def find_spec(self, name, path=None, target=None):
        """Asked, as the last of the finders, for what no other has found."""
        self.missing.add(name)

    def is_loaded(self, name, module):
        """A module's code has run."""
        names = vars(module)
        self.add_renewals(name, names)
        if name == "atexit":
            self.register, module.register = module.register, self.register_at_exit
        if name == "threading":
            self.watched.append(ListChanges(module, "_threading_atexits"))
        if "__getattr__" in names and not _is_once(module):
            self.names_of[name] = frozenset(names)
        if "__test__" in names and type(module.__loader__).__name__ == "ExtensionFileLoader":  # Cython's
            self.events[name][:0] = [other for other in self.events if other.startswith(("cython_runtime", "_cython_"))]
        package, _, last = name.rpartition(".")
        self.bound_before[name] = vars(sys.modules[package]).get(last, _absent) if package else _absent
        if package and package not in self.running and "__getattr__" in vars(sys.modules[package]):
            self.just_bound.append((name, sys.modules[package], last))

    def add_renewals(self, name, names):
        """Each is tried. A failure is written down, for who imports the module might catch it."""
        try:
            events = renewals(name, names)
            for function, arguments, _ in events:
                function(*arguments)
            self.events[name] += events
        except Exception as error:  # noqa: BLE001 - whatever it is
            self.not_renewed = error

    def watch_attributes(self):
        """A package with ``__getattr__`` may import a module of its own when it is asked for the attribute: once it is
        there, to ask for it is to want the module."""
        while self.just_bound:
            name, package, last = self.just_bound.pop()
            if vars(package).get(last) is sys.modules[name] and type(package) in (_Module, *self.watched_packages):
                if type(package) is _Module:
                    package.__class__ = type("Watched", (_Module,), {})
                    self.watched_packages[type(package)] = package
                setattr(type(package), last, self.attribute(name, last))

    def attribute(self, name, last):
        def get(package):
            self.asked_for(name)
            if last not in vars(package):
                raise AttributeError(last)
            return vars(package)[last]

        def put(package, value):
            vars(package)[last] = value

        return property(get, put)

    def asked_for(self, name):
        """The code that runs wants this module."""
        if self.running and name != self.running[-1] and name in self.events:
            self.events[self.running[-1]].append(name)

    def note(self, *, names):
        """What has changed since the last call is the doing of the code that runs. ``names``: look at all modules of
        the interpreter's start, too, which takes time."""
        events = self.events[self.running[-1]] if self.running else []
        for one in self.watched:
            one.note(events)
        if names:
            self.names.note(events)

    def load(self, spec):
        """In the place of ``_load_unlocked``."""
        name = spec.name
        self.note(names=bool(self.running) and _is_once(sys.modules.get(self.running[-1])))
        self.watch_attributes()
        if self.running:
            self.add_others(self.running[-1])
        _forget_configuration()
        self.events[name] = []
        self.asked_for(name)
        spec.__class__ = self.watched_spec if type(spec) is _bootstrap.ModuleSpec else type(spec)
        self.running.append(name)
        loaded = False
        try:
            module = self.originals[0](spec)
            loaded = True
        finally:
            self.note(names=True)
            self.running.pop()
            if not loaded:  # what it had imported stays
                events = self.events.pop(name)
                if self.running:
                    self.events[self.running[-1]] += events
        self.add_others(name)
        self.is_loaded(name, module)
        return module

    def add_others(self, name):
        """Modules that its code made itself."""
        if len(sys.modules) != len(self.at_start) + len(self.events):
            for other in [*sys.modules]:
                if other not in self.at_start and other not in self.events:
                    self.events[other] = []
                    is_program = sys.modules[other] is sys.modules["__main__"]  # a name of multiprocessing's for it
                    self.events[name].append((_name_program, (other,)) if is_program else other)

    def from_list(self, module, names, *rest, **named):
        """In the place of ``_handle_fromlist``: a submodule that is there already need not be imported."""
        found = self.originals[1](module, names, *rest, **named)
        for name in names:
            whole = f"{module.__name__}.{name}"
            if whole in self.events and vars(module).get(name) is sys.modules.get(whole, _absent):
                self.asked_for(whole)
        return found

    def register_at_exit(self, function, *arguments, **named):
        """In the place of ``atexit.register``, which comes when the program imports the module."""
        if self.running and not named:
            self.events[self.running[-1]].append((self.register, (function, *arguments)))
            return function
        return self.register(function, *arguments, **named)

    def preloads(self):
        """See above. Afterwards nothing is bound to a package that its import did not bind."""
        found = {}
        for name, events in self.events.items():
            module = sys.modules.get(name)
            if module is sys.modules["__main__"]:
                del sys.modules[name]
            if module in (None, sys.modules["__main__"]) or name in self.at_start:
                continue
            attributes = ()
            package, _, last = name.rpartition(".")
            bound = vars(sys.modules[package]) if package in sys.modules else {}
            if bound.get(last) is module and name in self.bound_before:
                attributes = ((bound, last, module),)
            found[name] = (module, _without_repeats(events), attributes, _is_once(module))
        for name, (_, _, attributes, _) in found.items():
            for bound, last, _ in attributes:
                if self.bound_before[name] is _absent:
                    del bound[last]
                else:
                    bound[last] = self.bound_before[name]
        return found


def _without_repeats(events):
    """A module that is imported need not be imported."""
    names = set()
    return tuple(event for event in events if not isinstance(event, str) or not (event in names or names.add(event)))


def _is_once(module):
    origin = getattr(getattr(module, "__spec__", None), "origin", None)
    return (
        isinstance(origin, str)
        and origin[:1] == "/"
        and not (origin.startswith(_standard_library) and "-packages/" not in origin)
    )


def _forget_configuration():
    """The first call of its functions imports a module, whoever makes it."""
    module = sys.modules.get("sysconfig")
    if getattr(module, "_CONFIG_VARS_INITIALIZED", False):
        module._CONFIG_VARS, module._CONFIG_VARS_INITIALIZED = None, False


def _name_program(name):
    sys.modules[name] = sys.modules["__main__"]


_list = read_list()
with _Trace() as _trace:
    import_all(_trace, _list["import"])
PRELOADS = _trace.preloads()
HIDING_NAMES = {name for name in (*PRELOADS, *_trace.missing, *_list["file"]) if "." not in name}
READ_AT_IMPORT = tuple(_list["environment"])
for _path in set(sys.path_importer_cache) - _known_paths:
    del sys.path_importer_cache[_path]
del _trace, _Trace
