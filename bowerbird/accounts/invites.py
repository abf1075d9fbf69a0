"""Codes that let someone in, and the one-time link that makes the first administrator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from bowerbird.accounts import people
from bowerbird.accounts.people import Person, Role
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, NotAllowed, NotFound
from bowerbird.core.ids import new_id
from bowerbird.core.secrets import new_token, token_hash
from bowerbird.core.settings import settings

USES_MAX = 100


@dataclass(frozen=True, slots=True)
class Invite:
    """A code that is still good for `uses_left` people."""

    id: int
    code_hash: bytes
    role: str
    made_by: int | None
    uses_left: int
    expires_at: datetime


async def create(db: Database, made_by: Person | None, *, role: Role = "user", uses: int = 1, days: int = 14) -> str:
    """A new code; the only moment its text is known. `made_by` is None for the house's own first link."""
    if not 1 <= uses <= USES_MAX or not 1 <= days <= 90:
        raise Invalid(f"An invitation is for 1 to {USES_MAX} people and lasts 1 to 90 days.")
    if made_by is not None and (made_by.role != "admin" or role != "user"):
        raise NotAllowed("Only an administrator may invite, and only as a member.")
    code = new_token()
    await db.execute(
        """insert into accounts.invites (id, code_hash, role, made_by, uses_left, expires_at)
           values (%s, %s, %s, %s, %s, now() + make_interval(days => %s))""",
        new_id(), token_hash(code), role, made_by.id if made_by else None, uses, days,
    )  # fmt: skip
    return code


async def first_admin(db: Database) -> str | None:
    """The code of the link that makes the first administrator, None once there is one. Earlier such codes end."""
    if await db.value("select exists (select 1 from accounts.people where role = 'admin' and deleted_at is null)"):
        return None
    await db.execute("delete from accounts.invites where made_by is null and role = 'admin'")
    return await create(db, None, role="admin")


async def join(
    db: Database, username: str, *, email: str | None, password: str | None, display_name: str = "", code: str = ""
) -> Person:
    """Sign up, by the house's rule: open, by invitation, or closed (where only an invitation's role may enter).

    Raises NotAllowed with what to do. A code is used up only if the account is made: both are one transaction.
    """
    role: Role = "user"
    used: Invite | None = None
    if code:
        used = await db.maybe(
            Invite,
            "update accounts.invites set uses_left = uses_left - 1 where code_hash = %s and uses_left > 0 and expires_at > now() returning *",
            token_hash(code),
        )
        if used is None:
            raise NotAllowed("That invitation is used up or too old. Ask for a new one.")
        role = cast(Role, used.role)
        if settings().registration == "closed" and role != "admin":
            raise NotAllowed("This house is not taking new people.")
    elif settings().registration != "open":
        closed = settings().registration == "closed"
        raise NotAllowed(
            "This house is not taking new people." if closed else "This house is by invitation. Ask someone inside for a link."
        )
    person = await people.create(db, username, email=email, password=password, display_name=display_name, role=role)
    if used:  # those who came by one invitation do not vote for each other for a while (gallery/challenge_votes.py)
        await db.execute("insert into accounts.arrivals (account_id, invite_id) values (%s, %s)", person.id, used.id)
    return person


async def of(db: Database, person: Person) -> list[Invite]:
    """The invitations someone made that can still be used."""
    return await db.many(
        Invite,
        "select * from accounts.invites where made_by = %s and uses_left > 0 and expires_at > now() order by id desc",
        person.id,
    )


async def revoke(db: Database, person: Person, invite_id: int) -> None:
    """End an invitation. Raises NotFound for another's."""
    if not await db.execute("delete from accounts.invites where id = %s and made_by = %s", invite_id, person.id):
        raise NotFound
