"""What somebody means who says it in words of their own: the nearest of many written examples, with the topic out of the way."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np

from bowerbird.feed import topics
from bowerbird.feed.phrasebook import Verb
from bowerbird.inference import embeddings
from bowerbird.inference.embeddings import Vector

NEAR = 0.55  # cosine of the nearest example, at least
CLEAR = 0.06  # and by how much it leads over those of any other meaning
STAND_IN = "this"
FEELINGS = frozenset({"mood", "people", "horror"})  # "owls make me happy" is about owls
WORDS_MAX = 30
TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Meant:
    """A verb, and the words for what it is about."""

    verb: Verb
    about: str


async def of(words: str) -> Meant | None:
    """What a clause wants, where it is clear. Raises Unavailable while the model of meanings is away."""
    if words.count(" ") >= WORDS_MAX or not any(letter.isalpha() for letter in words):
        return None
    topic, rest = _apart(words)
    kinds, examples = await learned()
    [meaning] = await embeddings.of([rest], timeout_s=TIMEOUT_S)
    likeness = examples @ np.asarray(meaning, np.float32)
    best = int(likeness.argmax())
    kind = kinds[best]
    others = max(score for score, other in zip(likeness.tolist(), kinds, strict=True) if other != kind)
    if kind == "none" or likeness[best] < NEAR or likeness[best] < others + CLEAR:
        return None
    verb, _, about = kind.partition(": ")
    if not about and not topic:
        return None
    return Meant(cast(Verb, verb), about or topic)


_examples: tuple[list[str], Any] | None = None  # (kind of each, float32 [examples, 384]), once this process has them


async def learned() -> tuple[list[str], Any]:
    """The examples with their meanings."""
    global _examples
    if _examples is None:
        said = [(kind, phrase) for kind, phrases in _written().items() for phrase in phrases]
        meanings = list[Vector]()
        for first in range(0, len(said), embeddings.TEXTS_MAX):
            meanings += await embeddings.of([phrase for _, phrase in said[first : first + embeddings.TEXTS_MAX]])
        _examples = [kind for kind, _ in said], np.asarray(meanings, np.float32)
    return _examples


def _apart(words: str) -> tuple[str, str]:
    """(the topic in a clause as it is said, "" for none; the clause with a stand-in for it)."""
    places = [place for place in topics.places(words) if not FEELINGS & frozenset().union(*map(topics.above, place[2]))]
    if not places:
        return "", words
    start, end, _ = max(places, key=lambda place: place[1] - place[0])
    return words[start:end], f"{words[:start]}{STAND_IN}{words[end:]}"


@cache
def _written() -> dict[str, list[str]]:
    return tomllib.loads(Path(__file__).with_name("likeness.toml").read_text("utf-8"))
