"""What the house tells everyone: shown until dismissed or over, with reactions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, NotFound
from bowerbird.core.ids import at, new_id
from bowerbird.social import emojis

TEXT_LENGTH_MAX = 5_000
REACTIONS_MAX = 8  # different ones on one announcement
SHOWN_MAX = 40


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is told; `read` by the one who asks."""

    id: int
    text: str
    starts_at: datetime | None
    ends_at: datetime | None
    all_day: bool
    edited_at: datetime
    read: bool

    @property
    def published_at(self) -> datetime:
        """When it was told."""
        return at(self.id)


@dataclass(frozen=True, slots=True)
class Reaction:
    """How many reacted so, and whether the one who asks did."""

    announcement_id: int
    name: str
    count: int
    me: bool


async def announce(db: Database, text: str, *, starts_at: datetime | None = None, ends_at: datetime | None = None) -> int:
    """Tell everyone; its id. Raises Invalid when it does not fit."""
    if not 1 <= len(text.strip()) <= TEXT_LENGTH_MAX or (starts_at and ends_at and ends_at <= starts_at):
        raise Invalid(f"An announcement has up to {TEXT_LENGTH_MAX} characters, and begins before it ends.")
    return await db.value(
        "insert into social.announcements (id, text, starts_at, ends_at) values (%s, %s, %s, %s) returning id",
        new_id(), text.strip(), starts_at, ends_at,
    )  # fmt: skip


async def withdraw(db: Database, id_: int) -> None:
    """It is told no longer. Raises NotFound."""
    if not await db.execute("delete from social.announcements where id = %s", id_):
        raise NotFound("There is no such announcement.")


async def of(db: Database, viewer_id: int, *, dismissed: bool = False) -> list[Announcement]:
    """What stands now, the oldest first; with `dismissed` also what the viewer has put away."""
    return await db.many(
        Announcement,
        """select a.*, r.account_id is not null as read from social.announcements a
           left join social.announcement_reads r on r.announcement_id = a.id and r.account_id = %s
           where (a.ends_at is null or a.ends_at > now()) and (%s or r.account_id is null) order by a.id limit %s""",
        viewer_id, dismissed, SHOWN_MAX,
    )  # fmt: skip


async def reactions(db: Database, viewer_id: int, ids: Sequence[int]) -> list[Reaction]:
    """How people reacted to some announcements, the first reaction first."""
    return await db.many(
        Reaction,
        """select announcement_id, name, count(*) as count, bool_or(account_id = %s) as me from social.announcement_reactions
           where announcement_id = any(%s) group by announcement_id, name order by min(id)""",
        viewer_id, list(ids),
    )  # fmt: skip


async def dismiss(db: Database, viewer_id: int, id_: int) -> None:
    """Put it away. Raises NotFound."""
    await _there(db, id_)
    await db.execute(
        "insert into social.announcement_reads (announcement_id, account_id) values (%s, %s) on conflict do nothing",
        id_,
        viewer_id,
    )


async def react(db: Database, viewer_id: int, id_: int, name: str) -> None:
    """React with an emoji, of ours by its shortcode. Raises NotFound, or Invalid for what is none and past REACTIONS_MAX."""
    await _there(db, id_)
    if not emojis.plain(name) and name not in await emojis.known(db):
        raise Invalid("React with an emoji.")
    names = set(await db.values("select distinct name from social.announcement_reactions where announcement_id = %s", id_))
    if name not in names and len(names) >= REACTIONS_MAX:
        raise Invalid(f"Up to {REACTIONS_MAX} different reactions fit.")
    await db.execute(
        "insert into social.announcement_reactions (announcement_id, account_id, name, id) values (%s, %s, %s, %s) on conflict do nothing",
        id_, viewer_id, name, new_id(),
    )  # fmt: skip


async def unreact(db: Database, viewer_id: int, id_: int, name: str) -> None:
    """Take a reaction back. Raises NotFound."""
    await _there(db, id_)
    await db.execute(
        "delete from social.announcement_reactions where announcement_id = %s and account_id = %s and name = %s",
        id_,
        viewer_id,
        name,
    )


async def _there(db: Database, id_: int) -> None:
    if not await db.value("select exists (select 1 from social.announcements where id = %s)", id_):
        raise NotFound
