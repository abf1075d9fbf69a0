"""Pictures that people showed and others liked, as far as their makers let the picture models learn from them."""

from __future__ import annotations

from collections.abc import Sequence

from bowerbird.core.database import Database
from bowerbird.events.log import Recorded
from bowerbird.learning.datasets import gate
from bowerbird.learning.datasets.item import Item, Left, left

POSTS_MAX = 20_000  # the newest
POSTS_AT_ONCE = 500
LIKES_MIN = 1  # by others
Made = tuple[
    str, str, bool, int
]  # the hash of a picture's bytes, its words, whether it is from those alone, how many others liked the post


async def gather(db: Database, public: set[int]) -> tuple[list[Item], list[Left]]:
    """(pictures with the words they were made from; what is not learned from). `public`: events whose item may leave the house."""
    shown = [event async for event in gate.learnable(db, "train_pictures") if event.data.get("media_ids")]
    items, out = list[Item](), [left(event, "older") for event in shown[:-POSTS_MAX]]
    shown = shown[-POSTS_MAX:]
    for start in range(0, len(shown), POSTS_AT_ONCE):
        some = shown[start : start + POSTS_AT_ONCE]
        found = await _found(db, some)
        for event in some:
            pictures = found.get(event.item_id or 0)
            if pictures is None:
                out.append(left(event, "deleted"))
                continue
            liked = [one for one in pictures if one[3] >= LIKES_MIN]
            good = [_item(event, small, words, public=event.id in public) for small, words, alone, _ in liked if alone and words]
            items += good
            if not good:
                out.append(left(event, "not_from_words" if liked or not pictures else "not_liked"))
    return items, out


def _item(event: Recorded, small: str, words: str, *, public: bool) -> Item:
    return Item(
        kind="picture", source="shown", person_id=event.actor_id or 0, event_ids=(event.id,), item_kind="post", item_id=event.item_id or 0,
        chosen=words, pictures=(small,), public=public,
    )  # fmt: skip


async def _found(db: Database, events: Sequence[Recorded]) -> dict[int, list[Made]]:
    """By post that still stands, its pictures in their order. A remix, an enlargement or an edit holds another's pixels, whose maker was not
    asked."""
    rows = await db.rows(
        """select s.id, a.small, trim(p.prompt),
               p.creator_id = s.author_id and a.provenance = 'generated' and p.parent_id is null and not p.recipe ? 'parent_id',
               (select count(*)::int from social.likes k where k.post_id = s.id and k.account_id <> s.author_id)
           from social.posts s left join social.post_media m on m.post_id = s.id left join media.attachments a on a.id = m.media_id
           left join studio.pictures p on p.media_id = m.media_id and p.deleted_at is null
           where s.id = any(%s) and s.deleted_at is null and s.visibility in ('public', 'unlisted') order by s.id, m.position""",
        [event.item_id for event in events],
    )
    found = dict[int, list[Made]]()
    for post_id, small, words, alone, likes in rows:
        pictures = found.setdefault(post_id, [])
        if small:
            pictures.append((small, words or "", bool(alone), likes))
    return found
