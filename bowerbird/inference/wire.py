"""The images request and its events as they travel: OpenAI's own fields, and ours under the one key `bower`."""

from __future__ import annotations

from typing import Any

import msgspec

PROMPT_LENGTH_MAX = 1000
SIDE_MIN_PX, SIDE_MAX_PX = 256, 1536
IMAGE_LENGTH_MAX = 8_000_000  # characters of base64, of the parent and of the mask alike


class Wishes(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What the standard has no field for. Endpoints that are not ours are never sent these."""

    negative_prompt: str = ""
    style: str = ""
    variant: int = 0
    edits: dict[str, str] = {}
    scene: dict[str, Any] | None = None  # paint exactly this scene: a recipe run again
    parent: dict[str, Any] | None = None  # the parent's recipe, for a remix
    strength: float = 0.5  # 0 keeps the parent, 1 follows the words
    image: str = ""  # base64 WebP: the parent's pixels, for engines that start from a picture
    factor: int = 0  # for the upscaler: how many times larger
    mask: str = ""  # base64 PNG or WebP, grey, white where it is to be painted anew


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


class Can(msgspec.Struct, kw_only=True, frozen=True):
    """What an engine can beyond drawing from words. `native_px`: the side of the square it draws best; 0: any size."""

    image_to_image: bool = False
    inpaint: bool = False
    lora: bool = False
    negative_prompt: bool = False
    media: bool = False  # paints in the media of the house
    reading: bool = False  # says how it read the words, to be corrected
    seed: bool = True
    few_step: bool = False
    batch: int = 1  # pictures in one call
    native_px: int = 0


class PictureModel(msgspec.Struct, kw_only=True):
    """One picture model as `/v1/models` names it."""

    id: str
    name: str
    about: str
    can: Can
    model_hash: str
    licence: str = ""
    kind: str = "picture"
    object: str = "model"
    created: int = 0
    owned_by: str = "bowerbird"


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
    reward: float | None = None  # how gladly people here would pick it, a logit; None while nothing was learned


class ImageEvent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One server-sent event of a streamed generation: partial_image, completed, or error."""

    type: str
    b64_json: str = ""
    partial_image_index: int = -1  # not the first, which must be told
    bower: Made | None = None
    error: dict[str, Any] | None = None


PARTIAL = "image_generation.partial_image"
COMPLETED = "image_generation.completed"
EDIT_PARTIAL, EDIT_COMPLETED = "image_edit.partial_image", "image_edit.completed"  # the same of a changed picture
FAILED = "error"


def sides(size: str) -> tuple[int, int] | None:
    """(width, height) in px from "768x1024", or "auto"; None where it is not one or out of bounds."""
    size = "768x768" if size == "auto" else size
    width, _, height = size.partition("x")
    if not (width.isdecimal() and height.isdecimal() and len(size) < 12):
        return None
    found = int(width), int(height)
    return found if all(SIDE_MIN_PX <= side <= SIDE_MAX_PX for side in found) else None
