"""Work of this room that is done later: ids in, one verb called."""

from __future__ import annotations

import logging

from bowerbird.core import outside
from bowerbird.core.addresses import OutsideTrouble
from bowerbird.core.database import Database, Pool
from bowerbird.core.errors import Unavailable
from bowerbird.social import fanout, letters, mutes, text
from bowerbird.social import push as push_
from bowerbird.social.posts import COLUMNS, Post

GONE = (404, 410)
log = logging.getLogger(__name__)


async def deliver(db: Database, post_id: int) -> None:
    """Fan a post of someone with very many followers out."""
    post = await db.maybe(Post, f"select {COLUMNS} from social.posts where id = %s and deleted_at is null", post_id)
    if post:
        replied_to = await db.value("select author_id from social.posts where id = %s", post.reply_to_id)
        await fanout.deliver_all(db, post, replied_to, text.tags(post.text))


async def retell(db: Database, post_id: int, kind: str, after: int) -> None:
    """Tell the homes that were too many for the moment of the change."""
    place: int | None = after
    while place is not None:
        place = await fanout.retell_rest(db, post_id, kind, place)


async def herald(db: Database, post_id: int) -> None:
    """Tell those who asked to hear of everything its author posts."""
    post = await db.maybe(Post, f"select {COLUMNS} from social.posts where id = %s and deleted_at is null", post_id)
    if post:
        await fanout.herald(db, post)


async def tidy(db: Database) -> None:
    """Keep homes bounded, and drop mutes whose time is over."""
    await fanout.trim(db)
    await mutes.sweep(db)


async def push(pool: Pool, notification_id: int, subscription_id: int) -> None:
    """Send one message to one program. Raises Unavailable where another try may help; where nobody listens any more, that is the end of it."""
    async with pool.reading() as db:
        letter = await letters.write(db, notification_id, subscription_id)
    if letter is None:
        return
    try:
        status = await outside.post(letter.endpoint, letter.body, letter.headers)
    except OutsideTrouble as trouble:
        if trouble.again:
            raise
        status = 400
    if status in GONE:
        async with pool.reading() as db:
            await push_.end(db, subscription_id)
    elif status == 429 or status >= 500:
        raise Unavailable(f"The push service answered {status}.")
    elif status >= 300:
        log.info("a push service refused a message (%s)", status)
