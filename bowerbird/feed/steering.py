"""A recipe changed in plain words: "more watercolours, less politics until Sunday, never spiders, more from people I talk with".

A written grammar reads each clause; the nearest of written examples the ones it cannot; what neither reads is said back, and changes nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime

from bowerbird.core.errors import Unavailable
from bowerbird.feed import clauses, likeness, phrasebook, topics
from bowerbird.feed.clauses import CLAUSES_MAX, Clause
from bowerbird.feed.draft import Draft
from bowerbird.feed.phrasebook import Verb
from bowerbird.feed.recipe import SECTIONS, Recipe, Section

LIKENESS_MAX = 8  # clauses for which the model of meanings is asked
TAG_WORDS_MAX = 3  # a longer phrase that no topic is in, is no hashtag either
STRANGE_MAX = 2  # words beside a topic that are none; with more of them it is about something else
STRENGTH_ONLY = 3.0
AGAINST: tuple[Section, ...] = ("less", "never")


@dataclass(frozen=True, slots=True)
class Reading:
    """The whole recipe as it would become, each change in plain words, and what was not understood."""

    recipe: Recipe
    changes: list[str]
    unread: list[str]


async def read(words: str, now: datetime, current: Recipe) -> Reading:
    """What somebody's words make of their recipe. Nothing is saved. Never raises."""
    draft = Draft(current, now)
    asked = 0
    found, more = clauses.of(words, now)
    for clause in found:
        before, told = draft.recipe, len(draft.unread)
        done = _apply(draft, clause)
        if not done and asked < LIKENESS_MAX:
            asked += 1
            done = await _apply_likeness(draft, clause)
        if not done:
            draft.unread.append(_not_read(clause))
        elif draft.recipe == before and len(draft.unread) == told:
            draft.unread.append(f"“{clause.words}”: that is so already.")
    if more:
        draft.unread.append(f"Only the first {CLAUSES_MAX} wishes were read.")
    return Reading(draft.recipe, draft.changes, list(dict.fromkeys(draft.unread)))


def _apply(draft: Draft, clause: Clause) -> bool:
    """Do what the grammar read; False where it read nothing."""
    if phrasebook.RESET.match(clause.about) and clause.verb in (None, "back", "forget"):
        draft.start_over()
        return True
    if weighs := phrasebook.WEIGHS.match(clause.about):
        name = phrasebook.head(weighs["head"] or weighs["ignored"])
        how = " ".join((weighs["how"] or "nothing").lower().split())
        draft.weigh(name, phrasebook.WEIGHTS[how], f"“{name}” counts {how.replace('nothing', 'for nothing')}")
        return True
    if phrasebook.EXCEPT.search(clause.words):
        draft.unread.append(f"“{clause.words}”: exceptions cannot be said yet. Say the wish and the exception one by one.")
        return True
    object_ = phrasebook.bare(re.sub(r"\s+again$", "", clause.about, flags=re.IGNORECASE))
    if phrasebook.ANY_LANGUAGE.match(clauses.unled(clause.about)) and clause.verb in (None, "more", "back", "only"):
        draft.speak([])
        return True
    language = phrasebook.IN_LANGUAGE.match(clauses.unled(clause.about))
    if language and (language["marked"] or language["tail"] or clause.verb == "only" or _after_only(draft, clause)):
        return _language(draft, clause, phrasebook.LANGUAGES[language["name"].lower()])
    if clause.verb is None and re.match(r"(?:newer|fresher|older)\b", object_, re.IGNORECASE):
        clause = replace(clause, verb="more")
    if clause.verb is None or not object_:
        return False
    return _switch(draft, clause, object_) or _group(draft, clause) or _topic(draft, clause)


def _after_only(draft: Draft, clause: Clause) -> bool:
    """ "only English and German": the second has its verb from the first, and joins it."""
    return clause.verb == "only" and bool(draft.changes) and draft.changes[-1].startswith("Only in ")


def _language(draft: Draft, clause: Clause, code: str) -> bool:
    standing = list(draft.recipe.languages)
    name = phrasebook.LANGUAGE_NAMES[code]
    if clause.verb == "only":
        joins = _after_only(draft, clause) and not re.match(r".*\bonly\b", clause.words, re.IGNORECASE)
        if joins:
            draft.changes.pop()
        draft.speak([*standing, code] if joins and code not in standing else [code])
    elif clause.verb in ("less", "never"):
        if code in standing and len(standing) > 1:
            draft.speak([one for one in standing if one != code])
        else:
            draft.unread.append(f"“{clause.words}”: say which languages you want, such as “only in English and French”.")
    elif not standing:
        draft.unread.append(f"“{clause.words}”: {name} is shown already, as is every language.")
    elif code not in standing:
        draft.speak([*standing, code])
    return True


