"""What people said of answers: thumbs, which they went on from, which they asked for again, which they voted for; and what of it can be compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bowerbird.events.log import Recorded
from bowerbird.learning.arena.compared import Compared


@dataclass(frozen=True, slots=True)
class Better:
    """Of two answers to one question, which was thought better of; `told`: the events that say so. `both_ways`: others say the opposite."""

    source: str
    better: int
    worse: int
    told: tuple[Recorded, ...]
    both_ways: bool = False


@dataclass(slots=True)
class Signals:
    """By answer: the newest thumb of it; which were preferred to which; which were asked for again; votes in the arena that stand."""

    thumbs: dict[int, Recorded] = field(default_factory=dict[int, Recorded])
    preferred: list[Better] = field(default_factory=list[Better])
    again: list[Better] = field(default_factory=list[Better])
    arena: list[Compared] = field(default_factory=list[Compared])

    def take(self, event: Recorded) -> None:
        """Note one event, in the order of the log."""
        data = event.data
        if event.kind == "AnswerRated":
            self.thumbs[int(data["answer_id"])] = event
        elif event.kind == "AnswerPreferred":
            self.preferred += [Better("preferred", int(data["answer_id"]), int(other), (event,)) for other in data["others"]]
        elif event.kind == "AnswerAgain":
            self.again.append(Better("again", int(data["sibling_id"]), int(data["answer_id"]), (event,)))

    @property
    def answers(self) -> list[int]:
        """Every answer that something was said of."""
        told = (*self.preferred, *self.again, *self.arena)
        return sorted({*self.thumbs, *(one.better for one in told), *(one.worse for one in told)})

    def pairs(self, question_of: Callable[[int], int | None]) -> list[Better]:
        """Each two answers once, by the strongest that was said of them: thumbs, a vote, what was gone on from, what was asked for again.

        `question_of` an answer: None where it no longer stands."""
        voted = [Better("arena", one.better, one.worse, (one.told,)) for one in self.arena]
        ranked = [*self._by_thumbs(question_of), *voted, *self.preferred, *self.again]
        said = dict[frozenset[int], list[Better]]()
        for one in ranked:
            said.setdefault(frozenset((one.better, one.worse)), []).append(one)
        pairs: list[Better] = []
        for told in said.values():
            first = told[0]
            alike = [one for one in told if one.source == first.source]
            pairs.append(
                Better(first.source, first.better, first.worse, first.told, any(one.better != first.better for one in alike))
            )
        return pairs

    def _by_thumbs(self, question_of: Callable[[int], int | None]) -> Iterator[Better]:
        """Answers to one question of which the same person thought better and worse."""
        places = dict[int, list[int]]()
        for answer_id in self.thumbs:
            if question := question_of(answer_id):
                places.setdefault(question, []).append(answer_id)
        for answers in places.values():
            for better in answers:
                for worse in answers:
                    good, bad = self.thumbs[better], self.thumbs[worse]
                    if int(good.data["thumb"]) > int(bad.data["thumb"]) and good.actor_id == bad.actor_id:
                        yield Better("thumbs", better, worse, (good, bad))
