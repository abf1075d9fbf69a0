"""What the lower, frozen half of the model makes of each example, on disk: computed once, for as long as the example may be learned from.

They encode people's words: what is in today's dataset no more is deleted before anything is learned."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from bowerbird.core.whole import partly
from bowerbird.learning.tuning import layout
from bowerbird.learning.tuning.examples import Example
from bowerbird.learning.tuning.llama import Llama, Past

HALF_MAX = 60_000.0  # float16 ends a little above


class Activations:
    """One file an example, called by its key, which says nothing of whose it is."""

    def __init__(self, folder: Path, llama: Llama, lower: int, root: tuple[int, ...]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._llama, self._lower = folder, llama, range(lower)
        with torch.no_grad():
            self.root, self._past = llama.through(llama.embed(list(root)), self._lower, layout.row(len(root), []))

    def keep_only(self, examples: Iterable[Example]) -> int:
        """Delete all others; how many."""
        kept = {one.key for one in examples}
        gone = [file for file in self._folder.iterdir() if file.suffix != ".safetensors" or file.stem not in kept]
        for file in gone:
            file.unlink()
        return len(gone)

    def has(self, example: Example) -> bool:
        """Whether it was computed."""
        return self._file(example).exists()

    @torch.no_grad()
    def compute(self, example: Example) -> None:
        """By itself alone: what others are computed beside would change its last bits."""
        row = layout.row(len(self.root), [example.lengths], known=True)
        past: list[Past] = self._past
        h, _ = self._llama.through(self._llama.embed(example.tokens), self._lower, row, past=past)
        with partly(self._file(example)) as part:
            save_file({"h": h.half() if float(h.abs().max()) < HALF_MAX else h.float()}, part)

    def of(self, example: Example) -> Tensor:
        """(tokens, hidden)."""
        return load_file(self._file(example))["h"].float()

    def _file(self, example: Example) -> Path:
        return self._folder / f"{example.key}.safetensors"
