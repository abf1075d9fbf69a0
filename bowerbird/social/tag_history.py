"""How much was said under a hashtag on each of the last days, and by how many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bowerbird.core.database import Database
from bowerbird.core.ids import EPOCH_MS, before

DAYS = 7
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a tag: public posts, and the people who wrote them."""

    name: str
    day: datetime
    posts: int
    people: int


async def of(db: Database, names: Sequence[str]) -> dict[str, list[Day]]:
    """The last DAYS days of each tag (normalised), today first; a quiet day is there too."""
    if not names:
        return {}
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [today - timedelta(days=back) for back in range(DAYS)]
    rows = await db.rows(
        f"""select t.name, ((p.id >> 22) + {EPOCH_MS}) / {DAY_MS}, count(*), count(distinct p.author_id)
            from social.tags t join social.posts p on p.id = t.post_id
            where t.name = any(%s) and t.post_id >= %s and p.visibility = 'public' and p.deleted_at is null group by 1, 2""",
        list(names), before(days[-1]),
    )  # fmt: skip
    found = {(name, number): (posts, people) for name, number, posts, people in rows}
    return {
        name: [Day(name, day, *found.get((name, int(day.timestamp()) * 1000 // DAY_MS), (0, 0))) for day in days]
        for name in names
    }
