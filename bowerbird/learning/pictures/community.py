"""Pictures that people showed and others liked, in the format the painter learns from.

Every event comes through `log.learnable`, the one gate; nobody gives more than PER_PERSON_MAX."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import AsyncIterator

import numpy as np
from PIL import Image, UnidentifiedImageError

from bowerbird.core.database import Database
from bowerbird.core.errors import NotFound
from bowerbird.events import consent, log
from bowerbird.inference.runner import pixels
from bowerbird.learning.pictures.material import LARGE_PX, Item
from bowerbird.media import attachments, blobs

PER_PERSON_MAX = 200
EVENTS_MAX = 50_000
NEWEST = 2**63 - 1
LIKES_MIN = 1
SOURCE = "people of this house, with their consent"


async def events(db: Database, purpose: consent.Purpose, kind: str) -> AsyncIterator[log.Recorded]:
    """Learnable events of one kind, newest first, bounded in all and for each person."""
    given: Counter[int] = Counter()
    before = NEWEST
    for _ in range(0, EVENTS_MAX, log.PAGE_MAX):
        page = await log.learnable(db, purpose, before=before, limit=log.PAGE_MAX)
        for event in page:
            if event.kind != kind or event.actor_id is None or given[event.actor_id] >= PER_PERSON_MAX:
                continue
            given[event.actor_id] += 1
            yield event
        if len(page) < log.PAGE_MAX:
            return
        before = page[-1].id


async def liked(db: Database, *, likes_min: int = LIKES_MIN) -> AsyncIterator[Item]:
    """Pictures made here by who showed them and agreed (`train_pictures`), where at least `likes_min` others liked the post.

    Only what came from words: a remix, an enlargement or an edit holds another's pixels, whose maker was not asked.
    """
    async for event in events(db, "train_pictures", "PostPublished"):
        rows = await db.rows(
            """select p.media_id, p.prompt from social.posts s join social.post_media m on m.post_id = s.id
               join studio.pictures p on p.media_id = m.media_id
               join media.attachments a on a.id = m.media_id and a.provenance = 'generated'
               where s.id = %s and s.deleted_at is null and p.creator_id = %s and p.deleted_at is null
                 and p.parent_id is null and not p.recipe ? 'parent_id'
                 and (select count(*) from social.likes k where k.post_id = s.id and k.account_id <> s.author_id) >= %s
               order by m.position""",
            event.item_id, event.actor_id, likes_min,
        )  # fmt: skip
        for media_id, prompt in rows:
            picture = await _picture(db, media_id)
            if picture is not None and prompt.strip():
                yield Item(
                    np.asarray(pixels.middle_square(picture, LARGE_PX, Image.Resampling.LANCZOS)), [prompt.strip()], None, SOURCE
                )


async def _picture(db: Database, media_id: int) -> Image.Image | None:
    """The small rendition is enough: what learns here sees 64 to 256 px."""
    kept = await attachments.of(db, [media_id])
    try:
        with Image.open(io.BytesIO(await blobs.get(kept[0].small))) as opened:
            return opened.convert("RGB")
    except (IndexError, NotFound, UnidentifiedImageError):
        return None
