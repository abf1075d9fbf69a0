"""Rankers at work: by what a page of the feed is ranked right now, and against what, read anew whenever it changed."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass

from bowerbird.core.database import Database
from bowerbird.core.errors import Trouble
from bowerbird.feed import comparisons, ranker_files, rankers, reigns
from bowerbird.feed.contender import Contender, house
from bowerbird.feed.rankers import Ranker

log = logging.getLogger(__name__)


def of(ranker: Ranker) -> Contender:
    """A ranker, ready to rank. Raises Invalid where the file it foretells by is not here."""
    defined = ranker.defined
    foretells = ranker_files.read(defined.file) if defined.file else None
    return Contender(ranker.name, defined.hash, defined.values, foretells)


@dataclass(frozen=True, slots=True)
class Arena:
    """Who is champion and, while two are compared, who the challenger; `share` of the people take part."""

    champion: Contender
    challenger: Contender | None = None
    comparison_id: int = 0
    share: float = 0.0
    stands: tuple[int, int] = (0, 0)  # (reign, comparison) that it was read from

    def rival_of(self, person_id: int) -> Contender | None:
        """Against what somebody's page is ranked: by a hash of who they are and of the comparison, so that each comparison draws anew."""
        return self.challenger if self.challenger and taking_part(self.comparison_id, person_id, self.share) else None


def taking_part(comparison_id: int, person_id: int, share: float) -> bool:
    """Whether somebody is among the share of people of a comparison."""
    drawn = int.from_bytes(hashlib.sha256(f"{comparison_id} {person_id}".encode()).digest()[:8], "big")
    return drawn < share * 2**64


async def read(db: Database, known: Arena | None = None) -> Arena:
    """How it stands: the same object as `known` where nothing changed. A ranker whose file is not here is passed over, and said."""
    stands = await comparisons.stands(db)
    if known and known.stands == stands:
        return known
    try:
        reign = await reigns.in_force(db)
        champion = of(await rankers.by_id(db, reign.ranker_id)) if reign else house()
    except Trouble as trouble:
        log.error("the ranker in force cannot be used (%s); the house's own is", trouble.said)
        return Arena(house(), stands=stands)
    running = await comparisons.running(db)
    if running is None:
        return Arena(champion, stands=stands)
    try:
        challenger = of(await rankers.by_id(db, running.challenger_id))
    except Trouble as trouble:
        log.error("the challenger cannot be used: %s", trouble.said)
        return Arena(champion, stands=stands)
    return Arena(champion, challenger, running.id, running.share, stands)
