"""What the assistant may learn from: answers people rated, went on from or asked for again, and their public posts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bowerbird.core.database import Database
from bowerbird.events.log import Recorded
from bowerbird.learning.arena import compared
from bowerbird.learning.datasets import exchanges, gate, said
from bowerbird.learning.datasets.exchanges import Exchange
from bowerbird.learning.datasets.item import Item, Kind, Left, left
from bowerbird.learning.datasets.ledger import PURPOSES
from bowerbird.learning.datasets.signals import Signals

ANSWERS_AT_ONCE = 500


async def gather(db: Database) -> tuple[list[Item], list[Left]]:
    """(what may be learned from, what not although its person once agreed), before the sieve."""
    signals, out, voted = Signals(), list[Left](), list[Recorded]()
    async for event in gate.learnable(db, "train_assistant_feedback"):
        if event.kind == "AnswerCorrected":
            out.append(left(event, "others_words"))
        if event.kind == "AnswerVoted":
            voted.append(event)
        signals.take(event)
    signals.arena, unsure = await compared.standing(db, voted)
    out += unsure
    given = {int(event.data["answer_id"]): event.id async for event in gate.learnable(db, "train_assistant_conversations")}
    public = {event.id async for event in gate.learnable(db, "public_dataset")}
    found = dict[int, Exchange]()
    answers = signals.answers
    for start in range(0, len(answers), ANSWERS_AT_ONCE):
        found |= await exchanges.of(db, answers[start : start + ANSWERS_AT_ONCE])
    for answer_id, event in list(
        signals.thumbs.items()
    ):  # what they say of it today counts, told in a time without consent or not
        if answer_id in found and found[answer_id].thumb != int(event.data["thumb"]):
            out.append(left(signals.thumbs.pop(answer_id), "changed"))
    reader = _Reader(db, found, given, public)
    items = [*await reader.rated(signals, out), *await reader.pairs(signals, out)]
    posts, unsaid = await said.gather(db, public)
    out += unsaid
    for purpose in PURPOSES["assistant"]:
        async for one in gate.held_back(db, purpose):
            out.append(Left(one.id, one.actor_id, one.item_kind, one.item_id, one.reason))
    return [*items, *posts], out


@dataclass(frozen=True, slots=True)
class _Reader:
    """Makes items of signals. An exchange counts only for whose conversation it is; `given`: the event of each answer whose whole
    conversation may be learned from."""

    db: Database
    found: dict[int, Exchange]
    given: dict[int, int]
    public: set[int]

    async def rated(self, signals: Signals, out: list[Left]) -> list[Item]:
        """Answers that were liked or disliked."""
        items: list[Item] = []
        for answer_id, event in sorted(signals.thumbs.items()):
            one, thumb = self.found.get(answer_id), int(event.data["thumb"])
            if thumb == 0:
                continue
            why_not = self._why_not(one, event)
            if why_not or one is None:
                out.append(left(event, why_not))
            else:
                items.append(await self._item("liked" if thumb > 0 else "disliked", "thumbs", one, "", (event,)))
        return items

    async def pairs(self, signals: Signals, out: list[Left]) -> list[Item]:
        """Answers that were thought better of than others."""
        items: list[Item] = []
        for pair in signals.pairs(lambda answer_id: self.found[answer_id].question_id if answer_id in self.found else None):
            one, other = self.found.get(pair.better), self.found.get(pair.worse)
            why_not = self._why_not(one, pair.told[0]) or self._why_not(other, pair.told[0])
            if pair.both_ways:
                why_not = "contradiction"
            elif one and other and one.answer == other.answer:
                why_not = why_not or "no_words"
            if why_not or one is None or other is None:
                out += [left(event, why_not) for event in pair.told]
            else:
                items.append(await self._item("pair", pair.source, one, other.answer, pair.told))
        return items

    @staticmethod
    def _why_not(one: Exchange | None, event: Recorded) -> str:
        if one is None or one.owner_id != event.actor_id:
            return "deleted"
        if one.state not in ("done", "stopped"):
            return "unfinished"
        return "" if one.question.strip() and one.answer.strip() else "no_words"

    async def _item(self, kind: Kind, source: str, one: Exchange, rejected: str, told: Sequence[Recorded]) -> Item:
        """Earlier turns go along only where the whole conversation may be learned from."""
        whole = one.answer_id in self.given
        rests_on = (*(event.id for event in told), *((self.given[one.answer_id],) if whole else ()))
        return Item(
            kind=kind, source=source, person_id=one.owner_id, event_ids=rests_on, item_kind=one.item_kind, item_id=one.item_id,
            prompt=await exchanges.prompt(self.db, one, whole=whole), chosen=one.answer.strip(), rejected=rejected.strip(),
            public=self.public.issuperset(rests_on),
        )  # fmt: skip
