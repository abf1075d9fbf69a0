"""People as Mastodon's Account entities."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bowerbird.core.database import Database
from bowerbird.core.settings import settings
from bowerbird.gallery import faces
from bowerbird.gallery.faces import Face


def when(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, as clients expect."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def account(face: Face) -> dict[str, Any]:
    """An Account; its numbers are 0 beside a post, where clients do not show them."""
    origin = settings().origin
    avatar = origin + (face.avatar_url or "/static/icon.svg")
    header = origin + (face.header_url or "/static/icon.svg")
    return {
        "id": str(face.id),
        "username": face.username,
        "acct": face.username,
        "display_name": face.display_name,
        "locked": False,
        "bot": False,
        "discoverable": True,
        "indexable": True,
        "group": False,
        "created_at": when(face.created_at),
        "note": face.bio_html,
        "url": origin + face.url,
        "uri": origin + face.url,
        "avatar": avatar,
        "avatar_static": avatar,
        "header": header,
        "header_static": header,
        "followers_count": face.followers_count,
        "following_count": face.following_count,
        "statuses_count": face.posts_count,
        "last_status_at": None,
        "emojis": [],
        "fields": [],
        "roles": [{"id": face.role, "name": face.role, "color": ""}] if face.role != "user" else [],
    }


async def accounts(db: Database, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Accounts in the order of their ids."""
    found = await faces.of(db, ids)
    return [account(found[id_]) for id_ in ids if id_ in found]
