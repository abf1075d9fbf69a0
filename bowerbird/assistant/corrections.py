"""People correct the assistant: "wrong" or "missing context", with a note. A note stands under the answer when enough people of differing
habits agree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Literal

from bowerbird.accounts.people import Person
from bowerbird.assistant.asked import COLUMNS, Asked
from bowerbird.core import limits, live
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, NotAllowed, NotFound, TooLarge
from bowerbird.core.ids import new_id
from bowerbird.events import kinds, log
from bowerbird.social import posts

Kind = Literal["wrong", "missing_context"]
KINDS: tuple[Kind, ...] = ("wrong", "missing_context")
NOTE_LENGTH_MAX = 500
DAY_MAX = 30
AGREE_MIN = 3
SHARE_MIN = 2 / 3
ALIKE_MAX = 0.3  # Jaccard index of whose posts two people like: below it their habits differ
HABITS_MIN = 5  # authors somebody must have liked before their habits say anything
AUTHORS_MAX = 500


@dataclass(frozen=True, slots=True)
class Correction:
    """One of them. `shown_at`: since when it stands under the answer."""

    id: int
    asked_id: int
    account_id: int
    kind: Kind
    note: str
    shown_at: datetime | None
    agree: int
    disagree: int
    mine: bool | None  # whether the viewer agrees


async def correct(db: Database, me: Person, answer_id: int, kind: str, note: str) -> Correction:
    """Say what is wrong with an answer, or say it anew. Raises NotFound, Invalid, TooLarge or TooMany."""
    asked = await _answer(db, me, answer_id)
    if kind not in KINDS:
        raise Invalid(f"A correction is one of {', '.join(KINDS)}.")
    if len(note) > NOTE_LENGTH_MAX:
        raise TooLarge(f"A note has up to {NOTE_LENGTH_MAX} characters.")
    if kind == "missing_context" and not note.strip():
        raise Invalid("Say what is missing.")
    await limits.spend(db, f"correct:{me.id}", times_max=DAY_MAX, window_s=86_400)
    id_ = await db.value(
        """insert into assistant.corrections (id, asked_id, account_id, kind, note) values (%s, %s, %s, %s, %s)
           on conflict (asked_id, account_id) do update set kind = excluded.kind, note = excluded.note, shown_at = null returning id""",
        new_id(), asked.id, me.id, kind, note.replace("\x00", "").strip(),
    )  # fmt: skip
    await db.execute("delete from assistant.agreements where correction_id = %s", id_)  # what was agreed with were other words
    await _agree(db, id_, me, agrees=True)
    await log.record(
        db, kinds.AnswerCorrected(actor_id=me.id, item_id=answer_id, asked_id=asked.id, correction=kind, visibility="public")
    )
    return (await of(db, me, answer_id, only=id_))[0]


async def agree(db: Database, me: Person, id_: int, *, agrees: bool) -> Correction:
    """Say whether one agrees with somebody's correction. Raises NotFound, NotAllowed for one's own."""
    row = await db.rows(
        "select a.answer_id, c.account_id from assistant.corrections c join assistant.asked a on a.id = c.asked_id where c.id = %s",
        id_,
    )
    if not row or row[0][0] is None:
        raise NotFound
    answer_id, author_id = row[0]
    await _answer(db, me, answer_id)
    if author_id == me.id:
        raise NotAllowed("It is your own.")
    if not await of(db, me, answer_id, only=id_):
        raise NotFound
    await _agree(db, id_, me, agrees=agrees)
    if await _carries(db, id_):
        await db.execute("update assistant.corrections set shown_at = coalesce(shown_at, now()) where id = %s", id_)
    else:
        await db.execute("update assistant.corrections set shown_at = null where id = %s", id_)
    await live.tell(db, [f"card:{answer_id}"], "edit", answer_id)
    return (await of(db, me, answer_id, only=id_))[0]


async def withdraw(db: Database, me: Person, id_: int) -> None:
    """Take one's own back; moderators take anybody's away. Raises NotFound, NotAllowed for another's that one may see."""
    row = await db.rows(
        "select a.answer_id, c.account_id from assistant.corrections c join assistant.asked a on a.id = c.asked_id where c.id = %s",
        id_,
    )
    if not row:
        raise NotFound
    answer_id, author_id = row[0]
    if author_id != me.id and me.role not in ("moderator", "admin"):
        if answer_id is None:
            raise NotFound
        await _answer(db, me, answer_id)
        raise NotAllowed("Only who said it and moderators can take it away.")
    await db.execute("delete from assistant.corrections where id = %s", id_)
    if answer_id is not None:
        await live.tell(db, [f"card:{answer_id}"], "edit", answer_id)


