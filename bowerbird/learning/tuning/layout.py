"""How several examples lie in one row of tokens: the words before all of them once, each prompt once, its answers side by side after it.

Nobody sees a neighbour: a token sees its own stretch up to itself, and the stretches that its own goes on from. The system prompt is
computed once for all examples of a step, and a prompt once for the liked and the disliked answer to it; nothing is padded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of tokens. `before`: the stretches it goes on from; `place`: its first token's position; `mask`: what its tokens see."""

    start: int
    end: int
    before: tuple[tuple[int, int], ...]
    place: int
    mask: Tensor

    @classmethod
    def after(cls, parent: Span | None, start: int, length: int) -> Span:
        """One that goes on from another."""
        before = (*parent.before, (parent.start, parent.end)) if parent else ()
        seen = sum(end - begin for begin, end in before)
        mask = torch.ones(length, seen + length, dtype=torch.bool).tril(seen)
        return cls(start, start + length, before, seen, mask)

    @property
    def seen(self) -> tuple[tuple[int, int], ...]:
        """All that its last token sees, in order."""
        return (*self.before, (self.start, self.end))


@dataclass(frozen=True, slots=True)
class Layout:
    """Of one row. `asking`: the stretches that are computed; keys and values of the first `known` tokens are given. `sources`: where each token
    of an answer is foretold from, with `owners`, the answer it belongs to."""

    asking: list[Span]
    known: int
    positions: Tensor
    sources: Tensor
    owners: Tensor


def row(root: int, examples: Sequence[tuple[int, Sequence[int]]], *, known: bool = False) -> Layout:
    """The layout of (tokens of the prompt, tokens of each of its answers) after `root` tokens, which are `known` or computed along."""
    first = Span.after(None, 0, root)
    spans, at = [first], root
    sources, owners = list[int](), list[int]()
    answer = 0
    for prompt, answers in examples:
        asked = Span.after(first, at, prompt)
        spans.append(asked)
        at = asked.end
        for length in answers:
            told = Span.after(asked, at, length)
            spans.append(told)
            at = told.end
            sources += [asked.end - 1, *range(told.start, told.end - 1)]
            owners += [answer] * length
            answer += 1
    asking = spans[1:] if known else spans
    skipped = root if known else 0
    positions = torch.cat([torch.arange(one.place, one.place + one.end - one.start) for one in asking])
    return Layout(
        asking, skipped, positions, torch.tensor(sources, dtype=torch.long) - skipped, torch.tensor(owners, dtype=torch.long)
    )
