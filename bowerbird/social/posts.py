"""What people say: publish, change, take away, bring back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bowerbird.accounts.people import Person
from bowerbird.core import live
from bowerbird.core.database import Database, json
from bowerbird.core.errors import Conflict, Gone, Invalid, NotAllowed, NotFound, TooLarge
from bowerbird.core.ids import new_id
from bowerbird.core.settings import settings
from bowerbird.events import consent, kinds, log
from bowerbird.media import attachments
from bowerbird.social import fanout, notifications, text
from bowerbird.social.visibility import Visibility, checked, visible_to

PICTURES_MAX = 4
SPOILER_LENGTH_MAX = 200
UNDO_S = 30
VERSIONS_MAX = 50
COLUMNS = """id, author_id, text, spoiler, sensitive, visibility, language, reply_to_id, thread_id, boost_of_id,
    edited_at, deleted_at, replies_count, boosts_count, likes_count"""


@dataclass(frozen=True, slots=True)
class Post:
    """One thing said, or (with `boost_of_id`) one boost of it."""

    id: int
    author_id: int
    text: str
    spoiler: str
    sensitive: bool
    visibility: Visibility
    language: str | None
    reply_to_id: int | None
    thread_id: int
    boost_of_id: int | None
    edited_at: datetime | None
    deleted_at: datetime | None
    replies_count: int
    boosts_count: int
    likes_count: int


@dataclass(frozen=True, slots=True)
class Version:
    """A post as it was before an edit; `media` is [{"id", "alt"}]."""

    id: int
    post_id: int
    text: str
    spoiler: str
    sensitive: bool
    media: list[dict[str, str]]


async def publish(
    db: Database,
    author: Person,
    said: str,
    *,
    visibility: str = "public",
    reply_to_id: int | None = None,
    media_ids: Sequence[int] = (),
    spoiler: str = "",
    sensitive: bool = False,
    language: str | None = None,
    consents: dict[str, bool | None] | None = None,
) -> Post:
    """Say something. The caller owns the transaction. Raises TooLarge, Invalid, NotFound or NotAllowed, nothing written."""
    said, spoiler = _checked(said, spoiler, media_ids)
    parent = await _parent(db, author, reply_to_id) if reply_to_id else None
    pictures = await attachments.own(db, author.id, media_ids)
    id_ = new_id()
    post = await db.one(
        Post,
        f"""insert into social.posts (id, author_id, text, spoiler, sensitive, visibility, language, reply_to_id, thread_id)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s) returning {COLUMNS}""",
        id_, author.id, said, spoiler, sensitive or bool(spoiler), checked(visibility), (language or "")[:12] or None,
        parent.id if parent else None, parent.thread_id if parent else id_,
    )  # fmt: skip
    await _attach(db, post.id, [picture.id for picture in pictures])
    mentioned = await _mention(db, post)
    if parent and parent.author_id != author.id:  # whatever its visibility, the one replied to may read it
        await db.execute(
            "insert into social.mentions (post_id, account_id) values (%s, %s) on conflict do nothing", post.id, parent.author_id
        )
    if consents:
        await consent.say_of_item(db, author.id, "post", post.id, consents)
    if parent:
        await db.execute("update social.posts set replies_count = replies_count + 1 where id = %s", parent.id)
        await live.tell(db, ["counts"], "counts", parent.id)
    await fanout.deliver(db, post, parent.author_id if parent else None)
    await notifications.of_post(db, post, mentioned, parent.author_id if parent else None)
    await log.record(
        db,
        kinds.PostPublished(
            actor_id=author.id,
            item_id=post.id,
            visibility=post.visibility,
            reply_to_id=post.reply_to_id,
            media_ids=list(media_ids),
        ),
    )
    return post


async def see(db: Database, viewer_id: int | None, post_id: int) -> Post:
    """A post as the viewer may see it. Raises Gone for one its author took away, NotFound for any other reason."""
    gate = visible_to(viewer_id)
    found = await db.maybe(Post, f"select {COLUMNS} from social.posts p where p.id = %s and {gate.sql}", post_id, *gate.args)
    if found is None:
        if await db.value("select deleted_at is not null and visibility = 'public' from social.posts where id = %s", post_id):
            raise Gone
        raise NotFound
    return found


async def own(db: Database, author: Person, post_id: int) -> Post:
    """One's own post, to change it. Raises NotFound where the viewer may not even know of it, NotAllowed for another's."""
    post = await see(db, author.id, post_id)
    if post.author_id != author.id:
        raise NotAllowed("That post is someone else's.")
    return post


async def edit(
    db: Database,
    author: Person,
    post_id: int,
    said: str,
    *,
    spoiler: str = "",
    sensitive: bool = False,
    alts: dict[int, str] | None = None,
) -> Post:
    """Change what was said; what it was stays readable in its history. Raises as publish does."""
    before = await own(db, author, post_id)
    if before.boost_of_id:
        raise Invalid("A boost has no words of its own.")
    media = await db.rows(
        "select a.id, a.alt from social.post_media pm join media.attachments a on a.id = pm.media_id where pm.post_id = %s order by position",
        post_id,
    )
    said, spoiler = _checked(said, spoiler, [id_ for id_, _ in media])
    if await db.value("select count(*) from social.post_versions where post_id = %s", post_id) >= VERSIONS_MAX:
        raise Conflict(f"A post can be changed {VERSIONS_MAX} times.")
    await db.execute(
        "insert into social.post_versions (id, post_id, text, spoiler, sensitive, media) values (%s, %s, %s, %s, %s, %s)",
        new_id(), post_id, before.text, before.spoiler, before.sensitive, json([{"id": str(i), "alt": alt} for i, alt in media]),
    )  # fmt: skip
    for media_id, alt in (alts or {}).items():
        if media_id in {id_ for id_, _ in media}:
            await attachments.describe(db, author.id, media_id, alt)
    post = await db.one(
        Post,
        f"update social.posts set text = %s, spoiler = %s, sensitive = %s, edited_at = now() where id = %s returning {COLUMNS}",
        said, spoiler, sensitive or bool(spoiler), post_id,
    )  # fmt: skip
    already = set(await db.values("select account_id from social.mentions where post_id = %s", post_id))
    mentioned = await _mention(db, post)
    await notifications.of_post(db, post, [id_ for id_ in mentioned if id_ not in already], None)
    await live.tell(db, ["counts"], "edit", post.id)
    await log.record(db, kinds.PostEdited(actor_id=author.id, item_id=post.id, visibility=post.visibility))
    return post


async def history(db: Database, viewer_id: int | None, post_id: int) -> list[Version]:
    """What a post said before, oldest first."""
    await see(db, viewer_id, post_id)
    return await db.many(Version, "select * from social.post_versions where post_id = %s order by id", post_id)


async def delete(db: Database, author: Person, post_id: int) -> Post:
    """Take a post away from everyone at once; `restore` brings it back for UNDO_S seconds, then `purge` ends it for good."""
    post = await own(db, author, post_id)
    if post.boost_of_id:
        raise Invalid("That is a boost: take it back where you gave it.")
    if not await db.execute("update social.posts set deleted_at = now() where id = %s and deleted_at is null", post_id):
        return post
    await _count_reply(db, post, -1)
    await live.tell(db, ["counts"], "delete", post_id)
    await log.record(db, kinds.PostDeleted(actor_id=author.id, item_id=post_id))
    return post


async def restore(db: Database, author: Person, post_id: int) -> Post:
    """Undo a delete within UNDO_S seconds. Raises Gone afterwards, and as `own` does for another's."""
    post = await db.maybe(
        Post,
        f"""update social.posts set deleted_at = null where id = %s and author_id = %s
            and deleted_at > now() - make_interval(secs => %s) returning {COLUMNS}""",
        post_id, author.id, UNDO_S,
    )  # fmt: skip
    if post is None:
        return await own(db, author, post_id)  # it stands, or this raises what is the case
    await _count_reply(db, post, 1)
    await live.tell(db, ["counts"], "edit", post_id)
    await log.record(db, kinds.PostRestored(actor_id=author.id, item_id=post_id))
    return post


