"""What a prompt said outright: its things and what was said of the scene."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Named:
    """A thing that was named. `concept` None: no drawing has that name. `count` None: plural, but nobody said how many."""

    noun: str
    concept: int | None
    count: int | None = 1
    plural: bool = False
    colour: str | None = None
    size: str | None = None
    pose: str | None = None
    place: str | None = None
    of: int | None = None
    perched: bool = False  # on what the world itself offers: a windowsill, a branch, a roof


@dataclass(slots=True)
class Parsed:
    """Everything a prompt said outright."""

    subjects: list[Named] = field(default_factory=list[Named])
    fields: dict[str, str] = field(default_factory=dict[str, str])
    palette: list[str] = field(default_factory=list[str])  # colour or palette words
    refused: set[str] = field(default_factory=set[str])  # nouns that must not be drawn
    refused_fields: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    notes: list[str] = field(default_factory=list[str])
    language: str | None = None
    perch: str | None = None  # branch, sill or roof
    village: bool = False
    implied: list[str] = field(default_factory=list[str])  # things a named place is nothing without


@dataclass(slots=True)
class Phrase:
    """The noun phrase being read."""

    determiner: bool = False
    definite: bool = False
    number: int | None = None
    colours: list[str] = field(default_factory=list[str])
    size: str | None = None
    pose: str | None = None
    words: list[str] = field(default_factory=list[str])

    def open(self) -> bool:
        """Whether it has begun."""
        return self.determiner or self.number is not None or bool(self.colours) or self.size is not None or self.pose is not None
