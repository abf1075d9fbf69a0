"""Posts out of PostgreSQL as the feed knows them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from bowerbird.core import ids
from bowerbird.core.database import Database
from bowerbird.feed import topics
from bowerbird.feed.catalogue import Floats, Item, Provenance
from bowerbird.feed.projection import project

POSTS_AT_ONCE = 2_000
_ELIGIBLE = """p.visibility = 'public' and p.boost_of_id is null and p.thread_id = p.id and not a.bot"""
COUNTED_MAX = 2_000


def _settled(rows: str, whose: str) -> str:
    """How many of some rows come from accounts that were a day old by then: what newer ones add to public numbers costs nothing to make."""
    return f"(select count(*)::int from (select 1 from {rows} and k.id - k.{whose} > 86400000::bigint << 22 limit {COUNTED_MAX}) settled)"


_LIKES = _settled("social.likes k where k.post_id = p.id", "account_id")
_BOOSTS = _settled("social.posts k where k.boost_of_id = p.id and k.deleted_at is null", "author_id")
_REPLIES = _settled("social.posts k where k.reply_to_id = p.id and k.deleted_at is null", "author_id")
_ITEM = f"""select p.id, p.author_id, a.username::text as author_name, p.text, p.spoiler, p.sensitive, coalesce(p.language, '') as language,
        p.has_poll, {_LIKES} as likes_count, {_BOOSTS} as boosts_count, {_REPLIES} as replies_count,
        p.deleted_at is null and a.deleted_at is null and {_ELIGIBLE} as stands,
        coalesce(
            (select i.granted from events.item_consents i where i.item_kind = 'post' and i.item_id = p.id and i.purpose = 'recommend_me'),
            (select c.granted from events.consents c where c.account_id = p.author_id and c.purpose = 'recommend_me'),
            a.discoverable) as recommendable,
        coalesce((select array_agg(t.name) from social.tags t where t.post_id = p.id), '{{}}') as tags,
        shown.pictures, shown.said, shown.picture_id, shown.root_id, shown.is_remix, shown.provenance, shown.bits, halfvec_send(m.meaning) as meaning
    from social.posts p join accounts.people a on a.id = p.author_id left join social.meanings m on m.post_id = p.id
    cross join lateral (
        select count(*)::int as pictures, coalesce(string_agg(concat_ws(' ', t.alt, s.prompt), ' '), '') as said,
            (array_agg(s.id order by pm.position))[1] as picture_id, (array_agg(s.root_id order by pm.position))[1] as root_id,
            coalesce(bool_or(s.parent_id is not null), false) as is_remix, (array_agg(t.provenance order by pm.position))[1] as provenance,
            (array_agg(l.bits::text order by pm.position))[1] as bits
        from social.post_media pm join media.attachments t on t.id = pm.media_id left join studio.pictures s on s.media_id = t.id
            left join media.likenesses l on l.media_id = t.id where pm.post_id = p.id) shown"""


@dataclass(frozen=True, slots=True)
class Row:
    """A post as it is read for the feed."""

    id: int
    author_id: int
    author_name: str
    text: str
    spoiler: str
    sensitive: bool
    language: str
    has_poll: bool
    likes_count: int
    boosts_count: int
    replies_count: int
    stands: bool
    recommendable: bool
    tags: list[str]
    pictures: int
    said: str
    picture_id: int | None
    root_id: int | None
    is_remix: bool
    provenance: str | None
    bits: str | None
    meaning: bytes | None

    @property
    def item(self) -> Item:
        """The same as the catalogue keeps it, with the topics that its words and tags speak of."""
        return Item(
            id=self.id, author_id=self.author_id, author_name=self.author_name, born_ms=int(ids.at(self.id).timestamp() * 1000),
            vector=_vector(self.meaning), topics=topics.of(" ".join((self.spoiler, self.text, self.said)), self.tags), language=self.language,
            provenance=cast(Provenance, self.provenance or "unknown"), pictures=self.pictures, words=len(self.text), is_remix=self.is_remix,
            is_poll=self.has_poll, sensitive=self.sensitive, recommendable=self.recommendable, picture_id=self.picture_id or 0,
            root_id=self.root_id or 0, picture_hash=int(self.bits, 2) if self.bits else None,
            public_counts=(self.likes_count, self.boosts_count, self.replies_count),
        )  # fmt: skip


def _vector(sent: bytes | None) -> Floats | None:
    """A halfvec as PostgreSQL sends it: a head of four bytes, then big-endian half floats."""
    return project(np.frombuffer(sent, ">f2", offset=4).astype(np.float32)[None])[0] if sent else None


async def newest(db: Database, most: int) -> AsyncIterator[list[Row]]:
    """The newest posts that may be recommended at all, oldest first, in pieces."""
    since = await db.value(
        f"""select min(id) from (select p.id from social.posts p join accounts.people a on a.id = p.author_id
                where {_ELIGIBLE} and p.deleted_at is null order by p.id desc limit %s) newest""",
        most,
    )
    after = (since or 1) - 1
    while rows := await since_id(db, after):
        yield rows
        after = rows[-1].id


async def since_id(db: Database, after: int, limit: int = POSTS_AT_ONCE) -> list[Row]:
    """Posts that came after one, oldest first."""
    return await db.many(
        Row, f"{_ITEM} where p.id > %s and {_ELIGIBLE} and p.deleted_at is null order by p.id limit %s", after, limit
    )


async def again(db: Database, post_ids: Sequence[int]) -> list[Row]:
    """Posts that changed, read anew; those that stand no more among them, those that are gone not."""
    return await db.many(Row, f"{_ITEM} where p.id = any(%s)", list(post_ids))


async def of_author(db: Database, account_id: int) -> list[int]:
    """The ids of somebody's posts that may be recommended, the newest thousand."""
    return await db.values(
        "select id from social.posts where author_id = %s and visibility = 'public' and boost_of_id is null order by id desc limit 1000",
        account_id,
    )


async def understood(db: Database, since_at: Any) -> list[int]:
    """The ids of posts whose meaning was read, or whose picture was looked at, since then."""
    return await db.values("select post_id from social.meanings where at > %s order by at limit 2000", since_at)
