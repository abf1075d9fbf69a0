"""Other houses someone wants nothing from. There is only this house so far: the list is kept and answered, and hides nobody yet."""

from __future__ import annotations

import re

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid
from bowerbird.core.ids import new_id
from bowerbird.core.paging import Page

BLOCKS_MAX = 1_000
PAGE_MAX = 200
DOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+")


async def add(db: Database, me: Person, domain: str) -> None:
    """Want nothing from a domain. Raises Invalid."""
    domain = domain.strip().lower()
    try:
        domain = domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError as wrong:
        raise Invalid("That is not the name of a domain.") from wrong
    if not DOMAIN.fullmatch(domain):
        raise Invalid("That is not the name of a domain.")
    if await db.value("select count(*) from social.domain_blocks where account_id = %s", me.id) >= BLOCKS_MAX:
        raise Invalid(f"Up to {BLOCKS_MAX} domains can be blocked.")
    await db.execute(
        "insert into social.domain_blocks (account_id, domain, id) values (%s, %s, %s) on conflict do nothing",
        me.id,
        domain,
        new_id(),
    )


async def remove(db: Database, me: Person, domain: str) -> None:
    """Take it back."""
    await db.execute("delete from social.domain_blocks where account_id = %s and domain = %s", me.id, domain.strip().lower())


async def of(db: Database, me: Person, page: Page) -> list[tuple[int, str]]:
    """(id, domain) of those one blocks, newest first."""
    more = page.clause("id")
    rows = await db.rows(
        f"select id, domain from social.domain_blocks where account_id = %s{more.sql}{page.tail('id', PAGE_MAX)}",
        me.id,
        *more.args,
    )
    return page.newest_first([(id_, domain) for id_, domain in rows])
