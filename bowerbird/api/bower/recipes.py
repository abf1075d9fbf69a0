"""What one's feed is made of: said in plain words, shown back, edited, undone, shared and taken over, through the Bower API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from litestar import Router, delete, get, post, put
from msgspec import Meta

from bowerbird.api.errors import problem
from bowerbird.api.mastodon.people import when
from bowerbird.core import limits
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid
from bowerbird.door import Ask, body, person, pool, viewer
from bowerbird.feed import recipe as recipes
from bowerbird.feed import shared_recipes, steering, topics
from bowerbird.feed.recipe import HEADS, KNOBS, SECTIONS, WISHES_MAX, Head, Knob, Language, Name, Recipe, Weight, Wish, Words
from bowerbird.social import text as texts

READINGS_PER_HOUR_MAX = 1_200
ZONE_LENGTH_MAX = 60


class Said(msgspec.Struct, kw_only=True):
    """POST /api/bower/v1/feed/recipe/reading. `timezone`: a name such as Europe/Berlin, in which “until Sunday” ends."""

    text: Annotated[str, Meta(max_length=recipes.SAID_LENGTH_MAX)]
    timezone: str = "UTC"


class EditedWish(msgspec.Struct, kw_only=True):
    """A wish as it is sent; without `topics`, those that the words name."""

    words: Words
    topics: Annotated[list[recipes.Topic], Meta(max_length=recipes.TOPICS_MAX)] | None = None
    people: Annotated[list[Name], Meta(max_length=recipes.PEOPLE_MAX)] = []
    strength: Annotated[float, Meta(ge=recipes.STRENGTH_MIN, le=recipes.STRENGTH_MAX)] = 1.0
    until: Annotated[datetime, Meta(tz=True)] | None = None


EditedWishes = Annotated[list[EditedWish], Meta(max_length=WISHES_MAX)]


class EditedRecipe(msgspec.Struct, kw_only=True):
    """A whole recipe as it is sent; what is left out is as the house has it."""

    more: EditedWishes = []
    less: EditedWishes = []
    never: EditedWishes = []
    weights: dict[Head | Knob, Weight] = {}
    dial: Annotated[float, Meta(ge=-1, le=1)] = 0.0
    languages: Annotated[list[Language], Meta(max_length=recipes.LANGUAGES_MAX)] = []
    sensitive: Literal["show", "hide"] = "hide"


class NewRecipe(msgspec.Struct, kw_only=True):
    """PUT /api/bower/v1/feed/recipe: words to change it with, or the whole of it."""

    text: Annotated[str, Meta(max_length=recipes.SAID_LENGTH_MAX)] | None = None
    recipe: EditedRecipe | None = None
    timezone: str = "UTC"


def entity(recipe: Recipe) -> dict[str, Any]:
    """A recipe as JSON, everything said."""
    return {
        **{section: [_wish(wish) for wish in recipe.wishes(section)] for section in SECTIONS},
        "weights": {name: recipe.weight(name) for name in (*HEADS, *KNOBS)},
        "dial": recipe.dial, "languages": recipe.languages, "sensitive": recipe.sensitive,
    }  # fmt: skip


@get("/feed/recipe")
async def read(request: Ask) -> dict[str, Any]:
    """One's recipe as it stands, how many versions are kept, and the link it is shared at."""
    me = await person(request, "read")
    async with pool(request).reading() as db:
        return await _standing(db, me.id)


@post("/feed/recipe/reading", status_code=200)
async def propose(request: Ask) -> dict[str, Any]:
    """What words would change, to be approved. Saves nothing."""
    me = await person(request, "read")
    said = await body(request, Said)
    async with pool(request).transaction() as db:
        await limits.spend(db, f"steering:{me.id}", times_max=READINGS_PER_HOUR_MAX, window_s=3_600)
        standing = await recipes.of(db, me.id)
    found = await steering.read(said.text, _now(said.timezone), standing)
    return {"changes": found.changes, "unread": found.unread, "recipe": entity(found.recipe)}


@put("/feed/recipe")
async def change(request: Ask) -> dict[str, Any]:
    """Change it by words, or write the whole of it. What words were not understood changes nothing and is told in `unread`."""
    me = await person(request, "write")
    new = await body(request, NewRecipe)
    if (new.text is None) == (new.recipe is None):
        raise Invalid("Say `text`, or send a whole `recipe`: one of them.")
    async with pool(request).transaction() as db:
        await limits.spend(db, f"steering:{me.id}", times_max=READINGS_PER_HOUR_MAX, window_s=3_600)
        standing = await recipes.of(db, me.id)
    if new.recipe is not None:
        edited = recipes.with_meanings(_edited(new.recipe), recipes.meanings(standing))
        found = steering.Reading(recipes.current(edited, datetime.now(UTC)), [], [])
    else:
        found = await steering.read(new.text or "", _now(new.timezone), standing)
    ready = await recipes.filled(found.recipe)
    async with pool(request).transaction() as db:
        if recipes.bare(ready) != recipes.bare(standing):
            await recipes.save(db, me, ready, new.text or "")
        return {**await _standing(db, me.id), "changes": found.changes, "unread": found.unread}


