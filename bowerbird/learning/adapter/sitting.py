"""One sitting of an exam: which adapter is examined, against what, with which questions, and by what means."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bowerbird.inference.runner.traits import Embed
from bowerbird.learning import gate
from bowerbird.learning.adapter.judge import Judge
from bowerbird.learning.assistant.head import Head
from bowerbird.learning.tuning.speaker import Speaker

if TYPE_CHECKING:
    from bowerbird.learning.adapter.likelihood import Foresight

Row = Mapping[str, Any]
HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much an exam asks at most."""

    liked: int = 160
    pairs: int = 80
    prompts: int = 24  # of people; as many answers are written by each side
    own: int = 16  # questions of this house's own beside them
    answer_tokens: int = 110
    short_tokens: int = 44  # of an answer that is only looked at for a word
    canaries: int = 8
    others: int = 63  # sentences that nobody planted, beside each that was
    timed_tokens: int = 64


@dataclass(frozen=True, slots=True)
class Means:
    """What an exam is made with. `toxic`: how surely a text is about what is refused here, 0 to 1; `home`: where the model's base lies."""

    gguf: Path
    home: Path
    embed: Embed
    toxic: Callable[[str], float]
    judge: Judge | None = None


@dataclass
class Sitting:
    """`champion`: the adapter in use; None: the model as it came. `rows`: of people that neither has learned from; `head`: the reward head in
    use."""

    means: Means
    candidate: Path
    champion: Path | None
    dataset: str
    rows: Sequence[Row]
    head: Head | None
    round: int
    bounds: Bounds = field(default_factory=Bounds)

    @property
    def error(self) -> float:
        """What this round may spend of what may err."""
        return gate.share(self.round)

    @property
    def other(self) -> str:
        """What it is compared with, in words."""
        return "the one in use" if self.champion else "the model as it came"

    @cached_property
    def foresight(self) -> Foresight:
        """What says how likely answers are."""
        from bowerbird.learning.adapter.likelihood import Foresight

        return Foresight(self.means.gguf, self.means.home)

    @property
    def sides(self) -> tuple[int, int | None]:
        """The numbers of candidate and champion, for a speaker."""
        return 0, None if self.champion is None else 1

    def speaker(self) -> Speaker:
        """The model with both, having said nothing yet."""
        return Speaker(self.means.gguf, [one for one in (self.candidate, self.champion) if one])

    def of(self, kind: str, most: int) -> list[Row]:
        """Some of the rows of a kind, of all people: which ones has nothing to do with what is in them."""
        found = [row for row in self.rows if row["kind"] == kind and row["prompt"]]
        return sorted(found, key=_order)[:most]


def written(name: str) -> dict[str, Any]:
    """A list of this house's own."""
    return tomllib.loads((HERE / f"{name}.toml").read_text("utf-8"))


def asked(question: str, answer: str = "") -> Row:
    """A question of the house's own as a row."""
    return {
        "kind": "liked",
        "event_ids": [0],
        "prompt": [{"role": "user", "content": question}],
        "chosen": answer,
        "rejected": "",
    }


def _order(row: Row) -> str:
    return hashlib.sha256(str(list(row["event_ids"])).encode()).hexdigest()
