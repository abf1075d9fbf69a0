"""A recipe changed in plain words: "more watercolours, less politics until Sunday, never spiders, more from people I talk with".

A written grammar reads each clause; the nearest of written examples the ones it cannot; what neither reads is said back, and changes nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from bowerbird.core.errors import Unavailable
from bowerbird.feed import likeness, phrasebook, topics, until
from bowerbird.feed.draft import Draft
from bowerbird.feed.phrasebook import Verb
from bowerbird.feed.recipe import SAID_LENGTH_MAX, SECTIONS, Knob, Recipe, Section

CLAUSES_MAX, CLAUSE_LENGTH_MAX = 40, 200
LIKENESS_MAX = 8  # clauses for which the model of meanings is asked
TAG_WORDS_MAX = 3  # a longer phrase that no topic is in, is no hashtag either
STRANGE_MAX = 2  # words beside a topic that are none; with more of them it is about something else
STRENGTH_ONLY = 3.0
AGAINST: tuple[Section, ...] = ("less", "never")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_CUT = re.compile(
    r"\s*(?:;|!+|\?+|(?<!\d)\.(?=\s|$)|\.(?=\s+[A-Z]|$)|,(?!\s*\d{4}\b)|\n|\s[-–—]+\s|\s&\s|\b(?:and|but|or|yet)\b)\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """The whole recipe as it would become, each change in plain words, and what was not understood."""

    recipe: Recipe
    changes: list[str]
    unread: list[str]


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing that is asked. `verb` None: none was said, or none that the grammar knows. `leads`: its end stood before it."""

    words: str
    verb: Verb | None
    about: str
    strength: float = 1.0
    even: bool = False
    end: datetime | None = None
    leads: bool = False


async def read(words: str, now: datetime, current: Recipe) -> Reading:
    """What somebody's words make of their recipe. Nothing is saved. Reads at most SAID_LENGTH_MAX characters and CLAUSES_MAX clauses of any text."""
    draft = Draft(current, now)
    text = _CONTROL.sub(" ", words[:SAID_LENGTH_MAX]).replace("’", "'").replace("‘", "'")
    asked = 0
    clauses = [clause for piece in pieces(text) if (clause := _clause(piece, now))]
    for clause in _completed(clauses[:CLAUSES_MAX]):
        before, told = draft.recipe, len(draft.unread)
        done = _apply(draft, clause)
        if not done and asked < LIKENESS_MAX:
            asked += 1
            done = await _apply_likeness(draft, clause)
        if not done:
            draft.unread.append(_not_read(clause))
        elif draft.recipe == before and len(draft.unread) == told:
            draft.unread.append(f"“{clause.words}”: that is so already.")
    if len(clauses) > CLAUSES_MAX:
        draft.unread.append(f"Only the first {CLAUSES_MAX} wishes were read.")
    return Reading(draft.recipe, draft.changes, list(dict.fromkeys(draft.unread)))


def pieces(text: str) -> list[str]:
    """A text cut where one wish ends: at commas, "and", "but" and the like, but not within a topic such as "black and white"."""
    kept = _joined().sub(lambda found: re.sub(r"\s+and\s+", "\x01", found[0], flags=re.IGNORECASE), text)
    return [one.replace("\x01", " and ") for piece in _CUT.split(kept) if (one := " ".join(piece.split()))]


@cache
def _joined() -> re.Pattern[str]:
    """The phrases of the vocabulary with an "and" in them."""
    phrases = [sign for sign in topics.vocabulary().signs if " and " in sign]
    written = (re.escape(phrase).replace("\\ ", " ").replace(" ", r"\s+") for phrase in sorted(phrases, key=len, reverse=True))
    return re.compile(rf"\b(?:{'|'.join(written)})\b", re.IGNORECASE)


def _clause(piece: str, now: datetime) -> Clause | None:
    """One piece, as far as the grammar goes: its end, its verb, how much, and what it is about. None for mere politeness."""
    words = piece[:CLAUSE_LENGTH_MAX]
    span = until.read(words, now)
    rest = (span.rest if span else words).strip(' ,.:;-–—"“”()')
    polite = phrasebook.POLITE.sub("", f"{rest} ").strip()
    if not polite and not span:
        return None
    found = Clause(words, None, polite, end=span.until if span else None, leads=bool(span and span.leads and polite))
    if phrasebook.RESET.match(polite) or phrasebook.WEIGHS.match(polite):
        return found
    for pattern in (*phrasebook.BEGINS, *phrasebook.ENDS):
        if match := pattern.words.match(polite):
            how = " ".join((match.groupdict().get("how") or "").lower().split())
            strength = pattern.strength or (phrasebook.HOW.get(how, phrasebook.HOW_ELSE) if how else 1.0)
            about = match["object"]
            verb: Verb = "back" if pattern.verb in ("more", "never") and _again(polite, how) else pattern.verb
            return replace(found, verb=verb, about=about, strength=strength, even=how in ("even", "still"))
    if polite.lower().endswith(" again"):
        return replace(found, verb="back", about=polite[: -len(" again")])
    return found


