"""Posts that were changed: what they say now, and what they said before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database, json
from bowerbird.core.errors import Conflict, Invalid
from bowerbird.core.ids import new_id
from bowerbird.events import consent, kinds, log
from bowerbird.media import attachments, labels, origins
from bowerbird.social import conversations, fanout, notifications, polls, posts, previews
from bowerbird.social.posts import Post

VERSIONS_MAX = 50
BOOSTERS_TOLD_MAX = 100


@dataclass(frozen=True, slots=True)
class Version:
    """A post as it was before an edit; `media` is [{"id", "alt"}]."""

    id: int
    post_id: int
    text: str
    spoiler: str
    sensitive: bool
    media: list[dict[str, str]]


async def edit(
    db: Database,
    author: Person,
    post_id: int,
    said: str,
    *,
    spoiler: str = "",
    sensitive: bool = False,
    language: str | None = None,
    media_ids: Sequence[int] | None = None,
    alts: dict[int, str] | None = None,
    poll: polls.Ask | None = None,
) -> Post:
    """Change what was said; what it was stays readable in its history. `media_ids` None keeps the pictures, `poll` None the poll;
    a poll with other answers begins anew. Raises as publish does."""
    await db.execute("select 1 from social.posts where id = %s for update", post_id)
    before = await posts.own(db, author, post_id)
    if before.boost_of_id:
        raise Invalid("A boost has no words of its own.")
    media = await db.rows(
        "select a.id, a.alt from social.post_media pm join media.attachments a on a.id = pm.media_id where pm.post_id = %s order by position",
        post_id,
    )
    kept = [id_ for id_, _ in media]
    wanted = kept if media_ids is None else list(media_ids)
    said, spoiler = posts.checked_words(said, spoiler, wanted, bare=before.has_poll or before.quote_of_id is not None)
    if await db.value("select count(*) from social.post_versions where post_id = %s", post_id) >= VERSIONS_MAX:
        raise Conflict(f"A post can be changed {VERSIONS_MAX} times.")
    await db.execute(
        "insert into social.post_versions (id, post_id, text, spoiler, sensitive, media) values (%s, %s, %s, %s, %s, %s)",
        new_id(), post_id, before.text, before.spoiler, before.sensitive, json([{"id": str(i), "alt": alt} for i, alt in media]),
    )  # fmt: skip
    if wanted != kept:
        await attachments.own(db, author.id, wanted)
        await db.execute("delete from social.post_media where post_id = %s", post_id)
        await posts.show(db, post_id, wanted)
        if await origins.reserved(db, wanted):
            await consent.reserve(db, author.id, "post", post_id)
    if poll and await _asks_otherwise(db, post_id, poll):
        await polls.attach(db, post_id, poll)
        await db.execute("update social.posts set has_poll = true where id = %s", post_id)
    for media_id, alt in (alts or {}).items():
        if media_id in wanted:
            await attachments.describe(db, author.id, media_id, alt)
    covered = sensitive or bool(spoiler) or await labels.any_of(db, wanted)
    post = await db.one(
        Post,
        f"""update social.posts set text = %s, spoiler = %s, sensitive = %s, language = coalesce(%s, language), edited_at = now()
            where id = %s returning {posts.COLUMNS}""",
        said, spoiler, covered, (language or "")[:12] or None, post_id,
    )  # fmt: skip
    await _tell(db, post)
    await previews.wanted(db, post.id, f"{before.text} {post.text}")
    await log.record(db, kinds.PostEdited(actor_id=author.id, item_id=post.id, visibility=post.visibility))
    return post


async def _asks_otherwise(db: Database, post_id: int, poll: polls.Ask) -> bool:
    stands = (await polls.of_posts(db, None, [post_id])).get(post_id)
    return stands is None or (stands.options, stands.multiple) != (list(polls.checked(poll).options), poll.multiple)


async def _tell(db: Database, post: Post) -> None:
    """The newly mentioned hear of the post, those who boosted it of the change, and every open page shows it."""
    already = set(await db.values("select account_id from social.mentions where post_id = %s", post.id))
    _, mentioned = await posts.name(db, post)
    heard = await notifications.of_post(db, post, [id_ for id_ in mentioned if id_ not in already], None)
    if post.visibility == "direct" and heard:
        await conversations.add(db, post, heard)
    boosters = await db.values(
        "select author_id from social.posts where boost_of_id = %s order by id desc limit %s", post.id, BOOSTERS_TOLD_MAX
    )
    await notifications.tell_each(db, boosters, "update", post.author_id, post.id)
    await fanout.retell(db, post, "edit")


async def history(db: Database, viewer_id: int | None, post_id: int) -> list[Version]:
    """What a post said before, oldest first."""
    await posts.see(db, viewer_id, post_id)
    return await db.many(Version, "select * from social.post_versions where post_id = %s order by id", post_id)
