"""What somebody wants more of, less of and never, in words, tags and numbers: their recipe. It is theirs to read, edit, undo and share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

from bowerbird.accounts.people import Person
from bowerbird.core import limits, live
from bowerbird.core.database import Database, json
from bowerbird.core.errors import Conflict, Invalid
from bowerbird.feed import wish_meanings

WISHES_MAX, TOPICS_MAX, PEOPLE_MAX, LANGUAGES_MAX = 40, 12, 12, 12
WORDS_LENGTH_MAX, TOPIC_LENGTH_MAX, SAID_LENGTH_MAX = 120, 100, 2_000
STRENGTH_MIN, STRENGTH_MAX, WEIGHT_MAX = 0.25, 3.0, 3.0
VERSIONS_KEPT = 50
CHANGES_PER_HOUR_MAX = 600
SAME = ""  # the credit of the version before

Head = Literal["like", "remix", "reply", "follow", "share", "dwell", "hide", "report"]
Knob = Literal["people_i_follow", "people_i_talk_with", "new_people", "popular", "fresh"]
Section = Literal["more", "less", "never"]
HEADS: tuple[Head, ...] = get_args(Head)
KNOBS: tuple[Knob, ...] = get_args(Knob)
SECTIONS: tuple[Section, ...] = get_args(Section)

Words = Annotated[str, Meta(min_length=1, max_length=WORDS_LENGTH_MAX)]
Topic = Annotated[str, Meta(min_length=1, max_length=TOPIC_LENGTH_MAX)]
Name = Annotated[str, Meta(pattern=r"^[a-z0-9_]{2,30}$")]
Language = Annotated[str, Meta(pattern=r"^[a-z]{2,3}$")]
Weight = Annotated[float, Meta(ge=0, le=WEIGHT_MAX)]


class Wish(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One wish. `topics` are tags as topics.py makes them, `people` names without the @, lower case; it speaks of what has all of the
    topics and is by one of the people. `meaning`: the words as 384 numbers, where the model was up; it never leaves the house."""

    words: Words
    topics: Annotated[list[Topic], Meta(max_length=TOPICS_MAX)] = []
    people: Annotated[list[Name], Meta(max_length=PEOPLE_MAX)] = []
    strength: Annotated[float, Meta(ge=STRENGTH_MIN, le=STRENGTH_MAX)] = 1.0
    until: Annotated[datetime, Meta(tz=True)] | None = None
    meaning: list[float] | None = None

    @property
    def about(self) -> tuple[frozenset[str], frozenset[str]]:
        """What makes two wishes the same one."""
        return frozenset(self.topics), frozenset(self.people)


Wishes = Annotated[list[Wish], Meta(max_length=WISHES_MAX)]