async def purge(db: Database, *, limit: int = 200) -> list[int]:
    """End posts whose time to undo is over; the ids of the pictures no post shows any more."""
    due = await db.values(
        "select id from social.posts where deleted_at < now() - make_interval(secs => %s) order by id limit %s for update skip locked",
        UNDO_S * 2, limit,
    )  # fmt: skip
    media = await db.values("select distinct media_id from social.post_media where post_id = any(%s)", due)
    await db.execute("delete from social.posts where id = any(%s)", due)
    return await db.values(
        "select a from unnest(%s::bigint[]) a where not exists (select 1 from social.post_media pm where pm.media_id = a)", media
    )


def _checked(said: str, spoiler: str, media_ids: Sequence[int]) -> tuple[str, str]:
    said, spoiler = text.clean(said), text.clean(spoiler)
    if len(said) > settings().text_length_max:
        raise TooLarge(f"That is {len(said)} characters long; {settings().text_length_max} fit.")
    if len(spoiler) > SPOILER_LENGTH_MAX:
        raise TooLarge(f"A content warning has up to {SPOILER_LENGTH_MAX} characters.")
    if len(media_ids) > PICTURES_MAX or len(set(media_ids)) != len(media_ids):
        raise Invalid(f"Up to {PICTURES_MAX} different pictures fit in a post.")
    if not said and not media_ids:
        raise Invalid("Write something, or add a picture.")
    return said, spoiler


