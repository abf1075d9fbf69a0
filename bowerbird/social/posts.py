"""What people say: publish, change, take away, bring back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypedDict, Unpack

from bowerbird.accounts.people import Audience, Person
from bowerbird.core import jobs, live
from bowerbird.core.database import Database
from bowerbird.core.errors import Gone, Invalid, NotAllowed, NotFound, TooLarge
from bowerbird.core.ids import at, new_id
from bowerbird.core.settings import settings
from bowerbird.events import consent, kinds, log
from bowerbird.media import attachments, labels, origins
from bowerbird.social import conversations, fanout, graph, notifications, polls, previews, text
from bowerbird.social.visibility import Visibility, checked, narrower, visible_to

PICTURES_MAX = 4
SPOILER_LENGTH_MAX = 200
UNDO_S = 30
EVERYONES: tuple[Visibility, ...] = ("public", "unlisted")
UNSAY_S = 60  # the page offers it for ten seconds, and nothing leaves the house before
COLUMNS = """id, author_id, text, spoiler, sensitive, visibility, language, reply_to_id, thread_id, boost_of_id, edited_at, deleted_at,
    replies_count, boosts_count, likes_count, quote_of_id, quote_state, may_quote, quotes_count, via, has_poll"""


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
    quote_of_id: int | None
    quote_state: str  # "accepted", "revoked", or "" where it quotes nothing
    may_quote: Audience | None  # None: as its author says in general
    quotes_count: int
    via: str  # the program it was written with, where that is not our own page
    has_poll: bool


class Options(TypedDict, total=False):
    """What can be said of a new post beside its words. `visibility` left out is the author's usual one, never wider than what it replies to."""

    visibility: str | None
    reply_to_id: int | None
    quote_of_id: int | None
    media_ids: Sequence[int]
    spoiler: str
    sensitive: bool
    language: str | None
    may_quote: Audience | None
    poll: polls.Ask | None
    via: str
    consents: dict[str, bool | None] | None


async def publish(db: Database, author: Person, said: str, **options: Unpack[Options]) -> Post:
    """Say something. The caller owns the transaction. Raises TooLarge, Invalid, NotFound or NotAllowed, nothing written."""
    media_ids, poll = options.get("media_ids", ()), options.get("poll")
    quote_of_id, reply_to_id = options.get("quote_of_id"), options.get("reply_to_id")
    said, spoiler = checked_words(said, options.get("spoiler", ""), media_ids, bare=bool(poll or quote_of_id))
    parent = await _parent(db, author, reply_to_id) if reply_to_id else None
    quoted = await _quoted(db, author, quote_of_id) if quote_of_id else None
    pictures = await attachments.own(db, author.id, media_ids)
    sensitive = options.get("sensitive", False) or bool(spoiler) or await labels.any_of(db, media_ids)
    id_ = new_id()
    post = await db.one(
        Post,
        f"""insert into social.posts (id, author_id, text, spoiler, sensitive, visibility, language, reply_to_id, thread_id,
                quote_of_id, quote_state, may_quote, via, has_poll)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning {COLUMNS}""",
        id_, author.id, said, spoiler, sensitive, _audience(author, options, parent),
        (options.get("language") or "")[:12] or None, parent.id if parent else None, parent.thread_id if parent else id_,
        quoted.id if quoted else None, "accepted" if quoted else "", options.get("may_quote"), options.get("via", "")[:100], poll is not None,
    )  # fmt: skip
    await show(db, post.id, [picture.id for picture in pictures])
    if poll:
        await polls.attach(db, post.id, poll)
    tags, mentioned = await name(db, post)
    if parent and parent.author_id != author.id:  # whatever its visibility, the one replied to may read it
        await db.execute(
            "insert into social.mentions (post_id, account_id) values (%s, %s) on conflict do nothing", post.id, parent.author_id
        )
    if consents := options.get("consents"):
        await consent.say_of_item(db, author.id, "post", post.id, consents)
    if await origins.reserved(db, media_ids):
        await consent.reserve(db, author.id, "post", post.id)
    if parent:
        await _count_reply(db, post, 1)
    heard = await notifications.of_post(db, post, mentioned, parent.author_id if parent else None)
    await fanout.deliver(db, post, parent.author_id if parent else None, tags, heard)
    if quoted:
        await _tell_quoted(db, quoted, post)
    if post.visibility == "direct":
        await conversations.add(db, post, heard)
    elif post.visibility in EVERYONES:
        await previews.wanted(db, post.id, post.text)
    if parent is None and post.visibility != "direct" and await fanout.heralded(db, author.id):
        await jobs.defer(db, "social:herald", post_id=str(post.id))
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


