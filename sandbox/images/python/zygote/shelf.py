"""Run in the zygote before it forks: imports what programs often import, for ``shelf.c`` to put it out of their sight.

It leaves ``BOOKS``: ``{name: (module, names that come with it, marks that importing it leaves in other modules)}``.
"""

import sys

_caches = frozenset(sys.path_importer_cache)
sys.path.insert(0, "/opt/coderunner/python")
from books import COMES_WITH, MARKS  # noqa: E402 - it is nowhere else

del sys.path[0], sys.modules["books"]

_absent = object()
_places = [(module, attribute) for marks in MARKS.values() for module, attribute in marks]
_before = {place: vars(sys.modules[place[0]]).get(place[1], _absent) for place in _places if place[0] in sys.modules}

for _name in COMES_WITH:
    __import__(_name)

BOOKS = {}
for _name, _with in COMES_WITH.items():
    _marks = [(vars(sys.modules[module]), attribute) for module, attribute in MARKS.get(_name, ())]
    BOOKS[_name] = (sys.modules[_name], _with, tuple((names, key, names[key]) for names, key in _marks))

for _module, _attribute in _places:
    if _before.get((_module, _attribute), _absent) is _absent:
        del vars(sys.modules[_module])[_attribute]
    else:
        vars(sys.modules[_module])[_attribute] = _before[_module, _attribute]
for _name in set(sys.path_importer_cache) - _caches:
    del sys.path_importer_cache[_name]
