"""Which stretch of a list is asked for, by the ids of its rows: pages that never skip or repeat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from bowerbird.core.database import Gate

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page:
    """Ids below `before` and above `after`, newest first, at most `limit`; with `upward` the ones right above that id."""

    before: int | None = None
    after: int | None = None
    upward: int | None = None
    limit: int = 20

    def clause(self, column: str) -> Gate:
        """` and column < … and column > …`, with its arguments."""
        bounds = [(self.before, "<"), (self.after, ">"), (self.upward, ">")]
        said = [(value, operator) for value, operator in bounds if value is not None]
        return Gate("".join(f" and {column} {operator} %s" for _, operator in said), tuple(value for value, _ in said))

    def tail(self, column: str, most: int = 80) -> str:
        """` order by column … limit …`."""
        way = "asc" if self.upward is not None else "desc"
        return f" order by {column} {way} limit {max(1, min(self.limit, most))}"

    def newest_first(self, rows: Sequence[T]) -> list[T]:
        """The rows in the order they are shown, whichever way they were read."""
        return list(rows[::-1] if self.upward is not None else rows)
