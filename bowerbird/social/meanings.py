"""What posts mean, as numbers: read by the worker a little after they are published, compared in search."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bowerbird.core.database import Database
from bowerbird.core.errors import Unavailable
from bowerbird.core.ids import before
from bowerbird.inference import embeddings
from bowerbird.inference.embeddings import Vector

DISTANCE_MAX = 0.62  # cosine distance, 0 to 2; what is further off has another meaning
WAIT_S, AWAY_S = 1.5, 15.0
ASKED_KEPT = 500
OVERLAP = timedelta(minutes=2)  # ids are made before their transactions commit
_asked: OrderedDict[str, Vector] = OrderedDict()
_away_until = 0.0


async def of_words(said: str) -> Vector | None:
    """The meaning of what is searched for; None for no words, or while the model is away. Holds no database connection."""
    global _away_until
    if len(said) < 3 or _away_until > time.monotonic():
        return None
    if said not in _asked:
        try:
            _asked[said] = (await embeddings.of([said], timeout_s=WAIT_S))[0]
        except Unavailable:
            _away_until = time.monotonic() + AWAY_S
            return None
        while len(_asked) > ASKED_KEPT:
            _asked.popitem(last=False)
    return _asked[said]


async def near(db: Database, meaning: Vector, *, limit: int = 100) -> list[int]:
    """The posts whose meaning is nearest, the nearest first. Who may see them is the caller's question."""
    vector = written(meaning)
    return await db.values(
        f"""select post_id from (
                select post_id, meaning <=> %s::halfvec as distance from social.meanings order by meaning <=> %s::halfvec limit %s) near
            where distance < {DISTANCE_MAX} order by distance""",
        vector, vector, limit,
    )  # fmt: skip


class Reader:
    """Which posts are not read yet; remembers how far it came, and begins anew with its process."""

    def __init__(self) -> None:
        self._since = self._mark = 0

    async def unread(self, db: Database, *, limit: int = embeddings.TEXTS_MAX) -> list[tuple[int, str]]:
        """(post id, everything it says) of public posts that are new or changed since their meaning was read."""
        mark = max(0, before(datetime.now(UTC) - OVERLAP))
        rows = await db.rows(
            """select p.id, concat_ws(' ', p.spoiler, p.text,
                   (select string_agg(concat_ws(' ', a.alt, s.prompt), ' ') from social.post_media pm join media.attachments a on a.id = pm.media_id
                        left join studio.pictures s on s.media_id = a.id where pm.post_id = p.id))
               from social.posts p left join social.meanings m on m.post_id = p.id
               where (p.id > %s or p.id in (select post_id from social.post_versions where id > %s))
                 and p.visibility = 'public' and p.boost_of_id is null and p.deleted_at is null
                 and (m.post_id is null or m.at < p.edited_at) order by p.id limit %s""",
            self._since, self._since, limit,
        )  # fmt: skip
        self._mark = mark if len(rows) < limit else self._since
        return [(id_, said) for id_, said in rows]

    def go_on(self) -> None:
        """All of them were read: the next come after these."""
        self._since = self._mark


async def keep(db: Database, read: Sequence[tuple[int, Vector]]) -> None:
    """Write meanings down; posts that went meanwhile are left out."""
    for post_id, meaning in read:
        await db.execute(
            """insert into social.meanings (post_id, meaning) select id, %s::halfvec from social.posts where id = %s
               on conflict (post_id) do update set meaning = excluded.meaning, at = now()""",
            written(meaning), post_id,
        )  # fmt: skip


def written(meaning: Vector) -> str:
    """As pgvector reads it."""
    return "[" + ",".join(f"{number:.5f}" for number in meaning) + "]"
