"""The arena in a real browser: a prompt, two pictures without names, a vote by one key, the names, taking it back; and without scripts."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import DESK, PHONE, Sit
from tests.browser.shots import SHOTS, take
from tests.conftest import Member
from tests.contract.test_arena import API, painted

pytestmark = pytest.mark.browser
New = Callable[..., Member]


async def test_a_prompt_two_pictures_one_key(sit: Sit, newcomer: New) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    ines = newcomer()
    seat = await sit(ines, then="/arena?kind=picture", viewport=DESK)
    await seat.ready()
    await seat.page.fill("#idea", "a paper boat on a quiet lake")
    await seat.page.click("form.composer button.primary")
    await seat.page.wait_for_url(re.compile(r"/arena/\d+$"))
    await expect(seat.page.locator("#bout")).to_have_attribute("data-state", "done", timeout=60_000)
    await expect(seat.page.locator(".side img")).to_have_count(2)
    await expect(seat.page.locator(".who")).to_have_count(0)
    assert "Illustrator" not in await seat.page.content()
    assert "Painter" not in await seat.page.content()
    await take(seat, "arena-blind", DESK["width"])
    await seat.page.keyboard.press("2")
    await expect(seat.page.locator(".told")).to_contain_text("You found B better.")
    assert sorted(await seat.page.locator(".who b").all_inner_texts()) == ["Illustrator", "Painter"]
    await expect(seat.page.locator(".side.won")).to_contain_text("Better")
    await seat.page.locator(".toast").get_by_role("button", name="Undo").click()
    await expect(seat.page.locator(".told")).to_contain_text("You took your vote back.")
    await take(seat, "arena-told", DESK["width"])
    assert not seat.complaints


async def test_on_a_phone_without_scripts(sit: Sit, newcomer: New) -> None:
    noor = newcomer()
    bout = await asyncio.to_thread(painted, noor, "a heron at first light")
    seat = await sit(noor, then="/arena", viewport=PHONE, java_script_enabled=False)
    await seat.page.click("text=waits for your vote")
    await seat.page.get_by_role("button", name="A tie").click()
    await expect(seat.page.locator(".told")).to_contain_text("You called it a tie.")
    assert noor.client.get(f"{API}/bouts/{bout['id']}").json()["vote"] == "tie"
    await seat.page.get_by_role("button", name="Take it back").click()
    await expect(seat.page.locator(".told")).to_contain_text("You took your vote back.")


async def test_nothing_is_wider_than_a_phone(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    bout = await asyncio.to_thread(painted, ines, "a kite")
    seat = await sit(ines, viewport=PHONE)
    for path in (
        "/arena",
        "/arena?kind=picture",
        "/arena/standings",
        "/arena/standings?kind=picture",
        f"/arena/{bout['id']}",
        "/learning",
    ):
        await seat.go(path)
        assert await seat.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), path
    await seat.go("/arena")
    await expect(seat.page.locator(".alone")).to_contain_text("One language model answers in this house: smollm2-135m-instruct.")
