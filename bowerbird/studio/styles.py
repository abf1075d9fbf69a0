"""The media the Illustrator paints in, by the names its door takes and the words people read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Style:
    """One medium."""

    id: str
    name: str

    @property
    def thumb_url(self) -> str:
        """A sample of it, painted at set-up."""
        return f"/static/vendor/styles/{self.id}.webp"


STYLES = (
    Style("watercolour", "Watercolour"),
    Style("gouache", "Gouache"),
    Style("papercut", "Paper cut"),
    Style("ink", "Ink wash"),
    Style("oil", "Oil"),
    Style("risograph", "Risograph"),
    Style("woodcut", "Woodcut"),
    Style("embroidery", "Embroidery"),
    Style("pixel", "Pixel art"),
    Style("chalk", "Chalk"),
    Style("neon", "Neon"),
    Style("clean", "Clean"),
)
SHAPES = {"square": (768, 768), "portrait": (704, 880), "wide": (960, 640)}  # width and height in px
