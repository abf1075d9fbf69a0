"""Posts that are said later: a row until its time, then published by the worker in the transaction that takes the row away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import psycopg

from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.core import jobs
from bowerbird.core.database import Database, json
from bowerbird.core.errors import Invalid, NotFound, TooMany, Trouble
from bowerbird.core.ids import new_id, parse
from bowerbird.core.paging import Page
from bowerbird.gallery import showing
from bowerbird.media import attachments
from bowerbird.social import polls, posts, visibility
from bowerbird.social.posts import Options

WAITING_MAX = 300
AHEAD_MIN, AHEAD_MAX = timedelta(minutes=5), timedelta(days=366)
LATE_S, LATE_MAX = 20, 50  # what its job did not publish in this time, the tidying puts back into the queue
COLUMNS = "id, account_id, params, media_ids, due_at, error"


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A post to come. `params` is what it was asked with, in Mastodon's words; `error` says why it could not be published."""

    id: int
    account_id: int
    params: dict[str, Any]
    media_ids: list[int]
    due_at: datetime
    error: str | None


async def schedule(db: Database, me: Person, params: dict[str, Any], at: datetime) -> Scheduled:
    """Say it at `at`. Raises Invalid, NotFound or TooLarge for what could not be published now either, TooMany past WAITING_MAX."""
    due = _checked(at)
    options = options_of(params)
    media_ids = [int(id_) for id_ in options.get("media_ids", ())]
    bare = bool(params.get("poll") or options.get("quote_of_id"))
    posts.checked_words(str(params.get("text") or ""), options.get("spoiler", ""), media_ids, bare=bare)
    visibility.checked(options.get("visibility") or me.default_visibility)
    if reply_to_id := options.get("reply_to_id"):
        await posts.see(db, me.id, reply_to_id)
    await attachments.own(db, me.id, media_ids)
    if await db.value("select count(*) from gallery.scheduled where account_id = %s", me.id) >= WAITING_MAX:
        raise TooMany(f"Up to {WAITING_MAX} posts can be planned at a time.", retry_after_s=3600)
    said = await db.one(
        Scheduled,
        f"insert into gallery.scheduled (id, account_id, params, media_ids, due_at) values (%s, %s, %s, %s, %s) returning {COLUMNS}",
        new_id(), me.id, json(params), media_ids, due,
    )  # fmt: skip
    await _later(db, said)
    return said


async def of(db: Database, me: Person, page: Page) -> list[Scheduled]:
    """What one has planned, the latest written first."""
    more = page.clause("id")
    found = await db.many(
        Scheduled, f"select {COLUMNS} from gallery.scheduled where account_id = %s{more.sql}{page.tail('id')}", me.id, *more.args
    )
    return page.newest_first(found)


async def own(db: Database, me: Person, id_: int) -> Scheduled:
    """One of them. Raises NotFound for another's."""
    return await db.one(Scheduled, f"select {COLUMNS} from gallery.scheduled where id = %s and account_id = %s", id_, me.id)


async def move(db: Database, me: Person, id_: int, at: datetime) -> Scheduled:
    """Say it at another time; one that failed is tried again then. Raises NotFound or Invalid."""
    moved = await db.one(
        Scheduled,
        f"update gallery.scheduled set due_at = %s, error = null where id = %s and account_id = %s returning {COLUMNS}",
        _checked(at), id_, me.id,
    )  # fmt: skip
    await _later(db, moved)
    return moved


async def cancel(db: Database, me: Person, id_: int) -> None:
    """Do not say it. Raises NotFound."""
    if not await db.execute("delete from gallery.scheduled where id = %s and account_id = %s", id_, me.id):
        raise NotFound


async def publish(db: Database, id_: int) -> int | None:
    """Publish what is due and take its row away, together or not at all; the post's id. None where it is not to be done now."""
    said = await db.maybe(
        Scheduled,
        f"select {COLUMNS} from gallery.scheduled where id = %s and error is null and due_at <= now() for update skip locked",
        id_,
    )
    if said is None:
        return None
    try:
        async with db.savepoint():
            author = await people.by_id(db, said.account_id)
            post = await showing.publish(db, author, str(said.params.get("text") or ""), **options_of(said.params))
            await db.execute("delete from gallery.scheduled where id = %s", id_)
            return post.id
    except (Trouble, psycopg.DataError, psycopg.IntegrityError) as why:
        said_why = why.said if isinstance(why, Trouble) else Trouble.said
        await db.execute("update gallery.scheduled set error = %s where id = %s", said_why[:300], id_)
        return None


async def publish_late(db: Database) -> int:
    """Put back into the queue what a job should have published already, each in a transaction of its own; how many posts."""
    late = await db.values(
        """select id from gallery.scheduled where error is null and due_at < now() - make_interval(secs => %s)
           order by due_at limit %s""",
        LATE_S, LATE_MAX,
    )  # fmt: skip
    for id_ in late:
        await jobs.defer(db, "gallery:publish", once=f"publish:{id_}", scheduled_id=str(id_))
    return len(late)


def options_of(params: dict[str, Any]) -> Options:
    """Mastodon's words as ours. Raises Invalid for a poll that does not fit."""
    asked, ids = params.get("poll"), cast(Sequence[object], params.get("media_ids") or ())
    options: dict[str, Any] = {
        "visibility": params.get("visibility"),
        "reply_to_id": parse(str(params.get("in_reply_to_id") or "")),
        "quote_of_id": parse(str(params.get("quoted_status_id") or "")),
        "media_ids": [found for id_ in ids if (found := parse(str(id_)))],
        "spoiler": str(params.get("spoiler_text") or ""),
        "sensitive": bool(params.get("sensitive")),
        "language": params.get("language"),
        "may_quote": params.get("may_quote"),
        "via": str(params.get("via") or ""),
    }
    if asked:
        said = polls.Ask(
            asked["options"], int(asked["expires_in"]), bool(asked.get("multiple")), bool(asked.get("hide_totals"))
        )  # fmt: skip
        options["poll"] = polls.checked(said)
    return cast(Options, options)


async def _later(db: Database, said: Scheduled) -> None:
    wait_s = (said.due_at - datetime.now(UTC)).total_seconds()
    await jobs.defer(db, "gallery:publish", after_s=max(1, int(wait_s) + 1), scheduled_id=str(said.id))


def _checked(at: datetime) -> datetime:
    due = at if at.tzinfo else at.replace(tzinfo=UTC)
    if not AHEAD_MIN <= due - datetime.now(UTC) <= AHEAD_MAX:
        raise Invalid("A post can be planned for 5 minutes to a year from now.")
    return due
