"""How likely the language model finds answers, by itself and with adapters: what the lower half makes of them is computed once for all."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bowerbird.assistant import prompts
from bowerbird.learning.tuning import adapter, base, layout
from bowerbird.learning.tuning.examples import Example, Reader
from bowerbird.learning.tuning.llama import NOTHING, Llama, Past
from bowerbird.learning.tuning.lora import Lora

Floats = NDArray[np.float64]
PACK_TOKENS_MAX = 1_024


@dataclass(frozen=True, slots=True)
class Likelihoods:
    """[adapters, answers]: natural logarithms, summed over an answer's tokens; and how many those are."""

    sums: Floats
    tokens: Floats

    @property
    def each(self) -> Floats:
        """[adapters, answers]: the mean of a token."""
        return self.sums / self.tokens


class Foresight:
    """The model, and what it made of the words before all others."""

    def __init__(self, gguf: Path, home: Path) -> None:
        torch.set_num_threads(1)
        ready = base.ready(gguf, home / "base")
        self._llama, self._bfloat16 = Llama.load(ready.folder), ready.precision() == "bfloat16"
        self.reader = Reader(ready.tokenizer(), prompts.in_force("chat").words, ready.sha256)
        middle, layers = self._llama.shape.layers // 2, self._llama.shape.layers
        self._lower, self._upper = range(middle), range(middle, layers)
        self._alone = layout.row(len(self.reader.root), [])
        with _careful(self._bfloat16):
            self._root, self._past = self._llama.through(self._llama.embed(list(self.reader.root)), self._lower, self._alone)

    def adapter(self, file: Path | None) -> Lora:
        """One from its file; none adds nothing."""
        return adapter.read(file, self._llama.shape) if file else NOTHING

    def examples(self, rows: Iterable[Mapping[str, Any]]) -> list[Example]:
        """Of a dataset's rows, in their order, each with the answers it has."""
        return [self.reader.example(row) for row in rows]

    def choice(self, rows: Sequence[Mapping[str, Any]]) -> Example:
        """Rows that ask the same, as one example with all their answers."""
        first, *others = self.examples(rows)
        return replace(first, answers=(*first.answers, *(one.answers[0] for one in others)))

    def of(self, examples: Sequence[Example], adapters: Sequence[Lora]) -> Likelihoods:
        """Of every answer of every example, one after the other."""
        with _careful(self._bfloat16):
            upper = [self._llama.through(self._root, self._upper, self._alone, one)[1] for one in adapters]
            parts = [self._pack(pack, adapters, upper) for pack in _packs(examples)]
        tokens = [len(answer) for one in examples for answer in one.answers]
        return Likelihoods(np.concatenate(parts, axis=1), np.array(tokens, np.float64))

    def _pack(self, pack: Sequence[Example], adapters: Sequence[Lora], upper: Sequence[list[Past]]) -> Floats:
        row = layout.row(len(self.reader.root), [one.lengths for one in pack], known=True)
        tokens = [token for one in pack for token in one.tokens]
        targets = torch.tensor([token for one in pack for answer in one.answers for token in answer])
        half, _ = self._llama.through(self._llama.embed(tokens), self._lower, row, past=self._past)
        answers = int(row.owners.max()) + 1
        found = list[Floats]()
        for one, past in zip(adapters, upper, strict=True):
            h, _ = self._llama.through(half, self._upper, row, one, past)
            surprise = self._llama.surprise(h[row.sources], targets)
            found.append(-torch.zeros(answers).index_add(0, row.owners, surprise).double().numpy())
        return np.stack(found)


@contextmanager
def _careful(bfloat16: bool) -> Generator[None]:
    """Nothing is learned here, and it is computed as exactly as it was learned."""
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        yield


def _packs(examples: Sequence[Example]) -> list[list[Example]]:
    packs, size = [list[Example]()], 0
    for one in examples:
        if packs[-1] and size + len(one.tokens) > PACK_TOKENS_MAX:
            packs.append([])
            size = 0
        packs[-1].append(one)
        size += len(one.tokens)
    return packs
