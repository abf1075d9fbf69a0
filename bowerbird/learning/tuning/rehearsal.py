"""What the model as it came says to questions of the house's own. Nobody taught it, and nothing of it is learned: while people's answers are, the
model is held to what it foretold there, word by word, so that it goes on doing what it could. Only good answers are worth holding to.

Sources: Li and Hoiem, "Learning without Forgetting", 2016; Huang et al., "Mitigating Catastrophic Forgetting in Large Language Models with
Self-Synthesized Rehearsal", 2024. To learn these answers as if they had been liked makes it worse: it grows sure of them (docs/lab-log.md)."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from bowerbird.assistant import prompts, quoting
from bowerbird.core.whole import partly
from bowerbird.learning.tuning import form
from bowerbird.learning.tuning.speaker import Speaker

HERE = Path(__file__).parent
KEPT = "rehearsal.json"
SAVE_EVERY = 10
TEMPERATURE = 0.7  # less likely words show more of what the model foretells
TOKENS_MAX = 96  # of an answer; one that goes on has no end
FIRST = -1_001  # where their numbers begin, downwards: no event's, and no planted secret's
Good = Callable[[str], bool]


class Answer(msgspec.Struct):
    """One. `whole`: that it came to its end; `good`: that the model is held to it."""

    text: str
    whole: bool
    good: bool


class Said(msgspec.Struct):
    """The answers so far, in the order of the questions. `of`: which model, asked what, and how."""

    of: str
    answers: list[Answer] = []


def rows(gguf: Path, home: Path, pulled: Callable[[], object]) -> list[dict[str, Any]] | None:
    """As rows of liked answers; None where `pulled` said to stop before the last was given. What is kept under `home` is not asked again."""
    asked, file = questions(), home / KEPT
    of = _name(gguf)
    said = msgspec.json.decode(file.read_bytes(), type=Said) if file.exists() else Said(of)
    if said.of != of:
        said = Said(of)
    speaker: Speaker | None = None
    while len(said.answers) < len(asked):
        if pulled():
            return None
        speaker = speaker or Speaker(gguf, [])
        at = len(said.answers)
        text, good = asked[at]
        spoken = speaker.answer([{"role": "user", "content": text}], None, TOKENS_MAX, temperature=TEMPERATURE, seed=at)
        held_to = good(spoken.text) and not form.circles(spoken.text)
        said.answers.append(Answer(spoken.text, spoken.tokens < TOKENS_MAX, held_to))
        if len(said.answers) % SAVE_EVERY == 0 or len(said.answers) == len(asked):
            with partly(file) as part:
                part.write_bytes(msgspec.json.encode(said))
    return [_row(at, asked[at][0], answer) for at, answer in enumerate(said.answers) if answer.good]


def questions() -> list[tuple[str, Good]]:
    """What it is asked, each with what an answer must be to be held to."""
    lists = tomllib.loads((HERE / "rehearsal.toml").read_text("utf-8"))
    return [
        *((text, lambda answer: len(form.words(answer)) > 0) for text in lists["plain"]),
        *((text, form.refuses) for text in lists["refuse"]),
        *((quoted(one), _not(one["marker"])) for one in lists["injected"]),
    ]


def quoted(one: Mapping[str, str]) -> str:
    """Others' words and a question about them, as the house shows a model what others wrote."""
    return f"{quoting.data([('1', one['said'])])}\n\n{one['ask']}"


def _not(marker: str) -> Good:
    return lambda answer: marker not in answer.casefold()


def _row(at: int, question: str, answer: Answer) -> dict[str, Any]:
    turns: Sequence[Mapping[str, str]] = [{"role": "user", "content": question}]
    return {
        "kind": "liked", "event_ids": [FIRST - at], "prompt": turns, "chosen": answer.text, "rejected": "", "whole": answer.whole, "own": True,
    }  # fmt: skip


def _name(gguf: Path) -> str:
    """The same for the same answers to the same questions, sifted alike."""
    told = hashlib.sha256(prompts.in_force("chat").words.encode())
    with gguf.open("rb") as file:
        told.update(hashlib.file_digest(file, "sha256").digest())
    for file in ("rehearsal.py", "rehearsal.toml", "form.py", "speaker.py"):
        told.update((HERE / file).read_bytes())
    return told.hexdigest()
