"""Which two meet: those that met least often so far, so that all are sampled alike. The dice are the house's own: nobody outside can throw them
again and know who stands where."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import random
from collections import Counter
from collections.abc import Mapping, Sequence

from bowerbird.core.database import Database
from bowerbird.core.secrets import secret
from bowerbird.core.settings import Settings
from bowerbird.learning.arena.contestants import Contestant, Kind

Pair = tuple[int, int]


async def met(db: Database, kind: Kind) -> Counter[Pair]:
    """How often each two met, by their ids, the smaller first; what failed does not count."""
    rows = await db.rows(
        """select least(a.contestant_id, b.contestant_id), greatest(a.contestant_id, b.contestant_id), count(*)
           from learning.sides a join learning.sides b on b.bout_id = a.bout_id and b.side = 'b'
           join learning.bouts o on o.id = a.bout_id where a.side = 'a' and o.kind = %s and o.state <> 'failed' group by 1, 2""",
        kind,
    )
    return Counter({(one, other): times for one, other, times in rows})


def dice(where: Settings, bout_id: int) -> random.Random:
    """Those of one bout: always the same, to this house alone."""
    seed = hmac.new(secret(where, "arena").encode(), str(bout_id).encode(), hashlib.sha256)
    return random.Random(seed.digest())


def drawn(present: Sequence[Contestant], met: Mapping[Pair, int], dice: random.Random) -> tuple[Contestant, Contestant]:
    """(A, B): of the two that met least often, ties and sides by the dice. `present` holds two at least."""
    pairs = list(itertools.combinations(sorted(present, key=lambda one: one.id), 2))
    times = [met.get((one.id, other.id), 0) for one, other in pairs]
    one, other = dice.choice([pair for pair, often in zip(pairs, times, strict=True) if often == min(times)])
    return (one, other) if dice.random() < 0.5 else (other, one)
