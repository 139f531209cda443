"""Run in the zygote before it forks: imports the preloaded modules, which ``preload.c`` then hides.

It leaves ``PRELOADS``: ``{name: (module, names of the modules that importing it adds, attributes that importing it
sets)}``, an attribute being (dictionary of the other module, name, value).
"""

import sys

_known_paths = frozenset(sys.path_importer_cache)
sys.path.insert(0, "/opt/coderunner/python")
from preload_table import ATTRIBUTES_SET, MODULES_ADDED  # noqa: E402 - it is nowhere else

del sys.path[0], sys.modules["preload_table"]

_absent = object()
_set = [(module, attribute) for attributes in ATTRIBUTES_SET.values() for module, attribute in attributes]
_before = {one: vars(sys.modules[one[0]]).get(one[1], _absent) for one in _set if one[0] in sys.modules}

for _name in MODULES_ADDED:
    __import__(_name)

PRELOADS = {}
for _name, _added in MODULES_ADDED.items():
    _attributes = [(vars(sys.modules[module]), attribute) for module, attribute in ATTRIBUTES_SET.get(_name, ())]
    PRELOADS[_name] = (sys.modules[_name], _added, tuple((names, key, names[key]) for names, key in _attributes))

for _module, _attribute in _set:  # a program that does not import it finds the others without it
    if _before.get((_module, _attribute), _absent) is _absent:
        del vars(sys.modules[_module])[_attribute]
    else:
        vars(sys.modules[_module])[_attribute] = _before[_module, _attribute]
for _path in set(sys.path_importer_cache) - _known_paths:
    del sys.path_importer_cache[_path]
