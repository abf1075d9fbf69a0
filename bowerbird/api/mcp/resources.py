"""Posts and pictures as resources, as far as the person may see them."""

from __future__ import annotations

import base64
import re
from typing import Any

import msgspec
from mcp_types import BlobResourceContents, Resource, ResourceTemplate, TextResourceContents

from bowerbird.api.mcp.callers import DATA, Caller
from bowerbird.assistant import quoting, reading
from bowerbird.assistant.reading import Eyes
from bowerbird.core.errors import NotFound
from bowerbird.core.ids import parse
from bowerbird.core.paging import Page
from bowerbird.core.settings import settings
from bowerbird.gallery import faces, remixes, shown
from bowerbird.gallery.shown import Recipe, Shown
from bowerbird.media import blobs
from bowerbird.media.origins import LABELS
from bowerbird.social import timelines

LATEST = 20
_POST, _PICTURE = "What a post says and shows.", "A picture with its recipe and what it was remixed from."
TEMPLATES = [
    ResourceTemplate(
        uri_template="bowerbird://posts/{id}", name="post", title="A post", mime_type="text/plain", description=_POST
    ),
    ResourceTemplate(uri_template="bowerbird://pictures/{id}", name="picture", title="A picture", description=_PICTURE),
]
_URI = re.compile(r"bowerbird://(posts|pictures)/(\d{1,19})")
Contents = list[TextResourceContents | BlobResourceContents]


async def latest(caller: Caller) -> list[Resource]:
    """The person's own latest posts; any other may be read by its number."""
    me = caller.person.id
    async with caller.pool.reading() as db:
        own = await timelines.profile(db, me, me, Page(limit=LATEST), boosts=False)
        newest_first = sorted(await timelines.of(db, me, [one.id for one in own]), key=lambda post: -post.id)
        found = await reading.read(db, Eyes(caller.person), newest_first)
    return [
        Resource(
            uri=f"bowerbird://posts/{one.id}", name=f"post-{one.id}", title=quoting.seen(one.title, 90), mime_type="text/plain"
        )
        for one in found
    ]


async def read(caller: Caller, uri: str) -> Contents:
    """One of them. Raises NotFound or Gone, as for anyone who may not see it."""
    named = _URI.fullmatch(uri)
    id_ = parse(named[2]) if named else None
    if named is None or id_ is None:
        raise NotFound("There are bowerbird://posts/{id} and bowerbird://pictures/{id}.")
    return await (_post if named[1] == "posts" else _picture)(caller, uri, id_)


async def _post(caller: Caller, uri: str, id_: int) -> Contents:
    async with caller.pool.reading() as db:
        found = await reading.read(db, Eyes(caller.person), [await reading.one(db, Eyes(caller.person), id_)])
    if not found:
        raise NotFound("Its author wants no AI to read it.")
    said = quoting.data([(f"@{one.username}", one.said) for one in found])
    link = f"{settings().origin}/posts/{id_}"
    return [TextResourceContents(uri=uri, mime_type="text/plain", text=f"{link}\n{DATA}\n{said}")]


async def _picture(caller: Caller, uri: str, id_: int) -> Contents:
    async with caller.pool.reading() as db:
        picture = await remixes.see(db, caller.person, id_)
        one = (await shown.of_media(db, [picture.media_id or 0])).get(picture.media_id or 0)
        author = (await faces.of(db, [picture.creator_id]))[picture.creator_id]
    if one is None:
        raise NotFound
    told = msgspec.json.encode(_told(one, id_, author.username)).decode()
    data = base64.b64encode(await blobs.get(one.small_url.rpartition("/")[2])).decode()
    return [
        TextResourceContents(uri=uri, mime_type="application/json", text=told),
        BlobResourceContents(uri=uri, mime_type="image/webp", blob=data),
    ]


def _told(one: Shown, id_: int, author: str) -> dict[str, Any]:
    """What is known of a picture; words of people as data."""
    made: Recipe | None = one.picture
    told: dict[str, Any] = {
        "id": str(id_), "url": f"{settings().origin}/pictures/{id_}", "by": author, "provenance": LABELS[one.provenance],
        "width": one.width, "height": one.height, "note": DATA, "shows": quoting.data([("described", one.alt)]) if one.alt else None,
    }  # fmt: skip
    if made:
        told |= {
            "prompt": quoting.data([(f"@{author}", made.prompt)]), "engine": made.engine, "model": made.model, "seed": made.seed,
            "steps": made.steps, "remixes": made.remixes_count,
        }  # fmt: skip
    if one.source and (above := one.source.parent):
        told["remixed_from"] = {"gone": above.why} if above.deleted else {"id": str(above.picture_id), "by": above.username}
    return told
