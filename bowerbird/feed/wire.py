"""What web processes and the feed's own process say to each other, over HTTP on 127.0.0.1."""

from __future__ import annotations

import msgspec

from bowerbird.feed.reasons import Reason, Term
from bowerbird.feed.recipe import Recipe


class PageRequest(msgspec.Struct, frozen=True):
    """POST /pages. `person_id` 0: for everyone. `shown`: posts of earlier pages of the scroll. `draft`: seeds the coin between two rankers.
    `picks` and `recipe`: try how it would be, without any history, before anything is agreed to."""

    person_id: int
    limit: int
    seed: int
    shown: list[int] = []
    picks: list[int] = []
    recipe: Recipe | None = None
    draft: int = 0


class PlacedPost(msgspec.Struct, frozen=True):
    """A post at its place."""

    id: int
    score: float
    source: str
    propensity: float
    team: str
    reasons: list[Reason]


class PageAnswer(msgspec.Struct, frozen=True):
    """A page. `features`: float32, little-endian, posts times features. `comparison_id`: of the one it is part of, 0 for none."""

    release: str
    personal: bool
    posts: list[PlacedPost]
    stopped: dict[str, int]
    candidates: int
    spent_ms: float
    features: bytes = b""
    comparison_id: int = 0


class WhyRequest(msgspec.Struct, frozen=True):
    """POST /why."""

    person_id: int
    post_id: int


class WhyAnswer(msgspec.Struct, frozen=True):
    """The whole sum. `filters`: what would keep the post from being shown now, by name; no terms for a post that the feed does not know."""

    release: str
    personal: bool
    score: float
    terms: list[Term]
    reasons: list[Reason]
    filters: list[str]


class InterestSaid(msgspec.Struct, frozen=True):
    """One interest of somebody: what it is about, how sure, the posts behind it (newest first) and the acts, which can be forgotten."""

    topics: list[str]
    confidence: float
    post_ids: list[int]
    act_ids: list[int]


class Leaning(msgspec.Struct, frozen=True):
    """A topic or an author, -1 to 1."""

    name: str
    value: float


class Learned(msgspec.Struct, frozen=True):
    """One act as the feed remembers it."""

    id: int
    kind: str
    post_id: int
    author_id: int
    seconds: float


class TasteAnswer(msgspec.Struct, frozen=True):
    """POST /taste: everything the feed has made of somebody's acts."""

    interests: list[InterestSaid]
    topics: list[Leaning]
    authors: list[Leaning]  # names are account ids
    acts: list[Learned]
    shown: int
    seen: int


class StateAnswer(msgspec.Struct, frozen=True):
    """GET /state."""

    release: str
    posts: int
    persons: int
    steps: int
    events_behind_ms: int
    stages_ms: dict[str, float]
    weights: dict[str, list[float]]  # by feature, a weight for each head
