"""The vocabulary: everything that can happen, each with the fields that say what. Reading it is reading the product."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

ItemKind = Literal["post", "picture", "generation", "account", "conversation", "slate", "bout"]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something `actor_id` did to one item. Subclasses add what else matters; `kind` is the class's own name."""

    item_kind: ClassVar[ItemKind]
    actor_id: int
    item_id: int


class PostPublished(Event, frozen=True, kw_only=True):
    """Said something; `media_ids` are the pictures shown with it."""

    item_kind = "post"
    visibility: str
    reply_to_id: int | None = None
    media_ids: list[int] = []


class PostEdited(Event, frozen=True, kw_only=True):
    """Changed what was said."""

    item_kind = "post"
    visibility: str


class PostDeleted(Event, frozen=True, kw_only=True):
    """Took a post away."""

    item_kind = "post"


class PostRestored(Event, frozen=True, kw_only=True):
    """Took the taking away back."""

    item_kind = "post"


class PostViewed(Event, frozen=True, kw_only=True):
    """Opened a post."""

    item_kind = "post"
    visibility: str


class PostLiked(Event, frozen=True, kw_only=True):
    """Liked a post, or took the like back."""

    item_kind = "post"
    visibility: str
    undone: bool = False


class PostBoosted(Event, frozen=True, kw_only=True):
    """Boosted a post, or took the boost back."""

    item_kind = "post"
    visibility: str
    undone: bool = False


class PostBookmarked(Event, frozen=True, kw_only=True):
    """Kept a post for later, or let it go."""

    item_kind = "post"
    visibility: str
    undone: bool = False


class PostDwelt(Event, frozen=True, kw_only=True):
    """Looked at a post in For You for `seconds`."""

    item_kind = "post"
    visibility: str
    seconds: float


class PostHidden(Event, frozen=True, kw_only=True):
    """Said "not for me" of a post, or took that back."""

    item_kind = "post"
    visibility: str
    undone: bool = False


class PostReported(Event, frozen=True, kw_only=True):
    """Told the house that a post breaks its rules."""

    item_kind = "post"
    visibility: str


class SlateServed(Event, frozen=True, kw_only=True):
    """Was shown a page of For You: `posts` in their order, by `release` of the heads; each with the propensity it stood there with, and, where
    two rankers competed, whose it was."""

    item_kind = "slate"
    posts: list[int]
    propensities: list[float]
    release: str
    teams: list[str] = []


class AccountFollowed(Event, frozen=True, kw_only=True):
    """Followed someone, or stopped."""

    item_kind = "account"
    undone: bool = False


class AccountHidden(Event, frozen=True, kw_only=True):
    """Blocked someone, or stopped."""

    item_kind = "account"
    undone: bool = False


class AccountCreated(Event, frozen=True, kw_only=True):
    """Joined the house."""

    item_kind = "account"


class GenerationAsked(Event, frozen=True, kw_only=True):
    """Asked for pictures; `again` where the same words were asked for just before."""

    item_kind = "generation"
    again: bool = False
    source_id: int | None = None


class GenerationCancelled(Event, frozen=True, kw_only=True):
    """Called it off while it was queued or running."""

    item_kind = "generation"


class CandidatePicked(Event, frozen=True, kw_only=True):
    """Chose `picked` out of `offered` (picture ids in the order they were shown)."""

    item_kind = "generation"
    picked: int
    offered: list[int]


class PictureRemixed(Event, frozen=True, kw_only=True):
    """Showed a picture made from another's: `item_id` is the parent."""

    item_kind = "picture"
    child_id: int


class PictureDeleted(Event, frozen=True, kw_only=True):
    """Took a picture away; its remixes keep a tombstone."""

    item_kind = "picture"


class AnswerGiven(Event, frozen=True, kw_only=True):
    """The assistant answered `message_id` with `answer_id` in a private conversation; `tier`, `model` and `release` of its adapter are who did."""

    item_kind = "conversation"
    message_id: int
    answer_id: int
    tier: str
    model: str
    release: str = ""


class AnswerRated(Event, frozen=True, kw_only=True):
    """Thought well (1) or ill (-1) of an answer, or took that back (0)."""

    item_kind = "conversation"
    answer_id: int
    thumb: int
    reasons: list[str] = []


class AnswerAgain(Event, frozen=True, kw_only=True):
    """Was not content with `answer_id` and asked for another; `sibling_id` is that."""

    item_kind = "conversation"
    answer_id: int
    sibling_id: int


class AnswerPreferred(Event, frozen=True, kw_only=True):
    """Went on from `answer_id` although there were `others`."""

    item_kind = "conversation"
    answer_id: int
    others: list[int]


class AnswerVoted(Event, frozen=True, kw_only=True):
    """Said in the arena which of two answers is better: the side `winner` (a, b, tie or both_bad), or took that back (""). `sides` and
    `contestants` are the ids of who stood at a and b."""

    item_kind = "bout"
    winner: str
    sides: list[int]
    contestants: list[int]


class PictureVoted(Event, frozen=True, kw_only=True):
    """The same of two pictures."""

    item_kind = "bout"
    winner: str
    sides: list[int]
    contestants: list[int]


class AnswerAsked(Event, frozen=True, kw_only=True):
    """Asked the assistant under a post."""

    item_kind = "post"
    task: str
    aloud: bool
    visibility: str


class AnswerCorrected(Event, frozen=True, kw_only=True):
    """Said what is wrong with an answer in a thread: `item_id` is the post that answers."""

    item_kind = "post"
    asked_id: int
    correction: str
    visibility: str
