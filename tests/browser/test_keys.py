"""Single keys, and second thoughts about a post."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Sit
from tests.conftest import Member

pytestmark = pytest.mark.browser
New = Callable[..., Member]
FOCUSED = "() => document.activeElement.closest('[data-card]')?.dataset.card"


async def test_keys(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    older, newer = ines.post("the older one"), ines.post("the newer one")
    seat = await sit(ines)
    page = seat.page
    await seat.ready()
    await page.locator(f"#card-{newer['id']}").wait_for()
    await page.keyboard.press("j")
    assert await page.evaluate(FOCUSED) == newer["id"]
    await page.keyboard.press("j")
    assert await page.evaluate(FOCUSED) == older["id"]
    await page.keyboard.press("k")
    assert await page.evaluate(FOCUSED) == newer["id"]
    await page.keyboard.press("l")
    liked = page.locator(f"#card-{newer['id']} [data-toggle=like]")
    await expect(liked).to_have_attribute("aria-pressed", "true")
    await page.keyboard.press("?")
    await expect(page.locator("#keys")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#keys")).to_be_hidden()
    await page.keyboard.press("o")
    await page.wait_for_url(seat.url(f"/posts/{newer['id']}"))
    await expect(page.locator(".lead-post [data-toggle=like] .num")).to_have_text("1")
    assert seat.complaints == []


async def test_delete_and_undo(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    said = ines.post("said too soon")
    seat = await sit(ines)
    await seat.ready()
    card = seat.page.locator(f"#card-{said['id']}")
    await card.locator("[popovertarget]").click()
    await card.locator(".menu >> text=Delete").click()
    await expect(card).to_be_hidden()
    await expect(seat.page.locator(".toast")).to_contain_text("Post deleted")
    await seat.page.click(".toast button")
    await expect(card).to_contain_text("said too soon")
    await seat.go(f"/posts/{said['id']}")
    await seat.ready()
    await seat.page.locator(".lead-post [popovertarget]").click()
    await seat.page.locator(".lead-post .menu >> text=Delete").click()
    await seat.page.wait_for_url(seat.url("/"))
    await seat.page.click(".toast button")
    await seat.page.wait_for_url(seat.url(f"/posts/{said['id']}"))
    await expect(seat.page.locator(".lead-post")).to_contain_text("said too soon")
