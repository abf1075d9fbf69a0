"""Bytes by their SHA-256, on disk or S3. The same bytes are kept once; a name never changes its content."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

from bowerbird.core.database import Database
from bowerbird.core.errors import NotFound, Unavailable
from bowerbird.core.settings import Settings, settings

HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Blob:
    """What is known of some bytes without reading them."""

    hash: str
    size_bytes: int
    content_type: str


@cache
def store(where: Settings) -> ObjectStore:
    """Where this house keeps its bytes: the data directory, or S3 with credentials from the usual AWS_* variables."""
    if where.media_url:
        return from_url(where.media_url)
    folder = where.home / "media"
    folder.mkdir(parents=True, exist_ok=True)
    return LocalStore(folder)


def path(hash_: str) -> str:
    """Where in the store a blob lies: two levels of folders, so that none grows too long."""
    return f"{hash_[:2]}/{hash_[2:4]}/{hash_}"


def url(hash_: str) -> str:
    """The address a browser fetches a blob at."""
    return f"/media/{hash_}"


async def put(db: Database, data: bytes, content_type: str) -> str:
    """Keep `data`; its hash. Bytes are on the store before the row can commit, so a row never points at nothing."""
    hash_ = hashlib.sha256(data).hexdigest()
    await obstore.put_async(store(settings()), path(hash_), data)
    await db.execute(
        "insert into media.blobs (hash, size_bytes, content_type) values (%s, %s, %s) on conflict do nothing",
        hash_, len(data), content_type,
    )  # fmt: skip
    return hash_


async def get(hash_: str) -> bytes:
    """The bytes. Raises NotFound where there are none by that hash, Unavailable where the store does not answer."""
    if not HASH.fullmatch(hash_):
        raise NotFound
    try:
        found = await obstore.get_async(store(settings()), path(hash_))
        return bytes(await found.bytes_async())
    except FileNotFoundError as missing:
        raise NotFound from missing
    except obstore.exceptions.BaseError as lost:
        raise Unavailable from lost


async def hold(db: Database, hash_: str) -> None:
    """Keep a blob that no attachment points at, until it is released."""
    await db.execute("update media.blobs set kept_until = 'infinity' where hash = %s", hash_)


async def release(db: Database, hashes: Sequence[str]) -> None:
    """What was held may go."""
    await db.execute("update media.blobs set kept_until = null where hash = any(%s)", list(hashes))


async def sweep(db: Database, *, limit: int = 500) -> int:
    """Delete blobs no attachment points at any more, older than an hour (an upload may be between its two writes)."""
    unused = await db.values(
        """delete from media.blobs b where hash in (
               select hash from media.blobs where created_at < now() - interval '1 hour' and coalesce(kept_until, now()) <= now()
                  and not exists (select 1 from media.attachments a where a.blob = hash or a.small = hash) limit %s)
           returning hash""",
        limit,
    )
    for hash_ in unused:
        try:
            await obstore.delete_async(store(settings()), path(hash_))
        except FileNotFoundError:
            continue
    return len(unused)