def _audience(author: Person, options: Options, parent: Post | None) -> Visibility:
    """What was asked for; unasked, the author's usual audience, and never wider than that of the post replied to."""
    asked = options.get("visibility")
    if asked:
        return checked(asked)
    return narrower(author.default_visibility, parent.visibility) if parent else checked(author.default_visibility)


async def see(db: Database, viewer_id: int | None, post_id: int) -> Post:
    """A post as the viewer may see it. Raises Gone for one its author took away, NotFound for any other reason."""
    gate = visible_to(viewer_id)
    found = await db.maybe(Post, f"select {COLUMNS} from social.posts p where p.id = %s and {gate.sql}", post_id, *gate.args)
    if found is None:
        if await db.value("select deleted_at is not null and visibility = 'public' from social.posts where id = %s", post_id):
            raise Gone
        raise NotFound
    return found


async def rows(db: Database, ids: Sequence[int]) -> list[Post]:
    """The rows of posts that passed the gate already, in no order. For putting cards together; never for deciding who sees what."""
    return await db.many(Post, f"select {COLUMNS} from social.posts where id = any(%s)", list(ids)) if ids else []


async def own(db: Database, author: Person, post_id: int) -> Post:
    """One's own post, to change it. Raises NotFound where the viewer may not even know of it, NotAllowed for another's."""
    post = await see(db, author.id, post_id)
    if post.author_id != author.id:
        raise NotAllowed("That post is someone else's.")
    return post


async def delete(db: Database, author: Person, post_id: int) -> Post:
    """Take a post away from everyone at once; `restore` brings it back for UNDO_S seconds, then `purge` ends it for good."""
    post = await own(db, author, post_id)
    if post.boost_of_id:
        raise Invalid("That is a boost: take it back where you gave it.")
    await _before_counting(db, author)
    if not await db.execute("update social.posts set deleted_at = now() where id = %s and deleted_at is null", post_id):
        return post
    await _count_reply(db, post, -1)
    await _count_quote(db, post, -1)
    await fanout.retell(db, post, "delete")
    if post.visibility == "direct":
        await conversations.changed(db, post_id)
    await log.record(db, kinds.PostDeleted(actor_id=author.id, item_id=post_id))
    return post


async def unsay(db: Database, author: Person, post_id: int) -> Post:
    """Take back what was just said, to say it otherwise: its pictures are let go, so that they outlive it. Raises Gone after UNSAY_S."""
    post = await own(db, author, post_id)
    if at(post.id) < datetime.now(UTC) - timedelta(seconds=UNSAY_S):
        raise Gone("It is too late to take that back. You can still delete it.")
    await delete(db, author, post_id)
    await db.execute("delete from social.post_media where post_id = %s", post_id)
    return post


async def restore(db: Database, author: Person, post_id: int) -> Post:
    """Undo a delete within UNDO_S seconds. Raises Gone afterwards, and as `own` does for another's."""
    await _before_counting(db, author)
    post = await db.maybe(
        Post,
        f"""update social.posts set deleted_at = null where id = %s and author_id = %s
            and deleted_at > now() - make_interval(secs => %s) returning {COLUMNS}""",
        post_id, author.id, UNDO_S,
    )  # fmt: skip
    if post is None:
        return await own(db, author, post_id)  # it stands, or this raises what is the case
    await _count_reply(db, post, 1)
    await _count_quote(db, post, 1)
    await fanout.retell(db, post, "post")
    await log.record(db, kinds.PostRestored(actor_id=author.id, item_id=post_id))
    return post


async def purge(db: Database, *, limit: int = 200) -> list[int]:
    """End posts whose time to undo is over; the ids of the pictures no post shows any more. Whoever is leaving is gallery/leaving.py's."""
    due = await db.values(
        """select id from social.posts where deleted_at < now() - make_interval(secs => %s) and not exists (
               select 1 from accounts.departures d where d.account_id = author_id and d.finished_at is null)
           order by id limit %s for update skip locked""",
        UNDO_S * 2, limit,
    )  # fmt: skip
    media = await db.values("select distinct media_id from social.post_media where post_id = any(%s)", due)
    await db.execute("delete from social.posts where id = any(%s)", due)
    return await db.values(
        "select a from unnest(%s::bigint[]) a where not exists (select 1 from social.post_media pm where pm.media_id = a)", media
    )


