"""Credits up the chain: whose picture this was made from, whose that was, up to the first."""

from __future__ import annotations

from collections.abc import Sequence

from bowerbird.core.database import Database
from bowerbird.gallery import shown
from bowerbird.gallery.shown import Credit
from bowerbird.studio import lineage
from bowerbird.studio.pictures import Picture

NAMED_MAX = 12  # more are counted


async def chain(db: Database, picture: Picture) -> list[Credit]:
    """The line from a picture's parent up to the first, the same for every viewer: what is not shown to everyone is a tombstone."""
    return await shown.credit_lines(db, await lineage.ancestors(db, picture))


def lines(above: Sequence[Credit]) -> list[str]:
    """The same in words, one line each: "Remixed from a picture by @ines"; past NAMED_MAX a count."""
    told = [f"{'Remixed from' if place == 0 else 'which came from'} {_named(one)}" for place, one in enumerate(above[:NAMED_MAX])]
    if len(above) > NAMED_MAX:
        told.append(f"and {len(above) - NAMED_MAX} more before that")
    return told


def sentence(above: Sequence[Credit]) -> str:
    """All of them as one sentence, "" for an original."""
    return ", ".join(lines(above)) + "." if above else ""


def _named(one: Credit) -> str:
    return f"a picture {one.why}" if one.deleted else f"a picture by @{one.username}"
