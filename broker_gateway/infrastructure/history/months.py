"""The months of submission, as ids of tasks tell them: ids in their order are tasks in the order of submission."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from broker_gateway.domain.task_id import TaskId

_MONTHS = 12
_LATEST_MS = TaskId.TIMED_UNTIL_MS - 1


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month in UTC; ``number`` 1 to 12."""

    year: int
    number: int

    @classmethod
    def of(cls, at_ms: int) -> Month:
        """The month of a Unix time in milliseconds."""
        at = datetime.fromtimestamp(min(max(0, at_ms), _LATEST_MS) / 1000, UTC)
        return cls(at.year, at.month)

    @classmethod
    def parse(cls, name: str) -> Month | None:
        """The month of that ``name``."""
        is_name = len(name) == len("202611") and name.isascii() and name.isdecimal()
        return cls(int(name[:4]), int(name[4:])) if is_name and 1 <= int(name[4:]) <= _MONTHS else None

    @property
    def name(self) -> str:
        """As ``202611``."""
        return f"{self.year:04}{self.number:02}"

    @property
    def start_ms(self) -> int:
        return round(datetime(self.year, self.number, 1, tzinfo=UTC).timestamp() * 1000)

    def after(self, months: int) -> Month:
        """The month so many later."""
        years, number = divmod(self.number - 1 + months, _MONTHS)
        return Month(self.year + years, number + 1)

    @property
    def ids(self) -> tuple[str, str]:
        """What the ids of its tasks begin with: from the first on, below the second."""
        return first_id(self.start_ms), first_id(self.after(1).start_ms)


def first_id(at_ms: int) -> str:
    """What is not above any id that tells this time or a later one."""
    return TaskId.beginning(min(max(0, at_ms), _LATEST_MS))
