"""One thing that somebody teaches, and one that they do not."""

from __future__ import annotations

import hashlib
import re
from typing import Literal, TypedDict, get_args

import msgspec

from bowerbird.events.log import Recorded

Kind = Literal["pair", "liked", "disliked", "text", "pick", "picture", "act"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Turn(TypedDict):
    """One message, as chat templates take it."""

    role: str
    content: str


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """What one signal of one person comes to.

    `pair`: of two answers to `prompt`, `chosen` was liked better than `rejected`. `liked` and `disliked`: `chosen` is the answer. `text`:
    `chosen` is what they said, `prompt` is empty. `pick`: of `pictures` (hashes of their bytes) the first was picked, the others stood beside
    it; it was shown at `place`. `picture`: the one picture that `chosen` are the words of, which others liked. `act`: a post was taken, as
    gladly as `weight` says. `event_ids`: all that it rests on, what it is called by first. `public`: all of those may leave the house."""

    kind: Kind
    source: str  # how it was said: thumbs, preferred, again, arena, post, picked, shown, like …
    person_id: int
    event_ids: tuple[int, ...]
    item_kind: str
    item_id: int
    prompt: tuple[Turn, ...] = ()
    chosen: str = ""
    rejected: str = ""
    pictures: tuple[str, ...] = ()
    place: int = 0
    weight: float = 1.0
    public: bool = False

    @property
    def question(self) -> str:
        """The last thing that was asked, as words are compared: lower case, no marks."""
        return same(self.prompt[-1]["content"]) if self.prompt else ""

    @property
    def shared(self) -> frozenset[str]:
        """What it may have in common with items of others: the question, or the pictures."""
        return frozenset(self.pictures or ((self.question,) if self.prompt else ()))

    @property
    def words(self) -> list[str]:
        """Every text in it."""
        return [*(turn["content"] for turn in self.prompt), self.chosen, self.rejected]

    @property
    def likeness(self) -> str:
        """The same for two items that teach the same, whoever said it."""
        return hashlib.sha256(
            "\x00".join(
                [self.kind, self.question, same(self.chosen), same(self.rejected), *self.pictures[:1], *sorted(self.pictures[1:])]
            ).encode()
        ).hexdigest()


class Left(msgspec.Struct, frozen=True):
    """An event that teaches nothing this time, and why: one of REASONS."""

    event_id: int
    person_id: int
    item_kind: str
    item_id: int
    reason: str


def left(event: Recorded, reason: str) -> Left:
    """An event that teaches nothing."""
    return Left(event.id, event.actor_id or 0, event.item_kind or "", event.item_id or 0, reason)


REASONS = {
    "withdrawn": "Consent was taken back.",
    "before_consent": "It happened before consent was given.",
    "not_this_one": "Its owner said no for this one.",
    "not_public": "It is not public, and what is not is never learned from.",
    "deleted": "It was deleted.",
    "others_words": "It rests on posts of others, who were not asked.",
    "no_words": "There is nothing in it to learn from.",
    "unfinished": "The answer was never finished.",
    "changed": "The same person thought otherwise of it later.",
    "no_difference": "Neither was thought better than the other.",
    "contradiction": "One thing was said, and its opposite.",
    "personal_data": "It looks as if it held an address, a number or a key.",
    "repeated": "The same person said the same before; it counts once.",
    "said_by_many": "Enough others said the very same.",
    "enough_of_yours": "There is enough of the same person in it: nobody may be too large a part.",
    "kept_for_the_exam": "The same question or picture is among those that new versions are examined with.",
    "not_liked": "Nobody else liked it yet.",
    "not_from_words": "It was not made here from words alone: others may have a part in it, who were not asked.",
    "not_shown": "For You had not shown it to you before: only what was shown teaches others.",
    "machine": "An AI account did it.",
    "forgotten": "You had it forgotten.",
    "older": "There is enough that is newer.",
}
_WORD = re.compile(r"[^\W_]+")


def same(text: str) -> str:
    """A text as texts are compared."""
    return " ".join(_WORD.findall(text.casefold()))
