"""A version of the language model's adapter on trial: a few people first, then more, then everyone; by itself, and back by itself.

Whoever tries it has every other answer of it (`inference/adapters.py`), so each person compares the two. One vote a person, of those alone who let
their ratings teach, and an interval that may be looked at every minute (`feed/votes.py`). It has passed the gate before: a trial looks for
harm, and harm ends it at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from bowerbird.core.database import Database, json
from bowerbird.core.errors import Conflict
from bowerbird.core.ids import before
from bowerbird.core.settings import settings
from bowerbird.events.log import Recorded
from bowerbird.feed import votes
from bowerbird.inference import adapters
from bowerbird.learning import releases
from bowerbird.learning.datasets import gate
from bowerbird.learning.releases import ADAPTER, SHARES, Release

ANSWERS_MAX = 20_000  # the newest, of those whose failures are counted
ANSWERS_MIN = 20  # of the version, before its failures say anything
FAILURES_MORE = 0.1  # of a hundred answers, ten more that came to nothing
PEOPLE_ENOUGH = 20  # have voted: no need to wait any longer


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """How a trial stands. `mean` and its interval: between -1 (everyone likes the old one better) and 1; `answers` and `failed`: of the version,
    and of what it is tried against, by the same people."""

    people: int
    mean: float
    low: float
    high: float
    answers: tuple[int, int]
    failed: tuple[int, int]

    @property
    def harm(self) -> str:
        """Why it is taken back; "" as long as there is no reason."""
        if self.people and self.high < 0:
            return f"{self.people} people who had answers of both liked the other one better."
        new, old = (failed / max(1, count) for failed, count in zip(self.failed, self.answers, strict=True))
        if self.answers[0] >= ANSWERS_MIN and new > old + FAILURES_MORE:
            return f"{self.failed[0]} of its {self.answers[0]} answers came to nothing."
        return ""


async def watch(db: Database) -> None:
    """Look at the trial that runs, and take the next step where it is time. A chore of the worker; done twice it does no harm."""
    await releases.hold(db, ADAPTER)
    one = await releases.on_trial(db, ADAPTER)
    if one is None or one.since is None:
        return
    heard = await hear(db, one)
    await db.execute("update learning.releases set tried = %s where id = %s", json(msgspec.to_builtins(heard)), one.id)
    if heard.harm:
        await releases.end_trial(db, ADAPTER, f"Taken back from {one.share} % of the people. {heard.harm}")
        return
    waited = datetime.now(UTC) - one.since
    due = SHARES.index(one.share) + 1 if one.share in SHARES else len(SHARES)
    if waited < timedelta(hours=settings().learn_trial_hours) * due and heard.people < PEOPLE_ENOUGH * due:
        return
    if due < len(SHARES):
        await releases.try_with(db, one.number, SHARES[due])
    else:
        try:
            await releases.promote(db, ADAPTER, one.number)
        except Conflict as owing:
            await releases.end_trial(db, ADAPTER, f"Taken back from {one.share} % of the people. {owing.said}")


async def hear(db: Database, one: Release) -> Heard:
    """What people who try a version said of its answers and of the others since its trial began."""
    assert one.since is not None
    said = [event async for event in gate.learnable(db, "train_assistant_feedback", after=before(one.since))]
    by = await _by(db, [answer for event in said for answer in _answers(event)], one)
    poll = votes.poll([votes.vote(old, new) for old, new in tally(said, by).values()])
    (new, new_failed), (old, old_failed) = await _counted(db, one)
    return Heard(
        people=poll.people, mean=poll.mean, low=poll.low, high=poll.high, answers=(new, old), failed=(new_failed, old_failed),
    )  # fmt: skip


async def _counted(db: Database, one: Release) -> tuple[tuple[int, int], tuple[int, int]]:
    """(answers, of which failed) of the version, and of the same model without it, of the people who try it. One that failed before its first
    word says nothing of who was asked: the dice do, which are thrown again."""
    assert one.since is not None
    served = await adapters.served(db)
    rows = await db.rows(
        """select m.id, c.account_id, m.model is not null, m.release = %s, m.state = 'failed' from assistant.messages m
           join assistant.conversations c on c.id = m.conversation_id
           where m.role = 'assistant' and m.id > %s and m.state not in ('queued', 'running') and (m.state = 'failed' or m.model = (
               select t.model from assistant.messages t where t.release = %s order by t.id desc limit 1))
             and exists (select 1 from assistant.messages t join assistant.conversations d on d.id = t.conversation_id
                         where d.account_id = c.account_id and t.release = %s and t.id > %s)
           order by m.id desc limit %s""",
        one.name, before(one.since), one.name, one.name, before(one.since), ANSWERS_MAX,
    )  # fmt: skip
    counts = {True: [0, 0], False: [0, 0]}
    for id_, account_id, spoke, own, failed in rows:
        asked = adapters.chosen(served, account_id, id_)
        side = counts[own if spoke else asked is not None and asked.name == one.name]
        side[0] += 1
        side[1] += failed
    return (counts[True][0], counts[True][1]), (counts[False][0], counts[False][1])


def tally(said: Iterable[Recorded], by: dict[int, bool]) -> dict[int, tuple[float, float]]:
    """What each person found better, (old, new): thumbs up, thumbs down of the other, answers they asked for anew, answers they went on from.

    `by`: of each answer, whether the version on trial gave it. What is said of one answer later counts in place of what was said before."""
    thumbs: dict[tuple[int, int], int] = {}
    better: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for event in said:
        who, data = event.actor_id or 0, event.data
        if event.kind == "AnswerRated" and int(data["answer_id"]) in by:
            thumbs[who, int(data["answer_id"])] = int(data["thumb"])
        elif event.kind == "AnswerAgain" and int(data["answer_id"]) in by:
            better[who][not by[int(data["answer_id"])]] += 1
        elif event.kind == "AnswerPreferred" and int(data["answer_id"]) in by:
            taken = by[int(data["answer_id"])]
            better[who][taken] += any(by.get(int(other)) is (not taken) for other in data["others"])
    for (who, answer), thumb in thumbs.items():
        if thumb:
            better[who][by[answer] if thumb > 0 else not by[answer]] += 1
    return {who: (old, new) for who, (old, new) in better.items()}


def _answers(event: Recorded) -> Sequence[int]:
    return (
        [int(event.data["answer_id"]), *(int(one) for one in event.data.get("others", []))] if "answer_id" in event.data else []
    )


async def _by(db: Database, answers: Sequence[int], one: Release) -> dict[int, bool]:
    """Of answers since its trial began of who tries a version, whether it gave them. Those of others, and of other models, are not among them."""
    assert one.since is not None
    began = before(one.since)
    rows = await db.rows(
        """select m.id, m.release = %s from assistant.messages m join assistant.conversations c on c.id = m.conversation_id
           where m.id = any(%s) and m.model = (select t.model from assistant.messages t where t.release = %s order by t.id desc limit 1)
             and exists (select 1 from assistant.messages t join assistant.conversations d on d.id = t.conversation_id
                         where d.account_id = c.account_id and t.release = %s)""",
        one.name, [id_ for id_ in answers if id_ > began], one.name, one.name,
    )  # fmt: skip
    return dict(rows)
