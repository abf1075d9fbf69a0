"""What this house is and what fits into it."""

from __future__ import annotations

from typing import Any

from litestar import Router, get

from bowerbird import __version__
from bowerbird.api.errors import mastodon
from bowerbird.core.settings import settings
from bowerbird.media import attachments
from bowerbird.social.posts import PICTURES_MAX


@get("/api/v2/instance")
async def instance() -> dict[str, Any]:
    """What this house is and what fits into it."""
    s = settings()
    return {
        "domain": s.origin.partition("://")[2],
        "title": s.name,
        "version": f"4.4.0 (compatible; Bowerbird {__version__})",
        "source_url": "",
        "description": "An open social network for people who make pictures with AI together.",
        "usage": {"users": {"active_month": 0}},
        "thumbnail": {"url": f"{s.origin}/static/icon.svg"},
        "languages": [],
        "configuration": {
            "statuses": {
                "max_characters": s.text_length_max,
                "max_media_attachments": PICTURES_MAX,
                "characters_reserved_per_url": 0,
            },
            "media_attachments": {
                "supported_mime_types": ["image/jpeg", "image/png", "image/webp", "image/avif", "image/gif"],
                "image_size_limit": s.upload_bytes_max,
                "image_matrix_limit": s.upload_pixels_max,
                "description_limit": attachments.ALT_LENGTH_MAX,
            },
            "polls": {"max_options": 0},
            "urls": {},
        },
        "registrations": {"enabled": s.registration == "open", "approval_required": False, "message": None},
        "contact": {"email": "", "account": None},
        "rules": [],
    }


routes = Router("/", route_handlers=[instance], exception_handlers={Exception: mastodon})
