"""The vocabulary: everything that can happen, each with the fields that say what. Reading it is reading the product."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

ItemKind = Literal["post", "picture", "generation", "account"]


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
