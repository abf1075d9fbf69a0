"""Everything but the live previews works with scripts switched off."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PHONE, Sit, shown_by
from tests.conftest import Member

pytestmark = pytest.mark.browser
New = Callable[..., Member]


async def test_posting_liking_and_following(sit: Sit, newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    picture = shown_by(noor, "A fox by noor")
    seat = await sit(ines, java_script_enabled=False, viewport=PHONE)
    page = seat.page
    await page.locator("label:has(#mode-write)").click()
    await page.fill(".composer #text", "Written without a single script")
    await page.click(".composer .write button.primary")
    await expect(page.locator(".toast")).to_contain_text("Posted")
    await expect(page.locator(".post").first).to_contain_text("Written without a single script")

    await seat.go(f"/@{noor.name}")
    await page.click(".profile .follow button")
    await expect(page.locator(".profile .follow button")).to_have_text("Following")
    await seat.go("/")
    card = page.locator(f"#card-{picture['id']}")
    await seat.go(f"/posts/{picture['id']}")
    await card.locator("[data-toggle=like]").click()
    await expect(card.locator("[data-toggle=like]")).to_have_attribute("aria-pressed", "true")
    await expect(card.locator("[data-toggle=like] .num")).to_have_text("1")
    await page.fill("#reply textarea[name=text]", "read and answered")
    await page.click("#reply button.primary")
    await expect(page.locator(".thread .reply")).to_contain_text("read and answered")
    await card.locator("[data-toggle=like]").click()
    await expect(card.locator("[data-toggle=like]")).to_have_attribute("aria-pressed", "false")
    await page.locator(".topbar a[aria-label=Settings]").click()
    await page.click("text=Sign out")
    await page.wait_for_url(seat.url("/signin"))
    assert seat.complaints == []


async def test_a_picture_with_the_page_refreshing_itself(sit: Sit, newcomer: New) -> None:
    seat = await sit(newcomer(), then="/studio", java_script_enabled=False)
    page = seat.page
    await page.fill("#idea", "a paper boat on a still lake")
    await page.locator("label:has(input[name=count][value='1'])").click()
    await page.click("#prompt-form button.tall")
    await page.wait_for_url(re.compile(r"/studio/generations/\d+$"))
    await expect(page.locator("#generation")).to_have_attribute("data-state", "done", timeout=60_000)  # nobody presses reload
    await page.locator(".try").click()
    await page.fill("#caption", "A boat, and no scripts")
    await page.click("#show button.primary")
    await page.wait_for_url(re.compile(r"/posts/\d+$"))
    await expect(page.locator(".lead-post")).to_contain_text("A boat, and no scripts")
