"""A refusal as it is seen, an appeal as it is sent, the rules as they are read; in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PHONE, Sit
from tests.conftest import House, Member

pytestmark = pytest.mark.browser
New = Callable[..., Member]


async def test_a_refusal_says_which_rule_and_takes_an_appeal(sit: Sit, newcomer: New, house: House) -> None:
    ines = newcomer()
    seat = await sit(ines, then="/studio", viewport=PHONE)
    page = seat.page
    await page.fill("#idea", "a museum room with a captured swastika flag, 1945")
    await page.get_by_role("button", name="Imagine it").click()
    refusal = page.locator(".refusal")
    await expect(refusal).to_have_attribute("data-rule", "hate")
    await expect(refusal).to_contain_text("No hate")
    await expect(page.locator("#idea")).to_have_value("a museum room with a captured swastika flag, 1945")
    await refusal.get_by_text("Appeal", exact=True).click()
    await refusal.locator("textarea").fill("It hangs in a museum, as a warning.")
    await refusal.get_by_role("button", name="Send appeal").click()
    await page.wait_for_url("**/settings/safety*")
    await expect(page.locator(".refusal")).to_contain_text("A person will look at it.")
    waiting = house.command("admin", "appeals", "list")
    mine = next(one for one in waiting if one["by"] == ines.id)  # type: ignore[union-attr]
    house.command("admin", "appeals", "decide", mine["id"], "granted", "--answer", "Thank you for saying so.")  # type: ignore[index]
    await seat.go("/settings/safety")
    await expect(page.locator(".refusal")).to_contain_text("You were right.")
    await expect(page.locator(".refusal")).to_contain_text("Thank you for saying so.")
    # the browser itself notes that the answer with the refusal was a 422
    assert not [one for one in seat.complaints if "422" not in one]


async def test_it_works_without_scripts(sit: Sit, newcomer: New) -> None:
    seat = await sit(newcomer(), then="/studio", java_script_enabled=False)
    await seat.page.fill("#idea", "a naked child")
    await seat.page.get_by_role("button", name="Imagine it").click()
    await expect(seat.page.locator(".refusal")).to_have_attribute("data-rule", "minors")
    await seat.page.locator(".refusal summary").click()
    await seat.page.locator(".refusal textarea").fill("Why?")
    await seat.page.get_by_role("button", name="Send appeal").click()
    await expect(seat.page.locator(".refusal")).to_contain_text("A person will look at it.")


async def test_the_rules_are_for_everyone(sit: Sit) -> None:
    seat = await sit()
    await seat.go("/about/safety#likeness")
    await expect(seat.page.locator("article.ruling")).to_have_count(8)
    await expect(seat.page.locator("#minors")).to_contain_text("No administrator can loosen this rule.")
    await expect(seat.page.locator("#minors")).to_contain_text("≥ 80 %")
    assert not seat.complaints
    assert not seat.strangers()


async def test_a_likeness_is_ones_own_to_give(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    seat = await sit(ines, then="/settings/safety")
    await seat.page.get_by_text("Pictures of me may be made", exact=True).click()
    await seat.page.fill("#names", "Ines Alba, Ines the Fox")
    await seat.page.locator("#likeness").get_by_role("button", name="Save").click()
    await expect(seat.page.locator("#names")).to_have_value("ines alba, ines the fox")
    assert ines.client.get("/api/bower/v1/likeness").json()["names"] == ["ines alba", "ines the fox"]
    await seat.page.get_by_text("Pictures of me may be made", exact=True).click()
    await seat.page.locator("#likeness").get_by_role("button", name="Save").click()
    await expect(seat.page.locator("#names")).to_have_value("")
    assert ines.client.get("/api/bower/v1/likeness").json()["allowed"] is False
