"""The options that choose among tasks, the same for every command that lists them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from coderunner.cli.name_values import name_values
from coderunner.model import Status

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from coderunner.client import Client
    from coderunner.model import Execution

MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"])
"""In local time, as times are printed."""

_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "--status",
        {
            "multiple": True,
            "type": click.Choice([status.value for status in Status], case_sensitive=False),
            "help": "Only these; may be repeated.",
        },
    ),
    ("--language", {"default": "", "metavar": "L", "help": "Only this language."}),
    ("--node", {"default": "", "metavar": "ID", "help": "Only what this node ran."}),
    (
        "--label",
        {
            "multiple": True,
            "callback": name_values,
            "metavar": "NAME=VALUE",
            "help": "Only with this label; may be repeated.",
        },
    ),
    ("--client", {"default": "", "metavar": "NAME", "help": "Only this client's, for those who see everybody's."}),
    ("--since", {"type": MOMENT, "metavar": "WHEN", "help": "Submitted then or later: 2026-11-28[T12:30:00]."}),
    ("--until", {"type": MOMENT, "metavar": "WHEN", "help": "Submitted before that."}),
    ("--error", {"default": "", "metavar": "TEXT", "help": "Only with this text in the error."}),
)


@dataclass(frozen=True)
class TaskChoice:
    """What was chosen; empty and None: any."""

    status: tuple[str, ...]
    language: str
    node: str
    label: dict[str, str]
    client: str
    since: datetime | None
    until: datetime | None
    error: str

    def listed_by(self, gateway: Client, limit: int | None) -> AsyncIterator[Execution]:
        """The tasks, newest first, without their output."""
        return gateway.list(
            statuses=[word.upper() for word in self.status],
            language=self.language,
            node_id=self.node,
            labels=self.label,
            client=self.client,
            since_ms=_milliseconds(self.since),
            until_ms=_milliseconds(self.until),
            error=self.error,
            limit=limit,
        )


def choosing_tasks(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options to a command, which gets them as the ``TaskChoice`` ``chosen``."""

    @functools.wraps(command)
    def chosen(*args: Any, **given: Any) -> Any:
        fields = {name: given.pop(name) for name in TaskChoice.__dataclass_fields__}
        return command(*args, chosen=TaskChoice(**fields), **given)

    for flag, settings in reversed(_OPTIONS):
        chosen = click.option(flag, **settings)(chosen)
    return chosen


def _milliseconds(moment: datetime | None) -> int:
    return 0 if moment is None else int(moment.timestamp() * 1000)
