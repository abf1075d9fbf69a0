"""What is in an archive: the files Mastodon's has, what was made here with its recipes, and what was consented to."""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database, of_row
from bowerbird.core.errors import NotFound
from bowerbird.core.ids import at
from bowerbird.core.settings import settings
from bowerbird.events import consent
from bowerbird.gallery import archive_shelf, lists_as_csv
from bowerbird.media import attachments, blobs
from bowerbird.media.attachments import Attachment
from bowerbird.social import posts, text
from bowerbird.social.posts import Post

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
CONTEXT = "https://www.w3.org/ns/activitystreams"
PAGE = 200


async def pack(db: Database, me: Person, path: Path, more: dict[str, Any] | None = None) -> None:
    """Write the whole archive to `path`, with `more` from the rooms above, as JSON by file name. Holds one picture in memory at a time."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        outbox: list[dict[str, Any]] = []
        async for post, media in _posts(db, me.id):
            outbox.append(_activity(me, post, media))
        collection = {
            "@context": CONTEXT,
            "id": "outbox.json",
            "type": "OrderedCollection",
            "totalItems": len(outbox),
            "orderedItems": outbox,
        }
        files: dict[str, bytes] = {
            "actor.json": _json(_actor(me)),
            "outbox.json": _json(collection),
            "likes.json": _json(await _marks(db, "likes", me.id)),
            "bookmarks.json": _json(await _marks(db, "bookmarks", me.id)),
            "pictures.json": _json(await _pictures(db, me.id)),
            "consents.json": _json(await consent.of(db, me.id)),
        }
        files |= {name: _json(content) for name, content in {**await archive_shelf.files(db, me), **(more or {})}.items()}
        files |= {name: content.encode() for name, content in (await lists_as_csv.files(db, me.id)).items()}
        for name, content in files.items():
            await asyncio.to_thread(archive.writestr, name, content)
        async for media in _media(db, me.id):
            try:
                content = await blobs.get(media.blob)
            except NotFound:  # lost from the store: the rest is worth having
                continue
            await asyncio.to_thread(archive.writestr, _file(media), content, zipfile.ZIP_STORED)


def _actor(me: Person) -> dict[str, Any]:
    url = f"{settings().origin}/@{me.username}"
    return {
        "@context": CONTEXT, "id": url, "type": "Person", "preferredUsername": me.username, "name": me.display_name, "summary": text.html(me.bio),
        "url": url, "published": at(me.id), "outbox": "outbox.json", "likes": "likes.json", "bookmarks": "bookmarks.json",
        "bower": {"email": me.email, "bio": me.bio, "role": me.role},
    }  # fmt: skip


def _activity(me: Person, post: Post, media: list[Attachment]) -> dict[str, Any]:
    origin = settings().origin
    url, actor = f"{origin}/posts/{post.id}", f"{origin}/@{me.username}"
    followers = f"{actor}/followers"
    to, cc = {
        "public": ([PUBLIC], [followers]), "unlisted": ([followers], [PUBLIC]), "followers": ([followers], []), "direct": ([], []),
    }[post.visibility]  # fmt: skip
    base = {"id": f"{url}/activity", "actor": actor, "published": at(post.id), "to": to, "cc": cc}
    if post.boost_of_id:
        return {**base, "type": "Announce", "object": f"{origin}/posts/{post.boost_of_id}"}
    note = {
        "id": url, "type": "Note", "url": url, "attributedTo": actor, "published": at(post.id), "updated": post.edited_at, "to": to, "cc": cc,
        "content": text.html(post.text), "source": {"content": post.text, "mediaType": "text/plain"}, "summary": post.spoiler or None,
        "sensitive": post.sensitive, "inReplyTo": f"{origin}/posts/{post.reply_to_id}" if post.reply_to_id else None,
        "attachment": [{"type": "Document", "mediaType": "image/webp", "url": _file(m), "name": m.alt or None, "blurhash": m.blurhash,
                        "width": m.width, "height": m.height} for m in media],
    }  # fmt: skip
    return {**base, "type": "Create", "object": note}


async def _posts(db: Database, account_id: int) -> AsyncIterator[tuple[Post, list[Attachment]]]:
    """Someone's posts and boosts, oldest first, with their pictures."""
    last = 0
    while True:
        page = await db.many(
            Post,
            f"select {posts.COLUMNS} from social.posts where author_id = %s and id > %s and deleted_at is null order by id limit {PAGE}",
            account_id, last,
        )  # fmt: skip
        shown = await db.rows(
            "select post_id, media_id from social.post_media where post_id = any(%s) order by post_id, position",
            [p.id for p in page],
        )
        media = {m.id: m for m in await attachments.of(db, [media_id for _, media_id in shown])}
        for post in page:
            yield post, [media[media_id] for post_id, media_id in shown if post_id == post.id and media_id in media]
        if len(page) < PAGE:
            return
        last = page[-1].id


async def _media(db: Database, account_id: int) -> AsyncIterator[Attachment]:
    last = 0
    while page := await db.many(
        Attachment, f"select * from media.attachments where owner_id = %s and id > %s order by id limit {PAGE}", account_id, last
    ):
        for media in page:
            yield media
        last = page[-1].id


async def _marks(db: Database, table: str, account_id: int) -> dict[str, Any]:
    """What someone liked or bookmarked, by address."""
    ids = await db.values(f"select post_id from social.{table} where account_id = %s order by id", account_id)
    items = [f"{settings().origin}/posts/{id_}" for id_ in ids]
    return {
        "@context": CONTEXT,
        "id": f"{table}.json",
        "type": "OrderedCollection",
        "totalItems": len(items),
        "orderedItems": items,
    }


async def _pictures(db: Database, account_id: int) -> list[dict[str, Any]]:
    """What someone had made here, shown or not, with its recipe."""
    rows = await db.rows(
        f"""select {of_row("id, prompt, recipe, parent_id, shown_at, media_id", "p")} from studio.pictures p
            where p.creator_id = %s and p.deleted_at is null order by p.id""",
        account_id,
    )
    keys = ("id", "prompt", "recipe", "made_from", "shown_at", "media_id")
    found = [dict(zip(keys, row, strict=True)) for row in rows]
    return [
        {**one, **{k: str(one[k]) if one[k] else None for k in ("id", "made_from", "media_id")}, "made_at": at(one["id"])}
        for one in found
    ]


def _file(media: Attachment) -> str:
    return f"media_attachments/{media.id}.webp"


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1)
