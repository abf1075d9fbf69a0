"""A recipe while it is being changed: each change is made and said in plain words, and what would contradict it is taken away."""

from __future__ import annotations

from datetime import datetime

import msgspec

from bowerbird.feed import phrasebook, topics, until, vocabulary
from bowerbird.feed.phrasebook import Verb
from bowerbird.feed.recipe import (
    LANGUAGES_MAX,
    PEOPLE_MAX,
    SECTIONS,
    STRENGTH_MAX,
    TOPICS_MAX,
    WEIGHT_MAX,
    WISHES_MAX,
    WORDS_LENGTH_MAX,
    Head,
    Knob,
    Recipe,
    Section,
    Wish,
)

STEP, STEP_EVEN = 0.5, 0.25
KNOB_WEIGHTS: dict[str, dict[float, float]] = {"more": {0.5: 1.25, 1.0: 1.5, 2.0: 2.5}, "less": {0.5: 0.75, 1.0: 0.5, 2.0: 0.25}}
HOW_MUCH = {"more": {0.5: "A little more", 2.0: "Much more"}, "less": {0.5: "A little less", 2.0: "Much less"}}
UNDONE: dict[Section, str] = {"more": "No longer more", "less": "No longer less", "never": "No longer never"}


class Draft:
    """What the recipe becomes, what was changed, and what could not be."""

    def __init__(self, recipe: Recipe, now: datetime) -> None:
        self.recipe, self.now = recipe, now
        self.changes: list[str] = []
        self.unread: list[str] = []

    def set(self, said: str, **fields: object) -> None:
        """Change fields of the recipe; `said` once, and only where that is a change."""
        changed = msgspec.structs.replace(self.recipe, **fields)
        if changed != self.recipe:
            self.recipe = changed
            self.changes.append(said)

    def start_over(self) -> None:
        """Nothing of it stays."""
        self.set("Everything is as it was at first", **msgspec.structs.asdict(Recipe()))

    def wish(
        self, section: Section, words: str, about: frozenset[str], people: list[str], strength: float, end: datetime | None
    ) -> None:
        """More, less or never of something; the same wish elsewhere goes."""
        wish = Wish(
            words=words[:WORDS_LENGTH_MAX],
            topics=sorted(about)[:TOPICS_MAX],
            people=people[:PEOPLE_MAX],
            strength=strength,
            until=end,
        )
        standing = self.recipe.wishes(section)
        same = [old for old in standing if alike(old, wish)]
        if not same and len(standing) >= WISHES_MAX:
            self.unread.append(f"“{words}”: there are {WISHES_MAX} wishes of that kind already. Take one away first.")
            return
        for other in SECTIONS:
            if other != section:
                self._without(other, wish)
        kept = [old for old in standing if not alike(old, wish)]
        self.set(said(section, wish, self.now), **{section: [*kept, wish]})
        if section == "more" and (wall := self._behind(wish)):
            self.unread.append(f"“{words}”: “never {wall}” still hides that.")

    def let_go(self, sections: tuple[Section, ...], words: str, about: frozenset[str], people: list[str]) -> None:
        """Take wishes away that speak of the same, or of a part of it."""
        wish = Wish(words=words[:WORDS_LENGTH_MAX], topics=sorted(about)[:TOPICS_MAX], people=people[:PEOPLE_MAX])
        gone = [section for section in sections if self._without(section, wish)]
        if not gone:
            what = "is for or against it" if "more" in sections else "stands against it"
            self.unread.append(f"“{words}”: nothing in your recipe {what}.")

    def weigh(self, name: Head | Knob, value: float, words: str) -> None:
        """Multiply a head or knob of the house."""
        weights = {**self.recipe.weights, name: max(0.0, min(WEIGHT_MAX, value))}
        self.set(words, weights={name: weight for name, weight in weights.items() if weight != 1})

    def turn(self, knob: Knob, verb: Verb, strength: float, *, even: bool) -> None:
        """More or less from a group of people, of what is popular, of what is new."""
        words = phrasebook.SAID_OF[knob]
        before = self.recipe.weight(knob)
        if verb in ("back", "forget"):
            self.weigh(knob, 1.0, f"As much {words} as the house thinks")
        elif verb == "never":
            self.weigh(knob, 0.0, f"Nothing {words}")
        elif verb == "only":
            self.weigh(knob, WEIGHT_MAX, f"As much {words} as there is")
            if knob.startswith("people_"):
                self.weigh("new_people", 0.0, "Nothing from new people")
                self.weigh("popular", 0.0, "Nothing of what is popular")
        else:
            value = KNOB_WEIGHTS[verb][strength]
            if even:
                value = before + STEP if verb == "more" else before / 2
            self.weigh(knob, value, f"{HOW_MUCH[verb].get(strength, verb.capitalize())} {words}")

    def dial(self, verb: Verb, strength: float, *, generated: bool, even: bool) -> None:
        """The dial between what people made and what was generated."""
        step = {0.5: 0.25, 1.0: 0.5, 2.0: 0.75}[strength]
        away = {"more": step, "only": 1.0, "less": -step, "never": -1.0, "back": 0.0, "forget": 0.0}[verb] * (
            1 if generated else -1
        )
        if even and verb in ("more", "less"):
            away = max(-1.0, min(1.0, self.recipe.dial + (STEP_EVEN if away > 0 else -STEP_EVEN)))
        nearest = min(phrasebook.DIALS, key=lambda one: abs(one - away))
        self.set(phrasebook.DIALS[nearest], dial=away)

    def speak(self, codes: list[str]) -> None:
        """Which languages are shown; none named: all."""
        names = [phrasebook.LANGUAGE_NAMES.get(code, code) for code in codes]
        listed = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
        self.set(f"Only in {listed}" if names else "In any language", languages=codes[:LANGUAGES_MAX])

    def _without(self, section: Section, wish: Wish) -> bool:
        gone = [old for old in self.recipe.wishes(section) if alike(old, wish)]
        for old in gone:
            left = [one for one in self.recipe.wishes(section) if one is not old]
            self.set(f"{UNDONE[section]} {of(old)}", **{section: left})
        return bool(gone)

    def _behind(self, wish: Wish) -> str | None:
        """The words of a “never” that hides all a wish for more asks for."""
        about = frozenset(parent for topic in wish.topics for parent in topics.above(topic))
        walls = (one for one in self.recipe.never if one.topics and not one.people and about.issuperset(one.topics))
        return next((one.words for one in walls), None)


def alike(one: Wish, other: Wish) -> bool:
    """Whether two wishes speak of the same; where neither names a topic or a person, whether they say the same."""
    if one.about == other.about and (one.topics or one.people):
        return True
    return vocabulary.plain(one.words) == vocabulary.plain(other.words)


def said(section: Section, wish: Wish, now: datetime) -> str:
    """A wish as it is shown: "Less politics, until Sunday 29 November 23:59"."""
    nearest = min((0.5, 1.0, 2.0), key=lambda one: abs(one - min(wish.strength, STRENGTH_MAX)))
    begin = HOW_MUCH.get(section, {}).get(nearest, section.capitalize())
    end = f", {until.said(wish.until, now)}" if wish.until else ""
    return f"{begin} {of(wish)}{end}"


def of(wish: Wish) -> str:
    """What a wish is about: "foxes from @ines"."""
    names = " or ".join(f"@{name}" for name in wish.people)
    if not names:
        return wish.words
    return f"{wish.words} from {names}" if wish.topics else f"from {names}"