@delete("/feed/recipe", status_code=200)
async def start_over(request: Ask) -> dict[str, Any]:
    """As if nothing had ever been said; undo brings it back."""
    me = await person(request, "write")
    async with pool(request).transaction() as db:
        await recipes.start_over(db, me)
        return await _standing(db, me.id)


@post("/feed/recipe/undo", status_code=200)
async def undo(request: Ask) -> dict[str, Any]:
    """Back to the version before."""
    me = await person(request, "write")
    async with pool(request).transaction() as db:
        await recipes.undo(db, me)
        return await _standing(db, me.id)


@get("/feed/recipe/versions")
async def history(request: Ask) -> list[dict[str, Any]]:
    """The versions that are kept, newest first, with the words each came from."""
    me = await person(request, "read")
    async with pool(request).reading() as db:
        found = await recipes.versions(db, me)
    return [
        {"number": one.number, "said": one.said, "credit": one.credit, "created_at": when(one.created_at), "recipe": entity(one.recipe)}
        for one in found
    ]  # fmt: skip


@post("/feed/recipe/share", status_code=200)
async def share(request: Ask) -> dict[str, Any]:
    """Put what stands now at one's link. What names people whom one wants less of is left out."""
    me = await person(request, "write")
    async with pool(request).transaction() as db:
        return shown(await shared_recipes.shared(db, me, await shared_recipes.share(db, me)))


@delete("/feed/recipe/share", status_code=200)
async def unshare(request: Ask) -> dict[str, Any]:
    """Take the link away."""
    me = await person(request, "write")
    async with pool(request).transaction() as db:
        await shared_recipes.unshare(db, me)
        return await _standing(db, me.id)


@get("/feed/recipes/{slug:str}")
async def look(request: Ask, slug: str) -> dict[str, Any]:
    """Someone's shared recipe, for whoever has the link."""
    me = await viewer(request)
    async with pool(request).reading() as db:
        return shown(await shared_recipes.shared(db, me, slug))


@post("/feed/recipes/{slug:str}/fork", status_code=200)
async def fork(request: Ask, slug: str) -> dict[str, Any]:
    """Make it one's own, in the place of one's own; undo brings that back."""
    me = await person(request, "write")
    async with pool(request).reading() as db:
        found = await shared_recipes.shared(db, me, slug)
    ready = await recipes.filled(found.recipe)
    async with pool(request).transaction() as db:
        await shared_recipes.fork(db, me, slug, ready)
        return await _standing(db, me.id)


def shown(found: shared_recipes.Shared) -> dict[str, Any]:
    """A shared recipe as JSON."""
    return {"slug": found.slug, "author": found.author, "created_at": when(found.created_at), "recipe": entity(found.recipe)}


async def _standing(db: Database, account_id: int) -> dict[str, Any]:
    return {
        "recipe": entity(await recipes.of(db, account_id)),
        "versions": await recipes.versions_kept(db, account_id),
        "shared": await shared_recipes.slug_of(db, account_id),
        "credit": await recipes.credit_of(db, account_id),
    }


def _wish(wish: Wish) -> dict[str, Any]:
    return {
        "words": wish.words, "topics": wish.topics, "people": wish.people, "strength": wish.strength,
        "until": when(wish.until.astimezone(UTC)) if wish.until else None,
    }  # fmt: skip


def _edited(sent: EditedRecipe) -> Recipe:
    """A whole recipe from what was sent, its topics as the vocabulary has them."""
    return Recipe(
        more=_wishes(sent.more), less=_wishes(sent.less), never=_wishes(sent.never), dial=sent.dial, sensitive=sent.sensitive,
        weights={name: weight for name, weight in sent.weights.items() if weight != 1}, languages=list(dict.fromkeys(sent.languages)),
    )  # fmt: skip


def _wishes(sent: Sequence[EditedWish]) -> list[Wish]:
    found: list[Wish] = []
    for one in sent:
        words = texts.clean(one.words).replace("\n", " ")
        if not words:
            raise Invalid("A wish has words.")
        about = topics.named(words) if one.topics is None and not one.people else _topics(one.topics or [])
        wish = Wish(
            words=words, topics=sorted(about)[: recipes.TOPICS_MAX], people=one.people, strength=one.strength, until=one.until
        )
        found.append(wish)
    return found


def _topics(sent: Sequence[str]) -> set[str]:
    return {topic for said in sent for topic in ([said] if topics.exists(said) else topics.named(texts.clean(said)))}


def _now(zone: str) -> datetime:
    try:
        return datetime.now(ZoneInfo(zone[:ZONE_LENGTH_MAX]))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return datetime.now(UTC)


routes = Router(
    "/api/bower/v1",
    route_handlers=[read, propose, change, start_over, undo, history, share, unshare, look, fork],
    exception_handlers={Exception: problem},
)
