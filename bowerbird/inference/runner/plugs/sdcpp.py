"""One model file (safetensors or GGUF) drawn by stable-diffusion.cpp through the cyllama wheel: `pip install 'bowerbird[sdcpp]'`.

It lives in a process of its own: the library has no way to stop half-way and ends its process on some broken files, so that
calling off is killing the child, and a crash takes nothing else down."""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import importlib.util
import io
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from PIL import Image

from bowerbird.core.errors import Invalid
from bowerbird.inference.registry import Model
from bowerbird.inference.runner import pixels
from bowerbird.inference.runner.pushing import Stopped, Tell, events
from bowerbird.inference.wire import COMPLETED, PARTIAL, Can, ImageEvent, ImageRequest, Made, Wishes

STEPS, GUIDANCE = 20, 7.0
NATIVE_PX = 512
SIDES_MULTIPLE_PX = 64
LOOK_S = 0.2
END_S = 5.0


class StableDiffusionCpp:
    """One model file, with a LoRA over it or without, in a child process that starts when it is first asked."""

    together = 1

    def __init__(
        self, model: Model, path: Path, *, id_: str, name: str, hash_: str, lora: Path | None = None, scale: float = 1.0
    ) -> None:
        self.id, self.name, self.licence = id_, name, model.licence
        self.about = f"{model.source} drawn on this machine by stable-diffusion.cpp."
        self.steps, self.guidance = model.steps or STEPS, model.guidance if model.guidance >= 0 else GUIDANCE
        self.can = Can(
            image_to_image=True, inpaint=True, lora=True, negative_prompt=self.guidance > 1, few_step=self.steps <= 8, native_px=NATIVE_PX
        )  # fmt: skip
        self._model, self._path, self._hash, self._lora, self._scale = model, path, hash_, lora, scale
        self._alone = threading.Lock()
        self._child: Any = None
        self._wire: Connection[Any, Any] | None = None

    @staticmethod
    def installed() -> bool:
        """Whether the extra is there."""
        return importlib.util.find_spec("cyllama") is not None

    def model_hash(self) -> str:
        """Of its file, its LoRA's and how strongly that is laid over it."""
        return self._hash

    def unload(self) -> None:
        """End the child, once it draws no more."""
        with self._alone:
            self._end()

    def draw(self, request: ImageRequest, width: int, height: int, seed: int, stopped: threading.Event) -> Iterator[ImageEvent]:
        """A step at a time. Raises Invalid where it cannot."""
        return events(lambda tell: self._draw(tell, request, (width, height), seed, stopped), stopped, self._alone)

    def _end(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.join(END_S)
            self._child = self._wire = None

    def _started(self) -> Connection[Any, Any]:
        if self._child is None or not self._child.is_alive() or self._wire is None:
            self._end()
            spawn = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang
            self._wire, theirs = spawn.Pipe()
            self._child = spawn.Process(target=_live, args=(theirs, str(self._path)), name=f"sdcpp {self.id}", daemon=True)
            self._child.start()
            theirs.close()
        return self._wire

    def _draw(self, tell: Tell, request: ImageRequest, asked: tuple[int, int], seed: int, stopped: threading.Event) -> None:
        wishes = request.bower or Wishes()
        width, height = pixels.within(*asked, NATIVE_PX, SIDES_MULTIPLE_PX)
        source, mask = pixels.source(wishes.image, width, height), pixels.source(wishes.mask, width, height, grey=True)
        tell(ImageEvent(type=PARTIAL, partial_image_index=0, bower=Made(stage="loading the model")))
        wire = self._started()
        lora = [{"path": str(self._lora), "multiplier": self._scale}] if self._lora else []
        told = {
            "prompt": request.prompt, "negative_prompt": wishes.negative_prompt, "width": width, "height": height, "seed": seed,
            "strength": max(0.05, wishes.strength), "steps": self.steps, "guidance": self.guidance, "lora": lora,
            "image": _bytes(source), "mask": _bytes(mask),
        }  # fmt: skip
        try:
            wire.send(told)
            while True:
                while not wire.poll(LOOK_S):
                    if stopped.is_set():
                        self._end()
                        raise Stopped
                kind, *said = wire.recv()
                if kind == "picture":
                    break
                if kind == "wrong":
                    self._end()
                    raise Invalid(f"{self.name} cannot draw this: {said[0]}")
                step, steps, small = said
                made = Made(step=step, steps=steps, stage="taking shape")
                tell(ImageEvent(type=PARTIAL, b64_json=small, partial_image_index=step, bower=made))
        except (EOFError, OSError) as crashed:
            self._end()
            raise Invalid(
                f"{self.name} cannot be loaded or broke down: stable-diffusion.cpp ended. Is the file whole?"
            ) from crashed
        image = Image.open(io.BytesIO(said[0])).convert("RGB")
        notes = [] if image.size == asked else [f"Drawn at {image.width} × {image.height} px, the size that this model knows."]
        made = Made(step=self.steps, steps=self.steps, recipe=self._recipe(request, wishes, image, seed), notes=notes)
        tell(ImageEvent(type=COMPLETED, b64_json=pixels.png(image), bower=made))

    def _recipe(self, request: ImageRequest, wishes: Wishes, image: Image.Image, seed: int) -> dict[str, Any]:
        return {
            "engine": self.name, "model": self.id, "model_hash": self._hash, "source": f"{self._model.source}@{self._model.revision[:12]}",
            "runtime": f"stable-diffusion.cpp in cyllama {importlib.metadata.version('cyllama')}", "prompt": request.prompt,
            "negative_prompt": wishes.negative_prompt, "seed": seed, "width": image.width, "height": image.height,
            "steps": self.steps, "guidance": self.guidance, "lora": f"{self._lora.name} × {self._scale:g}" if self._lora else "",
            "pixels_sha256": hashlib.sha256(image.tobytes()).hexdigest(),
        }  # fmt: skip


def _bytes(picture: Image.Image | None) -> bytes | None:
    if picture is None:
        return None
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _live(wire: Connection[Any, Any], path: str) -> None:
    """The child: load once, then draw what is asked until the asker is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sd = importlib.import_module("cyllama.sd")

    def shown(step: int, frames: list[Any], _: bool) -> None:
        wire.send(("step", step, steps, pixels.preview(frames[0].to_pil()) if frames else ""))

    steps = 0
    try:
        params = sd.SDContextParams(model_path=path)
        params.n_threads = max(1, (os.cpu_count() or 2) - 1)
        context = sd.SDContext(params)
        sd.set_preview_callback(shown, sd.PreviewMode.PROJ)
        while told := wire.recv():
            steps = told["steps"]
            wanted = sd.SDImageGenParams()
            for field in ("prompt", "negative_prompt", "width", "height", "seed", "strength"):
                setattr(wanted, field, told[field])
            wanted.sample_params.sample_steps, wanted.sample_params.cfg_scale = steps, told["guidance"]
            if told["image"]:
                wanted.set_init_image(sd.SDImage.from_pil(Image.open(io.BytesIO(told["image"]))))
            if told["mask"]:
                wanted.set_mask_image(sd.SDImage.from_pil(Image.open(io.BytesIO(told["mask"]))))
            if told["lora"]:
                wanted.set_loras(told["lora"])
            wire.send(("picture", _bytes(context.generate_with_params(wanted)[0].to_pil())))
    except (EOFError, KeyboardInterrupt):
        return
    except Exception as wrong:  # whatever it raises is told in its own words and ends this child
        wire.send(("wrong", f"{str(wrong)[:200] or type(wrong).__name__}"))
