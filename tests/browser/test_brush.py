"""The brush and the tier chooser in a real browser: shown for an engine that can, by pointer and by keyboard, and what is sent comes out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import PHONE, Sit
from tests.conftest import House, Member, picture_of
from tests.contract.brushes import brush, there
from tests.contract.test_engines import needs_diffusers

pytestmark = [pytest.mark.browser, needs_diffusers]
New = Callable[..., Member]
API = "/api/bower/v1"
MARKED = """() => { const c = document.querySelector('.brush-frame canvas'); const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
    let n = 0; for (let i = 3; i < d.length; i += 4) if (d[i] > 127) n += 1; return Math.round(n / d.length * 400); }"""


@pytest.fixture(scope="module")
def tier(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with brush(house, tmp_path_factory.mktemp("brush")) as one:
        yield one


def part(page: Page, value: str) -> Locator:
    return page.locator(f".part label:has([value='{value}'])")


async def made(page: Page, member: Member) -> dict[str, object]:
    """The recipe of the one that comes of the form."""
    await page.locator("label:has(input[name=count][value='1'])").click()
    await page.click("#prompt-form button.tall")
    await expect(page.locator("#generation")).to_have_attribute("data-state", "done", timeout=90_000)
    id_ = re.findall(r"\d+", page.url)[-1]
    picture = member.client.get(f"{API}/generations/{id_}").json()["candidates"][0]["picture_id"]
    return member.client.get(f"{API}/pictures/{picture}").json()["recipe"]


async def test_the_chosen_model_draws_and_the_recipe_says_so(sit: Sit, newcomer: New, tier: str) -> None:
    ines = newcomer()
    there(ines)
    seat = await sit(ines, then="/studio")
    page = seat.page
    await expect(page.locator(".tier:has(:checked) b")).to_have_text("Illustrator")
    await expect(page.locator(".for-media")).to_be_visible()
    await page.locator(".tier", has_text="Brush").click()
    await expect(page.locator(".for-media")).to_be_hidden()
    await page.fill("#idea", "a fox")
    recipe = await made(page, ines)
    assert (recipe["engine"], recipe["model"]) == ("Brush", tier)
    await expect(page.locator(".tier:has(:checked) b")).to_have_text("Brush")
    await page.focus(".tier [value='brush']")
    await page.keyboard.press("ArrowUp")  # by keyboard, too
    await expect(page.locator(".tier:has(:checked) b")).not_to_have_text("Brush")
    assert seat.complaints == []


async def test_a_part_is_marked_with_the_brush_and_only_that_is_sent(sit: Sit, newcomer: New, tier: str) -> None:
    ines = newcomer()
    there(ines)
    parent = picture_of(ines, "a red fox in the snow", tier="illustrator", width=384, height=256)["candidates"][0]["picture_id"]
    seat = await sit(ines, then=f"/studio?remix={parent}", viewport=PHONE, has_touch=True)
    page = seat.page
    await seat.ready()
    await expect(page.locator(".part")).to_be_hidden()  # the Illustrator cannot
    assert await page.locator(".part").evaluate("(one) => one.disabled")
    await page.locator(".tier", has_text="Brush").click()
    await expect(page.locator(".part")).to_be_visible()
    await expect(page.locator(".brush-sheet")).to_be_hidden()
    await part(page, "left").click()
    await expect(page.locator(".brush-said")).to_have_text("50 % of the picture is painted anew, the rest stays.")
    await page.click("[data-do=invert]")
    assert await page.evaluate(MARKED) == 50
    await expect(page.locator("[name=part]:checked")).to_have_value("drawn")
    await page.click("[data-do=clear]")
    assert await page.evaluate(MARKED) == 0
    canvas = page.locator(".brush-frame canvas")
    await canvas.scroll_into_view_if_needed()
    box = await canvas.bounding_box()
    assert box
    await page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.5)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.5, steps=6)
    await page.mouse.up()
    once = await page.evaluate(MARKED)
    assert 8 <= once <= 20
    await canvas.tap(position={"x": box["width"] * 0.5, "y": box["height"] * 0.12})
    assert await page.evaluate(MARKED) > once
    await page.click("[data-do=undo]")
    assert await page.evaluate(MARKED) == once
    assert await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    await page.fill("#idea", "an owl")
    recipe = await made(page, ines)
    assert abs(int(str(recipe["anew"])) - once) <= 1
    assert (recipe["width"], recipe["height"], recipe["parent_id"]) == (384, 256, parent)
    assert seat.complaints == []


async def test_by_keyboard_and_without_scripts_halves_and_edges_work(sit: Sit, newcomer: New, tier: str) -> None:
    ines = newcomer()
    there(ines)
    parent = picture_of(ines, "a red fox", tier="illustrator")["candidates"][0]["picture_id"]
    seat = await sit(ines, then=f"/studio?remix={parent}&tier={tier}", java_script_enabled=False)
    page = seat.page
    await expect(page.locator(".part label:has([value=drawn])")).to_be_hidden()
    await page.focus(".part [value='']")
    for _ in range(6):
        await page.keyboard.press("ArrowRight")  # past the one that needs a script
    chosen = await page.locator(".part [name=part]:checked").get_attribute("value")
    assert chosen in ("middle", "extend-left")
    await page.focus(".part [value=top]")
    await page.keyboard.press("Space")
    await page.fill("#idea", "an owl")
    await page.locator("label:has(input[name=count][value='1'])").click()
    await page.click("#prompt-form button.tall")
    await page.wait_for_url(re.compile(r"/studio/generations/\d+"))
    id_ = re.findall(r"\d+", page.url)[-1]
    assert ines.client.get(f"{API}/generations/{id_}").json()["anew"] == 50
    await seat.go(f"/studio?remix={parent}&tier={tier}")
    await page.check(".part [value=extend-all]", force=True)
    await page.fill("#idea", "a wide field")
    await page.click("#prompt-form button.tall")
    await page.wait_for_url(re.compile(r"/studio/generations/\d+"))
    id_ = re.findall(r"\d+", page.url)[-1]
    told = ines.client.get(f"{API}/generations/{id_}").json()
    assert (told["extend"], told["anew"], told["width"]) == ("all", 56, 384)


async def test_no_brush_without_a_picture(sit: Sit, newcomer: New, tier: str) -> None:
    seat = await sit(newcomer(), then="/studio")
    await expect(seat.page.locator(".part")).to_have_count(0)