async def of(db: Database, viewer: Person | None, answer_id: int, *, only: int | None = None) -> list[Correction]:
    """Those of an answer: the ones that stand under it first; the others only for people. Nobody's who left, nor of whom one blocks or is
    blocked by. For an answer that passed the gate already."""
    viewer_id = viewer.id if viewer else None
    return await db.many(
        Correction,
        """select c.id, c.asked_id, c.account_id, c.kind, c.note, c.shown_at,
                  (select count(*) from assistant.agreements g where g.correction_id = c.id and g.agrees) as agree,
                  (select count(*) from assistant.agreements g where g.correction_id = c.id and not g.agrees) as disagree,
                  (select g.agrees from assistant.agreements g where g.correction_id = c.id and g.account_id = %s) as mine
           from assistant.corrections c join assistant.asked a on a.id = c.asked_id join accounts.people p on p.id = c.account_id
           where a.answer_id = %s and (%s::bigint is null or c.id = %s) and p.deleted_at is null
             and (c.shown_at is not null or %s::bigint is not null)
             and not exists (select 1 from social.blocks b where b.account_id = %s and b.blocked_id = c.account_id)
             and not exists (select 1 from social.blocks b where b.account_id = c.account_id and b.blocked_id = %s)
           order by c.shown_at is null, c.id limit 50""",
        viewer_id, answer_id, only, only, viewer_id, viewer_id, viewer_id,
    )  # fmt: skip


async def _answer(db: Database, me: Person, answer_id: int) -> Asked:
    """The question that a post answers which one may see. Raises NotFound for any other post."""
    post = await posts.see(db, me.id, answer_id)
    return await db.one(Asked, f"select {COLUMNS} from assistant.asked where answer_id = %s", post.id)


async def _agree(db: Database, id_: int, me: Person, *, agrees: bool) -> None:
    await db.execute(
        """insert into assistant.agreements (correction_id, account_id, agrees) values (%s, %s, %s)
           on conflict (correction_id, account_id) do update set agrees = excluded.agrees""",
        id_, me.id, agrees,
    )  # fmt: skip


async def _carries(db: Database, id_: int) -> bool:
    """Whether enough people agree, and two of them have habits that differ: a crowd that likes the same is one voice."""
    votes = await db.rows("select account_id, agrees from assistant.agreements where correction_id = %s limit 1000", id_)
    for_ = [account_id for account_id, agrees in votes if agrees]
    if len(for_) < AGREE_MIN or len(for_) / len(votes) < SHARE_MIN:
        return False
    habits: dict[int, set[int]] = {}
    for account_id, author_id in await db.rows(
        f"""select v.account_id, l.author_id from unnest(%s::bigint[]) v(account_id) cross join lateral (
                select distinct p.author_id from social.likes k join social.posts p on p.id = k.post_id
                where k.account_id = v.account_id limit {AUTHORS_MAX}) l""",
        for_[:60],
    ):
        habits.setdefault(account_id, set()).add(author_id)
    known = [authors for authors in habits.values() if len(authors) >= HABITS_MIN]
    return any(len(one & other) / len(one | other) < ALIKE_MAX for one, other in combinations(known, 2))
