"""The bond of a follow and how it is wished: with boosts or without, with a notification for each post, in which languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid
from bowerbird.core.ids import new_id
from bowerbird.core.paging import Page
from bowerbird.events import kinds, log
from bowerbird.social import fanout, notifications

LANGUAGES_MAX = 40
PAGE_MAX = 80


@dataclass(frozen=True, slots=True)
class Wishes:
    """How to follow; None keeps what is, or the usual. `languages` empty: all of them."""

    reblogs: bool | None = None
    notify: bool | None = None
    languages: Sequence[str] | None = None

    def checked(self) -> Wishes:
        """Itself. Raises Invalid for languages that are none."""
        known = [code for code in self.languages or () if code.isascii() and code.isalpha() and 2 <= len(code) <= 3]
        if len(known) != len(self.languages or ()) or len(known) > LANGUAGES_MAX:
            raise Invalid("Languages are ISO 639 codes such as “en”.")
        return self


async def begin(db: Database, follower_id: int, followed_id: int, wishes: Wishes) -> bool:
    """Have one follow the other; whether that is new."""
    if not await db.execute(
        """insert into social.follows (follower_id, followed_id, id, reblogs, notify, languages) values (%s, %s, %s, %s, %s, %s)
           on conflict do nothing""",
        follower_id, followed_id, new_id(), wishes.reblogs is not False, wishes.notify is True, list(wishes.languages or ()) or None,
    ):  # fmt: skip
        return False
    await fanout.backfill(db, follower_id, followed_id)
    await notifications.tell(db, followed_id, "follow", follower_id)
    await log.record(db, kinds.AccountFollowed(actor_id=follower_id, item_id=followed_id))
    return True


async def change(db: Database, follower_id: int, followed_id: int, wishes: Wishes) -> bool:
    """Follow in another way; whether there is a follow to change."""
    return bool(
        await db.execute(
            """update social.follows set reblogs = coalesce(%s, reblogs), notify = coalesce(%s, notify),
                   languages = case when %s then nullif(%s::text[], '{}') else languages end
               where follower_id = %s and followed_id = %s""",
            wishes.reblogs, wishes.notify, wishes.languages is not None, list(wishes.languages or ()), follower_id, followed_id,
        )
    )  # fmt: skip


async def end(db: Database, follower_id: int, followed_id: int) -> bool:
    """Have one follow the other no more: out of their lists, their posts out of the home; whether there was a follow."""
    if not await db.execute("delete from social.follows where follower_id = %s and followed_id = %s", follower_id, followed_id):
        return False
    await fanout.withdraw(db, follower_id, followed_id)
    await notifications.take_back(db, followed_id, "follow", follower_id)
    await db.execute("delete from social.endorsements where account_id = %s and endorsed_id = %s", follower_id, followed_id)
    await db.execute(
        "delete from social.list_members m using social.lists l where l.id = m.list_id and l.owner_id = %s and m.account_id = %s",
        follower_id, followed_id,
    )  # fmt: skip
    return True


async def followers(db: Database, person_id: int, page: Page) -> list[tuple[int, int]]:
    """(follow id, person id) of those who follow someone, newest first."""
    more = page.clause("id")
    rows = await db.rows(
        f"select id, follower_id from social.follows where followed_id = %s{more.sql}{page.tail('id', PAGE_MAX)}",
        person_id,
        *more.args,
    )
    return page.newest_first([(id_, other) for id_, other in rows])


async def following(db: Database, person_id: int, page: Page) -> list[tuple[int, int]]:
    """(follow id, person id) of those someone follows, newest first."""
    more = page.clause("id")
    rows = await db.rows(
        f"select id, followed_id from social.follows where follower_id = %s{more.sql}{page.tail('id', PAGE_MAX)}",
        person_id,
        *more.args,
    )
    return page.newest_first([(id_, other) for id_, other in rows])


async def familiar(db: Database, viewer_id: int, person_id: int, *, limit: int = 40) -> list[int]:
    """Those one follows who follow someone too, the newest follow first; none of those who hide whom they follow."""
    return await db.values(
        """select f.follower_id from social.follows f
           join social.follows mine on mine.follower_id = %s and mine.followed_id = f.follower_id
           join accounts.people p on p.id = f.follower_id and not p.hide_collections
           where f.followed_id = %s and f.follower_id <> %s order by f.id desc limit %s""",
        viewer_id, person_id, viewer_id, min(limit, PAGE_MAX),
    )  # fmt: skip
