"""What somebody asks of their feed, cut into clauses: each with its verb, what it is about, how much, and until when."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from bowerbird.feed import phrasebook, topics, until, vocabulary
from bowerbird.feed.phrasebook import Verb
from bowerbird.feed.recipe import SAID_LENGTH_MAX, Knob

CLAUSES_MAX, CLAUSE_LENGTH_MAX = 40, 200
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_CUT = re.compile(
    r"\s*(?:;|!+|\?+|(?<!\d)\.(?=\s|$)|\.(?=\s+[A-Z]|$)|,(?!\s*\d{4}\b)|\n|\s[-–—]+\s|\s&\s|\b(?:and|but|or|yet)\b)\s*",
    re.IGNORECASE,
)


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


def of(words: str, now: datetime) -> tuple[list[Clause], bool]:
    """(the clauses of a text, whether there were more than CLAUSES_MAX). Reads at most SAID_LENGTH_MAX characters of any text."""
    text = _CONTROL.sub(" ", words[:SAID_LENGTH_MAX]).replace("’", "'").replace("‘", "'")
    text = "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())
    found = [clause for piece in pieces(text)[: CLAUSES_MAX * 2] if (clause := _clause(piece, now))]
    return _completed(found[:CLAUSES_MAX]), len(found) > CLAUSES_MAX


def pieces(text: str) -> list[str]:
    """A text cut where one wish ends: at commas, "and", "but" and the like, but not within a topic such as "black and white"."""
    kept = _joined().sub(lambda found: re.sub(r"\s+and\s+", "\x01", found[0], flags=re.IGNORECASE), text)
    return [one.replace("\x01", " and ") for piece in _CUT.split(kept) if (one := " ".join(piece.split()))]


@cache
def _joined() -> re.Pattern[str]:
    """The phrases of the vocabulary with an "and" in them."""
    phrases = [sign for sign in vocabulary.known().signs if " and " in sign]
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
    listed = any(pattern.match(object_) for pattern in (phrasebook.GENERATED, phrasebook.BY_HAND, phrasebook.IN_LANGUAGE))
    few = object_.count(" ") < 2 and not phrasebook.RESET.match(about)
    return listed or few or "@" in about or knob_of(about) is not None or (known(object_) and object_.count(" ") < 5)


def known(words: str) -> bool:
    """Whether some of the words name a topic of the vocabulary."""
    return any(not topic.startswith("#") for topic in topics.named(words))


def knob_of(about: str) -> tuple[Knob, bool, str] | None:
    """(knob, whether it is turned round, what else is said) of words for a group of people, what is popular or new."""
    for one in phrasebook.KNOBS:
        if found := one.words.search(about):
            rest = phrasebook.without_kind(phrasebook.bare(f"{about[: found.start()]} {about[found.end() :]}".strip()))
            return one.knob, one.turned, rest
    return None


def unled(about: str) -> str:
    """What a clause is about without "too", "please" and the like after it."""
    return phrasebook.AFTER.sub("", about.strip(" .,:;\"'")).strip()
