"""What one has chosen to start with."""

from __future__ import annotations

from typing import Any

from litestar import Router, get

from bowerbird.api.errors import mastodon
from bowerbird.door import Ask, person

QUOTES = {"everyone": "public", "followers": "followers", "no_one": "nobody"}


@get("/api/v1/preferences")
async def read(request: Ask) -> dict[str, Any]:
    """Where a new post starts, and how posts are read."""
    me = await person(request, "read:accounts")
    return {
        "posting:default:visibility": "private" if me.default_visibility == "followers" else me.default_visibility,
        "posting:default:sensitive": me.default_sensitive,
        "posting:default:language": me.default_language,
        "posting:default:quote_policy": QUOTES[me.may_quote],
        "reading:expand:media": "default",
        "reading:expand:spoilers": False,
        "reading:autoplay:gifs": False,
    }


routes = Router("/", route_handlers=[read], exception_handlers={Exception: mastodon})
