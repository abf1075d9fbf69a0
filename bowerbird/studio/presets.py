"""Styles of people's own: words around the prompt, a medium and a model under a name, with author, example and descent.

Its author's alone until they publish it. A picture keeps which version of which style it was made in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from bowerbird.accounts.people import Person
from bowerbird.core import limits
from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict, Invalid, NotFound
from bowerbird.core.ids import new_id
from bowerbird.core.paging import Page
from bowerbird.studio.styles import STYLES

NAME_LENGTH_MAX, ABOUT_LENGTH_MAX, WORDS_LENGTH_MAX, LEAVE_OUT_LENGTH_MAX, TIER_LENGTH_MAX = 60, 300, 160, 200, 80
OWN_MAX = 200
CHANGES_PER_HOUR_MAX = 120
COLUMNS = """id, author_id, name, about, words_before, words_after, leave_out, medium, tier, strength, example_id, forked_from, version,
    published_at"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a style says. `strength` (0 to 1, None: as one likes) is for remixes; `tier` "": whichever model one likes."""

    name: str
    about: str = ""
    words_before: str = ""
    words_after: str = ""
    leave_out: str = ""
    medium: str = ""
    tier: str = ""
    strength: float | None = None
    example_id: int | None = None


@dataclass(frozen=True, slots=True)
class Preset:
    """One style."""

    id: int
    author_id: int
    name: str
    about: str
    words_before: str
    words_after: str
    leave_out: str
    medium: str
    tier: str
    strength: float | None
    example_id: int | None
    forked_from: int | None
    version: int
    published_at: datetime | None

    @property
    def snapshot(self) -> dict[str, Any]:
        """What a recipe keeps of it. Its author by number only: a name goes when its owner does."""
        return {
            "id": str(self.id), "name": self.name, "author_id": str(self.author_id), "version": self.version, "before": self.words_before,
            "after": self.words_after,
        }  # fmt: skip


def around(prompt: str, snapshot: dict[str, Any] | None) -> str:
    """A person's words with those of a style around them: what is really painted."""
    said = snapshot or {}
    return ", ".join(part for part in (said.get("before"), prompt, said.get("after")) if part)


async def create(db: Database, author: Person, said: Said, *, forked_from: Preset | None = None) -> Preset:
    """Make one, one's own until it is published. The caller has checked that `forked_from` and the example may be seen.

    Raises Invalid, Conflict past OWN_MAX or TooMany."""
    said = await _checked(db, author, said)
    # the row lock of the limit lets one person make one at a time, so that the count is true
    if await db.value("select count(*) from studio.presets where author_id = %s", author.id) >= OWN_MAX:
        raise Conflict(f"You have {OWN_MAX} styles. Delete one first.")
    return await db.one(
        Preset,
        f"""insert into studio.presets (id, author_id, name, about, words_before, words_after, leave_out, medium, tier, strength, example_id,
                forked_from) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning {COLUMNS}""",
        new_id(), author.id, said.name, said.about, said.words_before, said.words_after, said.leave_out, said.medium, said.tier,
        said.strength, said.example_id, forked_from.id if forked_from else None,
    )  # fmt: skip


async def change(db: Database, author: Person, id_: int, said: Said) -> Preset:
    """Say it otherwise: its next version. Pictures keep the one they were made in. Raises NotFound for another's."""
    was = await own(db, author, id_)
    said = await _checked(db, author, said)
    if all(getattr(was, field.name) == getattr(said, field.name) for field in fields(said)):
        return was
    return await db.one(
        Preset,
        f"""update studio.presets set name = %s, about = %s, words_before = %s, words_after = %s, leave_out = %s, medium = %s, tier = %s,
                strength = %s, example_id = %s, version = version + 1 where id = %s returning {COLUMNS}""",
        said.name, said.about, said.words_before, said.words_after, said.leave_out, said.medium, said.tier, said.strength, said.example_id, id_,
    )  # fmt: skip


