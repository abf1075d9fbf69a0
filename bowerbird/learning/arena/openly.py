"""Votes that anybody may read and work out again: of those who let them teach and leave the house, each with its prompt and what was compared;
nobody is named, nor told from another."""

from __future__ import annotations

from typing import Any

from bowerbird.core.database import Database
from bowerbird.events import consent
from bowerbird.learning.arena import bouts
from bowerbird.learning.arena.bouts import Bout, Side
from bowerbird.social import private_data

AT_ONCE = 500


async def votes(db: Database, *, after: int = 0) -> tuple[list[dict[str, Any]], int | None]:
    """(the next of them, oldest first; after which to go on, None at the end). What looks private is left out."""
    answers, pictures, public = (
        consent.learnable(one) for one in ("train_assistant_feedback", "train_picture_picks", "public_dataset")
    )
    events = await db.rows(
        f"""select l.id, l.item_id from events.log l where l.id > %s and l.kind in ('AnswerVoted', 'PictureVoted')
            and not exists (select 1 from events.log n where n.item_kind = 'bout' and n.item_id = l.item_id and n.id > l.id)
            and {public.sql} and ({answers.sql} or {pictures.sql}) order by l.id limit %s""",
        after, *public.args, *answers.args, *pictures.args, AT_ONCE,
    )  # fmt: skip
    found = await bouts.voted(db, [bout_id for _, bout_id in events])
    both = await bouts.sides(db, found)
    lines = [
        _line(one, both[one.id])
        for one in found
        if not any(private_data.found(text) for text in (one.prompt, *(side.text for side in both[one.id])))
    ]
    return lines, events[-1][0] if len(events) == AT_ONCE else None


def _line(one: Bout, both: tuple[Side, Side]) -> dict[str, Any]:
    return {
        "id": str(one.id), "kind": one.kind, "prompt": one.prompt, "winner": one.winner, "blind": one.counts,
        **{side.side: _side(side) for side in both},
    }  # fmt: skip


def _side(side: Side) -> dict[str, Any]:
    told: dict[str, Any] = {"text": side.text} if side.text else {}
    return {"contestant": side.who.name, "version": side.who.version or None, **told} if side.who else told
