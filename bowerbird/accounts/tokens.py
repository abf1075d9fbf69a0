"""Tokens for programs: scoped, revocable, kept as hashes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid
from bowerbird.core.ids import new_id
from bowerbird.core.secrets import new_token, token_hash

SCOPES = ("read", "write", "follow", "push", "admin")


@dataclass(frozen=True, slots=True)
class Token:
    """What one program may do in someone's name."""

    id: int
    account_id: int
    token_hash: bytes
    scopes: list[str]
    name: str
    last_used_at: datetime | None

    def allows(self, scope: str) -> bool:
        """Whether it carries `scope`, or the broad one above it ("write" for "write:statuses")."""
        return scope in self.scopes or scope.partition(":")[0] in self.scopes


async def create(db: Database, person: Person, scopes: list[str], name: str = "token") -> str:
    """A new token for `person`; the only moment its text is known. Raises Invalid for a scope we do not have."""
    for scope in scopes:
        if scope.partition(":")[0] not in SCOPES:
            raise Invalid(f"There is no scope “{scope[:40]}”. Scopes are {', '.join(SCOPES)}.")
    token = new_token()
    await db.execute(
        "insert into accounts.tokens (id, account_id, token_hash, scopes, name) values (%s, %s, %s, %s, %s)",
        new_id(), person.id, token_hash(token), scopes, name[:100],
    )  # fmt: skip
    return token


async def who(db: Database, token: str) -> tuple[Person, Token] | None:
    """The person and the token's row, None where it is not one."""
    found = await db.maybe(Token, "select * from accounts.tokens where token_hash = %s", token_hash(token))
    if found is None:
        return None
    person = await db.maybe(Person, "select * from accounts.people where id = %s and deleted_at is null", found.account_id)
    return (person, found) if person else None


async def revoke_all(db: Database, person: Person) -> int:
    """Take every token back, as a new password does; how many."""
    return await db.execute("delete from accounts.tokens where account_id = %s", person.id)
