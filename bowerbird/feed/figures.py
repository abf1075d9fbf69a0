"""How a comparison stands, in numbers."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bowerbird.feed import guards, votes
from bowerbird.feed.guards import Guard
from bowerbird.feed.tally import NOTHING, Pair, Tally
from bowerbird.feed.votes import Poll

UNDECIDED = Poll(0, 0.0, -1.0, 1.0, 0.0)


class Figures(msgspec.Struct, frozen=True):
    """Everybody's tallies together, as (champion, challenger). `poll`: of those who took to anything."""

    people: int = 0
    shown: Pair = NOTHING
    wins: Pair = NOTHING
    hides: Pair = NOTHING
    reports: Pair = NOTHING
    poll: Poll = UNDECIDED
    guards: list[Guard] = []

    @property
    def won(self) -> bool:
        """Whether the challenger is better, as surely as was asked for."""
        return self.poll.people > 0 and self.poll.low > 0

    @property
    def lost(self) -> bool:
        """Whether it is worse."""
        return self.poll.people > 0 and self.poll.high < 0

    @property
    def breached(self) -> list[Guard]:
        """The guard rails that the challenger broke."""
        return [one for one in self.guards if one.breached]


def read(tallies: Sequence[Tally], spent_ms: Sequence[float] = (), before_ms: Sequence[float] = ()) -> Figures:
    """Count people, each once."""
    cast = [votes.vote(*one.wins) for one in tallies if sum(one.wins)]
    return Figures(
        len(tallies), _sum([one.shown for one in tallies]), _sum([one.wins for one in tallies]), _sum([one.hides for one in tallies]),
        _sum([one.reports for one in tallies]), votes.poll(cast), guards.read(tallies, spent_ms, before_ms),
    )  # fmt: skip


def _sum(pairs: Sequence[Pair]) -> Pair:
    return sum(one for one, _ in pairs), sum(other for _, other in pairs)
