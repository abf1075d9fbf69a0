"""One network's training as a command of its own: `python -m MODULE MATERIAL OUT --minutes N`, niced."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Protocol

from bowerbird.learning.pictures.material import Dataset


class Train(Protocol):
    """Trains on the material for some minutes and writes the weights to a file."""

    def __call__(self, data: Dataset, out: Path, /, *, minutes: float) -> object:
        """For `minutes`, into the file `out`."""
        ...


def main(about: str | None, file: str, train: Train, *, minutes: float) -> None:
    """Train it from the command line; the weights are called `file` in the folder OUT."""
    asked = argparse.ArgumentParser(description=about)
    asked.add_argument("material", type=Path)
    asked.add_argument("out", type=Path)
    asked.add_argument("--minutes", type=float, default=minutes)
    given = asked.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    os.nice(10)
    train(Dataset.of_folder(given.material), given.out / file, minutes=given.minutes)
