"""The remix tree in a real browser: drawn and as an outline, by keyboard, folded, without scripts, and only what one may see."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import PHONE, Sit, shown_by
from tests.conftest import Member, picture_of

pytestmark = pytest.mark.browser
New = Callable[..., Member]
OVERLAPS = """() => {
    const boxes = [...document.querySelectorAll('.family .node .face, .family .node > .btn')].map((one) => one.getBoundingClientRect());
    return boxes.filter((a, i) => boxes.some((b, j) => i < j && a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)).length;
}"""


async def at(page: Page) -> str:
    """What has the focus, by its maker."""
    return await page.evaluate("() => document.activeElement.closest('li')?.querySelector('.who')?.textContent.trim() ?? ''")


async def test_a_family_is_drawn_walked_and_read(sit: Sit, newcomer: New) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    root = shown_by(ines, "first", "a red fox in the snow", seed=3)["picture_id"]
    here = shown_by(noor, "second", "a red fox in the rain", source_picture_id=root, strength=0.4)["picture_id"]
    beside = shown_by(sam, "third", "an owl in the snow", source_picture_id=root)["picture_id"]
    shown_by(sam, "fourth", "a red fox in the rain at night", source_picture_id=here, style="woodcut")
    hidden = picture_of(sam, "a very secret fox", source_picture_id=here)["candidates"][0]
    sam.post("for few", media_ids=[hidden["media_id"]], visibility="private")
    seat = await sit(ines, then=f"/pictures/{here}/tree")
    page = seat.page
    await expect(page.locator("h1")).to_have_text("Remix tree")
    await expect(page.locator("#here")).to_contain_text(f"@{noor.name}")
    change = page.locator("li:has(> .node #here) > .node .change")
    await expect(change.locator("del")).to_have_text("taken out: snow")
    await expect(change.locator("ins")).to_have_text("put in: rain")
    await expect(change.locator(".sets")).to_contain_text("strength 40")
    await expect(page.locator(".tomb")).to_have_text(re.compile("A picture not shown to you"))
    assert "secret" not in await page.content()
    assert await page.locator(".family svg path").count() == 4
    assert await page.evaluate(OVERLAPS) == 0
    assert await page.evaluate("() => getComputedStyle(document.querySelector('.family .node')).position") == "absolute"

    await page.focus("#here")
    await page.keyboard.press("ArrowUp")
    assert f"@{ines.name}" in await at(page)
    await page.keyboard.press("ArrowDown")
    assert "this one" in await at(page)
    await page.keyboard.press("ArrowRight")
    assert f"@{sam.name}" in await at(page)
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowRight")
    assert "not shown to you" in await at(page)
    await page.keyboard.press("Home")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Enter")
    await page.wait_for_url(seat.url(f"/pictures/{beside}"))

    await seat.go(f"/pictures/{here}/tree")
    await page.click("text=Outline")
    await expect(page.locator(".family svg.root, .family .lay > svg")).to_be_hidden()
    assert await page.evaluate("() => getComputedStyle(document.querySelector('.family .node')).position") == "static"
    assert await page.locator(".root > li > ul > li > ul > li").count() == 2  # nested as the family is
    assert not [said for said in seat.complaints if "status of" not in said]


async def test_a_big_branch_is_folded_and_opens_in_place(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    root = shown_by(ines, "root", "a fox")["picture_id"]
    for n in range(8):
        shown_by(ines, f"r{n}", f"a fox and {n} stars", source_picture_id=root)
    seat = await sit(ines, then=f"/pictures/{root}/tree")
    await seat.ready()
    await seat.page.evaluate("() => { window.stayed = true; }")
    await expect(seat.page.locator(".family a.face")).to_have_count(7)
    await seat.page.click("text=2 more")
    await expect(seat.page.locator(".family a.face")).to_have_count(9)
    await expect(seat.page.locator(".fold")).to_have_count(0)
    assert await seat.page.evaluate("() => window.stayed")
    assert await seat.page.evaluate(OVERLAPS) == 0

    bare = await sit(java_script_enabled=False, viewport=PHONE)  # nobody signed in, no scripts, a phone: an outline
    await bare.go(f"/pictures/{root}/tree")
    assert await bare.page.locator(".family .lay > svg").is_visible() is False
    await bare.page.click("text=2 more")
    await expect(bare.page.locator(".family a.face")).to_have_count(9)
    await bare.page.click(".seg >> text=Tree")
    await expect(bare.page.locator(".family .lay > svg")).to_be_visible()
    await expect(bare.page.locator(".family a.face")).to_have_count(9)
    await bare.page.click("text=Make your version")
    await bare.page.wait_for_url(re.compile(rf"/signup\?next=/studio%3Fremix%3D{root}"))


async def test_a_phone_has_room_for_it(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    root = shown_by(ines, "root", "a fox " + "verylongword" * 8)["picture_id"]
    shown_by(ines, "child", "an owl in the night", source_picture_id=root)
    seat = await sit(ines, then=f"/pictures/{root}/tree", viewport=PHONE)
    for path in ("", "?view=drawing"):
        await seat.go(f"/pictures/{root}/tree{path}")
        assert await seat.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