def _again(words: str, how: str) -> bool:
    """ "show spiders again" takes something back; "more spiders again" asks for more."""
    return not how and re.match(r"(?:show|see|let)\b(?!.*\bmore\b).*\bagain$", words, re.IGNORECASE) is not None


def _completed(clauses: list[Clause]) -> list[Clause]:
    """Lists get the verb of their first, and the end that was said after their last or before them."""
    found: list[Clause] = []
    first = 0  # of the list we are in
    lead: datetime | None = None  # said alone, before anything
    for one in clauses:
        clause = one
        if not clause.about and clause.end and not clause.verb:
            if not found:
                lead = clause.end
            found[first:] = [replace(past, end=past.end or clause.end) for past in found[first:]]
            continue
        said = found[-1] if found else None
        if clause.verb is None and said and said.verb and _is_something(clause.about):
            clause = replace(
                clause,
                verb=said.verb,
                strength=said.strength,
                even=said.even,
                end=clause.end or (said.end if said.leads else None),
                leads=said.leads,
            )
            if clause.end and not clause.leads:
                found[first:] = [replace(past, end=past.end or clause.end) for past in found[first:]]
        else:
            first = len(found)
        found.append(replace(clause, end=clause.end or lead))
    return found


def _is_something(about: str) -> bool:
    """Whether words without a verb may go on a list: something we know, or one or two words."""
    object_ = phrasebook.bare(about)
    known = any(pattern.match(object_) for pattern in (phrasebook.GENERATED, phrasebook.BY_HAND, phrasebook.IN_LANGUAGE))
    few = object_.count(" ") < 2 and not phrasebook.RESET.match(about)
    return known or few or "@" in about or _knob(about) is not None or (_known(object_) and object_.count(" ") < 5)


def _known(words: str) -> bool:
    return any(not topic.startswith("#") for topic in topics.named(words))


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
    if phrasebook.ANY_LANGUAGE.match(_unled(clause.about)) and clause.verb in (None, "more", "back", "only"):
        draft.speak([])
        return True
    language = phrasebook.IN_LANGUAGE.match(_unled(clause.about))
    if language and (language["marked"] or language["tail"] or clause.verb == "only" or _after_only(draft, clause)):
        return _language(draft, clause, phrasebook.LANGUAGES[language["name"].lower()])
    if clause.verb is None and re.match(r"(?:newer|fresher|older)\b", object_, re.IGNORECASE):
        clause = replace(clause, verb="more")
    if clause.verb is None or not object_:
        return False
    return _switch(draft, clause, object_) or _group(draft, clause) or _topic(draft, clause)


def _unled(about: str) -> str:
    return phrasebook.AFTER.sub("", about.strip(" .,:;\"'")).strip()


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
        if pattern.match(object_) or pattern.match(_unled(clause.about)):
            draft.dial(clause.verb, clause.strength, generated=generated, even=clause.even)
            _lasts(draft, clause)
            return True
    if phrasebook.SENSITIVE.match(object_):
        shown = clause.verb in ("more", "back")
        draft.set(f"Sensitive pictures are {'shown' if shown else 'left out'}", sensitive="show" if shown else "hide")
        _lasts(draft, clause)
        return True
    return False


def _knob(about: str) -> tuple[Knob, bool, str] | None:
    """(knob, whether it is turned round, what else is said) of words for a group of people, what is popular or new."""
    for one in phrasebook.KNOBS:
        if found := one.words.search(about):
            rest = phrasebook.without_kind(phrasebook.bare(f"{about[: found.start()]} {about[found.end() :]}".strip()))
            return one.knob, one.turned, rest
    return None


def _group(draft: Draft, clause: Clause) -> bool:
    found = _knob(_unled(clause.about))
    if not found or not clause.verb:
        return False
    knob, turned, rest = found
    if knob in ("popular", "fresh") and rest and _known(rest):  # "new films", "popular music"
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
    if not _known(words) or _known(phrasebook.without_kind(words)):
        words = phrasebook.without_kind(words)
    if words.lower() in ("posts", "pictures", "post", "picture", "from", "by", "things"):
        words = ""
    meant = topics.named(words) if words else frozenset[str]()
    if not meant and not people:
        return False
    if words and len(topics.strange(words)) > (STRANGE_MAX if _known(words) else TAG_WORDS_MAX):
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
