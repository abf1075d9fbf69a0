"""What an account says of itself beyond its name: lines of a profile, who may find it, what its new posts are by default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from bowerbird.accounts.people import Person
from bowerbird.core import live
from bowerbird.core.database import Database, json
from bowerbird.core.errors import Invalid

FIELDS_MAX = 4
FIELD_LENGTH_MAX = 255


@dataclass(frozen=True, slots=True)
class Wishes:
    """What to change; None keeps what is. A language that is empty is none."""

    locked: bool | None = None
    bot: bool | None = None
    discoverable: bool | None = None
    indexable: bool | None = None
    hide_collections: bool | None = None
    default_sensitive: bool | None = None
    default_language: str | None = None
    searchable: bool | None = None


async def change(db: Database, person: Person, wishes: Wishes, fields: Sequence[tuple[str, str]] | None = None) -> Person:
    """Change what is given and tell whoever keeps it in mind. Raises Invalid."""
    said = asdict(wishes)
    code = wishes.default_language
    if code and not (code.isascii() and code.isalpha() and 2 <= len(code) <= 3):
        raise Invalid("A language is an ISO 639 code such as “en”.")
    changed = await db.one(
        Person,
        """update accounts.people set locked = coalesce(%s, locked), bot = coalesce(%s, bot),
               discoverable = coalesce(%s, discoverable), indexable = coalesce(%s, indexable),
               hide_collections = coalesce(%s, hide_collections), default_sensitive = coalesce(%s, default_sensitive),
               default_language = nullif(coalesce(%s, default_language), ''), searchable = coalesce(%s, searchable),
               fields = coalesce(%s, fields)
           where id = %s returning *""",
        *said.values(), None if fields is None else json(_fields(fields)), person.id,
    )  # fmt: skip
    await live.tell(db, ["people"], "people", person.id)
    return changed


def _fields(fields: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    said = [{"name": _line(name), "value": _line(value)} for name, value in fields if name.strip() or value.strip()]
    if len(said) > FIELDS_MAX:
        raise Invalid(f"A profile has up to {FIELDS_MAX} lines.")
    if any(not line["name"] or max(map(len, line.values())) > FIELD_LENGTH_MAX for line in said):
        raise Invalid(f"A line of a profile has a name, and up to {FIELD_LENGTH_MAX} characters on each side.")
    return said


def _line(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())
