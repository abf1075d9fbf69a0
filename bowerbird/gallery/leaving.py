"""Leaving the house: out at once, invisible at once, then everything removed in small steps that a dead worker does not stop.

What stays and why is said in docs/leaving.md; this file and that page are kept together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bowerbird.accounts import passwords
from bowerbird.accounts.people import Person
from bowerbird.core import jobs, limits, live
from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict, Invalid, NotAllowed
from bowerbird.gallery import archive, leftovers
from bowerbird.media import attachments

ATTEMPTS_MAX, ATTEMPTS_WINDOW_S = 10, 900
PICTURES_A_STEP, MEDIA_A_STEP = 50, 100
CONSENTS_KEPT_DAYS = 365
STAYS = (
    "a mark in the line of pictures that others made theirs from, without your name, your words or the picture",
    "a one-way hash of your name, so that nobody can take it and pass for you",
    f"for {CONSENTS_KEPT_DAYS} days, under a number without a name, which uses you allowed or refused, and when",
    "under a number without a name, which safety rule stopped something of yours and when, without your words",
)
Step = Callable[[Database, int], Awaitable[bool]]


async def attempt(db: Database, me: Person) -> None:
    """Count a try, in a transaction of its own: a wrong password must count though nothing else stays. Raises TooMany."""
    await limits.spend(db, f"leave:{me.id}", times_max=ATTEMPTS_MAX, window_s=ATTEMPTS_WINDOW_S)


async def leave_with(db: Database, me: Person, password: str | None, *, by_session: bool) -> None:
    """Leave, after the password was shown; who has none must have signed in on our own pages. Raises Invalid or NotAllowed."""
    if me.password_hash is None and not by_session:
        raise NotAllowed("You sign in with a passkey: delete your account on the page of your account.")
    if me.password_hash is not None and not await passwords.fits(me.password_hash, password or ""):
        raise Invalid("The password is not right.")
    await leave(db, me)


async def leave(db: Database, person: Person) -> None:
    """Signed out everywhere and seen by nobody from this commit on; the rest is removed by a job. Raises Conflict for the last administrator."""
    admins = "select count(*) from accounts.people where role = 'admin' and deleted_at is null and id <> %s"
    if person.role == "admin" and await db.value(admins, person.id) == 0:
        raise Conflict("You are the only administrator. Make another one first.")
    await db.execute(
        """insert into accounts.departures (account_id, name_hash) values (%s, sha256(convert_to(lower(%s), 'UTF8')))
           on conflict do nothing""",
        person.id, person.username,
    )  # fmt: skip
    await db.execute(
        """update accounts.people set deleted_at = now(), username = %s, email = null, password_hash = null, display_name = '', bio = '',
               avatar_id = null, header_id = null, role = 'user', fields = '[]', posts_count = 0 where id = %s""",
        f"gone_{person.id:x}", person.id,
    )  # fmt: skip
    for table in ("sessions", "tokens", "passkeys"):
        await db.execute(f"delete from accounts.{table} where account_id = %s", person.id)
    await db.execute("update social.posts set deleted_at = now() where author_id = %s and deleted_at is null", person.id)
    await live.tell(db, ["people"], "people", person.id)
    await jobs.defer(db, "gallery:leave", queue="moving", account_id=str(person.id))


async def step(db: Database, account_id: int) -> bool:
    """Remove the next handful; whether there is more. Only of someone who left; doing it twice does no harm."""
    going = await db.value(
        "select 1 from accounts.departures where account_id = %s and finished_at is null for update", account_id
    )
    if going is None:
        return False
    for remove in STEPS:
        if await remove(db, account_id):
            return True
    await db.execute("update accounts.departures set finished_at = now() where account_id = %s", account_id)
    return False


async def carry_on(db: Database) -> None:
    """Put what a worker left half done back into the queue, and end what was kept long enough."""
    for account_id in await db.values(
        "select account_id from accounts.departures where finished_at is null and left_at < now() - interval '2 minutes' limit 50"
    ):
        if not await jobs.under_way(db, "gallery:leave", account_id=str(account_id)):
            await jobs.defer(db, "gallery:leave", once=f"leave:{account_id}", queue="moving", account_id=str(account_id))
    await db.execute(
        """delete from events.consent_changes c using accounts.departures d
           where d.account_id = c.account_id and d.finished_at < now() - make_interval(days => %s)""",
        CONSENTS_KEPT_DAYS,
    )  # fmt: skip


async def _archives(db: Database, account_id: int) -> bool:
    return await archive.forget_of(db, account_id) > 0


async def _media(db: Database, account_id: int) -> bool:
    ids = await db.values("select id from media.attachments where owner_id = %s limit %s", account_id, MEDIA_A_STEP)
    for id_ in ids:
        await attachments.discard(db, id_)
    return await db.execute("delete from media.uploads where owner_id = %s", account_id) > 0 or bool(ids)


STEPS: tuple[Step, ...] = (
    leftovers.likes, leftovers.posts, leftovers.pictures, _archives, _media, leftovers.rows, leftovers.events, leftovers.person,
)  # fmt: skip
