"""Several generations in one post, with order and descriptions, and where an upload comes from, in a real browser."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.async_api import FilePayload, expect

from tests.browser.conftest import PHONE, Sit, shown_by
from tests.conftest import Member, picture_of

pytestmark = pytest.mark.browser
New = Callable[..., Member]


def said(member: Member) -> dict[str, object]:
    return member.client.get(f"/api/v1/accounts/{member.id}/statuses").json()[0]


def photo(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (240, 200), colour).save(out, "JPEG")
    return out.getvalue()


async def test_pictures_of_several_generations_become_one_post_in_order(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    made = [picture_of(ines, words)["candidates"][0] for words in ("a red fox", "an owl at night", "a small boat")]
    other = shown_by(newcomer(), "theirs")
    ines.client.put(f"/api/bower/v1/pictures/{other['picture_id']}/favourite")
    seat = await sit(ines, then="/shelf")
    page = seat.page
    for one in (made[2], made[0]):
        await page.check(f"input[name=picture][value='{one['picture_id']}']")
    await page.click("#tray button")
    await page.wait_for_url("**/write?*")
    shots = page.locator(".kept-shots li")
    await expect(shots).to_have_count(2)
    first, second = made[2], made[0]
    await expect(shots.nth(0).locator("textarea")).to_have_value(first["alt_suggestion"])
    await page.fill("#text", "two of them")
    await shots.nth(1).locator("textarea").fill("A fox, painted by words.")
    await shots.nth(0).locator("[data-move=later]").click()
    await expect(shots.nth(1).locator("textarea")).to_have_value(first["alt_suggestion"])

    await page.click("button[value=more]")  # and one more: nothing that was written is lost
    await page.wait_for_url("**/shelf?draft=*")
    await page.check(f"input[name=picture][value='{made[1]['picture_id']}']")
    await page.click("text=Add them to the draft")
    await expect(page.locator("#text")).to_have_value("two of them")
    await expect(shots).to_have_count(3)
    await page.click("button.primary[value=post]")
    await page.wait_for_url("**/posts/*")
    post = said(ines)
    media = post["media_attachments"]
    assert isinstance(media, list)
    assert [one["id"] for one in media] == [second["media_id"], first["media_id"], made[1]["media_id"]]
    assert media[0]["description"] == "A fox, painted by words."
    assert media[1]["description"] == first["alt_suggestion"]
    assert ines.client.get("/api/bower/v1/drafts").json() == []
    assert seat.complaints == []


async def test_history_and_favourites_lead_to_a_post_and_only_ones_own(sit: Sit, newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    own = picture_of(ines, "a red fox")["candidates"][0]
    theirs = shown_by(noor, "theirs")["picture_id"]
    for id_ in (own["picture_id"], theirs):
        assert ines.client.put(f"/api/bower/v1/pictures/{id_}/favourite").status_code < 300
    seat = await sit(ines, then="/favourites", viewport=PHONE)
    page = seat.page
    await expect(page.locator("input[name=picture]")).to_have_count(1)
    await seat.go(f"/write?picture={theirs}&picture={own['picture_id']}&picture=77")
    await expect(page.locator(".kept-shots li")).to_have_count(1)
    await seat.go("/history")
    await page.check(f"input[name=picture][value='{own['picture_id']}']")
    await page.click("#tray button")
    await expect(page.locator(".kept-shots li")).to_have_count(1)
    assert await page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


async def test_without_scripts_the_order_changes_too_and_five_are_four(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    made = [picture_of(ines, f"a fox and {n} stars")["candidates"][0] for n in (1, 2, 3, 4, 5)]
    seat = await sit(ines, then="/write?" + "&".join(f"picture={one['picture_id']}" for one in made), java_script_enabled=False)
    page = seat.page
    await expect(page.locator(".kept-shots li")).to_have_count(4)
    await expect(page.locator("text=Up to 4 pictures fit")).to_be_visible()
    await page.locator(".kept-shots textarea").nth(0).fill("the first")
    await page.locator(".kept-shots [data-move=later]").nth(0).click()
    await expect(page.locator(".kept-shots textarea").nth(1)).to_have_value("the first")
    await page.fill("#text", "in order")
    await page.click("button.primary[value=post]")
    await page.wait_for_url("**/posts/*")
    media = said(ines)["media_attachments"]
    assert isinstance(media, list)
    assert [one["id"] for one in media] == [made[n]["media_id"] for n in (1, 0, 2, 3)]


async def test_an_upload_says_where_it_comes_from(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    seat = await sit(ines, then="/write")
    page = seat.page
    files = [
        FilePayload(name=f"{n}.jpg", mimeType="image/jpeg", buffer=photo(c))
        for n, c in enumerate(("#884422", "#224488", "#448822"))
    ]
    await page.set_input_files("input[name=pictures]", files=files)
    await page.select_option("select[name=origin_0]", "by_hand")
    await page.select_option("select[name=origin_1]", "camera")
    await page.fill("#text", "three of mine")
    await page.click("button.primary[value=post]")
    await page.wait_for_url("**/posts/*")
    pins = page.locator(".frame span.pin")
    assert [text.strip() for text in await pins.all_inner_texts()] == ["Made by hand", "Camera", "Origin unknown"]
    own = picture_of(ines, "a red fox")["candidates"][0]
    drawn = ines.client.get(own["url"]).content
    await seat.go("/write")
    await page.set_input_files("input[name=pictures]", files=FilePayload(name="x.webp", mimeType="image/webp", buffer=drawn))
    await page.select_option("select[name=origin_0]", "by_hand")
    await page.fill("#text", "by hand, honestly")
    await page.click("button.primary[value=post]")
    await expect(page.locator("#text-wrong")).to_contain_text("made with AI")
    await expect(page.locator("#text")).to_have_value("by hand, honestly")
