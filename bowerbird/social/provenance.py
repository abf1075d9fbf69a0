"""Posts by where their pictures come from: what a feed, or the dial between human and AI, may ask for."""

from __future__ import annotations

from collections.abc import Sequence

from bowerbird.core.database import Database
from bowerbird.media.origins import Provenance


def shows(post: str) -> str:
    """An SQL condition with one parameter, a list of Provenance: post `post` (a table or alias) shows a picture of such origin."""
    return f"""exists (select 1 from social.post_media pm join media.attachments pa on pa.id = pm.media_id
                       where pm.post_id = {post}.id and pa.provenance = any(%s))"""


async def among(db: Database, post_ids: Sequence[int], wanted: Sequence[Provenance]) -> list[int]:
    """Of posts that passed a gate, those that show a picture of such origin, in their order."""
    found = set(
        await db.values(f"select p.id from social.posts p where p.id = any(%s) and {shows('p')}", list(post_ids), list(wanted))
    )
    return [id_ for id_ in post_ids if id_ in found]
