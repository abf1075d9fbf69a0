"""The picture models a house offers side by side: its own runner's, and the endpoint in its settings where there is one."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

import httpx
import msgspec

from bowerbird.core import outside
from bowerbird.core.errors import Invalid
from bowerbird.core.secrets import secret
from bowerbird.core.settings import Settings, settings
from bowerbird.inference import images
from bowerbird.inference.images import ENDPOINT, ILLUSTRATOR, MODELS
from bowerbird.inference.wire import Can, PictureModel

FRESH_S = 5.0  # what the runner said is believed so long
ANSWER_S = 2.0
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tier:
    """One to choose from. `cost`: what a picture costs the house, in words; "" where it draws at home."""

    id: str
    name: str
    about: str
    can: Can
    model_hash: str = ""
    licence: str = ""
    cost: str = ""
    usual: bool = False  # for who chooses none


class _Listed(msgspec.Struct):
    """An entry of `/v1/models`; only its kind matters at first."""

    kind: str = ""


# until the runner has been asked: what every house has
_ILLUSTRATOR = PictureModel(
    id=ILLUSTRATOR, name="Illustrator", about="Composes a scene from your words and paints it in layers.", model_hash="",
    can=Can(negative_prompt=True, media=True, reading=True),
)  # fmt: skip
_known: tuple[PictureModel, ...] = (_ILLUSTRATOR,)
_asked = float("-inf")
_enlarges = False


async def offered() -> list[Tier]:
    """All of them, the usual one first. A runner that does not answer is believed to be as it was."""
    where = settings()
    usual = images.usual(where)
    names = {model: tier for tier, model in MODELS.items()}
    tiers = [
        Tier(id_, one.name, one.about, one.can, one.model_hash, one.licence, usual=id_ == usual)
        for one in await _models(where)
        for id_ in [names.get(one.id, one.id)]
    ]
    if where.models_pictures_url:
        engine = images.endpoint(where, ENDPOINT).engine
        can, about = (
            Can(image_to_image=True, seed=False),
            "Drawn by another server: your words and the picture you remix go there.",
        )
        tiers.append(Tier(ENDPOINT, engine, about, can, cost=where.models_pictures_cost, usual=usual == ENDPOINT))
    return sorted(tiers, key=lambda tier: not tier.usual)


async def enlarges() -> bool:
    """Whether there is something here that makes pictures larger."""
    await _models(settings())
    return _enlarges


async def tier(id_: str) -> Tier:
    """The one called so, the usual one for "". Raises Invalid with those there are."""
    there = {one.id: one for one in await offered()}
    wanted = id_ or images.usual(settings())
    if wanted not in there:
        raise Invalid(f"The picture models here are: {', '.join(there)}.")
    return there[wanted]


async def _models(where: Settings) -> tuple[PictureModel, ...]:
    """What the runner can draw with."""
    global _known, _asked, _enlarges
    if time.monotonic() - _asked < FRESH_S:
        return _known
    _asked = time.monotonic()
    url, headers = f"http://127.0.0.1:{where.runner_port}/v1/models", {"Authorization": f"Bearer {secret(where, 'runner')}"}
    try:
        async with httpx.AsyncClient(timeout=ANSWER_S, trust_env=False, verify=outside.roots()) as client:
            answer = await client.get(url, headers=headers)
        raw = msgspec.json.decode(answer.raise_for_status().content, type=dict[str, msgspec.Raw])
        pieces = msgspec.json.decode(raw.get("data", msgspec.Raw(b"[]")), type=list[msgspec.Raw])
        kinds = [msgspec.json.decode(one, type=_Listed).kind for one in pieces]
        drawing = [one for one, kind in zip(pieces, kinds, strict=True) if kind == "picture"]
        _enlarges = "upscaler" in kinds
        _known = tuple(msgspec.json.decode(one, type=PictureModel) for one in drawing)
    except (httpx.HTTPError, msgspec.DecodeError) as away:
        log.info("the picture models could not be asked for: %s", away)
    return _known
