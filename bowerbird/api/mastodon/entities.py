"""Our nouns as Mastodon's entities. Ids are strings; what Mastodon has no field for stands under `bower`."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import msgspec
from litestar import Response

from bowerbird.api.mastodon.people import account, when
from bowerbird.core.ids import at
from bowerbird.core.settings import settings
from bowerbird.gallery.cards import Card
from bowerbird.gallery.faces import Face
from bowerbird.gallery.shown import Recipe, Shown
from bowerbird.social.notifications import Notification

KINDS = {
    "follow": "follow",
    "like": "favourite",
    "boost": "reblog",
    "reply": "mention",
    "mention": "mention",
    "remix": "bower.remix",
}
ENCODED_MAX = 4_000
_encoded: OrderedDict[tuple[int, object], tuple[bytes, bytes]] = OrderedDict()
_encoder = msgspec.json.Encoder()


def visibility(ours: str) -> str:
    """Mastodon calls followers-only posts private."""
    return "private" if ours == "followers" else ours


def recipe(made: Recipe) -> dict[str, Any]:
    """How a picture was made."""
    parent = made.parent
    return {
        "picture_id": str(made.picture_id),
        "engine": made.engine,
        "model": made.model,
        "model_hash": made.model_hash,
        "prompt": made.prompt,
        "seed": made.seed,
        "steps": made.steps,
        "width": made.width,
        "height": made.height,
        "medium": made.medium,
        "credits": list(made.credits),
        "remixes_count": made.remixes_count,
        "remix": made.audience,
        "strength": made.strength,
        "parent": parent
        and {"picture_id": str(parent.picture_id), "gone": parent.deleted, "by": parent.username, "url": parent.url},
    }


def attachment(shown: Shown) -> dict[str, Any]:
    """A MediaAttachment with its blurhash, sizes and, where it was made here, its recipe."""
    origin = settings().origin
    return {
        "id": str(shown.media_id),
        "type": "image",
        "url": origin + shown.url,
        "preview_url": origin + shown.small_url,
        "remote_url": None,
        "text_url": None,
        "description": shown.alt or None,
        "blurhash": shown.blurhash,
        "meta": {
            "focus": {"x": shown.focus[0], "y": shown.focus[1]},
            "original": _size(shown.width, shown.height),
            "small": _size(shown.small_width, shown.small_height),
        },
        "bower": recipe(shown.picture) if shown.picture else None,
    }


def _size(width: int, height: int) -> dict[str, Any]:
    return {"width": width, "height": height, "size": f"{width}x{height}", "aspect": round(width / height, 4)}


def _same(card: Card) -> dict[str, Any]:
    """What a Status says to everyone."""
    url = settings().origin + card.url
    return {
        "uri": url,
        "url": url,
        "in_reply_to_id": str(card.reply_to.id) if card.reply_to else None,
        "in_reply_to_account_id": None,
        "sensitive": card.sensitive,
        "spoiler_text": card.spoiler,
        "visibility": visibility(card.visibility),
        "language": card.language,
        "replies_count": card.replies_count,
        "reblogs_count": card.boosts_count,
        "favourites_count": card.likes_count,
        "edited_at": when(card.edited_at) if card.edited_at else None,
        "content": card.html,
        "account": account(card.author),
        "media_attachments": [attachment(shown) for shown in card.pictures],
        "mentions": [{"id": str(i), "username": u, "acct": u, "url": f"{settings().origin}/@{u}"} for i, u in card.mentions],
        "tags": [{"name": tag, "url": f"{settings().origin}/tags/{tag}"} for tag in card.tags],
        "emojis": [],
        "card": None,
        "poll": None,
        "application": None,
        "filtered": [],
        "bower": {"remixes_count": card.remixes_count},
    }


def status(card: Card) -> bytes:
    """A Status as JSON bytes; what is the same for everyone is encoded once."""
    key = (card.id, _state(card))
    pieces = _encoded.get(key)
    if pieces is None:
        core = _encoder.encode(_same(card))[1:]
        pieces = core, f'{{"id":"{card.id}","created_at":"{when(card.created_at)}",'.encode()
        _encoded[key] = pieces
        if len(_encoded) > ENCODED_MAX:
            _encoded.popitem(last=False)
    core, head = pieces
    mine = b'"favourited":%s,"reblogged":%s,"muted":false,"bookmarked":%s,"pinned":false,"reblog":null,' % (
        _bool(card.liked), _bool(card.boosted), _bool(card.bookmarked),
    )  # fmt: skip
    inner = head + mine + core
    if card.boosted_by is None:
        return inner
    outer = {
        **_same(card), "account": account(card.boosted_by), "content": "", "media_attachments": [], "mentions": [], "tags": [],
        "id": str(card.entry_id), "created_at": when(at(card.entry_id)), "uri": f"{settings().origin}/posts/{card.entry_id}",
        "favourited": card.liked, "reblogged": card.boosted, "bookmarked": card.bookmarked, "muted": False, "pinned": False,
        "reblog": msgspec.Raw(inner),
    }  # fmt: skip
    return _encoder.encode(outer)


def _state(card: Card) -> object:
    """Changes whenever what everyone sees of a card does."""
    pictures = tuple(
        (p.media_id, p.alt, p.focus, p.picture and (p.picture.remixes_count, p.picture.audience, p.picture.parent))
        for p in card.pictures
    )
    return (
        card.edited_at,
        card.replies_count,
        card.boosts_count,
        card.likes_count,
        card.author,
        card.reply_to,
        card.mentions,
        pictures,
    )


def statuses(cards: list[Card]) -> bytes:
    """A JSON list of Statuses."""
    return b"[" + b",".join(status(card) for card in cards) + b"]"


def as_json(content: bytes, headers: dict[str, str] | None = None) -> Response[bytes]:
    """Bytes that are JSON already, as an answer."""
    return Response(content, media_type="application/json", headers=headers)


def _bool(value: bool) -> bytes:
    return b"true" if value else b"false"


def notification(told: Notification, face: Face, card: Card | None) -> dict[str, Any]:
    """A Notification."""
    return {
        "id": str(told.id),
        "type": KINDS[told.kind],
        "group_key": f"ungrouped-{told.id}",
        "created_at": when(at(told.id)),
        "account": account(face),
        "status": msgspec.Raw(status(card)) if card else None,
    }
