"""Tokens for programs: scoped, revocable one by one, kept as hashes; in someone's name, or in the program's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bowerbird.accounts import scopes as scopes_
from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import NotFound
from bowerbird.core.ids import at, new_id
from bowerbird.core.secrets import new_token, token_hash


@dataclass(frozen=True, slots=True)
class Token:
    """What one program may do in someone's name, or (without `account_id`) in its own."""

    id: int
    account_id: int | None
    app_id: int | None
    token_hash: bytes
    scopes: list[str]
    name: str
    last_used_at: datetime | None

    @property
    def idle(self) -> bool:
        """Whether its use is not noted yet, or an hour old."""
        return self.last_used_at is None or self.last_used_at < datetime.now(UTC) - timedelta(hours=1)

    def allows(self, scope: str) -> bool:
        """Whether it carries `scope` or one above it; of several scopes, separated by spaces, one is enough."""
        return scopes_.allows(self.scopes, scope)


@dataclass(frozen=True, slots=True)
class Grant:
    """A token as its owner sees it."""

    id: int
    name: str
    website: str | None
    scopes: list[str]
    last_used_at: datetime | None
    personal: bool  # made by its owner for a program of their own, not asked for by one

    @property
    def created_at(self) -> datetime:
        """When the program was let in."""
        return at(self.id)

    @property
    def words(self) -> list[str]:
        """What it may do."""
        return [scopes_.said(scope) for scope in self.scopes]


async def create(
    db: Database, person: Person | None, scopes: list[str], name: str = "token", *, app_id: int | None = None, text: str = ""
) -> str:
    """A new token; the only moment its text is known. Raises Invalid for a scope we do not have."""
    assert person is not None or app_id is not None
    token = text or new_token()
    await db.execute(
        "insert into accounts.tokens (id, account_id, app_id, token_hash, scopes, name) values (%s, %s, %s, %s, %s, %s)",
        new_id(), person.id if person else None, app_id, token_hash(token), scopes_.parsed(" ".join(scopes)), name[:100],
    )  # fmt: skip
    if app_id is not None:
        await db.execute("update accounts.apps set used = true where id = %s and not used", app_id)
    return token


async def who(db: Database, token: str) -> tuple[Person | None, Token] | None:
    """The person (None for a program on its own) and the token's row; None where it is not one."""
    found = await by_text(db, token)
    if found is None:
        return None
    person = await db.maybe(Person, "select * from accounts.people where id = %s and deleted_at is null", found.account_id)
    return None if found.account_id and person is None else (person, found)


async def by_text(db: Database, token: str) -> Token | None:
    """The row of a token."""
    return await db.maybe(Token, "select * from accounts.tokens where token_hash = %s", token_hash(token))


async def touch(db: Database, token_id: int) -> None:
    """Note that a token was used."""
    await db.execute("update accounts.tokens set last_used_at = now() where id = %s", token_id)


async def standing(db: Database, ids: Iterable[int]) -> set[int]:
    """Those of some tokens that still open the door."""
    return set(
        await db.values(
            """select t.id from accounts.tokens t join accounts.people p on p.id = t.account_id
               where t.id = any(%s) and p.deleted_at is null""",
            list(ids),
        )
    )


async def of(db: Database, person: Person) -> list[Grant]:
    """The programs someone let in, the last used first."""
    return await db.many(
        Grant,
        """select t.id, coalesce(a.name, t.name) as name, a.website, t.scopes, t.last_used_at, t.app_id is null as personal
           from accounts.tokens t left join accounts.apps a on a.id = t.app_id
           where t.account_id = %s order by t.last_used_at desc nulls last, t.id desc""",
        person.id,
    )


async def revoke(db: Database, person: Person, token_id: int) -> None:
    """Show a program out. Raises NotFound for a token that is not theirs."""
    if not await db.execute("delete from accounts.tokens where id = %s and account_id = %s", token_id, person.id):
        raise NotFound


async def end(db: Database, token: Token) -> None:
    """A program gives its own token back."""
    await db.execute("delete from accounts.tokens where id = %s", token.id)


async def revoke_all(db: Database, person: Person) -> int:
    """Take every token back, as a new password does; how many."""
    return await db.execute("delete from accounts.tokens where account_id = %s", person.id)
