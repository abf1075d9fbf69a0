"""What the words of wishes mean, as numbers: asked of the model once, kept for the recipe that stands and for no other."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from bowerbird.core.database import Database
from bowerbird.core.errors import Unavailable
from bowerbird.inference import embeddings

TIMEOUT_S = 5.0
log = logging.getLogger(__name__)


async def ask(words: Sequence[str]) -> dict[str, list[float]]:
    """The meaning of each, fewer or none while the model is away."""
    found: dict[str, list[float]] = {}
    try:
        for first in range(0, len(words), embeddings.TEXTS_MAX):
            some = words[first : first + embeddings.TEXTS_MAX]
            found |= zip(some, await embeddings.of(some, timeout_s=TIMEOUT_S), strict=True)
    except Unavailable:
        log.warning("wishes: the model of meanings is away; they go by their tags until they are saved again")
    return found


async def of(db: Database, account_ids: Sequence[int]) -> dict[int, dict[str, list[float]]]:
    """Those kept, by person and words."""
    found: dict[int, dict[str, list[float]]] = {}
    rows = await db.rows(
        "select account_id, words, meaning from feed.wish_meanings where account_id = any(%s)", list(account_ids)
    )
    for account_id, words, meaning in rows:
        found.setdefault(account_id, {})[words] = meaning
    return found


async def keep(db: Database, account_id: int, meanings: Mapping[str, list[float] | None]) -> None:
    """Keep these, and no others of this person's."""
    await db.execute("delete from feed.wish_meanings where account_id = %s and words <> all(%s)", account_id, list(meanings))
    for words, meaning in meanings.items():
        if meaning:
            await db.execute(
                "insert into feed.wish_meanings (account_id, words, meaning) values (%s, %s, %s::real[]) on conflict do nothing",
                account_id, words, meaning,
            )  # fmt: skip
