"""What someone began to write and has not said yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database, json
from bowerbird.core.errors import Invalid, NotFound, TooLarge, TooMany
from bowerbird.core.ids import new_id
from bowerbird.core.paging import Page
from bowerbird.core.settings import settings
from bowerbird.media import attachments
from bowerbird.social import posts
from bowerbird.social.visibility import checked

DRAFTS_MAX = 100
POLL_LENGTH_MAX = 20
COLUMNS = "id, account_id, text, spoiler, sensitive, visibility, language, media_ids, poll, reply_to_id, updated_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a draft holds, however unfinished."""

    text: str = ""
    spoiler: str = ""
    sensitive: bool = False
    visibility: str = "public"
    language: str | None = None
    media_ids: tuple[int, ...] = ()
    poll: dict[str, Any] | None = None
    reply_to_id: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """One draft."""

    id: int
    account_id: int
    text: str
    spoiler: str
    sensitive: bool
    visibility: str
    language: str | None
    media_ids: list[int]
    poll: dict[str, Any] | None
    reply_to_id: int | None
    updated_at: datetime


async def of(db: Database, me: Person, page: Page) -> list[Draft]:
    """One's drafts, the newest first."""
    more = page.clause("id")
    found = await db.many(
        Draft, f"select {COLUMNS} from social.drafts where account_id = %s{more.sql}{page.tail('id')}", me.id, *more.args
    )
    return page.newest_first(found)


async def own(db: Database, me: Person, id_: int) -> Draft:
    """One of them. Raises NotFound for another's."""
    return await db.one(Draft, f"select {COLUMNS} from social.drafts where id = %s and account_id = %s", id_, me.id)


async def keep(db: Database, me: Person, words: Words, id_: int | None = None) -> Draft:
    """A new draft, or (with `id_`) other words for one. Raises NotFound, Invalid, TooLarge, or TooMany past DRAFTS_MAX."""
    row = await _checked(db, me, words)
    if id_ is not None:
        return await db.one(
            Draft,
            f"""update social.drafts set text = %s, spoiler = %s, sensitive = %s, visibility = %s, language = %s, media_ids = %s,
                    poll = %s, reply_to_id = %s, updated_at = now() where id = %s and account_id = %s returning {COLUMNS}""",
            *row, id_, me.id,
        )  # fmt: skip
    if await db.value("select count(*) from social.drafts where account_id = %s", me.id) >= DRAFTS_MAX:
        raise TooMany(f"Up to {DRAFTS_MAX} drafts are kept. Let one go first.")
    return await db.one(
        Draft,
        f"""insert into social.drafts (text, spoiler, sensitive, visibility, language, media_ids, poll, reply_to_id, id, account_id)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning {COLUMNS}""",
        *row, new_id(), me.id,
    )  # fmt: skip


async def discard(db: Database, me: Person, id_: int) -> None:
    """Let one go. Raises NotFound."""
    if not await db.execute("delete from social.drafts where id = %s and account_id = %s", id_, me.id):
        raise NotFound


async def _checked(db: Database, me: Person, words: Words) -> tuple[object, ...]:
    if len(words.text) > settings().text_length_max * 2 or len(words.spoiler) > posts.SPOILER_LENGTH_MAX * 2:
        raise TooLarge("That draft is too long to keep.")
    if len(words.media_ids) > posts.PICTURES_MAX:
        raise Invalid(f"Up to {posts.PICTURES_MAX} pictures fit in a post.")
    if words.poll and (len(words.poll) > POLL_LENGTH_MAX or len(str(words.poll)) > 4_000):
        raise TooLarge("That poll is too long to keep.")
    await attachments.own(db, me.id, words.media_ids)
    return (
        words.text.replace("\x00", ""), words.spoiler.replace("\x00", ""), words.sensitive, checked(words.visibility),
        (words.language or "")[:12] or None, list(words.media_ids), json(words.poll) if words.poll else None, words.reply_to_id,
    )  # fmt: skip
