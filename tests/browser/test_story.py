"""The house's main job, walked by two people: from a sentence to a picture in somebody else's feed, and on to a remix."""

from __future__ import annotations

import re
import secrets
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import DESK, PHONE, Seat, Sit
from tests.conftest import PASSWORD

pytestmark = pytest.mark.browser
FOX = "a red fox asleep under a birch tree at night"
PAINTED_MS = 60_000
WATCH = """() => {
    window.seen = { previews: {}, steps: {} };
    const look = () => document.querySelectorAll('.candidates > div').forEach((one) => {
        const image = one.querySelector('img'), bar = one.querySelector('[role=progressbar]');
        if (image) (window.seen.previews[one.id] ??= new Set()).add(image.getAttribute('src'));
        if (bar) (window.seen.steps[one.id] ??= new Set()).add(Number(bar.getAttribute('aria-valuenow')));
    });
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
    look();
}"""
SEEN = """() => Object.fromEntries(Object.entries(window.seen).map(
    ([what, by]) => [what, Object.fromEntries(Object.entries(by).map(([id, set]) => [id, [...set]]))]))"""


async def sign_up(seat: Seat, name: str) -> None:
    await seat.go("/signup")
    await seat.page.fill("#username", name)
    await seat.page.fill("#email", f"{name}@example.org")
    await seat.page.fill("#password", PASSWORD)
    await seat.page.click("text=Make my account")
    await seat.page.wait_for_url(seat.url("/local"))
    await expect(seat.page.locator(".toast")).to_contain_text(f"Welcome, {name}")


async def imagine(seat: Seat, prompt: str, count: int) -> dict[str, Any]:
    """Ask for pictures in the studio and watch them come into focus; what was seen on the way."""
    page = seat.page
    await page.fill("#idea", prompt)
    await page.locator(f"label:has(input[name=count][value='{count}'])").click()
    await page.locator("#prompt-form button.tall").click()
    await page.wait_for_url(re.compile(r"/studio/generations/\d+$"))
    await page.evaluate(WATCH)
    tries = page.locator(".candidates > div")
    await expect(tries).to_have_count(count)
    try:
        await expect(page.locator("#generation")).to_have_attribute("data-state", "done", timeout=PAINTED_MS)
    except AssertionError as late:
        told = await (await seat.context.request.get(page.url)).text()
        over = 'data-state="done"' in told
        raise AssertionError(f"not done on the page; after a reload: {over}\n{seat.house.log[-3000:]}") from late
    await expect(page.locator(".candidates input:not([disabled])")).to_have_count(count)
    return await page.evaluate(SEEN)


async def show(page: Page, place: int, caption: str, alt: str = "") -> str:
    """Choose a try, say something and post it; the post's path."""
    await page.locator(".try").nth(place).click()
    await page.fill("#caption", caption)
    if alt:
        await page.fill("#alt", alt)
    await page.locator("#show button.primary").click()
    await page.wait_for_url(re.compile(r"/posts/\d+$"))
    return "/" + page.url.split("/", 3)[3]


@pytest.mark.parametrize(("viewport", "count"), [(DESK, 4), (PHONE, 1)], ids=["desk", "phone"])
async def test_from_a_sentence_to_a_remix(sit: Sit, viewport: dict[str, int], count: int) -> None:
    touch = viewport is PHONE
    first, second = await sit(viewport=viewport, has_touch=touch), await sit(viewport=viewport, has_touch=touch)
    ines, noor = f"ines_{secrets.token_hex(3)}", f"noor_{secrets.token_hex(3)}"
    await sign_up(first, ines)
    await sign_up(second, noor)

    await second.go(f"/@{ines}")
    await second.page.click(".profile .follow button")
    await expect(second.page.locator(".profile .follow button")).to_have_text("Following")
    await second.go("/")
    await second.ready()
    reloads = await second.page.evaluate("() => { window.stayed = true; }")
    assert reloads is None

    await first.page.locator(".nav .make a").click()
    seen = await imagine(first, FOX, count)
    watched_closely = [id_ for id_, previews in seen["previews"].items() if len(previews) >= 3]
    assert watched_closely, seen  # real pictures that replaced each other while it was painted
    for percents in seen["steps"].values():
        assert percents == sorted(percents)
    assert any(len(set(percents)) >= 3 for percents in seen["steps"].values()), seen["steps"]
    await expect(first.page.locator(".reading .chip.word input").first).to_be_visible()
    caption, alt = f"Dreaming of voles {secrets.token_hex(3)}", "A red fox sleeps curled up below a white birch, under stars."
    path = await show(first.page, count // 2, caption, alt)
    await expect(first.page.locator("figure img").first).to_have_attribute("alt", alt)
    await first.ready()

    pill = second.page.locator(".fresh")
    await expect(pill).to_contain_text("1 new post")
    assert await second.page.evaluate("() => window.stayed")
    await pill.click()
    card = second.page.locator(".post", has_text=caption)
    await expect(card).to_be_visible()
    assert await second.page.evaluate("() => window.stayed")
    await expect(card.locator(".frame img")).to_have_attribute("alt", alt)
    await card.locator(".frame > a:not(.pin)").click()
    await second.page.wait_for_url(second.url(path))
    await second.ready()

    await second.page.locator(".lead-post [data-toggle=like]").click()
    await expect(second.page.locator(".lead-post [data-toggle=like]")).to_have_attribute("aria-pressed", "true")
    await expect(first.page.locator(".lead-post [data-toggle=like] .num")).to_have_text("1")
    await second.page.fill("#reply textarea[name=text]", f"@{ines} sleep well, fox")
    await second.page.click("#reply button.primary")
    await expect(second.page.locator(".thread .reply")).to_contain_text("sleep well, fox")

    await second.page.locator(".lead-post .remix").click()
    await second.page.wait_for_url(re.compile(r"/studio\?remix=\d+$"))
    await expect(second.page.locator(".source-slot")).to_contain_text(f"@{ines}")
    assert await second.page.input_value("#idea") == FOX
    await imagine(second, FOX.replace("at night", "in the snow"), 1)
    await expect(second.page.locator("#show .lineage")).to_contain_text(f"Will say remixed from @{ines}")
    remix = await show(second.page, 0, "The same fox, in winter")
    await expect(second.page.locator(".lead-post .lineage")).to_contain_text(f"Remixed from @{ines}")
    await expect(second.page.locator("#tree li")).to_have_count(2)

    badge = first.page.locator(".nav [sse-swap=unread]")
    await expect(badge).to_contain_text("4")
    await first.page.locator(".nav a[title=Alerts]").click()
    for words in ("follows you", "likes your post", "replied", "remixed your picture"):
        await expect(first.page.locator(".news-list")).to_contain_text(words)
    await first.page.locator(".news", has_text="remixed").locator("a.said").click()
    await first.page.wait_for_url(first.url(remix))
    await first.go(path)
    await expect(first.page.locator(".lead-post .lineage")).to_contain_text("1 remix")
    for seat in (first, second):
        assert seat.strangers() == []
        assert seat.complaints == []
