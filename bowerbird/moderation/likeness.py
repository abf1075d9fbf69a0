"""Who may be drawn: people who said so, with the names they go by; and the observer of names in a prompt.

It knows the @names and full names of people here and “photo of First Last”. Everybody else's name in lower case it does not know: docs/safety.md."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid
from bowerbird.moderation.words import LISTS

NAMES_MAX, NAME_LENGTH_MAX = 8, 80
WORDS_MAX = 150  # of a prompt that are looked at
NAME_WORDS = (2, 3, 4)
AT = re.compile(r"(?<![\w@/])@([A-Za-z0-9_]{2,30})\b")
NAMED = re.compile(
    r"\b(?i:photo(?:graph)?|portrait|picture|painting|image|likeness|drawing|selfie|statue|caricature|headshot|snapshot|film still|poster)s?"
    r" of (?i:the |an? |young |old |late |president |king |queen |actor |actress |singer )*"
    r"((?:[A-Z][\w’'-]+)(?: (?:van|von|de|da|di|bin|al|le|la|der|den) ?(?:[a-z]+ )?| )(?:[A-Z][\w’'-]+)(?: [A-Z][\w’'-]+)?)"
)
# heads of names of places and breeds, which look like people's
NO_PERSON = frozenset(tomllib.loads(LISTS.read_text("utf-8"))["no_person"])


@dataclass(frozen=True, slots=True)
class Consent:
    """Someone's word that pictures of them may be made, under these names (lower case)."""

    account_id: int
    names: list[str]
    said_at: datetime


async def of(db: Database, me: Person) -> Consent | None:
    """What one said; None: nobody may, as long as one has said nothing."""
    return await db.maybe(Consent, "select * from moderation.likenesses where account_id = %s", me.id)


async def allow(db: Database, me: Person, names: Sequence[str]) -> Consent:
    """Pictures of me may be made, under my @name, my full name here and these. Raises Invalid."""
    kept = list(dict.fromkeys(plain for name in names if (plain := _plain(name))))
    if len(kept) > NAMES_MAX or any(len(name) > NAME_LENGTH_MAX for name in kept):
        raise Invalid(f"Up to {NAMES_MAX} names of up to {NAME_LENGTH_MAX} characters.")
    taken = await db.value(
        "select 1 from accounts.people where lower(display_name) = any(%s) and id <> %s and deleted_at is null limit 1",
        kept,
        me.id,
    )
    if taken:
        raise Invalid("Somebody else here goes by one of these names: they have to say so themselves.")
    return await db.one(
        Consent,
        """insert into moderation.likenesses (account_id, names) values (%s, %s)
           on conflict (account_id) do update set names = excluded.names, said_at = now() returning *""",
        me.id, kept,
    )  # fmt: skip


async def forbid(db: Database, me: Person) -> None:
    """Nobody may, from now on."""
    await db.execute("delete from moderation.likenesses where account_id = %s", me.id)


async def observe(db: Database, text: str) -> dict[str, float]:
    """ "likeness.member": somebody here is named who has not allowed it; "likeness.named": it reads like a photo of another person."""
    handles = [name.lower() for name in AT.findall(text)][:20]
    words = _plain(text).split(" ")[:WORDS_MAX]
    names = list({" ".join(words[at : at + size]) for size in NAME_WORDS for at in range(len(words) - size + 1)})
    named = [_plain(found) for found in NAMED.findall(text) if not NO_PERSON & set(_plain(found).split(" "))][:20]
    if not (handles or names):
        return {}
    rows = await db.rows(
        """select lower(p.username::text), lower(p.display_name), l.names from accounts.people p
           left join moderation.likenesses l on l.account_id = p.id
           where p.deleted_at is null and (p.username = any(%s::citext[]) or lower(p.display_name) = any(%s) or l.names && %s) limit 200""",
        handles, names, names,
    )  # fmt: skip
    allowed = {name for row in rows if row[2] is not None for name in (row[0], row[1], *row[2])}
    refused = {name for row in rows if row[2] is None for name in (row[0], row[1]) if name in handles or name in names}
    found: dict[str, float] = {}
    if refused:
        found["likeness.member"] = 1.0
    if any(name not in allowed for name in named):
        found["likeness.named"] = 1.0
    return found


def _plain(name: str) -> str:
    return " ".join(re.findall(r"[\w’'-]+", name.replace("\x00", "").lower()))
