"""What every page owes its reader: no sideways scroll, dark when it is dark, a place kept for what is gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import DESK, Sit, shown_by
from tests.conftest import Member

pytestmark = pytest.mark.browser
New = Callable[..., Member]
LONG = "pneumonoultramicroscopicsilicovolcanoconiosis" * 4


async def sideways(page: Page) -> int:
    return await page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")


async def test_nothing_scrolls_sideways_and_nothing_complains(sit: Sit, newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    shown = shown_by(ines, f"{LONG} https://example.org/{LONG} #{LONG[:60]}", LONG + " in the rain")
    noor.post(f"@{ines.name} {LONG}", in_reply_to_id=shown["id"])
    paths = (
        "/", "/local", f"/posts/{shown['id']}", f"/pictures/{shown['picture_id']}", f"/@{ines.name}", f"/@{ines.name}?tab=posts",
        f"/@{ines.name}/followers", "/search", f"/search?q={LONG}&kind=posts", "/search?kind=people&q=a", "/notifications", "/bookmarks",
        "/studio", f"/studio?remix={shown['picture_id']}", "/settings/profile", "/settings/account", "/settings/privacy",
        "/settings/learning", "/settings/filters", "/settings/hidden", "/settings/tags", "/settings/usage", "/settings/data", "/messages", "/lists",
        "/requests", "/notifications/held", f"/@{ines.name}?as=stranger", f"/@{noor.name}", f"/@{noor.name}/report", f"/@{noor.name}/lists",
        "/write?to=a", f"/posts/{shown['id']}/edit", f"/posts/{shown['id']}/history",
    )  # fmt: skip
    seat = await sit(ines, viewport={"width": 360, "height": 740})
    guest = await sit(viewport={"width": 360, "height": 740})
    for path in paths:
        await seat.go(path)
        assert await sideways(seat.page) <= 0, path
    for path in ("/signin", "/signup", "/local", f"/posts/{shown['id']}", f"/@{ines.name}", "/search"):
        await guest.go(path)
        assert await sideways(guest.page) <= 0, path
    assert seat.complaints == []
    assert guest.complaints == []
    assert seat.strangers() == []


async def test_what_is_being_painted_shows_on_the_home_page_until_it_is_ready(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    wish = {"prompt": "three owls in the fog", "count": 2, "width": 256, "height": 256}
    assert ines.client.post("/api/bower/v1/generations", json=wish).status_code == 202
    seat = await sit(ines)
    await expect(seat.page.locator("#running")).to_contain_text("three owls in the fog")
    await expect(seat.page.locator("#running h2")).to_have_text("Ready when you are", timeout=30_000)
    await seat.page.click("#running")
    await expect(seat.page.locator(".candidates input:not([disabled])")).to_have_count(2)
    assert seat.complaints == []


async def test_dark_is_dark(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    ground = "() => getComputedStyle(document.body).backgroundColor"
    lights: dict[str, str] = {}
    for scheme in ("light", "dark"):
        seat = await sit(ines, color_scheme=scheme, viewport=DESK)
        lights[scheme] = await seat.page.evaluate(ground)
    assert lightness(lights["light"]) > 0.9
    assert lightness(lights["dark"]) < 0.3


def lightness(colour: str) -> float:
    """Of `oklch(L C H)` or `rgb(r, g, b)`, 0 to 1."""
    numbers = colour.partition("(")[2].rstrip(")").replace(",", " ").split()
    return float(numbers[0]) if colour.startswith("ok") else sum(map(float, numbers[:3])) / 765


async def test_a_picture_that_was_taken_down_leaves_a_tombstone(sit: Sit, newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    parent = shown_by(ines, "the first fox")
    child = shown_by(noor, "and mine", "a red fox in the rain", source_picture_id=parent["picture_id"])
    seat = await sit(noor, then=f"/posts/{child['id']}")
    page = seat.page
    await expect(page.locator(".lead-post .lineage")).to_contain_text(f"Remixed from @{ines.name}")
    await expect(page.locator("#tree li a")).to_have_count(2)
    gone: dict[str, Any] = ines.client.delete(f"/api/v1/statuses/{parent['id']}").json()
    assert gone["id"] == parent["id"]
    await page.reload()
    await expect(page.locator("#tree .tomb")).to_contain_text("taken down")
    await seat.go(f"/pictures/{child['picture_id']}")
    await expect(page.locator(".lineage")).to_contain_text("Remixed from a picture that its author took down")
    await expect(page.locator("#tree .tomb")).to_have_count(1)
    answer = await page.goto(seat.url(f"/posts/{parent['id']}"))
    assert answer is not None
    assert answer.status == 410
    await expect(page.locator("h1")).to_have_text("Taken down by its author")
