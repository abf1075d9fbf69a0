"""What a house has to learn from: what people agreed to teach, and what posts mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from bowerbird.core import ids
from bowerbird.core.database import Database
from bowerbird.events import log
from bowerbird.feed import stream
from bowerbird.feed.acts import SERVED_ACT_MS_MAX, STRENGTH, Act, Kind, trust
from bowerbird.learning.ranker.taken import Floats, Taken

MEANING = 384  # numbers of a caption's embedding
PER_PERSON_MAX = 1_000
EVENTS_MAX, DAYS_MAX = 20_000_000, 365
MEANINGS_MAX = 100_000
# what teaches others what goes with what; opening and dwelling say too little, hiding is the person's own affair
TEACHES: frozenset[Kind] = frozenset({"like", "share", "keep", "remix"})


async def from_house(db: Database) -> Taken:
    """What may be learned from (`personalise`), as the feed reads it, of the last DAYS_MAX days and of each person the newest PER_PERSON_MAX.

    Only what somebody was shown before they took it, as long as it was not taken back; AI accounts teach nothing, new accounts weigh less."""
    machines = set(await db.values("select id from accounts.people where bot"))
    shown: dict[tuple[int, int], int] = {}  # (person, post): when last
    said: dict[int, dict[tuple[int, str], Act]] = {}  # of each person what stands, oldest first
    on = ids.before(datetime.now(UTC) - timedelta(days=DAYS_MAX))
    for _ in range(0, EVENTS_MAX, log.PAGE_MAX):
        found, on = await stream.acts(db, on)
        for act in found:
            if act.kind == "served":
                shown |= {(act.person_id, post): act.at_ms for post in act.served}
            if act.kind not in TEACHES or act.person_id in machines:
                continue
            mine, key = said.setdefault(act.person_id, {}), (act.post_id, str(act.kind))
            mine.pop(key, None)
            if not act.undone and act.at_ms - shown.get((act.person_id, act.post_id), -SERVED_ACT_MS_MAX) <= SERVED_ACT_MS_MAX:
                mine[key] = act
                if len(mine) > PER_PERSON_MAX:
                    del mine[next(iter(mine))]
        if not on:
            break
    acts = [act for mine in said.values() for act in mine.values()]
    born = {person: int(ids.at(person).timestamp() * 1000) for person in said}
    weights = [STRENGTH[act.kind] * trust(born[act.person_id], act.at_ms) / 16 for act in acts]
    return Taken.of([act.person_id for act in acts], [act.post_id for act in acts], weights, [act.at_ms for act in acts])


async def meanings(db: Database) -> Floats:
    """[n, MEANING]: what the newest public posts mean, at most MEANINGS_MAX of them."""
    found = await db.values(
        """select m.meaning::real[] from social.meanings m join social.posts s on s.id = m.post_id
           where s.deleted_at is null and s.visibility = 'public' order by m.post_id desc limit %s""",
        MEANINGS_MAX,
    )  # fmt: skip
    return np.array(found, np.float32).reshape(-1, MEANING)
