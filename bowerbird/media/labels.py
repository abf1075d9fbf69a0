"""Pictures that a rule labels: wherever they are posted, they are shown behind a press."""

from __future__ import annotations

from collections.abc import Sequence

from bowerbird.core.database import Database


async def put(db: Database, media_id: int, rule_id: str) -> None:
    """Label a picture, by the first rule that does."""
    await db.execute(
        "insert into media.labels (media_id, rule_id) values (%s, %s) on conflict (media_id) do nothing", media_id, rule_id
    )


async def any_of(db: Database, media_ids: Sequence[int]) -> bool:
    """Whether one of them is labelled."""
    if not media_ids:
        return False
    return bool(await db.value("select exists (select 1 from media.labels where media_id = any(%s))", list(media_ids)))
