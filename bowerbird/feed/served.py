"""Which pages somebody was shown, for them to take along."""

from __future__ import annotations

from dataclasses import dataclass

from bowerbird.core.database import Database

MOST = 500


@dataclass(frozen=True, slots=True)
class Served:
    """One page: when (its id says that), ranked by which release, which posts in which order, where each came from and its propensity."""

    id: int
    release: str
    posts: list[int]
    sources: list[str]
    propensities: list[float]


async def of(db: Database, account_id: int) -> list[Served]:
    """The newest MOST, newest first."""
    return await db.many(
        Served,
        "select id, release, posts, sources, propensities from feed.slates where account_id = %s order by id desc limit %s",
        account_id, MOST,
    )  # fmt: skip
