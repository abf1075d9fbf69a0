"""Work of this room that is done later: ids in, one verb called."""

from __future__ import annotations

from bowerbird.core.database import Database
from bowerbird.social import fanout
from bowerbird.social.posts import COLUMNS, Post


async def deliver(db: Database, post_id: int) -> None:
    """Fan a post of someone with very many followers out."""
    post = await db.maybe(Post, f"select {COLUMNS} from social.posts where id = %s and deleted_at is null", post_id)
    if post:
        replied_to = await db.value("select author_id from social.posts where id = %s", post.reply_to_id)
        await fanout.deliver_all(db, post, replied_to)


async def tidy(db: Database) -> None:
    """Keep homes bounded."""
    await fanout.trim(db)
