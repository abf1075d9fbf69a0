"""A part of a picture painted anew and a picture extended, by a tiny pipeline in a real house: what stays, is refused, is told."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from bowerbird.core.database import Database, Pool
from bowerbird.core.errors import Invalid
from bowerbird.inference.tiers import Tier
from bowerbird.inference.wire import SIDE_MAX_PX, SIDE_MIN_PX, Can
from bowerbird.media.attachments import Attachment
from bowerbird.studio import masks
from tests.conftest import House, Member, finished, picture_of
from tests.contract.brushes import brush, there
from tests.contract.test_engines import needs_diffusers, waits

New = Callable[..., Member]
API = "/api/bower/v1"


@pytest.fixture(scope="module")
def tier(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with brush(house, tmp_path_factory.mktemp("brush")) as one:
        yield one


def mask(width: int = 256, height: int = 256, kind: str = "PNG", box: tuple[float, float, float, float] = (0.5, 0, 1, 1)) -> str:
    """White in the box, whose sides are parts of the whole."""
    drawn = Image.new("L", (width, height))
    drawn.paste(255, (round(box[0] * width), round(box[1] * height), round(box[2] * width), round(box[3] * height)))
    out = io.BytesIO()
    drawn.save(out, kind)
    return base64.b64encode(out.getvalue()).decode()


def pixels(member: Member, url: str) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(io.BytesIO(member.client.get(url).content)).convert("RGB"), np.float64)


def recipe(member: Member, candidate: dict[str, Any]) -> dict[str, Any]:
    return member.client.get(f"{API}/pictures/{candidate['picture_id']}").json()["recipe"]


def refused(member: Member, **fields: Any) -> str:
    answer = member.client.post(f"{API}/generations", json={"prompt": "a fox", "count": 1, **fields})
    assert answer.status_code in (403, 413, 422), answer.text
    return answer.json()["detail"]


@needs_diffusers
async def test_only_what_is_white_is_painted_anew(newcomer: New, pool: Pool, tier: str) -> None:
    ines = newcomer()
    there(ines)
    parent = picture_of(ines, "a red fox in the snow", tier="illustrator", width=384, height=256)["candidates"][0]
    done = picture_of(
        ines, "an owl", tier=tier, source_picture_id=parent["picture_id"], strength=1, mask=mask(192, 128, "WEBP"), seed=3
    )
    assert (done["width"], done["height"], done["anew"], done["extend"]) == (384, 256, 50, None)
    made = done["candidates"][0]
    before, after = pixels(ines, parent["url"]), pixels(ines, made["url"])
    change = abs(after - before).mean(axis=(0, 2))
    assert change[:180].mean() < 4 < 20 < change[204:].mean()
    told = recipe(ines, made)
    assert (told["anew"], told["width"], told["height"], told["parent_id"]) == (50, 384, 256, parent["picture_id"])
    said = ines.client.post(f"{API}/provenance/check", json={"picture_id": made["picture_id"]}).json()
    assert (said["answer"], said["signed_here"], said["credentials"]["ingredients"]) == ("made_here", True, 1)
    ines.post("an owl where the fox was", media_ids=[made["media_id"]])
    assert "50 % of it" in ines.client.get(f"/pictures/{made['picture_id']}").text
    async with pool.reading() as db:
        assert await masks.of(db, int(done["id"])) is None
    again = ines.client.post(f"{API}/pictures/{made['picture_id']}/variations", json={})
    assert again.status_code == 409
    assert "part" in again.json()["detail"]


@needs_diffusers
def test_a_picture_goes_on_beyond_its_edges(newcomer: New, tier: str) -> None:
    ines = newcomer()
    there(ines)
    parent = picture_of(ines, "a red fox in the snow", tier="illustrator", width=320, height=256)["candidates"][0]
    for extend, size, anew, at in (
        ("left", (400, 256), 20, (80, 0)),
        ("all", (480, 384), 56, (80, 64)),
    ):
        done = picture_of(ines, "a wide field", tier=tier, source_picture_id=parent["picture_id"], extend=extend)
        assert (done["width"], done["height"], done["anew"], done["extend"], done["strength"]) == (*size, anew, extend, 1.0)
        made = done["candidates"][0]
        before, after = pixels(ines, parent["url"]), pixels(ines, made["url"])
        assert after.shape == (size[1], size[0], 3)
        inside = after[at[1] : at[1] + 256, at[0] : at[0] + 320]
        assert abs(inside - before)[24:-24, 24:-24].mean() < 4
        assert (recipe(ines, made)["extend"], recipe(ines, made)["anew"]) == (extend, anew)


@needs_diffusers
def test_what_cannot_be_done_is_refused_before_anything_is_queued(newcomer: New, tier: str) -> None:
    ines, noor = newcomer(), newcomer()
    there(ines)
    parent = picture_of(ines, "a red fox", tier="illustrator")["candidates"][0]["picture_id"]
    of_it = {"tier": tier, "source_picture_id": parent}
    assert "source_picture_id" in refused(ines, tier=tier, mask=mask())
    assert "cannot paint a part" in refused(ines, **{**of_it, "tier": "illustrator"}, mask=mask())
    assert "cannot paint a part" in refused(ines, **{**of_it, "tier": "illustrator"}, extend="left")
    assert "shape" in refused(ines, **of_it, mask=mask(256, 128))
    assert "Nothing is marked" in refused(ines, **of_it, mask=mask(box=(0, 0, 0, 0)))
    assert "one at a time" in refused(ines, **of_it, mask=mask(), extend="left")
    assert "left, right" in refused(ines, **of_it, extend="inwards")
    assert "grey PNG or WebP" in refused(ines, **of_it, mask="bm9uc2Vuc2U=")
    assert "grey PNG or WebP" in refused(ines, **of_it, mask="not base64 at all!")
    assert "grey PNG or WebP" in refused(ines, **of_it, mask=mask(kind="GIF"))
    assert "4 million pixels" in refused(ines, **of_it, mask=mask(2100, 2100))
    assert "kB" in refused(ines, **of_it, mask="A" * (masks.LENGTH_MAX + 4))
    assert ines.client.get(f"/api/bower/v1/pictures/{parent}").status_code == 200
    assert (
        noor.client.post(f"{API}/generations", json={"prompt": "x", **of_it, "mask": mask()}).status_code == 404
    )  # not theirs to see


@needs_diffusers
async def test_the_mask_goes_with_a_generation_that_is_called_off(newcomer: New, pool: Pool, tier: str) -> None:
    ines = newcomer()
    there(ines)
    parent = picture_of(ines, "a red fox", tier="illustrator")["candidates"][0]["picture_id"]
    body = {"prompt": "a fox", "count": 4, "tier": tier, "source_picture_id": parent, "mask": mask()}
    asked = ines.client.post(f"{API}/generations", json=body)
    assert asked.status_code == 202, asked.text
    assert ines.client.delete(f"{API}/generations/{asked.json()['id']}").json()["state"] in ("cancelled", "done")
    assert finished(ines, asked.json()["id"])["state"] in ("cancelled", "done")
    async with pool.reading() as db:
        assert await masks.of(db, int(asked.json()["id"])) is None


async def test_a_mask_is_there_while_its_generation_waits(newcomer: New, db: Database) -> None:
    id_ = await waits(db, newcomer(), "nobody")
    await masks.keep(db, id_, masks.of_part("left", 64, 64))
    await masks.forget(db, id_)
    assert await masks.of(db, id_) == masks.of_part("left", 64, 64).image
    await db.execute("update studio.generations set state = 'done' where id = %s", id_)
    await masks.forget(db, id_)
    assert await masks.of(db, id_) is None


def test_a_mask_is_kept_small_and_black_and_white() -> None:
    large = Image.effect_mandelbrot((1600, 1200), (-2, -1, 1, 1), 60)
    out = io.BytesIO()
    large.save(out, "PNG")
    read = masks.read("data:image/png;base64," + base64.b64encode(out.getvalue()).decode())
    assert (read.width, read.height) == (1024, 768)
    assert len(read.image) < 1024 * 768 / 8 + 2000
    assert Image.open(io.BytesIO(read.image)).mode == "1"


def _picture(width: int, height: int) -> Attachment:
    return Attachment(1, 1, "", width, height, "", "", "", 0, 0, True, False, "", 1, 1)


@given(st.integers(64, 2048), st.integers(64, 2048), st.sampled_from(["", *masks.EXTENSIONS]), st.sampled_from([*masks.PARTS]))
def test_whatever_the_parent_the_plan_fits(width: int, height: int, extend: str, part: str) -> None:
    one = Tier("x", "X", "", Can(inpaint=True))
    asked = (one, _picture(width, height), None if extend else masks.of_part(part, width, height), extend)
    if max(width, height) / min(width, height) > 4:
        with suppress(Invalid):
            masks.plan(*asked)
        return
    plan = masks.plan(*asked)
    assert all(SIDE_MIN_PX <= side <= SIDE_MAX_PX for side in (plan.width, plan.height))
    assert 1 <= plan.anew <= 100


@settings(deadline=None, max_examples=25)
@given(st.integers(256, 700), st.integers(256, 700), st.sampled_from([*masks.EXTENSIONS]))
def test_the_canvas_holds_the_parent_and_the_rest_is_white(width: int, height: int, extend: str) -> None:
    parent = Image.new("RGB", (width, height), "#204080")
    ImageDraw.Draw(parent).ellipse((20, 20, width - 20, height - 20), "#f0c040")
    out = io.BytesIO()
    parent.save(out, "PNG")
    plan = masks.plan(Tier("x", "X", "", Can(inpaint=True)), _picture(width, height), None, extend)
    drawn, where = masks.canvas(out.getvalue(), None, extend, plan.width, plan.height)
    white = np.asarray(Image.open(io.BytesIO(where)).convert("L")) > 127
    assert white.shape == (plan.height, plan.width)
    assert plan.anew <= white.mean() * 100 + 1 < plan.anew + 8
    blue = masks.pasted(drawn, where, _blue(), pixels_max=10**7)
    kept = np.asarray(Image.open(io.BytesIO(blue)).convert("RGB"), float) - np.asarray(
        Image.open(io.BytesIO(drawn)).convert("RGB"), float
    )
    assert abs(kept[~white]).mean() < 6
    assert abs(kept).max() > 60


def _blue() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), "#0000ff").save(out, "PNG")
    return out.getvalue()
