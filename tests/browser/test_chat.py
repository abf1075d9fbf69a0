"""The chat in a real browser: words as they come, stop, branches, editing, pictures, sharing, keys, small screens."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Seat, Sit
from tests.conftest import Member

pytestmark = pytest.mark.browser
New = Callable[..., Member]
PHONE = {"width": 390, "height": 844}
ANSWER_MS = 60_000
STORY = "Tell me a story of six sentences about a fox and the sea."


async def say(page: Page, text: str) -> None:
    await page.fill("#ask textarea", text)
    await page.keyboard.press("Enter")


async def begin(sit: Sit, member: Member, text: str, **options: object) -> Seat:
    seat = await sit(member, then="/chat", **options)
    await seat.ready()
    await say(seat.page, text)
    await seat.page.wait_for_url(re.compile(r"/chat/\d+$"))
    return seat


async def over(page: Page, answers: int = 1) -> None:
    """Until so many answers stand there and the last is written."""
    await expect(page.locator("[data-answer]")).to_have_count(answers, timeout=ANSWER_MS)
    await expect(page.locator("[data-answer]").last).to_have_attribute(
        "data-state", re.compile("done|stopped|failed"), timeout=ANSWER_MS
    )


async def test_words_come_as_they_are_written_and_go_on_after_a_reload(sit: Sit, newcomer: New) -> None:
    seat = await begin(sit, newcomer(), STORY)
    page = seat.page
    words = page.locator("[data-answer] .prose.unfinished")
    await expect(words).to_have_text(re.compile(r"\w{2,}"), timeout=ANSWER_MS)
    few = await words.inner_text()
    await page.wait_for_function(
        "few => (document.querySelector('[data-answer] .words')?.innerText.length ?? 0) > few + 20",
        arg=len(few),
        timeout=ANSWER_MS,
    )
    await expect(page.locator("#convos-list [aria-current]")).to_contain_text("Writing now")
    await page.reload()
    await expect(page.locator("[data-answer] .words")).to_contain_text(few[:20])
    await over(page)
    await expect(page.locator("#convos-list [aria-current]")).not_to_contain_text("Writing now")
    await expect(page.locator("#told")).to_contain_text("Bower: ")
    await page.locator(".how summary").click()
    await expect(page.locator(".how-more")).to_contain_text("All three are the same small model here.")
    await expect(page.locator(".how-more a")).to_have_attribute("href", "/about/bower")
    assert seat.complaints == []
    assert seat.strangers() == []


async def test_escape_stops_and_what_was_written_stays(sit: Sit, newcomer: New) -> None:
    seat = await begin(sit, newcomer(), "Write a long story of twenty sentences about a fox who crosses the sea. Be detailed.")
    page = seat.page
    await page.fill("#ask textarea", "half a thought")
    await expect(page.locator("[data-answer] .prose")).to_have_text(re.compile(r"\w"), timeout=ANSWER_MS)
    await page.keyboard.press("Escape")
    await expect(page.locator("[data-answer]")).to_have_attribute("data-state", "stopped")
    await expect(page.locator("[data-answer]")).to_contain_text("Stopped.")
    await expect(page.locator("#ask textarea")).to_have_value("half a thought")
    await expect(page.locator("[data-send]")).to_be_visible()
    await page.keyboard.press("Enter")
    await over(page, 2)
    await expect(page.locator("#ask textarea")).to_be_focused()
    await expect(page.locator("#ask textarea")).to_have_value("")
    assert seat.complaints == []


async def test_again_with_another_tier_branches_and_both_are_compared(sit: Sit, newcomer: New) -> None:
    seat = await begin(sit, newcomer(), "Name one colour.")
    page = seat.page
    await over(page)
    await page.click(".acts-of button:has-text('Again')")
    await page.click(".menu:popover-open >> text=With Nano")
    await expect(page.locator(".beside")).to_contain_text("2/2", timeout=ANSWER_MS)
    await over(page)
    await expect(page.locator(".how summary")).to_contain_text("Nano")
    await page.click("[aria-label='The one before']")
    await expect(page.locator(".beside")).to_contain_text("1/2")
    await expect(page.locator(".how summary")).to_contain_text("Mini")
    await page.click("text=Compare")
    await expect(page.locator(".beside-grid article")).to_have_count(2)
    await page.locator(".beside-grid button").nth(1).click()
    await expect(page.locator(".beside")).to_contain_text("2/2")
    await page.click("[aria-label='Not helpful']")
    await page.click(".reasons >> text=Too long")
    await page.fill(".reasons [name=note]", "one word would do")
    await page.click(".reasons button")
    await expect(page.locator(".reasons summary")).to_have_text("What you said about it")
    assert seat.complaints == []


async def test_the_last_message_is_edited_with_the_arrow_and_sent_again(sit: Sit, newcomer: New) -> None:
    seat = await begin(sit, newcomer(), "/trends")
    page = seat.page
    await over(page)
    await page.focus("#ask textarea")
    await page.keyboard.press("ArrowUp")
    field = page.locator(".reword textarea")
    await expect(field).to_be_focused()
    await field.fill("/post A fox in the snow")
    await page.keyboard.press("Enter")
    await expect(page.locator(".draft-card")).to_contain_text("A fox in the snow", timeout=ANSWER_MS)
    await expect(page.locator(".said .beside")).to_contain_text("2/2")
    await over(page)
    await page.click("text=Open in the composer")
    await expect(page.locator("#text")).to_have_value("A fox in the snow")
    assert seat.complaints == []


async def test_pictures_come_into_focus_and_lead_to_where_they_are_shown(sit: Sit, newcomer: New) -> None:
    seat = await begin(sit, newcomer(), "/draw a red fox in the snow")
    page = seat.page
    await expect(page.locator(".painting .draft.live img").first).to_be_visible(timeout=ANSWER_MS)
    await expect(page.locator(".painting .hud").first).to_contain_text("/")
    await expect(page.locator(".painting")).to_have_attribute("data-state", "done", timeout=90_000)
    await expect(page.locator(".painting .draft img")).to_have_count(2)
    await page.click("text=Show it")
    await page.wait_for_url("**/studio/generations/*")
    await expect(page.locator("#show")).to_be_visible()
    assert seat.complaints == []


async def test_what_is_shown_is_what_is_published(sit: Sit, newcomer: New) -> None:
    ann = newcomer()
    seat = await begin(sit, ann, "/post Lanterns on the water")
    page = seat.page
    await over(page)
    await say(page, "/remember my secret plan")
    await over(page, 2)
    await page.click("text=Share to feed")
    await page.locator(".choose-list input").nth(2).uncheck()
    await page.locator(".choose-list input").nth(3).uncheck()
    await page.locator(".choose-list input").nth(0).check()
    field = page.locator("#becomes textarea")
    await expect(field).to_have_value("“/post Lanterns on the water”")
    await field.fill("Lanterns on the water, at last")
    await page.click("text=Post publicly")
    await page.wait_for_url("**/posts/*")
    await expect(page.locator(".lead-post")).to_contain_text("Lanterns on the water, at last")
    [status] = ann.client.get(f"/api/v1/accounts/{ann.id}/statuses").json()
    assert status["content"] == "<p>Lanterns on the water, at last</p>"
    assert status["visibility"] == "public"
    await seat.go("/chat")
    await expect(page.locator("#convos-list")).to_contain_text("Shared to feed")
    assert seat.complaints == []


async def test_commands_are_hinted_at_and_chosen_by_keyboard(sit: Sit, newcomer: New) -> None:
    seat = await sit(newcomer(), then="/chat")
    page = seat.page
    await seat.ready()
    await page.locator("#ask textarea").press_sequentially("/s")
    await expect(page.locator("#slash li:visible")).to_have_count(2)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.locator("#ask textarea")).to_have_value("/summarise ")
    await expect(page.locator("#slash")).to_be_hidden()
    await page.fill("#ask textarea", "two")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("lines")
    await expect(page.locator("#ask textarea")).to_have_value("two\nlines")
    await page.click(".start >> nth=2")
    await expect(page.locator("#ask textarea")).to_have_value("/trends")
    assert seat.complaints == []


async def test_on_a_small_screen_nothing_is_wider_than_it(sit: Sit, newcomer: New) -> None:
    ann = newcomer()
    seat = await begin(sit, ann, "/post " + "unbroken" * 40, viewport=PHONE, has_touch=True, is_mobile=True)
    page = seat.page
    await over(page)
    here = page.url.removeprefix(seat.house.url)
    for path in (here, f"{here}/share", "/chat", "/chat/all", "/settings/assistant"):
        await seat.go(path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390, path
    await seat.go("/chat/all")
    await page.click("#convos-list a")
    await page.click(".to-list")
    await expect(page.locator("#convos-list li")).to_have_count(1)
    assert seat.complaints == []


async def test_without_scripts_the_page_says_how_far_it_is(sit: Sit, newcomer: New) -> None:
    seat = await sit(newcomer(), then="/chat", java_script_enabled=False)
    page = seat.page
    await page.fill("#ask textarea", "/trends")
    await page.click("[data-send]")
    await page.wait_for_url(re.compile(r"/chat/\d+$"))
    await expect(page.locator("[data-answer][data-state=done]")).to_be_visible(timeout=ANSWER_MS)
    await page.click("[aria-label='Helpful']")
    await expect(page.locator("[aria-label='Helpful']")).to_have_attribute("aria-pressed", "true")