def _switch(draft: Draft, clause: Clause, object_: str) -> bool:
    """Where pictures come from, and whether sensitive ones are shown."""
    assert clause.verb
    for pattern, generated in ((phrasebook.GENERATED, True), (phrasebook.BY_HAND, False)):
        if pattern.match(object_) or pattern.match(clauses.unled(clause.about)):
            draft.dial(clause.verb, clause.strength, generated=generated, even=clause.even)
            _lasts(draft, clause)
            return True
    if phrasebook.SENSITIVE.match(object_):
        shown = clause.verb in ("more", "back")
        draft.set(f"Sensitive pictures are {'shown' if shown else 'left out'}", sensitive="show" if shown else "hide")
        _lasts(draft, clause)
        return True
    return False


def _group(draft: Draft, clause: Clause) -> bool:
    found = clauses.knob_of(clauses.unled(clause.about))
    if not found or not clause.verb:
        return False
    knob, turned, rest = found
    if knob in ("popular", "fresh") and rest and clauses.known(rest):  # "new films", "popular music"
        return False
    if rest and rest.lower() not in ("post", "posts", "picture", "pictures", "things", "from", "by"):
        draft.unread.append(f"“{clause.words}”: a topic and a group of people at once cannot be said yet. Say one of them.")
        return True
    turns: dict[Verb, Verb] = {"more": "less", "only": "less", "less": "more", "never": "more"}
    draft.turn(knob, turns.get(clause.verb, clause.verb) if turned else clause.verb, clause.strength, even=clause.even)
    _lasts(draft, clause)
    return True


def _topic(draft: Draft, clause: Clause) -> bool:
    """A wish about topics, people by their names, or both."""
    people = list(dict.fromkeys(found["name"].lower() for found in phrasebook.NAMED.finditer(clause.about)))
    about = re.sub(r"\s+again$", "", phrasebook.NAMED.sub(" ", clause.about) if people else clause.about, flags=re.IGNORECASE)
    words = phrasebook.bare(" ".join(about.split()))
    if not clauses.known(words) or clauses.known(phrasebook.without_kind(words)):
        words = phrasebook.without_kind(words)
    if words.lower() in ("posts", "pictures", "post", "picture", "from", "by", "things"):
        words = ""
    meant = topics.named(words) if words else frozenset[str]()
    if not meant and not people:
        return False
    if words and len(topics.strange(words)) > (STRANGE_MAX if clauses.known(words) else TAG_WORDS_MAX):
        if clause.verb == "never":
            draft.unread.append(f"“{clause.words}”: “never” needs a topic or a tag, and that is more than one.")
            return True
        meant = frozenset()
    _wish(draft, clause, words or " or ".join(f"@{name}" for name in people), meant, people)
    return True


def _wish(draft: Draft, clause: Clause, words: str, meant: frozenset[str], people: list[str]) -> None:
    if clause.verb in ("back", "forget"):
        draft.let_go(SECTIONS if clause.verb == "forget" else AGAINST, words, meant, people)
        return
    if clause.verb == "only":
        draft.wish("more", words, meant, people, STRENGTH_ONLY, clause.end)
        draft.unread.append(f"“{clause.words}”: a recipe cannot leave out everything else; {words} will come much more often.")
        return
    assert clause.verb
    section: Section = clause.verb
    strength = 1.0 if section == "never" else clause.strength
    if section == "never" and (tags := [topic for topic in sorted(meant) if not topics.exists(topic)]):
        draft.unread.append(
            f"“{clause.words}”: no topic is known by that name, so only what is tagged {' and '.join(tags)} is kept out."
        )
    if clause.even and (standing := [wish for wish in draft.recipe.wishes(section) if wish.about == (meant, frozenset(people))]):
        strength = min(STRENGTH_ONLY, standing[0].strength + 1)
    draft.wish(section, words, meant, people, strength, clause.end)


async def _apply_likeness(draft: Draft, clause: Clause) -> bool:
    """What the nearest written example says, where the model of meanings is up and it is clear."""
    try:
        found = await likeness.of(clause.words)
    except Unavailable:
        return False
    if found is None:
        return False
    return _apply(draft, replace(clause, verb=found.verb, about=found.about, strength=1.0, even=False))


def _lasts(draft: Draft, clause: Clause) -> None:
    if clause.end:
        draft.unread.append(f"“{clause.words}”: that stays until you change it; only wishes about topics and people run out.")


def _not_read(clause: Clause) -> str:
    if clause.verb is None and clause.about and not topics.strange(clause.about):
        return f"“{clause.words}”: say whether you want more of it, less, or none."
    return f"“{clause.words}”: this was not understood."
