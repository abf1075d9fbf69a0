"""A model in the layout of Hugging Face's diffusers, drawn by that library on CUDA or the CPU: `pip install 'bowerbird[diffusers]'`.

Only safetensors are read and no code that lies beside them is run."""

from __future__ import annotations

import gc
import hashlib
import importlib
import importlib.util
import inspect
import math
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from bowerbird.core.errors import Invalid
from bowerbird.inference.registry import Model
from bowerbird.inference.runner import pixels
from bowerbird.inference.runner.pushing import Stopped, Tell, events
from bowerbird.inference.wire import COMPLETED, PARTIAL, Can, ImageEvent, ImageRequest, Made, Wishes

STEPS, STEPS_FEW = 25, 8  # at most so many are few
SIDES_MULTIPLE_PX = 16
STRENGTH_MIN = 0.05
FROM_A_PICTURE = {
    "StableDiffusion",
    "StableDiffusionXL",
    "StableDiffusion3",
    "Flux",
    "QwenImage",
    "ZImage",
    "LatentConsistencyModel",
}
INPAINT = FROM_A_PICTURE - {"LatentConsistencyModel"}  # by the classes that its AutoPipelineForInpainting knows
# a rough colour for each of the four channels of Stable Diffusion's latents: enough to see what is coming, and costs nothing
RGB_OF_LATENTS = ((0.298, 0.207, 0.208), (0.187, 0.286, 0.173), (-0.158, 0.189, 0.264), (-0.184, -0.271, -0.473))


