"""The examination of a reward head, before it may be used."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bowerbird.inference.runner.traits import Embed
from bowerbird.learning import gate
from bowerbird.learning.assistant import head
from bowerbird.learning.assistant.head import Head
from bowerbird.learning.assistant.pair import Pair
from bowerbird.learning.gate import Report


def examine(embed: Embed, candidate: Head, champion: Head | None, pairs: Sequence[Pair], round_: int) -> Report:
    """Candidate against champion (none: a coin) on votes of people neither has learned from."""
    people, error = [one.group for one in pairs], gate.share(round_)
    checks = [gate.enough(len(pairs), len(set(people)))]
    if pairs:
        new = candidate.right(embed, pairs)
        old = champion.right(embed, pairs) if champion else np.full(len(pairs), 0.5)
        against = "the one in use" if champion else "a coin"
        checks += [
            gate.better(
                "preference", f"Foretells which answer people like better, more often than {against}", new, old, people, error
            ),
            gate.no_worse("length", "Not worse than always taking the longer answer", new, head.by_length(pairs), people),
        ]
    return Report(model="assistant", round=round_, error=error, items=len(pairs), people=len(set(people)), checks=checks)
