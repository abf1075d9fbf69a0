"""The images request and its events as they travel: OpenAI's own fields, and ours under the one key `bower`."""

from __future__ import annotations

from typing import Any

import msgspec

PROMPT_LENGTH_MAX = 1000
SIDE_MIN_PX, SIDE_MAX_PX = 256, 1536


class Wishes(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What the standard has no field for. Endpoints that are not ours are never sent these."""

    negative_prompt: str = ""
    style: str = ""
    variant: int = 0
    edits: dict[str, str] = {}
    scene: dict[str, Any] | None = None  # paint exactly this scene: a recipe run again
    parent: dict[str, Any] | None = None  # the parent's recipe, for a remix
    strength: float = 0.5


class ImageRequest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """POST /v1/images/generations. `size` is "WIDTHxHEIGHT" in px; `partial_images` is how many previews are wanted at most."""

    prompt: str
    model: str = "illustrator"
    n: int = 1
    size: str = "768x768"
    seed: int | None = None
    stream: bool = False
    partial_images: int = 0
    response_format: str | None = None
    bower: Wishes | None = None


class Made(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What we say about a picture beside its bytes."""

    step: int = 0
    steps: int = 0
    stage: str = ""
    recipe: dict[str, Any] = {}
    reading: list[dict[str, Any]] = []
    notes: list[str] = []
    alt: str = ""
    credits: list[str] = []


class ImageEvent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One server-sent event of a streamed generation: partial_image, completed, or error."""

    type: str
    b64_json: str = ""
    partial_image_index: int = -1  # not the first, which must be told
    bower: Made | None = None
    error: dict[str, Any] | None = None


PARTIAL = "image_generation.partial_image"
COMPLETED = "image_generation.completed"
FAILED = "error"


def sides(size: str) -> tuple[int, int] | None:
    """(width, height) in px from "768x1024", or "auto"; None where it is not one or out of bounds."""
    size = "768x768" if size == "auto" else size
    width, _, height = size.partition("x")
    if not (width.isdecimal() and height.isdecimal() and len(size) < 12):
        return None
    found = int(width), int(height)
    return found if all(SIDE_MIN_PX <= side <= SIDE_MAX_PX for side in found) else None
