"""What a process that waits for a program is started as: the command of the usual program, before there is one."""

from __future__ import annotations

from collections.abc import Sequence
from posixpath import splitext

from node.domain.template import expand

_USUAL = "{command}"


def waiting_command(
    warm: Sequence[str], stage: Sequence[str], source_name: str, default_options: Sequence[str] = ()
) -> tuple[str, ...]:
    """``{command}`` in the command of ``[warm]`` becomes the command of its ``stage`` for one file that has the
    language's usual name, with the default options and no arguments. Raises ValueError where ``stage`` has a
    placeholder that is none."""
    usual = expand(
        stage,
        {
            "entry": source_name,
            "entry_stem": splitext(source_name)[0],
            "sources": (source_name,),
            "options": tuple(default_options),
            "args": (),
            "entry_point": (),
            "precompiled": (),
            "layer_option": (),
        },
    )
    return tuple(word for element in warm for word in (usual if element == _USUAL else (element,)))
