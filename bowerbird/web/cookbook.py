"""A recipe as pages show it: wishes in words with their end, sliders, the dial; and as their forms change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, NotFound
from bowerbird.core.settings import settings
from bowerbird.feed import draft, phrasebook, shared_recipes
from bowerbird.feed import recipe as verbs
from bowerbird.feed.recipe import HEADS, KNOBS, SECTIONS, Recipe, Section
from bowerbird.web.asking import Form

ZONE_LENGTH_MAX = 60
OUTCOMES = {
    "like": "You like it", "remix": "You remix it", "reply": "You reply", "follow": "You follow its author", "share": "You share it",
    "dwell": "You look at it for long", "hide": "You hide it", "report": "You report it",
}  # fmt: skip
TURNS = {
    "people_i_follow": "People I follow", "people_i_talk_with": "People I talk with", "new_people": "People new here",
    "popular": "What is popular", "fresh": "What is fresh",
}  # fmt: skip
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "ja", "zh", "ko", "ar")  # beside those somebody has already


@dataclass(frozen=True, slots=True)
class Standing:
    """A wish as it stands: in words, with its end and what it is known by when it is to go."""

    section: Section
    key: str
    said: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Slider:
    """One number to turn, 0 to 3; 1 is as the house has it."""

    name: str
    said: str
    value: float


def wishes(recipe: Recipe) -> list[Standing]:
    """Every wish of a recipe."""
    return [
        Standing(section, f"{section} {place} {draft.of(wish)}", draft.of(wish), wish.until)
        for section in SECTIONS
        for place, wish in enumerate(recipe.wishes(section))
    ]


def sliders(recipe: Recipe, names: Mapping[Any, str]) -> list[Slider]:
    """The numbers of a recipe that have these names."""
    return [Slider(name, said, recipe.weight(name)) for name, said in names.items()]


def parts(recipe: Recipe) -> dict[str, Any]:
    """A recipe as pages show it."""
    known = phrasebook.LANGUAGE_NAMES
    offered = list(dict.fromkeys([*recipe.languages, *(code for code in LANGUAGES if code in known)]))
    nearest = min(phrasebook.DIALS, key=lambda one: abs(one - recipe.dial))
    return {
        "recipe": recipe, "wishes": wishes(recipe), "outcomes": sliders(recipe, OUTCOMES), "turns": sliders(recipe, TURNS),
        "languages": [(code, known.get(code, code)) for code in offered], "dial_words": phrasebook.DIALS[nearest],
        "dials": phrasebook.DIALS, "turned": [one for one in (*sliders(recipe, OUTCOMES), *sliders(recipe, TURNS)) if one.value != 1],
    }  # fmt: skip


async def standing(db: Database, me: Person) -> dict[str, Any]:
    """One's own, as pages show it."""
    slug = await shared_recipes.slug_of(db, me.id)
    return parts(await verbs.of(db, me.id)) | {
        "versions": await verbs.versions_kept(db, me.id), "credit": await verbs.credit_of(db, me.id),
        "link": f"{settings().origin}/recipes/{slug}" if slug else None,
    }  # fmt: skip


def without(recipe: Recipe, key: str) -> Recipe:
    """A recipe without the wish that is known by `key`: its section, its place, its words. Raises NotFound where it went already."""
    known = {one.key: one for one in wishes(recipe)}
    if key not in known:
        raise NotFound("That wish is gone already.")
    section, place = known[key].section, int(key.split(" ")[1])
    return msgspec.structs.replace(recipe, **{section: [wish for at, wish in enumerate(recipe.wishes(section)) if at != place]})


def tuned(recipe: Recipe, form: Form) -> Recipe:
    """A recipe with the numbers and switches of a form; what the form does not have stays."""
    weights = dict(recipe.weights)
    for name in (*HEADS, *KNOBS):
        if form.on(f"weight_{name}"):
            weights[name] = _number(form.text(f"weight_{name}"), 0, verbs.WEIGHT_MAX)
    fields: dict[str, Any] = {"weights": {name: value for name, value in weights.items() if value != 1}}
    if form.on("dial"):
        fields["dial"] = _number(form.text("dial"), -1, 1)
    if form.on("fine"):  # boxes that are off are not sent
        codes = [code for code in form.lists.get("language", []) if code in phrasebook.LANGUAGE_NAMES or code in recipe.languages]
        fields |= {"languages": codes[: verbs.LANGUAGES_MAX], "sensitive": "show" if form.on("sensitive") else "hide"}
    return msgspec.structs.replace(recipe, **fields)


def _number(text: str, least: float, most: float) -> float:
    try:
        found = float(text)
    except ValueError:
        raise Invalid("That is no number.") from None
    if not least <= found <= most:
        raise Invalid(f"That goes from {least} to {most}.")
    return found


def now_of(form: Form) -> datetime:
    """The moment, in the time zone that the browser says it is in."""
    try:
        return datetime.now(ZoneInfo(form.text("zone", "UTC")[:ZONE_LENGTH_MAX]))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return datetime.now(UTC)