class Recipe(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The whole of it. `weights` multiply (1: as the house has it) the heads and the knobs; `dial` is -1 (only what people made by hand
    or with a camera, or nobody knows) to 1 (only what was generated); no `languages`: all of them."""

    more: Wishes = []
    less: Wishes = []
    never: Wishes = []
    weights: dict[Head | Knob, Weight] = {}
    dial: Annotated[float, Meta(ge=-1, le=1)] = 0.0
    languages: Annotated[list[Language], Meta(max_length=LANGUAGES_MAX)] = []
    sensitive: Literal["show", "hide"] = "hide"

    def __iter__(self) -> Iterator[Wish]:
        """Every wish."""
        return iter([*self.more, *self.less, *self.never])

    def wishes(self, section: Section) -> list[Wish]:
        """The wishes of a section."""
        return {"more": self.more, "less": self.less, "never": self.never}[section]

    def weight(self, name: Head | Knob) -> float:
        """What a head or a knob is multiplied with."""
        return self.weights.get(name, 1.0)


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A recipe as it was saved. `said`: the words it came from, "" where it was edited by hand; `credit`: whose recipe it began with."""

    number: int
    recipe: Recipe
    said: str
    created_at: datetime
    credit: str = ""


def matches(wish: Wish, topics: frozenset[str], author: str) -> bool:
    """Whether a wish speaks of a post with these topics by this author (a name)."""
    if wish.people and author.lower() not in wish.people:
        return False
    return topics.issuperset(wish.topics) and bool(wish.topics or wish.people)


def allows(recipe: Recipe, topics: frozenset[str], author: str) -> str | None:
    """None where a post may be shown, else the words of the wish that forbids it. Exact: by tags and names, not by likeness."""
    for wish in recipe.never:
        if matches(wish, topics, author):
            return wish.words
    return None


def leanings(recipe: Recipe) -> tuple[list[Wish], list[Wish]]:
    """(wanted more, wanted less), the strongest first."""
    return tuple(sorted(wishes, key=lambda wish: -wish.strength) for wishes in (recipe.more, recipe.less))  # type: ignore[return-value]


def current(recipe: Recipe, now: datetime) -> Recipe:
    """The same without what has run out."""
    if all(wish.until is None or wish.until > now for wish in recipe):
        return recipe
    left = {name: [wish for wish in recipe.wishes(name) if wish.until is None or wish.until > now] for name in SECTIONS}
    return msgspec.structs.replace(recipe, **left)


def next_end(recipe: Recipe) -> datetime | None:
    """When the first of its wishes runs out; None where none does. Whoever keeps a recipe in memory reads it again then."""
    return min((wish.until for wish in recipe if wish.until), default=None)


def bare(recipe: Recipe) -> Recipe:
    """The same without meanings: what is written down, shown and compared."""
    sections = {name: [msgspec.structs.replace(wish, meaning=None) for wish in recipe.wishes(name)] for name in SECTIONS}
    return msgspec.structs.replace(recipe, **sections)


async def of(db: Database, account_id: int) -> Recipe:
    """Somebody's recipe as it stands now, with meanings; an empty one where they have none."""
    return (await of_all(db, [account_id])).get(account_id, Recipe())


async def of_all(db: Database, account_ids: Sequence[int]) -> dict[int, Recipe]:
    """The same of many, those who have none left out."""
    if not account_ids:
        return {}
    rows = await db.rows(
        """select distinct on (account_id) account_id, recipe from feed.recipes where account_id = any(%s)
           order by account_id, number desc""",
        list(account_ids),
    )
    known = await wish_meanings.of(db, account_ids)
    now = datetime.now(UTC)
    return {id_: with_meanings(current(read(written), now), known.get(id_, {})) for id_, written in rows}


async def save(db: Database, person: Person, recipe: Recipe, words: str = "", *, credit: str | None = SAME) -> int:
    """Make it their recipe: the number of the version. `words`: what it was read from; `credit`: the link it began with.
    Raises Invalid or TooMany."""
    await limits.spend(db, f"recipe:{person.id}", times_max=CHANGES_PER_HOUR_MAX, window_s=3_600)
    checked = read(msgspec.to_builtins(bare(recipe)))
    await db.execute("select 1 from accounts.people where id = %s for no key update", person.id)
    number = await db.value(
        """insert into feed.recipes (account_id, number, recipe, said, forked_from)
           select %s, coalesce(max(number), 0) + 1, %s, %s, case when %s then (array_agg(forked_from order by number desc))[1] else %s end
           from feed.recipes where account_id = %s returning number""",
        person.id, json(checked), words[:SAID_LENGTH_MAX].replace("\x00", ""), credit == SAME, credit, person.id,
    )  # fmt: skip
    await db.execute("delete from feed.recipes where account_id = %s and number <= %s", person.id, number - VERSIONS_KEPT)
    await wish_meanings.keep(db, person.id, meanings(recipe))
    await live.tell(db, [f"feed:{person.id}"], "recipe", person.id)
    return number


async def start_over(db: Database, person: Person) -> None:
    """An empty recipe, which can be undone like any other change."""
    await save(db, person, Recipe(), credit=None)


async def undo(db: Database, person: Person) -> Recipe:
    """Back to the one before. Raises Conflict where there is none, or it is no longer kept."""
    await db.execute("select 1 from accounts.people where id = %s for no key update", person.id)
    rows = await db.rows("select number, recipe from feed.recipes where account_id = %s order by number desc limit 2", person.id)
    if not rows:
        raise Conflict("There is nothing to undo.")
    if len(rows) == 1 and rows[0][0] > 1:
        raise Conflict(f"Only the last {VERSIONS_KEPT} changes are kept, and you are back at the first of them.")
    await db.execute("delete from feed.recipes where account_id = %s and number = %s", person.id, rows[0][0])
    before = read(rows[1][1]) if len(rows) > 1 else Recipe()
    await wish_meanings.keep(db, person.id, meanings(before))
    await live.tell(db, [f"feed:{person.id}"], "recipe", person.id)
    return current(before, datetime.now(UTC))


async def versions_kept(db: Database, account_id: int) -> int:
    """How many versions there are to go back to."""
    return await db.value("select count(*) from feed.recipes where account_id = %s", account_id)


async def credit_of(db: Database, account_id: int) -> str:
    """Whose recipe somebody's began with: "from @ines's recipe"; "" for one's own, and once the link is gone."""
    name = await db.value(
        """select p.username from (select forked_from from feed.recipes where account_id = %s order by number desc limit 1) r
               join feed.shared_recipes s on s.slug = r.forked_from join accounts.people p on p.id = s.account_id""",
        account_id,
    )
    return _credit(name)


async def versions(db: Database, person: Person) -> list[Version]:
    """All that are kept, the newest first, each as it was saved."""
    rows = await db.rows(
        """select r.number, r.recipe, r.said, r.created_at, p.username from feed.recipes r
               left join feed.shared_recipes s on s.slug = r.forked_from
               left join accounts.people p on p.id = s.account_id
           where r.account_id = %s order by r.number desc""",
        person.id,
    )
    return [
        Version(number=number, recipe=read(written), said=said, created_at=at, credit=_credit(name))
        for number, written, said, at, name in rows
    ]


def _credit(name: str | None) -> str:
    return f"from @{name}'s recipe" if name else ""


def read(written: Any) -> Recipe:
    """A recipe out of JSON that is no text any more. Raises Invalid where it is out of bounds."""
    try:
        return msgspec.convert(written, Recipe)
    except msgspec.ValidationError as wrong:
        raise Invalid(f"That is no recipe: {wrong}.") from wrong


def meanings(recipe: Recipe) -> dict[str, list[float] | None]:
    """What the words of its wishes for more and less mean, as far as that is known; “never” is exact and needs none."""
    return {wish.words: wish.meaning for wish in (*recipe.more, *recipe.less)}


def with_meanings(recipe: Recipe, known: Mapping[str, list[float] | None]) -> Recipe:
    """The same, with the meanings that are known."""
    more, less = (
        [msgspec.structs.replace(wish, meaning=wish.meaning or known.get(wish.words)) for wish in wishes]
        for wishes in (recipe.more, recipe.less)
    )
    return msgspec.structs.replace(recipe, more=more, less=less)


async def filled(recipe: Recipe) -> Recipe:
    """The same with every meaning, where the model is up. Asks it for those not known; holds no database connection."""
    lacking = [words for words, meaning in meanings(recipe).items() if meaning is None]
    return with_meanings(recipe, await wish_meanings.ask(lacking)) if lacking else recipe
