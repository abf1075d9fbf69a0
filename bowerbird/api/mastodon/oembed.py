"""oEmbed: what another site needs to show one of our public posts."""

from __future__ import annotations

from html import escape
from typing import Any

from litestar import Router, get

from bowerbird.api.errors import mastodon
from bowerbird.core.errors import NotFound
from bowerbird.core.settings import settings
from bowerbird.door import Ask, pool
from bowerbird.gallery import cards
from bowerbird.social import names

WIDTH_PX, WIDTH_MIN_PX = 400, 220
TITLE_LENGTH_MAX = 80


@get("/api/oembed")
async def embed(request: Ask) -> dict[str, Any]:
    """A public post as a quotation with a link; no script of ours runs on the other page."""
    post_id = names.post_at(request.query_params.get("url", "")[:2_000])
    if post_id is None:
        raise NotFound
    async with pool(request).reading() as db:
        card = await cards.by_id(db, None, post_id)
    if card.visibility not in ("public", "unlisted"):
        raise NotFound
    asked = request.query_params.get("maxwidth", "")
    width = max(WIDTH_MIN_PX, min(WIDTH_PX, int(asked))) if asked.isascii() and asked.isdigit() and len(asked) < 6 else WIDTH_PX
    where, origin = settings(), settings().origin
    who, url = card.author, origin + card.url
    shown = escape(card.spoiler) if card.spoiler else card.html
    quotation = f'<blockquote cite="{escape(url)}">{shown}<footer>— <a href="{escape(url)}">{escape(who.display_name)}</a></footer></blockquote>'
    picture = card.pictures[0] if card.pictures and not card.sensitive else None
    thumbnail = (
        {"thumbnail_url": origin + picture.small_url, "thumbnail_width": picture.small_width, "thumbnail_height": picture.small_height}
        if picture else {}
    )  # fmt: skip
    return {
        "type": "rich", "version": "1.0", "title": (card.spoiler or card.text)[:TITLE_LENGTH_MAX], "author_name": who.display_name,
        "author_url": origin + who.url, "provider_name": where.name, "provider_url": origin, "cache_age": 86_400, "html": quotation,
        "width": width, "height": None, **thumbnail,
    }  # fmt: skip


routes = Router("/", route_handlers=[embed], exception_handlers={Exception: mastodon})
