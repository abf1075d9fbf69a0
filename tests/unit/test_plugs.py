"""Engines as plugs: real loading and drawing on a tiny pipeline in its real format, calling off, and what they refuse."""

from __future__ import annotations

import asyncio
import base64
import io
import threading
import time
from contextlib import aclosing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from PIL import Image

from bowerbird.core.errors import Conflict, Invalid
from bowerbird.core.settings import load
from bowerbird.inference import registry
from bowerbird.inference.registry import Model
from bowerbird.inference.runner import pixels
from bowerbird.inference.runner.engines import Shelf
from bowerbird.inference.runner.plugs import diffusers as plug
from bowerbird.inference.runner.plugs.diffusers import Diffusers
from bowerbird.inference.runner.plugs.sdcpp import StableDiffusionCpp
from bowerbird.inference.runner.server import Studio
from bowerbird.inference.wire import ImageEvent, ImageRequest, Wishes
from tests.unit import tiny

needs_diffusers = pytest.mark.skipif(
    find_spec("diffusers") is None or find_spec("torch") is None,
    reason="THE EXTRA [diffusers] IS NOT INSTALLED: tiny pipelines are not tried",
)
needs_sdcpp = pytest.mark.skipif(
    find_spec("cyllama") is None, reason="THE EXTRA [sdcpp] IS NOT INSTALLED: its loading is not tried"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.pipeline(tmp_path_factory.mktemp("tiny"))


def model(**more: object) -> Model:
    told = {
        "id": "tiny", "plug": "diffusers", "name": "Tiny", "source": "a/tiny", "revision": "c0ffee", "licence": "mit", "folder": "tiny",
        "files": (), "sha256": "0" * 64, "pipeline": "StableDiffusionPipeline", "steps": 4, "guidance": 0.0,
    }  # fmt: skip
    return Model(**{**told, **more})  # type: ignore[arg-type]


def engine(folder: Path, **more: object) -> Diffusers:
    return Diffusers(model(**more), folder, id_="tiny", name="Tiny", hash_="0" * 64)


def drawn(one: Diffusers | StableDiffusionCpp, **wishes: object) -> list[ImageEvent]:
    asked = ImageRequest(prompt="a fox", bower=Wishes(**wishes))  # type: ignore[arg-type]
    return list(one.draw(asked, 256, 256, 7, threading.Event()))


def picture(event: ImageEvent) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(event.b64_json))).convert("RGB")).astype(int)


@needs_diffusers
def test_few_steps_without_guidance_show_themselves_and_repeat(folder: Path) -> None:
    one = engine(folder)
    first, again = drawn(one), drawn(one)
    assert first[-1].b64_json == again[-1].b64_json
    assert [event.bower.step for event in again if event.bower] == [1, 2, 3, 4]
    assert all(max(picture(event).shape) <= 320 for event in again[:-1])
    assert (one.can.few_step, one.can.negative_prompt) == (True, False)
    one.unload()
    assert drawn(one)[-1].b64_json == first[-1].b64_json  # loaded anew


@needs_diffusers
def test_strength_says_how_far_from_the_parent_and_a_mask_where(folder: Path) -> None:
    one = engine(folder, steps=10)
    grey = base64.b64encode(_png(Image.new("RGB", (256, 256), "#606060"))).decode()
    near, far = (picture(drawn(one, image=grey, strength=strength)[-1]) for strength in (0.1, 1.0))
    assert (near != far).any()
    right = Image.new("L", (256, 256), 0)
    right.paste(255, (128, 0, 256, 256))
    mask = base64.b64encode(_png(right)).decode()
    asked = ImageRequest(prompt="a fox", bower=Wishes(image=grey, mask=mask, strength=0.9))
    by_seed = [picture([*one.draw(asked, 256, 256, seed, threading.Event())][-1]) for seed in (7, 8)]
    change = abs(by_seed[0] - by_seed[1]).mean(axis=(0, 2))
    assert change[:112].mean() < 0.2 * change[144:].mean()  # what the mask leaves out is the parent's, whatever the seed
    with pytest.raises(Invalid, match="cannot be read"):
        drawn(one, image="bm9uc2Vuc2U=")
    with pytest.raises(Invalid, match="mask"):
        drawn(one, mask=grey)


