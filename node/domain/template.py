"""Command templates: lists in, lists out. There is never a shell in between."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_PLACEHOLDER = re.compile(
    r"\{(entry|entry_stem|entry_point|args|sources|options|precompiled|layer_option|layer|places|packages)\}"
)


def expand(command: Sequence[str], values: Mapping[str, str | Sequence[str]]) -> tuple[str, ...]:
    """Replaces the placeholders that ``values`` names. An element that is exactly a placeholder may become several, or
    none; inside a longer element only text fits. What was put in is not looked at again.
    Raises ValueError for a list inside a longer element and for a placeholder without a value."""
    expanded: list[str] = []
    for element in command:
        whole = _PLACEHOLDER.fullmatch(element)
        if whole is None:
            expanded.append(_PLACEHOLDER.sub(lambda found: _text(values, found.group(1)), element))
            continue
        value = _value(values, whole.group(1))
        expanded.extend([value] if isinstance(value, str) else value)
    return tuple(expanded)


def _value(values: Mapping[str, str | Sequence[str]], name: str) -> str | Sequence[str]:
    if name not in values:
        raise ValueError(f"the placeholder {{{name}}} has no value here")
    return values[name]


def _text(values: Mapping[str, str | Sequence[str]], name: str) -> str:
    value = _value(values, name)
    if not isinstance(value, str):
        raise ValueError(f"the placeholder {{{name}}} may become several words and must stand alone")  # noqa: TRY004 - the template is wrong, not a type
    return value