async def publish(db: Database, author: Person, id_: int, *, public: bool) -> Preset:
    """Let everyone see and use it, or no longer. Raises NotFound for another's."""
    await own(db, author, id_)
    return await db.one(
        Preset,
        f"""update studio.presets set published_at = case when %s then coalesce(published_at, now()) end
            where id = %s returning {COLUMNS}""",
        public, id_,
    )  # fmt: skip


async def remove(db: Database, author: Person, id_: int) -> None:
    """Take one's own away; pictures keep what it said. Raises NotFound for another's."""
    await own(db, author, id_)
    await db.execute("delete from studio.presets where id = %s", id_)


async def own(db: Database, author: Person, id_: int) -> Preset:
    """One's own. Raises NotFound."""
    preset = await by_id(db, id_)
    if preset.author_id != author.id:
        raise NotFound
    return preset


async def by_id(db: Database, id_: int) -> Preset:
    """Whoever may see it is the caller's question. Raises NotFound."""
    return await db.one(Preset, f"select {COLUMNS} from studio.presets where id = %s", id_)


async def of(db: Database, ids: Sequence[int]) -> dict[int, Preset]:
    """Styles by id; those that are gone are left out."""
    if not ids:
        return {}
    return {p.id: p for p in await db.many(Preset, f"select {COLUMNS} from studio.presets where id = any(%s)", list(ids))}


async def of_person(db: Database, author_id: int, page: Page, *, all_: bool) -> list[Preset]:
    """Someone's, newest first; only the published ones unless `all_`."""
    stretch = page.clause("id")
    found = await db.many(
        Preset,
        f"select {COLUMNS} from studio.presets where author_id = %s and (%s or published_at is not null){stretch.sql}{page.tail('id')}",
        author_id, all_, *stretch.args,
    )  # fmt: skip
    return page.newest_first(found)


async def published(db: Database, page: Page, *, words: str = "") -> list[Preset]:
    """Everyone's that are published, newest first; with `words` those that say them."""
    stretch = page.clause("id")
    found = await db.many(
        Preset,
        f"""select {COLUMNS} from studio.presets where published_at is not null
            and (%s = '' or words @@ websearch_to_tsquery('simple', %s)){stretch.sql}{page.tail("id")}""",
        words, words, *stretch.args,
    )  # fmt: skip
    return page.newest_first(found)


async def _checked(db: Database, author: Person, said: Said) -> Said:
    await limits.spend(db, f"style:{author.id}", times_max=CHANGES_PER_HOUR_MAX, window_s=3600)
    clean = {f.name: " ".join(v.replace("\x00", "").split()) for f in fields(said) if isinstance(v := getattr(said, f.name), str)}
    said = Said(**clean, strength=said.strength, example_id=said.example_id)
    if not said.name:
        raise Invalid("A style wants a name.")
    for text, most, what in (
        (said.name, NAME_LENGTH_MAX, "name"), (said.about, ABOUT_LENGTH_MAX, "description"), (said.words_before, WORDS_LENGTH_MAX, "beginning"),
        (said.words_after, WORDS_LENGTH_MAX, "end"), (said.leave_out, LEAVE_OUT_LENGTH_MAX, "list of what to leave out"),
        (said.tier, TIER_LENGTH_MAX, "model"),
    ):  # fmt: skip
        if len(text) > most:
            raise Invalid(f"The {what} of a style has up to {most} characters; this one has {len(text)}.")
    if said.medium and said.medium not in {style.id for style in STYLES}:
        raise Invalid(f"The media are: {', '.join(style.id for style in STYLES)}.")
    if said.strength is not None and not 0 <= said.strength <= 1:
        raise Invalid("Strength is between 0 and 1.")
    if not (said.words_before or said.words_after or said.leave_out or said.medium or said.tier):
        raise Invalid("A style says something: words before or after, what to leave out, a medium or a model.")
    return said