def checked_words(said: str, spoiler: str, media_ids: Sequence[int], *, bare: bool = False) -> tuple[str, str]:
    """Words and warning as they are kept; `bare` where a poll or a quote says enough. Raises TooLarge or Invalid."""
    said, spoiler = text.clean(said), text.clean(spoiler)
    if len(said) > settings().text_length_max:
        raise TooLarge(f"That is {len(said)} characters long; {settings().text_length_max} fit.")
    if len(spoiler) > SPOILER_LENGTH_MAX:
        raise TooLarge(f"A content warning has up to {SPOILER_LENGTH_MAX} characters.")
    if len(media_ids) > PICTURES_MAX or len(set(media_ids)) != len(media_ids):
        raise Invalid(f"Up to {PICTURES_MAX} different pictures fit in a post.")
    if not said and not media_ids and not bare:
        raise Invalid("Write something, or add a picture.")
    return said, spoiler


async def _parent(db: Database, author: Person, post_id: int) -> Post:
    parent = await original(db, author, post_id)
    if parent.author_id == author.id:
        return parent
    who = await db.value("select may_reply from accounts.people where id = %s", parent.author_id)
    if who == "everyone" or (who == "followers" and await graph.follows(db, author.id, parent.author_id)):
        return parent
    if not await db.value("select 1 from social.mentions where post_id = %s and account_id = %s", parent.id, author.id):
        raise NotAllowed("Its author does not take replies from everyone.")
    return parent


def quote_audience(post: Post, usual: Audience) -> Audience:
    """Who may quote a post: what is said of it, else what its author says in general; nobody where not everybody may see it."""
    return (post.may_quote or usual) if post.visibility in ("public", "unlisted") else "no_one"


async def _quoted(db: Database, author: Person, post_id: int) -> Post:
    quoted = await original(db, author, post_id)
    if quoted.author_id == author.id and quoted.visibility != "direct":
        return quoted
    usual = await db.value("select may_quote from accounts.people where id = %s", quoted.author_id)
    who = quote_audience(quoted, usual)
    if who == "everyone" or (who == "followers" and await graph.follows(db, author.id, quoted.author_id)):
        return quoted
    raise NotAllowed("Its author does not take quotes from everyone.")


async def _tell_quoted(db: Database, quoted: Post, quote: Post) -> None:
    await _count_quote(db, quote, 1)
    gate = visible_to(quoted.author_id)
    if await db.value(f"select 1 from social.posts p where p.id = %s and {gate.sql}", quote.id, *gate.args):
        await notifications.tell(db, quoted.author_id, "quote", quote.author_id, quote.id)


async def original(db: Database, viewer: Person, post_id: int) -> Post:
    """What is meant by a post's id: of a boost, the post that it boosts. Raises as `see` does."""
    post = await see(db, viewer.id, post_id)
    return await see(db, viewer.id, post.boost_of_id) if post.boost_of_id else post


async def show(db: Database, post_id: int, media_ids: Sequence[int]) -> None:
    """Pictures into a post, in this order."""
    for position, media_id in enumerate(media_ids):
        await db.execute(
            "insert into social.post_media (post_id, media_id, position) values (%s, %s, %s)", post_id, media_id, position
        )


async def name(db: Database, post: Post) -> tuple[list[str], list[int]]:
    """Write down which tags stand and who is mentioned (added, never taken back: they were told); (tags, mentioned ids)."""
    if post.edited_at:
        await db.execute("delete from social.tags where post_id = %s", post.id)
    tags = text.tags(post.text)
    if tags:
        await db.execute("insert into social.tags (post_id, name) select %s, unnest(%s::text[])", post.id, tags)
    names = text.mentions(post.text)
    if not names:
        return tags, []
    mentioned = await db.values(
        """with named as (select id from accounts.people where username = any(%s::citext[]) and deleted_at is null and id <> %s),
                added as (insert into social.mentions (post_id, account_id) select %s, id from named on conflict do nothing)
           select id from named""",
        names, post.author_id, post.id,
    )  # fmt: skip
    return tags, mentioned


async def count(db: Database, column: str, post_id: int, by: int) -> None:
    """One more or fewer of likes, boosts, replies or quotes; whoever looks at the post is told."""
    await db.execute(f"update social.posts set {column} = greatest(0, {column} + %s) where id = %s", by, post_id)
    await live.tell(db, ["counts", f"card:{post_id}"], "counts", post_id)


async def _before_counting(db: Database, author: Person) -> None:
    """A post's own row after its author's, as publishing has it (a trigger counts there): two ways would wait for each other."""
    await db.execute("select 1 from accounts.people where id = %s for no key update", author.id)


async def _count_reply(db: Database, post: Post, by: int) -> None:
    if post.reply_to_id and post.visibility in EVERYONES:  # a number tells nobody of what they may not see
        await count(db, "replies_count", post.reply_to_id, by)


async def _count_quote(db: Database, post: Post, by: int) -> None:
    if post.quote_of_id and post.quote_state == "accepted" and post.visibility in EVERYONES:
        await count(db, "quotes_count", post.quote_of_id, by)
