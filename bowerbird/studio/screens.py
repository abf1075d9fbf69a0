"""What is asked before a finished picture is kept. Who decides stands above this room; the worker hands it in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bowerbird.media.pictures import Renditions
from bowerbird.studio.generations import Generation


@dataclass(frozen=True, slots=True)
class Screened:
    """`refused`: a rule's sentence, and the picture is not kept. `label`: the rule that has it shown behind a press."""

    refused: str = ""
    label: str = ""


Screen = Callable[[Generation, Renditions], Awaitable[Screened]]
