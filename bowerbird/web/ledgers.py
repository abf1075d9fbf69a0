"""Why a post is there, as pages show it: one line, its reasons with small pictures, and the whole sum as a ledger that adds up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from bowerbird.accounts.people import Person
from bowerbird.core.database import Pool
from bowerbird.feed import asking
from bowerbird.feed.asking import FeedAway
from bowerbird.feed.naming import named
from bowerbird.feed.reasons import Reason, Term
from bowerbird.feed.slates import Post

ICONS = {
    "liked": "heart", "co_liked": "heart", "interest": "learn", "topics": "learn", "follows": "user", "author": "user", "talks": "reply",
    "friends": "user", "tree": "branch", "wish": "sliders", "knob": "sliders", "dial": "sliders", "fresh": "clock", "explored": "dice",
    "new_here": "dice",
}  # fmt: skip
ELSE = {"fresh": "new here", "rising": "many who were shown it lately took to it", "following": "by someone you follow"}
STOPPED = {
    "gone": "it is not there any more", "avoided": "you or its author blocked or muted the other", "own": "it is your own",
    "not_recommended": "its author does not want to be shown to strangers", "seen": "you have seen it already",
    "turned_from": "you said no to it, or to something nearly the same", "never": "it is about something you never want to see",
    "language": "it is in a language you did not ask for", "sensitive": "it stands behind a warning, and you keep these out",
    "dial": "your dial keeps its kind out", "too_old": "it is older than a month", "unknown": "the feed has not read it yet",
}  # fmt: skip
TOLD_MIN = 0.01  # smaller summands are told as one


@dataclass(frozen=True, slots=True)
class Line:
    """What stands under a post: its reasons, the first of them first, and whether it was drawn to be tried out."""

    reasons: tuple[Reason, ...]
    propensity: float = 1.0

    @property
    def first(self) -> str:
        """The line itself."""
        return self.reasons[0].text if self.reasons else "from what is going around here"

    @property
    def icon(self) -> str:
        """The small picture before it."""
        return self.drawn[0][0] if self.reasons else "info"

    @property
    def drawn(self) -> list[tuple[str, Reason]]:
        """Every reason with its small picture."""
        return [(ICONS.get(reason.name.split()[0], "info"), reason) for reason in self.reasons]


@dataclass(frozen=True, slots=True)
class Summand:
    """Terms that are said in the same words, as one; `names` are the features behind it."""

    text: str
    value: float
    names: tuple[str, ...]


def line(placed: Post) -> Line:
    """What stands under a post of a page."""
    said = placed.reasons or ((Reason(placed.source, 0.0, ELSE[placed.source]),) if placed.source in ELSE else ())
    return Line(said, placed.propensity)


def ledger(terms: list[Term], score: float) -> list[Summand]:
    """The whole sum, largest first, so that what is shown adds up to the score to the last of three decimals."""
    by_words: dict[str, list[Term]] = {}
    for term in terms:
        by_words.setdefault(term.text, []).append(term)
    summed = [Summand(text, round(sum(t.value for t in same), 3), tuple(t.name for t in same)) for text, same in by_words.items()]
    told = sorted((one for one in summed if abs(one.value) >= TOLD_MIN), key=lambda one: -abs(one.value))
    rest = round(round(score, 3) - sum(one.value for one in told), 3)
    small = tuple(name for one in summed if abs(one.value) < TOLD_MIN for name in one.names)
    return [*told, Summand("small things together", rest, small)] if small or rest else told


async def told(pool: Pool, me: Person | None, post_id: int) -> dict[str, Any]:
    """The whole sum for a post, as pages show it: `away` says why there is none."""
    try:
        answer = await asking.why(me.id if me else 0, post_id)
    except FeedAway as away:
        return {"away": away.said, "answer": None, "summands": [], "stops": [], "line": Line(())}
    async with pool.reading() as db:
        names = await named(db, me, {one.post_id for one in answer.reasons if one.post_id})
    reasons = [msgspec.structs.replace(r, text=r.text.replace("{post}", names.get(r.post_id, "a post"))) for r in answer.reasons]
    stops = [STOPPED.get(name, name) for name in answer.filters]
    return {
        "away": "", "answer": answer, "summands": ledger(answer.terms, answer.score), "stops": stops, "line": Line(tuple(reasons)),
    }  # fmt: skip
