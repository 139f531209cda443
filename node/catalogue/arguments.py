"""What is typed after ``coderunner-node languages``."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from node.infrastructure.settings import NodeSettings

PROGRAM = "coderunner-node languages"
USAGE = f"""\
usage: {PROGRAM} list [--json] [SETTINGS]
       {PROGRAM} add NAME... [--no-wait] [SETTINGS]
       {PROGRAM} remove NAME... [--image] [--no-wait] [SETTINGS]

list    every language that there is: built or not, served or not
add     build the images of languages, and have the node of this machine serve them, without a restart
remove  have the node serve them no longer; what runs is finished. --image: remove their images as well

NAME is a language's, with its series where it has one (python, python-3.11). SETTINGS are the node's own, as it is
started with them: --config FILE, --state-dir DIRECTORY and the like.
"""
_FLAGS = {"list": {"--json"}, "add": {"--no-wait"}, "remove": {"--no-wait", "--image"}}


class WrongUseError(Exception):
    """What was typed cannot be meant; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for."""

    action: str
    """``list``, ``add`` or ``remove``."""
    names: tuple[str, ...]
    flags: frozenset[str]
    settings: NodeSettings


def wanted(arguments: Sequence[str]) -> Wanted:
    """Raises WrongUseError, ConfigurationError."""
    action, *rest = arguments or [""]
    if action not in _FLAGS:
        raise WrongUseError(f"{action!r} is none of list, add and remove" if action else "what? list, add or remove")
    names = list(itertools.takewhile(lambda one: not one.startswith("-"), rest))
    if bool(names) is (action == "list"):
        raise WrongUseError(f"{action} takes {'no names' if names else 'at least one name'}")
    options = [one for one in rest if one in _FLAGS[action]]
    others = [one for one in rest[len(names) :] if one not in options]
    return Wanted(
        action=action, names=tuple(dict.fromkeys(names)), flags=frozenset(options), settings=NodeSettings.load(others)
    )
