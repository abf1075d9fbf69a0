"""Everything there is to say of rankers and comparisons, for pages and programs: what ranks, what runs, what was tried, losers too."""

from __future__ import annotations

from dataclasses import dataclass

from bowerbird.core.database import Database
from bowerbird.feed import comparisons, rankers, reigns
from bowerbird.feed.comparisons import Comparison, Point
from bowerbird.feed.figures import Figures
from bowerbird.feed.rankers import Ranker
from bowerbird.feed.reigns import Reign


@dataclass(frozen=True, slots=True)
class Match:
    """A comparison with both rankers, and its curve."""

    one: Comparison
    champion: Ranker
    challenger: Ranker
    told: Figures
    points: list[Point]


@dataclass(frozen=True, slots=True)
class Board:
    """`champion`: None for the house's own where nothing was ever promoted. `reigns`: each with its ranker, the newest first; `before`: where a
    rollback would lead, None where there is nothing to go back from."""

    champion: Ranker | None
    running: Match | None
    past: list[Match]
    rankers: list[Ranker]
    reigns: list[tuple[Reign, Ranker]]
    before: str | None

    @property
    def people(self) -> set[int]:
        """Everyone who started, ended, promoted or wrote anything on it."""
        matches = [self.running.one] if self.running else []
        matches += [match.one for match in self.past]
        ids = [one.started_by for one in matches] + [one.ended_by for one in matches]
        return {id_ for id_ in [*ids, *(reign.by_id for reign, _ in self.reigns), *(one.made_by for one in self.rankers)] if id_}


async def read(db: Database) -> Board:
    """The whole of it."""
    found, history = await comparisons.listed(db), await reigns.history(db)
    ids = {id_ for one in found for id_ in (one.champion_id, one.challenger_id)} | {one.ranker_id for one in history}
    known = await rankers.by_ids(db, ids)
    matches = [await _match(db, one, known) for one in found]
    stack = reigns.standing(history)
    before = (known[stack[-2].ranker_id].name if len(stack) > 1 else rankers.HOUSE) if stack else None
    return Board(
        known[stack[-1].ranker_id] if stack else None,
        next((one for one in matches if one.one.state == "running"), None),
        [one for one in matches if one.one.state != "running"],
        await rankers.listed(db),
        [(one, known[one.ranker_id]) for one in history],
        before,
    )


async def match(db: Database, id_: int) -> Match:
    """One comparison. Raises NotFound."""
    one = await comparisons.by_id(db, id_)
    return await _match(db, one, await rankers.by_ids(db, {one.champion_id, one.challenger_id}))


async def _match(db: Database, one: Comparison, known: dict[int, Ranker]) -> Match:
    return Match(one, known[one.champion_id], known[one.challenger_id], one.told, await comparisons.points(db, one.id))
