"""Where a post and its pictures meet: publishing marks them shown, credits the parent and tells its author; taking
a picture down takes the posts that were nothing else along."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Unpack

from bowerbird.accounts.people import Person
from bowerbird.core import live
from bowerbird.core.database import Database
from bowerbird.core.ids import before
from bowerbird.events import kinds, log
from bowerbird.gallery.cards import kept
from bowerbird.media import attachments
from bowerbird.social import graph, notifications, posts
from bowerbird.social.posts import Options, Post
from bowerbird.studio import lineage, pictures


async def publish(db: Database, author: Person, said: str, **options: Unpack[Options]) -> Post:
    """Publish a post with its pictures: the one verb behind every door. Raises as posts.publish does."""
    post = await posts.publish(db, author, said, **options)
    media_ids = options.get("media_ids", ())
    for picture in await pictures.show(db, author, media_ids) if media_ids else ():
        parent = await lineage.settle(db, picture) if picture.parent_id else None
        if parent is None:
            continue
        await log.record(db, kinds.PictureRemixed(actor_id=author.id, item_id=parent.id, child_id=picture.id))
        if not parent.deleted_at and post.visibility != "direct":
            seen = post.visibility in ("public", "unlisted") or await graph.follows(db, parent.creator_id, author.id)
            if seen:
                await notifications.tell(db, parent.creator_id, "remix", author.id, post.id)
        await _forget_showing(db, parent.media_id)
    return post


async def unsay(db: Database, author: Person, post_id: int) -> Post:
    """Take back what was just said; its pictures are their maker's own again. Raises as posts.unsay does."""
    shown = await db.values("select media_id from social.post_media where post_id = %s", post_id)
    post = await posts.unsay(db, author, post_id)
    await pictures.hide(db, shown)
    return post


async def take_down(db: Database, creator: Person, picture_id: int) -> None:
    """Take one's own picture away for good, out of every post; posts that were nothing else go with it. Raises NotFound."""
    picture = await pictures.own(db, creator, picture_id)
    around = await db.values(
        """select distinct pm.post_id from social.post_media pm join studio.pictures s on s.media_id = pm.media_id
           where s.id = %s or s.parent_id = %s""",
        picture.id, picture.id,
    )  # fmt: skip
    bare = await db.values(
        """select p.id from social.posts p where p.id = any(%s) and p.author_id = %s and p.text = '' and p.deleted_at is null
           and not exists (select 1 from social.post_media pm where pm.post_id = p.id and pm.media_id <> %s)""",
        around, creator.id, picture.media_id or 0,
    )  # fmt: skip
    for post_id in bare:
        await posts.delete(db, creator, post_id)
    await pictures.delete(db, creator.id, picture.id)
    for post_id in around:
        await live.tell(db, ["counts", f"card:{post_id}"], "edit", post_id)


async def purge(db: Database) -> int:
    """End deleted posts whose undo is over. Pictures made here that nothing shows any more are their maker's own again;
    uploads wait a day (`discard_unused`), for somebody may say the same anew. How many pictures nothing shows."""
    orphans = await posts.purge(db)
    await pictures.hide(db, orphans)
    return len(orphans)


async def discard_unused(db: Database, *, limit: int = 200) -> int:
    """Uploads that have stood in no post, plan or draft and on no profile for a day; how many went."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    unused = await db.values(
        """select a.id from media.attachments a where not a.generated and a.id < %s and a.owner_id <> 0
           and (a.unused_since is null or a.unused_since < %s)
           and not exists (select 1 from gallery.scheduled s where s.account_id = a.owner_id and a.id = any(s.media_ids))
           and not exists (select 1 from social.drafts d where d.account_id = a.owner_id and a.id = any(d.media_ids))
           and not exists (select 1 from social.post_media pm where pm.media_id = a.id)
           and not exists (select 1 from accounts.people p where p.avatar_id = a.id or p.header_id = a.id) limit %s""",
        before(yesterday), yesterday, limit,
    )  # fmt: skip
    for media_id in unused:
        await attachments.discard(db, media_id)
    return len(unused)


async def _forget_showing(db: Database, media_id: int | None) -> None:
    """The remix count beside the parent changed."""
    for post_id in await db.values("select post_id from social.post_media where media_id = %s", media_id):
        kept.forget(post_id)
