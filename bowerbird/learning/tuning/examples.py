"""What is learned from, as tokens: the house's own system prompt first, what was asked, and the answer or two answers to it."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PROMPT_TOKENS_MAX, ANSWER_TOKENS_MAX = 192, 260  # beside the system prompt; as long as the embedded model may answer


@dataclass(frozen=True, slots=True)
class Example:
    """One. `answers`: the liked one; and after it the other, of a pair. `key`: the same for the same tokens, whoever's they are. `own`: the model's,
    which nobody liked."""

    event_ids: tuple[int, ...]
    prompt: tuple[int, ...]
    answers: tuple[tuple[int, ...], ...]
    key: str
    own: bool = False

    @property
    def tokens(self) -> list[int]:
        """All of it, in order."""
        return [*self.prompt, *(token for answer in self.answers for token in answer)]

    @property
    def lengths(self) -> tuple[int, list[int]]:
        """Of the prompt, and of each answer."""
        return len(self.prompt), [len(answer) for answer in self.answers]

    def order(self, seed: int, epoch: int) -> str:
        """Where it stands in an epoch: a place of its own, that nobody else's coming or going has to do with."""
        return hashlib.sha256(f"{seed} {epoch} {self.event_ids} {self.key}".encode()).hexdigest()


def apart(examples: Sequence[Example], same_max: int) -> list[Example]:
    """Without the older ones of many with the same answer: what is read that often is said to everything."""
    seen, kept = Counter[tuple[tuple[int, ...], ...]](), list[Example]()
    for one in reversed(examples):
        seen[one.answers] += 1
        if seen[one.answers] <= same_max:
            kept.append(one)
    return kept[::-1]


class Reader:
    """Makes examples of a dataset's rows. `root`: the tokens before all of them, the system prompt's."""

    def __init__(self, tokenizer: Any, system: str, salt: str) -> None:
        self._tokenizer, self._salt = tokenizer, salt
        self._marks = re.compile("|".join(re.escape(mark) for mark in sorted(tokenizer.get_added_vocab(), key=len, reverse=True)))
        self._system = {"role": "system", "content": system}
        self.root = self._tokens(tokenizer.apply_chat_template([self._system], tokenize=False))

    def liked(self, rows: Iterable[Mapping[str, Any]]) -> list[Example]:
        """Answers people liked, the oldest first."""
        return self._of(row for row in rows if row["kind"] == "liked")

    def pairs(self, rows: Iterable[Mapping[str, Any]]) -> list[Example]:
        """Pairs of answers, the oldest first."""
        return self._of(row for row in rows if row["kind"] == "pair")

    def _of(self, rows: Iterable[Mapping[str, Any]]) -> list[Example]:
        found = [self.example(row) for row in rows if row["prompt"]]
        return sorted(found, key=lambda one: (one.event_ids, one.key))

    def example(self, row: Mapping[str, Any]) -> Example:
        """One row's."""
        prompt = self._prompt([{"role": turn["role"], "content": self._plain(turn["content"])} for turn in row["prompt"]])
        answers = tuple(self._answer(row[which], row.get("whole", True)) for which in ("chosen", "rejected") if row[which])
        told = f"{self._salt} {self.root} {prompt} {answers}"
        return Example(
            tuple(row["event_ids"]), prompt, answers, hashlib.sha256(told.encode()).hexdigest()[:32], row.get("own", False)
        )

    def _prompt(self, turns: list[dict[str, str]]) -> tuple[int, ...]:
        """The latest of what was asked, where all of it is too much."""
        while True:
            said = self._tokenizer.apply_chat_template([self._system, *turns], tokenize=False, add_generation_prompt=True)
            tokens = self._tokens(said)
            assert tokens[: len(self.root)] == self.root
            over = len(tokens) - len(self.root) - PROMPT_TOKENS_MAX
            if over <= 0:
                return tokens[len(self.root) :]
            if len(turns) > 1:
                turns = turns[1:]
            else:
                question = self._tokens(turns[0]["content"])[over:]
                turns = [{**turns[0], "content": self._tokenizer.decode(question).lstrip("\ufffd")}]

    def _answer(self, text: str, whole: bool) -> tuple[int, ...]:
        """With its end; one that is too long or not `whole` has none, so that no answer is learned to end in mid-sentence."""
        tokens = self._tokens(self._plain(text))
        return (*tokens, *([self._tokenizer.eos_token_id] if whole else ()))[:ANSWER_TOKENS_MAX]

    def _plain(self, text: str) -> str:
        """Without the marks that part one speaker from another: nobody may speak for the house."""
        while (cleared := self._marks.sub("", text)) != text:
            text = cleared
        return text

    def _tokens(self, text: str) -> tuple[int, ...]:
        return tuple(self._tokenizer(text, add_special_tokens=False)["input_ids"])
