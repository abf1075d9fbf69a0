"""Every engine that draws in this process, by the name of its model: ours, and one for each model the house has added."""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import threading
from collections.abc import Iterator
from typing import Any, Protocol

from bowerbird.core.errors import Invalid, Trouble
from bowerbird.core.settings import Settings
from bowerbird.inference import registry
from bowerbird.inference.runner import drawing
from bowerbird.inference.runner.plugs.diffusers import Diffusers
from bowerbird.inference.runner.plugs.sdcpp import StableDiffusionCpp
from bowerbird.inference.wire import Can, ImageEvent, ImageRequest, PictureModel

UPSCALER = "upscaler"  # the one that draws nothing from words
log = logging.getLogger(__name__)


class Engine(Protocol):
    """What draws. `id`: the model's name on the wire; `name`: for people; `together`: pictures it draws at once."""

    id: str
    name: str
    about: str
    licence: str
    can: Can
    together: int

    def model_hash(self) -> str:
        """SHA-256 of what decides the pixels."""
        ...

    def draw(self, request: ImageRequest, width: int, height: int, seed: int, stopped: threading.Event) -> Iterator[ImageEvent]:
        """Events until the picture is complete; ends early when `stopped` is set. Raises Trouble or ValueError in words."""
        ...

    def unload(self) -> None:
        """Give back the memory it holds, if it holds any, once it draws no more; it loads again when asked."""
        ...


class Illustrator:
    """Words to a scene to painted layers; weighs nothing."""

    id, name, together = "illustrator", drawing.ENGINE, 2
    about = "Composes a scene from your words and paints it in layers. You see how each word was read and can change it."
    licence = "AGPL-3.0-or-later"
    can = Can(negative_prompt=True, media=True, reading=True)
    model_hash = staticmethod(drawing.model_hash)
    draw = staticmethod(drawing.draw)

    def unload(self) -> None:
        """Nothing to give back."""


class Painter:
    """Our own small model, where its weights are."""

    id, together = "painter", 1
    about = (
        "A small model of our own, still learning: places, hours and colours come out, most things are blots. It paints squares."
    )
    licence = "AGPL-3.0-or-later"
    can = Can(image_to_image=True, negative_prompt=True, media=True)

    def __init__(self, painter: Any) -> None:
        self.name: str = painter.ENGINE
        self.model_hash = painter.model_hash
        self.draw = painter.draw

    def unload(self) -> None:
        """A few megabytes: it stays."""


class Shelf:
    """The engines there are now. The list of added models is looked at again when it changed."""

    def __init__(self, where: Settings) -> None:
        self._where = where
        self._lock = threading.Lock()
        self._stamp = -1
        self._own: dict[str, Engine] = {one.id: one for one in _own()}
        self._added: dict[str, Engine] = {}
        self._room = threading.Lock()
        self._loaded: list[Engine] = []  # added ones that may hold memory, those that were taken off the list included

    def engines(self) -> list[Engine]:
        """All of them, ours first."""
        with self._lock:
            if (stamp := registry.stamp(self._where)) != self._stamp:
                self._added, self._stamp = self._read(), stamp
            return [*self._own.values(), *self._added.values()]

    def engine(self, id_: str) -> Engine:
        """The one by that name. Raises Invalid: nobody draws in another's place."""
        there = {one.id: one for one in self.engines()}
        if id_ not in there:
            raise Invalid(f"There is no picture model “{id_[:80]}” here. There are: {', '.join(there)}.")
        return there[id_]

    def own(self, engine: Engine) -> bool:
        """Whether it came with the house; any other takes its turn with all the added ones."""
        return self._own.get(engine.id) is engine

    def make_room(self, for_: Engine) -> None:
        """Have every other added model give its memory back: one large one is loaded at a time.

        Waits for one that was called off to leave its step."""
        if self.own(for_):
            return
        with self._room:
            for other in self._loaded:
                if other is not for_:
                    other.unload()
            self._loaded = [for_]

    def _read(self) -> dict[str, Engine]:
        try:
            all_ = {one.id: one for one in registry.models(self._where)}
        except Trouble as broken:
            log.warning("%s", broken.said)
            return self._added
        kept = {id_: engine for id_, engine in self._added.items() if id_ in all_ and engine.model_hash() == _hash(all_, id_)}
        for gone in set(self._added) - set(kept):
            threading.Thread(target=self._added[gone].unload, name="unload", daemon=True).start()  # it may be drawing still
        added = [id_ for id_ in all_ if id_ not in self._own]  # nobody takes one of our own's name
        return {id_: kept.get(id_) or made for id_ in added if (made := _plugged(self._where, all_, id_)) is not None}


def described(engine: Engine) -> PictureModel:
    """An engine as `/v1/models` names it."""
    return PictureModel(
        id=engine.id, name=engine.name, about=engine.about, can=engine.can, model_hash=engine.model_hash(), licence=engine.licence,
        kind=UPSCALER if engine.id == UPSCALER else "picture",
    )  # fmt: skip


def _own() -> list[Engine]:
    engines: list[Engine] = [Illustrator()]
    if importlib.util.find_spec("bowerbird.inference.runner.painter"):
        painter = importlib.import_module("bowerbird.inference.runner.painter")
        if painter.available():
            engines.append(Painter(painter))
            enlarger = importlib.import_module("bowerbird.inference.runner.enlarger")
            engines.append(enlarger.Upscaler())
    return engines


def _hash(all_: dict[str, registry.Model], id_: str) -> str:
    """Of a model as it draws: with its base and its settings, where it has any."""
    one = all_[id_]
    if not one.base:
        return one.sha256
    base = all_[one.base].sha256 if one.base in all_ else ""
    return hashlib.sha256(f"{base} {one.sha256} {one.scale}".encode()).hexdigest()


def _plugged(where: Settings, all_: dict[str, registry.Model], id_: str) -> Engine | None:
    """Its engine; None where what it needs is not installed or its base is gone."""
    one = all_[id_]
    base = all_.get(one.base) if one.base else one
    if base is None:
        log.warning("%s: its base %s is gone", id_, one.base)
        return None
    kind = Diffusers if base.plug == "diffusers" else StableDiffusionCpp
    if not kind.installed():
        log.warning("%s needs `pip install 'bowerbird[%s]'`", id_, base.plug)
        return None
    lora = registry.weights(where, one) if one.base else None
    return kind(base, registry.weights(where, base), id_=id_, name=one.name, hash_=_hash(all_, id_), lora=lora, scale=one.scale)
