"""What this house is, what fits into it, and what it tells of itself: documents v2 and v1."""

from __future__ import annotations

from typing import Any

from litestar import Router, get

from bowerbird import __version__
from bowerbird.accounts import contact
from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon.people import accounts
from bowerbird.core.database import Database
from bowerbird.core.settings import settings
from bowerbird.door import Ask, pool
from bowerbird.media import attachments
from bowerbird.moderation import rules
from bowerbird.moderation.rules import Rule
from bowerbird.social import pins, polls, usage, vapid
from bowerbird.social.posts import PICTURES_MAX

API_VERSION = 6  # what Mastodon 4.4 counts itself
VERSION = f"4.4.0 (compatible; Bowerbird {__version__})"
FEATURED_TAGS_MAX = 10
DESCRIPTION = "An open social network for people who make pictures with AI together."
TYPES = ["image/jpeg", "image/png", "image/webp", "image/avif", "image/gif"]


def configuration() -> dict[str, Any]:
    """What fits."""
    s = settings()
    return {
        "accounts": {"max_featured_tags": FEATURED_TAGS_MAX, "max_pinned_statuses": pins.PINS_MAX},
        "statuses": {
            "max_characters": s.text_length_max,
            "max_media_attachments": PICTURES_MAX,
            "characters_reserved_per_url": 0,
            "supported_mime_types": ["text/plain"],
        },
        "media_attachments": {
            "supported_mime_types": TYPES,
            "description_limit": attachments.ALT_LENGTH_MAX,
            "image_size_limit": s.upload_bytes_max,
            "image_matrix_limit": s.upload_pixels_max,
            "video_size_limit": 0,
            "video_frame_rate_limit": 0,
            "video_matrix_limit": 0,
        },
        "polls": {
            "max_options": s.poll_options_max,
            "max_characters_per_option": polls.OPTION_LENGTH_MAX,
            "min_expiration": polls.EXPIRES_S_MIN,
            "max_expiration": polls.EXPIRES_S_MAX,
        },
    }


def entity(rule: Rule) -> dict[str, Any]:
    """A Rule."""
    return {"id": str(rule.id), "text": rule.text, "hint": rule.hint, "translations": {}}


async def _contact(db: Database) -> dict[str, Any]:
    found = await contact.person(db)
    return {"email": "", "account": (await accounts(db, [found.id]))[0] if found else None}


def _streaming() -> str:
    return settings().origin.replace("http", "ws", 1)


@get("/api/v2/instance")
async def instance(request: Ask) -> dict[str, Any]:
    """The house, as clients since Mastodon 4 ask."""
    s = settings()
    async with pool(request).reading() as db:
        written, now, who = await rules.of(db), await usage.now(db), await _contact(db)
    fits = configuration()
    urls = {"streaming": _streaming(), "status": None, "about": None, "privacy_policy": None, "terms_of_service": None}
    return {
        "domain": s.origin.partition("://")[2],
        "title": s.name,
        "version": VERSION,
        "source_url": "",
        "description": DESCRIPTION,
        "usage": {"users": {"active_month": now.active_month}},
        "thumbnail": {"url": f"{s.origin}/static/icon.svg"},
        "icon": [],
        "languages": ["en"],
        "configuration": {
            "urls": urls,
            "vapid": {"public_key": vapid.public_key()},
            **fits,
            "translation": {"enabled": False},
        },
        "registrations": {
            "enabled": s.registration == "open",
            "approval_required": False,
            "reason_required": False,
            "message": "This house is by invitation." if s.registration == "invite" else None,
            "min_age": None,
            "url": f"{s.origin}/signup" if s.registration != "closed" else None,
        },
        "api_versions": {"mastodon": API_VERSION},
        "contact": who,
        "rules": [entity(rule) for rule in written],
    }


@get("/api/v1/instance")
async def instance_v1(request: Ask) -> dict[str, Any]:
    """The house, as older clients ask."""
    s = settings()
    async with pool(request).reading() as db:
        written, now, who = await rules.of(db), await usage.now(db), await _contact(db)
    return {
        "uri": s.origin.partition("://")[2],
        "title": s.name,
        "short_description": DESCRIPTION,
        "description": DESCRIPTION,
        "email": who["email"],
        "version": VERSION,
        "urls": {"streaming_api": _streaming()},
        "stats": {"user_count": now.people, "status_count": now.posts, "domain_count": 1},
        "thumbnail": f"{s.origin}/static/icon.svg",
        "languages": ["en"],
        "registrations": s.registration == "open",
        "approval_required": False,
        "invites_enabled": s.registration == "invite",
        "configuration": configuration(),
        "contact_account": who["account"],
        "rules": [entity(rule) for rule in written],
    }


@get("/api/v1/instance/rules")
async def rules_(request: Ask) -> list[dict[str, Any]]:
    """The house's own rules."""
    async with pool(request).reading() as db:
        return [entity(rule) for rule in await rules.of(db)]


@get("/api/v1/instance/activity")
async def activity(request: Ask) -> list[dict[str, str]]:
    """The last twelve weeks. A login is somebody who did anything that week."""
    async with pool(request).reading() as db:
        weeks = await usage.weeks(db)
    return [
        {
            "week": str(int(w.begins_at.timestamp())),
            "statuses": str(w.posts),
            "logins": str(w.active),
            "registrations": str(w.joined),
        }
        for w in weeks
    ]


routes = Router("/", route_handlers=[instance, instance_v1, rules_, activity], exception_handlers={Exception: mastodon})