async def _parent(db: Database, author: Person, post_id: int) -> Post:
    parent = await see(db, author.id, post_id)
    if parent.boost_of_id:
        parent = await see(db, author.id, parent.boost_of_id)
    if parent.author_id != author.id:
        who = await db.value("select may_reply from accounts.people where id = %s", parent.author_id)
        follows = await db.value(
            "select exists (select 1 from social.follows where follower_id = %s and followed_id = %s)",
            author.id,
            parent.author_id,
        )
        mentioned = await db.value(
            "select exists (select 1 from social.mentions where post_id = %s and account_id = %s)", parent.id, author.id
        )
        if not (who == "everyone" or mentioned or (who == "followers" and follows)):
            raise NotAllowed("Its author does not take replies from everyone.")
    return parent


async def _attach(db: Database, post_id: int, media_ids: Sequence[int]) -> None:
    for position, media_id in enumerate(media_ids):
        await db.execute(
            "insert into social.post_media (post_id, media_id, position) values (%s, %s, %s)", post_id, media_id, position
        )


async def _mention(db: Database, post: Post) -> list[int]:
    """Write down who is mentioned (added, never taken back: they were told) and which tags stand; the mentioned ids."""
    if post.edited_at:
        await db.execute("delete from social.tags where post_id = %s", post.id)
    if found := text.tags(post.text):
        await db.execute("insert into social.tags (post_id, name) select %s, unnest(%s::text[])", post.id, found)
    names = text.mentions(post.text)
    if not names:
        return []
    return await db.values(
        """with named as (select id from accounts.people where username = any(%s::citext[]) and deleted_at is null and id <> %s),
                added as (insert into social.mentions (post_id, account_id) select %s, id from named on conflict do nothing)
           select id from named""",
        names, post.author_id, post.id,
    )  # fmt: skip


async def _count_reply(db: Database, post: Post, by: int) -> None:
    if post.reply_to_id:
        await db.execute(
            "update social.posts set replies_count = greatest(0, replies_count + %s) where id = %s", by, post.reply_to_id
        )
        await live.tell(db, ["counts"], "counts", post.reply_to_id)
