"""What an import changes outside of modules, watched from one look to the next: each change joins a list of events as
``(function, arguments)``, a call that makes it again; ``restore`` undoes them all."""

import os
import sys

_absent = object()


class ListChanges:
    """A list of the interpreter's that imports add to. ``changed`` is called after each change of ours."""

    def __init__(self, module, name, changed=None):
        self.module, self.name, self.changed = module, name, changed
        self.original = self.current()
        self.at_start = self.before = [*self.original]

    def current(self):
        """The list as code finds it: once there is a ``warnings``, its filters are the interpreter's."""
        return getattr(sys.modules.get(self.module.__name__.lstrip("_"), self.module), self.name)

    def note(self, events):
        after = self.current()
        if after is not self.original or [*map(id, after)] == [*map(id, self.before)]:
            return  # where it is another one, that is put back: warnings.catch_warnings()
        new = [one for one in after if not any(one is other for other in self.before)]
        self.before = [*after]
        if new:
            events.append((self.add, (tuple(new), after[0] is new[0])))

    def add(self, new, in_front):
        there = self.current()
        for one in new:
            if one in there:
                there.remove(one)
        there[:] = [*new, *there] if in_front else [*there, *new]
        if self.changed:
            self.changed()

    def restore(self):
        self.original[:] = self.at_start
        if self.changed:
            self.changed()


class EnvironmentChanges:
    """Environment variables, which imports set."""

    def __init__(self):
        self.at_start = self.before = dict(os.environ._data)

    def note(self, events):
        after = dict(os.environ._data)
        if after != self.before:
            for name in {**self.before, **after}:
                if after.get(name) != self.before.get(name):
                    events.append((self.change, (name, after.get(name))))
            self.before = after

    def change(self, name, value):
        if value is None:
            os.environ.pop(os.fsdecode(name), None)
        else:
            os.environ[os.fsdecode(name)] = os.fsdecode(value)

    def restore(self):
        for name in {*os.environ._data} - {*self.at_start}:
            del os.environ[os.fsdecode(name)]


class NameChanges:
    """What the modules of the interpreter's start hold, where imports of others set something."""

    def __init__(self, modules):
        self.names = [vars(module) for module in modules]
        self.at_start = [dict(names) for names in self.names]
        self.before = [*self.at_start]
        self.ids = [[*map(id, names.values())] for names in self.names]

    def note(self, events):
        for index, (names, before) in enumerate(zip(self.names, self.before, strict=True)):
            ids = [*map(id, names.values())]
            if ids != self.ids[index]:
                self.ids[index] = ids
                changed = [(name, value) for name, value in names.items() if before.get(name, _absent) is not value]
                events += [(names.__setitem__, one) for one in changed]
                self.before[index] = dict(names)

    def restore(self):
        for names, at_start in zip(self.names, self.at_start, strict=True):
            for name in [name for name in names if name not in at_start]:
                del names[name]
            for name, value in at_start.items():
                if names.get(name, _absent) is not value:
                    names[name] = value