class Diffusers:
    """One model, with a LoRA over it or without, loaded when it is first asked."""

    together = 1

    def __init__(
        self, model: Model, path: Path, *, id_: str, name: str, hash_: str, lora: Path | None = None, scale: float = 1.0
    ) -> None:
        kind = model.pipeline.removesuffix("Pipeline")
        self.id, self.name, self.licence = id_, name, model.licence
        self.about = f"{model.source} drawn on this machine by diffusers."
        few = 0 < model.steps <= STEPS_FEW
        self.can = Can(
            image_to_image=kind in FROM_A_PICTURE, inpaint=kind in INPAINT, lora=True, few_step=few,
            negative_prompt=not kind.startswith(("Flux", "LatentConsistency")) and (model.guidance < 0 or model.guidance > 1),
        )  # fmt: skip
        self._model, self._path, self._hash, self._lora, self._scale = model, path, hash_, lora, scale
        self._pipes: dict[str, Any] = {}
        self._alone = threading.Lock()

    @staticmethod
    def installed() -> bool:
        """Whether the extra is there."""
        return all(importlib.util.find_spec(name) for name in ("diffusers", "torch", "transformers"))

    def model_hash(self) -> str:
        """Of its files, its LoRA's and how strongly that is laid over them."""
        return self._hash

    def unload(self) -> None:
        """Give the memory back, once it draws no more."""
        with self._alone:
            if self._pipes:
                self._pipes.clear()
                gc.collect()
                if self._torch.cuda.is_available():
                    self._torch.cuda.empty_cache()

    def draw(self, request: ImageRequest, width: int, height: int, seed: int, stopped: threading.Event) -> Iterator[ImageEvent]:
        """A step at a time. Raises Invalid where it cannot do what is asked."""
        wishes = request.bower or Wishes()
        if wishes.mask and not (self.can.inpaint and wishes.image):
            raise Invalid(f"{self.name} cannot paint within a mask.")
        if wishes.image and not self.can.image_to_image:
            raise Invalid(f"{self.name} cannot start from a picture.")
        return events(lambda tell: self._draw(tell, request, wishes, (width, height), seed, stopped), stopped, self._alone)

    @property
    def _torch(self) -> Any:
        return importlib.import_module("torch")

    def _pipe(self, way: str, tell: Tell) -> Any:
        """The pipeline for drawing "words", from a "picture" or within a "mask"; they share their weights. Raises Invalid."""
        library = importlib.import_module("diffusers")
        if "words" not in self._pipes:
            tell(ImageEvent(type=PARTIAL, partial_image_index=0, bower=Made(stage="loading the model")))
            cuda = self._torch.cuda.is_available()
            kind = self._torch.bfloat16 if cuda else self._torch.float32
            try:
                load = getattr(library, self._model.pipeline, library.DiffusionPipeline).from_pretrained
                pipe = load(
                    self._path, dtype=kind, local_files_only=True, use_safetensors=True, variant=self._model.variant or None
                ).to("cuda" if cuda else "cpu")
                if self._lora:
                    pipe.load_lora_weights(self._lora.parent, weight_name=self._lora.name, local_files_only=True)
                    pipe.fuse_lora(lora_scale=self._scale)
                    pipe.unload_lora_weights()
            except (OSError, ValueError, RuntimeError, KeyError, AttributeError, TypeError) as broken:
                raise Invalid(f"{self.name} cannot be loaded: {str(broken)[:200]}") from broken
            pipe.set_progress_bar_config(disable=True)
            self._pipes["words"] = pipe
        if way not in self._pipes:
            auto = library.AutoPipelineForImage2Image if way == "picture" else library.AutoPipelineForInpainting
            self._pipes[way] = auto.from_pipe(self._pipes["words"])
            self._pipes[way].set_progress_bar_config(disable=True)
        return self._pipes[way]

    def _draw(
        self, tell: Tell, request: ImageRequest, wishes: Wishes, asked: tuple[int, int], seed: int, stopped: threading.Event
    ) -> None:
        pipe = self._pipe("mask" if wishes.mask else "picture" if wishes.image else "words", tell)
        width, height = pixels.within(*asked, _native_px(pipe), SIDES_MULTIPLE_PX)
        steps = self._model.steps or STEPS
        known = inspect.signature(pipe.__call__).parameters
        wanted: dict[str, Any] = {
            "prompt": request.prompt, "width": width, "height": height, "output_type": "np",
            "generator": self._torch.Generator("cpu").manual_seed(seed),
        }  # fmt: skip
        if self._model.guidance >= 0:
            wanted["guidance_scale"] = self._model.guidance
        if wishes.negative_prompt and self.can.negative_prompt:
            wanted["negative_prompt"] = wishes.negative_prompt
        if source := pixels.source(wishes.image, width, height):
            strength = max(STRENGTH_MIN, wishes.strength)
            steps = max(steps, math.ceil(1 / strength))  # at least one of them is drawn
            wanted |= {"image": source, "strength": strength, "mask_image": pixels.source(wishes.mask, width, height, grey=True)}
        wanted["num_inference_steps"] = steps
        drawn = max(1, int(steps * wanted["strength"])) if source else steps

        def each(_: Any, step: int, __: Any, kept: dict[str, Any]) -> dict[str, Any]:
            if stopped.is_set():
                raise Stopped
            if step + 1 < drawn:
                made = Made(step=step + 1, steps=drawn, stage="taking shape")
                tell(ImageEvent(type=PARTIAL, b64_json=_preview(kept.get("latents")), partial_image_index=step, bower=made))
            return kept

        if "callback_on_step_end" in known:
            wanted |= {"callback_on_step_end": each, "callback_on_step_end_tensor_inputs": ["latents"]}
        with self._torch.inference_mode():
            result = pipe(**{key: value for key, value in wanted.items() if key in known and value is not None})
        if any(getattr(result, "nsfw_content_detected", None) or []):
            raise Invalid("The model’s own safety checker kept this picture back.")
        image = Image.fromarray((result.images[0] * 255).round().clip(0, 255).astype("uint8"))
        recipe = self._recipe(pipe, request, wishes, image, seed) | {"steps": drawn, "guidance": wanted.get("guidance_scale")}
        notes = [] if image.size == asked else [f"Drawn at {image.width} × {image.height} px, the size that this model knows."]
        made = Made(step=drawn, steps=drawn, recipe=recipe, notes=notes)
        tell(ImageEvent(type=COMPLETED, b64_json=pixels.png(image), bower=made))

    def _recipe(self, pipe: Any, request: ImageRequest, wishes: Wishes, image: Image.Image, seed: int) -> dict[str, Any]:
        library = importlib.import_module("diffusers")
        return {
            "engine": self.name, "model": self.id, "model_hash": self._hash, "source": f"{self._model.source}@{self._model.revision[:12]}",
            "runtime": f"diffusers {library.__version__}, torch {self._torch.__version__}, {pipe.device.type}",
            "prompt": request.prompt, "negative_prompt": wishes.negative_prompt if self.can.negative_prompt else "", "seed": seed,
            "width": image.width, "height": image.height, "scheduler": type(pipe.scheduler).__name__,
            "lora": f"{self._lora.name} × {self._scale:g}" if self._lora else "",
            "pixels_sha256": hashlib.sha256(image.tobytes()).hexdigest(),
        }  # fmt: skip


def _native_px(pipe: Any) -> int:
    """The side of the square it was taught with, in px; 0 where it does not say."""
    part = getattr(pipe, "unet", None) or getattr(pipe, "transformer", None)
    side = getattr(getattr(part, "config", None), "sample_size", 0) or getattr(pipe, "default_sample_size", 0)
    return int(side) * int(getattr(pipe, "vae_scale_factor", 8)) if isinstance(side, int) else 0


def _preview(latents: Any) -> str:
    """What the latents [1, channels, height, width] look like; "" for those packed in another way."""
    if latents is None or latents.ndim != 4 or latents.shape[1] != len(RGB_OF_LATENTS):
        return ""
    rough = (latents[0].float().cpu().permute(1, 2, 0).numpy() @ RGB_OF_LATENTS + 1) * 127.5
    small = Image.fromarray(rough.clip(0, 255).astype("uint8"))
    return pixels.preview(small.resize((small.width * 4, small.height * 4), Image.Resampling.BICUBIC))
