"""Our nouns as Mastodon's entities. Ids are strings; what Mastodon has no field for stands under `bower`."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import Any, NamedTuple

import msgspec
from litestar import Response

from bowerbird.api.mastodon import filters, polls, previews
from bowerbird.api.mastodon.emojis import entity as emoji
from bowerbird.api.mastodon.people import encoded, when
from bowerbird.core.ids import at
from bowerbird.core.settings import settings
from bowerbird.gallery.cards import Card, Quote
from bowerbird.gallery.faces import Face
from bowerbird.gallery.shown import Recipe, Shown
from bowerbird.media.origins import LABELS
from bowerbird.social.notifications import Notification

KINDS = {
    "follow": "follow",
    "like": "favourite",
    "boost": "reblog",
    "reply": "mention",
    "mention": "mention",
    "remix": "bower.remix",
    "status": "status",
    "poll": "poll",
    "follow_request": "follow_request",
    "quote": "quote",
    "update": "update",
    "challenge": "bower.challenge",
    "appeal": "bower.appeal",
}
ENCODED_MAX = 4_000


class Encoded(NamedTuple):
    """A Status as far as it is the same for everyone (without its end), and whole for someone who has done nothing with it."""

    same: bytes
    whole: bytes


_encoded: OrderedDict[tuple[int, int], Encoded] = OrderedDict()
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
    said = recipe(shown.picture) if shown.picture else None
    offered = {"picture_id": str(shown.offered.picture_id), "uploaded": True, "remix": shown.offered.audience,
               "remixes_count": shown.offered.remixes_count} if shown.offered else None  # fmt: skip
    known = said is not None or shown.provenance != "unknown"
    origin_ = {"provenance": shown.provenance, "provenance_label": LABELS[shown.provenance]} if known else {}
    return {
        "id": str(shown.media_id),
        "type": "image",
        "url": origin + shown.url,
        "preview_url": origin + shown.small_url,
        "remote_url": None,
        "text_url": None,
        "description": shown.alt or (_undescribed(shown.picture) if shown.picture else None),
        "blurhash": shown.blurhash,
        "meta": {
            "focus": {"x": shown.focus[0], "y": shown.focus[1]},
            "original": _size(shown.width, shown.height),
            "small": _size(shown.small_width, shown.small_height),
            **({"recipe": said} if said else {}),
        },
        "bower": {**(said or offered or {}), **origin_} or None,
    }


def _undescribed(made: Recipe) -> str:
    """What stands in for a description nobody wrote: the prompt, and whose picture it came from."""
    parent = made.parent
    credit = f". Remixed from a picture by @{parent.username}" if parent and not parent.deleted else ""
    return f"AI-made picture, not described. Prompt: {made.prompt}{credit}"


def _size(width: int, height: int) -> dict[str, Any]:
    return {"width": width, "height": height, "size": f"{width}x{height}", "aspect": round(width / height, 4)}


def _same(card: Card) -> dict[str, Any]:
    """What a Status says to everyone."""
    url = settings().origin + card.url
    return {
        "uri": url,
        "url": url,
        "in_reply_to_id": str(card.reply_to.id) if card.reply_to else None,
        "in_reply_to_account_id": str(card.reply_to.author.id) if card.reply_to else None,
        "sensitive": card.sensitive,
        "spoiler_text": card.spoiler,
        "visibility": visibility(card.visibility),
        "language": card.language,
        "replies_count": card.replies_count,
        "reblogs_count": card.boosts_count,
        "favourites_count": card.likes_count,
        "quotes_count": card.quotes_count,
        "edited_at": when(card.edited_at) if card.edited_at else None,
        "content": card.html,
        "account": encoded(card.author),
        "media_attachments": [attachment(shown) for shown in card.pictures],
        "mentions": [{"id": str(i), "username": u, "acct": u, "url": f"{settings().origin}/@{u}"} for i, u in card.mentions],
        "tags": [{"name": tag, "url": f"{settings().origin}/tags/{tag}"} for tag in card.tags],
        "emojis": [emoji(one) for one in card.emojis],
        "card": previews.card(card.preview) if card.preview else None,
        "application": {"name": card.via, "website": None} if card.via else None,
        "bower": {"remixes_count": card.remixes_count, "quote": card.quote_audience},
    }


def status(card: Card) -> bytes:
    """A Status as JSON bytes. What is the same for everyone is encoded once, and so is the whole where a viewer has nothing of their own to it."""
    pieces = _encoded.get((card.id, card.version)) or _encode(card)
    plain = not (card.mine or card.liked or card.boosted or card.bookmarked or card.pinned or card.muted)
    if plain and card.boosted_by is None and pieces.whole and not (card.poll or card.quote or card.filtered):
        return pieces.whole
    inner = pieces.same + _own(card)
    return inner if card.boosted_by is None else _boost(card, inner)


def _encode(card: Card) -> Encoded:
    head = f'{{"id":"{card.id}","created_at":"{when(card.created_at)}",'.encode()
    same = head + _encoder.encode(_same(card))[1:-1]
    nobodys = replace(card, mine=False, liked=False, boosted=False, bookmarked=False, pinned=False, muted=False, filtered=())
    pieces = Encoded(same, b"" if card.has_poll or card.quote_of else same + _own(nobodys))
    _encoded[(card.id, card.version)] = pieces
    while len(_encoded) > ENCODED_MAX:
        _encoded.popitem(last=False)
    return pieces


def _own(card: Card) -> bytes:
    """What a Status says to the one who looks, and the end of the object."""
    plain = b',"favourited":%s,"reblogged":%s,"muted":%s,"bookmarked":%s,"pinned":%s,"reblog":null,"quote_approval":%s' % (
        _bool(card.liked), _bool(card.boosted), _bool(card.muted), _bool(card.bookmarked), _bool(card.pinned), _approval(card),
    )  # fmt: skip
    poll = _encoder.encode(polls.poll(card.poll, own=card.mine)) if card.poll else b"null"
    filtered = _encoder.encode([filters.result(match) for match in card.filtered]) if card.filtered else b"[]"
    quote = _quote(card.quote) if card.quote else b"null"
    return plain + b',"poll":' + poll + b',"filtered":' + filtered + b',"quote":' + quote + b"}"


def _quote(quote: Quote) -> bytes:
    if quote.card is None:
        return _encoder.encode({"state": quote.state, "quoted_status": None})
    return b'{"state":"accepted","quoted_status":' + status(quote.card) + b"}"


def _approval(card: Card) -> bytes:
    """Who may quote it without being asked again, and whether the one who looks may."""
    mine = "automatic" if card.mine else {"everyone": "automatic", "followers": "unknown"}.get(card.quote_audience, "denied")
    automatic = {"everyone": b'["public"]', "followers": b'["followers"]'}.get(card.quote_audience, b"[]")
    return b'{"automatic":%s,"manual":[],"current_user":"%s"}' % (automatic, mine.encode())


def _boost(card: Card, inner: bytes) -> bytes:
    """The boost around a Status, with an id, a moment and an author of its own."""
    assert card.boosted_by
    outer = {
        **_same(card), "account": encoded(card.boosted_by), "content": "", "media_attachments": [], "mentions": [], "tags": [], "emojis": [],
        "card": None, "id": str(card.entry_id), "created_at": when(at(card.entry_id)), "uri": f"{settings().origin}/posts/{card.entry_id}",
        "favourited": card.liked, "reblogged": card.boosted, "bookmarked": card.bookmarked, "muted": card.muted, "pinned": False,
        "quote_approval": msgspec.Raw(_approval(card)), "poll": None, "filtered": [filters.result(match) for match in card.filtered],
        "quote": None, "reblog": msgspec.Raw(inner),
    }  # fmt: skip
    return _encoder.encode(outer)


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
        "group_key": told.group_key,
        "created_at": when(at(told.id)),
        "filtered": told.filtered,
        "account": encoded(face),
        "status": msgspec.Raw(status(card)) if card else None,
    }
