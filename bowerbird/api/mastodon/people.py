"""People as Mastodon's Account entities."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from bowerbird.api.mastodon.emojis import entity
from bowerbird.core.database import Database
from bowerbird.core.settings import settings
from bowerbird.gallery import faces
from bowerbird.gallery.faces import Face
from bowerbird.social import text

ENCODED_MAX = 4_000


def when(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, as clients expect."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def account(face: Face) -> dict[str, Any]:
    """An Account. Of someone who left only the name is told."""
    origin = settings().origin
    avatar = origin + (face.avatar_url or "/static/icon.svg")
    header = origin + (face.header_url or "/static/icon.svg")
    said: dict[str, Any] = {
        "id": str(face.id),
        "username": face.username,
        "acct": face.username,
        "display_name": face.display_name,
        "locked": face.locked,
        "bot": face.bot,
        "discoverable": face.discoverable,
        "indexable": face.indexable,
        "group": False,
        "noindex": not face.searchable,
        "created_at": when(face.created_at),
        "note": face.bio_html,
        "url": origin + face.url,
        "uri": origin + face.url,
        "avatar": avatar,
        "avatar_static": avatar,
        "avatar_description": "",
        "header": header,
        "header_static": header,
        "header_description": "",
        "followers_count": face.followers_count,
        "following_count": face.following_count,
        "statuses_count": face.posts_count,
        "last_status_at": face.last_post_on.isoformat() if face.last_post_on else None,
        "hide_collections": face.hide_collections,
        "emojis": [entity(emoji) for emoji in face.emojis],
        "fields": [field(name, value) for name, value in face.fields],
        "roles": [{"id": face.role, "name": face.role, "color": ""}] if face.role != "user" else [],
    }
    return {**said, "suspended": True} if face.gone else said


@lru_cache(ENCODED_MAX)
def encoded(face: Face) -> msgspec.Raw:
    """The same as JSON, kept as long as the face is: for lists where the same people come again and again."""
    return msgspec.Raw(msgspec.json.encode(account(face)))


def field(name: str, value: str) -> dict[str, Any]:
    """A line of a profile; nothing here proves that a link is theirs."""
    return {"name": name, "value": text.html(value).removeprefix("<p>").removesuffix("</p>"), "verified_at": None}


async def accounts(db: Database, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Accounts in the order of their ids."""
    found = await faces.of(db, ids)
    return [account(found[id_]) for id_ in ids if id_ in found]
