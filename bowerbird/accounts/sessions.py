"""Signed in on a device: a random token in a cookie, its hash here, seen and revoked by its owner."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bowerbird.accounts import passwords, people
from bowerbird.accounts.people import Person
from bowerbird.core import limits, live
from bowerbird.core.database import Database, Pool
from bowerbird.core.errors import Invalid, NotFound
from bowerbird.core.ids import new_id
from bowerbird.core.secrets import new_token, token_hash
from bowerbird.core.settings import settings

LIFETIME_DAYS = 60
ATTEMPTS_WINDOW_S = 900
SESSIONS_MAX = 50


@dataclass(frozen=True, slots=True)
class Session:
    """One device someone is signed in on."""

    id: int
    account_id: int
    token_hash: bytes
    device: str
    address: str
    last_used_at: datetime
    expires_at: datetime


async def sign_in(pool: Pool, login: str, password: str, *, device: str, address: str) -> str:
    """Prove who you are with a password; the session's token. Raises Invalid (wrong) or TooMany (tried too often).

    Opens its own transactions: a failed attempt must count even though nothing else of it may stay.
    """
    login = login.strip().removeprefix("@").lower()[:100]
    async with pool.transaction() as db:
        for what in (f"signin:name:{login}", f"signin:address:{address}"):
            await limits.spend(db, what, times_max=settings().sign_in_attempts_max, window_s=ATTEMPTS_WINDOW_S)
        person = await people.by_login(db, login)
    if not await passwords.fits(person.password_hash if person else None, password) or person is None:
        raise Invalid("That name and password do not belong together.")
    async with pool.transaction() as db:
        await limits.forget(db, f"signin:name:{login}")
        await limits.refund(db, f"signin:address:{address}")
        return await begin(db, person, device=device, address=address)


async def begin(db: Database, person: Person, *, device: str, address: str) -> str:
    """A new session for someone who has proved who they are; its token, kept by us only as a hash."""
    token = new_token()
    await db.execute(
        """insert into accounts.sessions (id, account_id, token_hash, device, address, expires_at)
           values (%s, %s, %s, %s, %s, now() + make_interval(days => %s))""",
        new_id(), person.id, token_hash(token), device[:200], address[:60], LIFETIME_DAYS,
    )  # fmt: skip
    await db.execute(
        """delete from accounts.sessions where account_id = %s and id not in (
               select id from accounts.sessions where account_id = %s order by id desc limit %s)""",
        person.id, person.id, SESSIONS_MAX,
    )  # fmt: skip
    return token


async def who(db: Database, token: str) -> tuple[Person, int] | None:
    """The person a session's token belongs to and the session's id; None where it is no longer one."""
    found = await db.maybe(
        Session, "select * from accounts.sessions where token_hash = %s and expires_at > now()", token_hash(token)
    )
    if found is None:
        return None
    person = await db.maybe(Person, "select * from accounts.people where id = %s and deleted_at is null", found.account_id)
    return (person, found.id) if person else None


async def standing(db: Database, ids: Iterable[int]) -> set[int]:
    """Those of some sessions that are still open."""
    return set(
        await db.values(
            """select s.id from accounts.sessions s join accounts.people p on p.id = s.account_id
               where s.id = any(%s) and s.expires_at > now() and p.deleted_at is null""",
            list(ids),
        )
    )


async def touch(db: Database, session_id: int) -> None:
    """Note that a session was used, at most once an hour."""
    await db.execute(
        "update accounts.sessions set last_used_at = now() where id = %s and last_used_at < now() - interval '1 hour'", session_id
    )


async def of(db: Database, person: Person) -> list[Session]:
    """Where someone is signed in, the last used first."""
    return await db.many(
        Session,
        "select * from accounts.sessions where account_id = %s and expires_at > now() order by last_used_at desc",
        person.id,
    )


async def revoke(db: Database, person: Person, session_id: int) -> None:
    """Sign a device out. Raises NotFound for a session that is not theirs."""
    if not await db.execute("delete from accounts.sessions where id = %s and account_id = %s", session_id, person.id):
        raise NotFound
    await live.tell(db, ["people"], "people", person.id)  # every process forgets it at once, and its streams end


async def revoke_others(db: Database, person: Person, keep_id: int | None) -> int:
    """Sign every other device out; how many."""
    gone = await db.execute("delete from accounts.sessions where account_id = %s and id is distinct from %s", person.id, keep_id)
    await live.tell(db, ["people"], "people", person.id)
    return gone
