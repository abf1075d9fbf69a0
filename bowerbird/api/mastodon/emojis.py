"""Emoji of this house."""

from __future__ import annotations

from typing import Any

from litestar import Router, get

from bowerbird.api.errors import mastodon
from bowerbird.core.settings import settings
from bowerbird.door import Ask, pool
from bowerbird.social import emojis
from bowerbird.social.emojis import Emoji


def entity(emoji: Emoji) -> dict[str, Any]:
    """A CustomEmoji."""
    url = settings().origin + emoji.url
    return {
        "shortcode": emoji.shortcode,
        "url": url,
        "static_url": url,
        "visible_in_picker": True,
        "category": emoji.category or None,
    }


@get("/api/v1/custom_emojis")
async def every(request: Ask) -> list[dict[str, Any]]:
    """All of them."""
    async with pool(request).reading() as db:
        return [entity(emoji) for emoji in (await emojis.known(db)).values()]


routes = Router("/", route_handlers=[every], exception_handlers={Exception: mastodon})
