"""One picture in this process: words or a scene in, layers out, with everything needed to make it again."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bowerbird.core.assets import built_dir
from bowerbird.inference.runner import pixels
from bowerbird.inference.runner.illustrator import drawings, edit, paint, reading, remix, scene
from bowerbird.inference.wire import COMPLETED, PARTIAL, ImageEvent, ImageRequest, Made, Wishes

ENGINE = "Illustrator"


@cache
def model_hash() -> str:
    """SHA-256 over the Illustrator's own source and its drawings: a picture made with the same hash can be made again."""
    digest = hashlib.sha256()
    for path in sorted(Path(paint.__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    digest.update((built_dir() / "drawings.json").read_bytes())
    return digest.hexdigest()


def compose(request: ImageRequest, seed: int) -> scene.Scene:
    """The scene for a request: given outright, a parent's changed by new words, or read from the prompt."""
    wishes = request.bower or Wishes()
    if wishes.scene is not None:
        return scene.decode(wishes.scene)
    parent = wishes.parent or {}
    if parent.get("engine") == ENGINE and parent.get("scene"):
        found = remix.remix(
            scene.decode(parent["scene"]), str(parent.get("prompt", "")), request.prompt, wishes.strength, seed, wishes.variant
        )
    else:
        found = reading.read(request.prompt, seed, wishes.variant, negative_prompt=wishes.negative_prompt)
    style = {"medium": wishes.style} if wishes.style in scene.MEDIA else {}
    edits = {
        field: value if field.endswith((".noun", ".colour")) else value.strip().replace(" ", "_")
        for field, value in wishes.edits.items()
    }
    return edit.with_edits(found, {**style, **edits})


def draw(request: ImageRequest, width: int, height: int, seed: int, stopped: threading.Event) -> Iterator[ImageEvent]:
    """Events as the layers are painted; the last is the finished picture. Ends early when `stopped` is set. CPU-bound."""
    composed = compose(request, seed)
    paint_seed = seed
    last: paint.Layer | None = None
    for layer in paint.paint(composed, width, height, paint_seed):
        if stopped.is_set():
            return
        last = layer
        if layer.step < layer.steps:
            made = Made(step=layer.step, steps=layer.steps, stage=layer.name)
            yield ImageEvent(
                type=PARTIAL,
                b64_json=pixels.preview(Image.fromarray(layer.image)),
                partial_image_index=layer.step - 1,
                bower=made,
            )
    assert last is not None, "a picture has layers"
    wishes = request.bower or Wishes()
    recipe: dict[str, Any] = {
        "engine": ENGINE,
        "model": "illustrator",
        "model_hash": model_hash(),
        "runtime": f"numpy {np.__version__}",
        "prompt": request.prompt,
        "negative_prompt": wishes.negative_prompt,
        "seed": seed,
        "variant": wishes.variant,
        "width": width,
        "height": height,
        "steps": last.steps,
        "medium": composed.medium,
        "edits": wishes.edits,
        "scene": scene.encode(composed),
        "pixels_sha256": hashlib.sha256(last.image.tobytes()).hexdigest(),
    }
    made = Made(
        step=last.steps,
        steps=last.steps,
        recipe=recipe,
        reading=_reading(composed),
        notes=list(composed.notes),
        alt=edit.describe(composed),
        credits=_credits(composed),
    )
    yield ImageEvent(type=COMPLETED, b64_json=pixels.png(Image.fromarray(last.image)), bower=made)


FIELDS = {"noun": "subject", "count": "how many", "place": "where"}


def _reading(composed: scene.Scene) -> list[dict[str, Any]]:
    """How it read the words, as chips people can change: a field, its name and its value in words."""
    chips: list[dict[str, Any]] = []
    for chip in edit.chips(composed):
        name = chip.field.rpartition(".")[2]
        value = chip.label if name == "colour" else chip.value.replace("_", " ")
        chips.append({"field": chip.field, "value": value, "label": FIELDS.get(name, name), "said": chip.said})
    return chips


def _credits(composed: scene.Scene) -> list[str]:
    """Whose drawings the picture uses: one line a set, as their licences ask."""
    index = drawings.index()
    used = [index.drawing_of(one.drawing) for one in composed.subjects if one.drawing in index.by_id]
    return list(
        dict.fromkeys(
            f"{drawing.source} ({drawing.licence}, {index.file.sets[drawing.id.partition(':')[0]][2]})" for drawing in used
        )
    )