@needs_diffusers
def test_calling_off_reaches_the_engine(folder: Path) -> None:
    one = engine(folder, steps=200)
    drawn(engine(folder, steps=1))  # so that loading is not what is timed
    stopped = threading.Event()
    layers = one.draw(ImageRequest(prompt="a fox"), 256, 256, 7, stopped)
    seen = [next(layers), next(layers), next(layers)]
    assert seen[-1].bower
    assert seen[-1].bower.step < 10
    stopped.set()
    assert list(layers) == []
    until = time.monotonic() + 10
    while one._alone.locked():  # the pipeline is left at its next step
        assert time.monotonic() < until
        time.sleep(0.01)


@needs_diffusers
async def test_one_added_model_is_in_memory_at_a_time(tmp_path: Path) -> None:
    where = load({"BOWERBIRD_DATA_DIR": str(tmp_path)})
    for name in ("tiny", "small"):
        tiny.pipeline(registry.home(where) / name)
        registry.add(where, model(id=name, folder=f"{name}/tiny", steps=6, sha256=name))
    shelf = Shelf(where)
    engines = [shelf.engine(name) for name in ("tiny", "small")]
    assert all(isinstance(one, Diffusers) for one in engines)
    studio = Studio(shelf)

    async def draws(one: Any, events_max: int) -> int:
        seen = 0
        async with aclosing(studio.paint(one, ImageRequest(prompt="a fox"), 256, 256)) as events:
            async for _ in events:
                seen += 1
                assert [other.id for other in engines if other._pipes] in ([], [one.id])  # type: ignore[attr-defined]
                if seen == events_max:  # called off: it leaves at its next step, and the other waits for that
                    break
        return seen

    assert min(await asyncio.gather(*[draws(one, most) for most in (2, 99) for one in engines])) == 2


def test_our_own_engines_names_are_nobody_elses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = load({"BOWERBIRD_DATA_DIR": str(tmp_path)})
    with pytest.raises(Conflict):
        registry.free(where, "upscaler")
    with monkeypatch.context() as before:  # written down before the name was ours
        before.setattr(registry, "TAKEN", ())
        registry.add(where, model(id="illustrator"))
    shelf = Shelf(where)
    assert shelf.own(shelf.engine("illustrator"))
    assert [one.id for one in shelf.engines()].count("illustrator") == 1


@needs_diffusers
def test_what_does_not_fit_is_told_in_words(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="Tiny cannot be loaded"):
        drawn(engine(tmp_path))
    (tmp_path / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline", "unet": ["os", "system"]}')
    with pytest.raises(Invalid, match="Tiny cannot be loaded"):
        drawn(engine(tmp_path))


@needs_diffusers
def test_what_is_promised_is_what_diffusers_has() -> None:
    from diffusers.pipelines import auto_pipeline as auto

    names = {kind.__name__.removesuffix("Pipeline"): key for key, kind in auto.AUTO_TEXT2IMAGE_PIPELINES_MAPPING.items()}
    assert all(names[kind] in auto.AUTO_IMAGE2IMAGE_PIPELINES_MAPPING for kind in plug.FROM_A_PICTURE)
    assert all(names[kind] in auto.AUTO_INPAINT_PIPELINES_MAPPING for kind in plug.INPAINT)


@needs_sdcpp
def test_a_broken_file_is_refused_and_its_child_is_gone(tmp_path: Path) -> None:
    for name, body in (("b.gguf", b"GGUF" + b"\x07" * 900), ("none.gguf", None)):
        if body:
            (tmp_path / name).write_bytes(body)
        one = StableDiffusionCpp(model(plug="sdcpp"), tmp_path / name, id_="b", name="B", hash_="0" * 64)
        with pytest.raises(Invalid, match="B cannot"):
            drawn(one)
        assert one._child is None
        one.unload()


@given(some.integers(256, 1536), some.integers(256, 1536), some.sampled_from([0, 256, 512, 1024]), some.sampled_from([8, 16, 64]))
def test_a_size_that_the_model_knows(width: int, height: int, native: int, multiple: int) -> None:
    across, down = pixels.within(width, height, native, multiple)
    assert across % multiple == down % multiple == 0
    assert across <= width + multiple / 2
    assert down <= height + multiple / 2
    if native:
        assert across * down <= (native + 2 * multiple) ** 2 * 1.3 + 64 * multiple**2


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
