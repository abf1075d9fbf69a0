"""What votes in the arena say, for whoever learns from them: of two that somebody saw, which was thought better. Only events that came through the
gate are looked at here, and only those that still stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bowerbird.core.database import Database
from bowerbird.events.log import Recorded
from bowerbird.learning.datasets.item import Left, left

AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Compared:
    """One vote: `better` and `worse` are the ids of the sides; `told`: the event that says so."""

    better: int
    worse: int
    told: Recorded


async def standing(db: Database, events: Sequence[Recorded]) -> tuple[list[Compared], list[Left]]:
    """(what votes of AnswerVoted or PictureVoted say; those that say nothing any more, or never did). The newest of each bout counts, where it
    is what its person says today."""
    newest = {int(event.item_id or 0): event for event in events}
    ids = sorted(newest)
    votes: dict[int, str] = {}
    for start in range(0, len(ids), AT_ONCE):
        votes |= dict(
            await db.rows(
                """select b.id, coalesce(v.winner, '') from learning.bouts b left join learning.votes v on v.bout_id = b.id
                   where b.id = any(%s)""",
                ids[start : start + AT_ONCE],
            )
        )
    found: list[Compared] = []
    out = [left(event, "changed") for event in events if newest[int(event.item_id or 0)] is not event]
    for bout_id, event in newest.items():
        winner = event.data["winner"]
        if bout_id not in votes:
            out.append(left(event, "deleted"))
        elif votes[bout_id] != winner or not winner:
            out.append(left(event, "changed"))
        elif winner not in ("a", "b"):
            out.append(left(event, "no_difference"))
        else:
            one, other = (int(side) for side in event.data["sides"])
            found.append(Compared(one, other, event) if winner == "a" else Compared(other, one, event))
    return found, out


async def pictures_of(db: Database, side_ids: Sequence[int]) -> dict[int, int]:
    """The ids of the pictures that sides show, those that still stand."""
    return dict(
        await db.rows(
            """select s.id, p.id from learning.sides s join studio.candidates t on t.generation_id = s.generation_id
               join studio.pictures p on p.id = t.picture_id where s.id = any(%s) and p.deleted_at is null""",
            list(side_ids),
        )
    )
