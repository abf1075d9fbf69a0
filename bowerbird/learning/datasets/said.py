"""What people said in public, as far as they let the assistant learn from it."""

from __future__ import annotations

from bowerbird.core.database import Database
from bowerbird.learning.datasets import gate
from bowerbird.learning.datasets.item import Item, Left, left

POSTS_AT_ONCE = 500


async def gather(db: Database, public: set[int]) -> tuple[list[Item], list[Left]]:
    """(posts, each in the newest form it has; what is not learned from). `public`: events whose item may leave the house."""
    newest = {event.item_id: event async for event in gate.learnable(db, "train_assistant_posts") if event.item_id}
    ids, items, out = sorted(newest), list[Item](), list[Left]()
    for start in range(0, len(ids), POSTS_AT_ONCE):
        rows = await db.rows(
            """select id, author_id, text from social.posts where id = any(%s) and deleted_at is null and boost_of_id is null
               and visibility in ('public', 'unlisted')""",
            ids[start : start + POSTS_AT_ONCE],
        )
        said = {id_: (author_id, text.strip()) for id_, author_id, text in rows}
        for id_ in ids[start : start + POSTS_AT_ONCE]:
            event = newest[id_]
            author_id, text = said.get(id_, (0, ""))
            if author_id != event.actor_id:
                out.append(left(event, "deleted"))
            elif not text:
                out.append(left(event, "no_words"))
            else:
                items.append(_item(author_id, event.id, id_, text, public=event.id in public))
    return items, out


def _item(author_id: int, event_id: int, post_id: int, text: str, *, public: bool) -> Item:
    return Item(
        kind="text", source="post", person_id=author_id, event_ids=(event_id,), item_kind="post", item_id=post_id, chosen=text, public=public
    )  # fmt: skip
