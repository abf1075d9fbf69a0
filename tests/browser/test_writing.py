"""Writing in a real browser: to whom, what is asked before, taking it back, polls, drafts, plans, quotes, the stranger's view."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Sit
from tests.conftest import Member

pytestmark = pytest.mark.browser
New = Callable[..., Member]
PHONE = {"width": 390, "height": 844}


async def test_the_audience_stands_beside_the_button_in_words(sit: Sit, newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    noor.follow(ines)
    seat = await sit(ines, then="/write")
    options = seat.page.locator("select[name=visibility] option")
    await expect(options).to_have_text(
        ["anyone on the internet", "anyone, but not in Local", "your 1 follower", "only people you mention"]
    )
    quiet = noor.post(f"for followers @{ines.name}", visibility="private")
    await seat.go(f"/posts/{quiet['id']}")
    await expect(seat.page.locator("#reply select[name=visibility]")).to_have_value("followers")
    assert seat.complaints == []


async def test_private_things_are_asked_about_once_before_everyone_sees_them(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    seat = await sit(ines, then="/write")
    page = seat.page
    await page.fill("#text", "call me: +49 171 2345678")
    await page.click("button[value=post]")
    await expect(page.locator(".findings")).to_contain_text("Phone number")
    await expect(page.locator("#text")).to_have_value("call me: +49 171 2345678")
    assert ines.client.get(f"/api/v1/accounts/{ines.id}/statuses").json() == []
    await page.check("input[name=checked]")
    await page.click("button[value=post]")
    await page.wait_for_url("**/posts/*")
    assert len(ines.client.get(f"/api/v1/accounts/{ines.id}/statuses").json()) == 1
    await seat.go("/write")
    await page.fill("#text", "friends, call me: +49 171 2345678")
    await page.select_option("select[name=visibility]", "followers")
    await page.click("button[value=post]")
    await page.wait_for_url("**/posts/*")
    assert seat.complaints == []


async def test_what_was_posted_can_be_taken_back_into_the_form(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    seat = await sit(ines, then="/write")
    page = seat.page
    await page.fill("#text", "too soon")
    await page.click("button[value=post]")
    await page.locator(".toasts button:has-text('Undo')").click()
    await expect(page.locator("h1")).to_have_text("Taken back")
    await expect(page.locator("#text")).to_have_value("too soon")
    assert ines.client.get(f"/api/v1/accounts/{ines.id}/statuses").json() == []
    assert seat.complaints == []


async def test_a_poll_is_asked_and_answered(sit: Sit, newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    seat = await sit(ines, then="/write", viewport=PHONE)
    page = seat.page
    await page.fill("#text", "what belongs into a bower?")
    await page.click("[data-unfold=poll-field]")
    for place, words in enumerate(("blue glass", "shells")):
        await page.locator("input[name=poll_option]").nth(place).fill(words)
    await page.click("button[value=post]")
    await page.wait_for_url("**/posts/*")
    voter = await sit(noor, then=urlsplit(page.url).path)
    await voter.page.locator(".poll .choice", has_text="shells").click()
    await voter.page.click(".poll button")
    await expect(voter.page.locator(".poll .result.mine")).to_contain_text("100 %")
    assert seat.complaints == []
    assert voter.complaints == []


async def test_drafts_and_plans_wait_on_their_page(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    seat = await sit(ines, then="/write")
    page = seat.page
    await page.fill("#text", "half a thought")
    await page.click("button[value=draft]")
    await page.wait_for_url("**/drafts")
    await page.click("text=Go on writing")
    await expect(page.locator("#text")).to_have_value("half a thought")
    await page.fill("#text", "a whole thought")
    await page.click("[data-unfold=later-field]")
    later = datetime.now() + timedelta(hours=5)
    await page.fill("input[name=later]", later.strftime("%Y-%m-%dT%H:%M"))
    await page.click("button[value=post]")
    await page.wait_for_url("**/drafts")
    await expect(page.locator("article")).to_have_count(1)
    await expect(page.locator("article")).to_contain_text("a whole thought")
    assert len(ines.client.get("/api/v1/scheduled_statuses").json()) == 1
    await page.click("text=Do not post")
    await expect(page.locator("article")).to_have_count(0)
    assert seat.complaints == []


async def test_a_quote_stands_in_the_post_that_quotes_it(sit: Sit, newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    said = noor.post("blue glass only")
    seat = await sit(ines, then=f"/write?quote={said['id']}")
    page = seat.page
    await expect(page.locator(".quoted")).to_contain_text("blue glass only")
    await page.fill("#text", "and feathers")
    await page.click("button[value=post]")
    await page.wait_for_url("**/posts/*")
    await expect(page.locator(".lead-post .quoted")).to_contain_text("blue glass only")
    assert seat.complaints == []


async def test_what_is_not_public_has_no_link_to_share(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    for visibility, links in (("public", 1), ("private", 0)):
        said = ines.post("share me?", visibility=visibility)
        seat = await sit(ines, then=f"/posts/{said['id']}")
        await expect(seat.page.locator(f"#menu-{said['id']} [data-copy]")).to_have_count(links)


async def test_see_it_as_a_stranger(sit: Sit, newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    said, quiet = ines.post("for all"), ines.post("for followers", visibility="private")
    seat = await sit(ines, then=f"/posts/{said['id']}?as=stranger")
    await expect(seat.page.locator(".note").first).to_contain_text("someone who is not signed in")
    await expect(seat.page.locator("#reply")).to_have_count(0)
    for id_, status in ((quiet["id"], 404), (noor.post("not mine")["id"], 403)):
        answer = await seat.page.goto(seat.url(f"/posts/{id_}?as=stranger"))
        assert answer is not None
        assert answer.status == status


async def test_pages_of_those_who_did_not_ask_for_it_are_kept_by_no_search_engine(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    said = ines.post("hello")
    guest = await sit()
    for path in (f"/posts/{said['id']}", f"/@{ines.name}"):
        await guest.go(path)
        await expect(guest.page.locator("meta[name=robots]")).to_have_attribute("content", "noindex")


async def test_a_change_shows_on_pages_that_are_open(sit: Sit, newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    said = ines.post("the first words")
    seat = await sit(noor, then=f"/posts/{said['id']}")
    await seat.page.wait_for_function("() => document.body['htmx-internal-data']?.sseEventSource?.readyState === 1")
    ines.client.put(f"/api/v1/statuses/{said['id']}", json={"status": "better words"})
    await expect(seat.page.locator(".lead-post .words")).to_have_text("better words", timeout=15_000)
    ines.client.delete(f"/api/v1/statuses/{said['id']}")
    await expect(seat.page.locator(".lead-post .words")).to_have_text("Its author took this down.", timeout=15_000)


async def test_an_answer_to_what_was_taken_down_is_not_lost(sit: Sit, newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    said = ines.post("here for a moment")
    seat = await sit(noor, then=f"/write?reply={said['id']}")
    await seat.page.fill("#text", "a long and careful answer")
    ines.client.delete(f"/api/v1/statuses/{said['id']}")
    await seat.page.click("button[value=post]")
    await expect(seat.page.locator("h1")).to_have_text("Not posted yet")
    await expect(seat.page.locator("#text")).to_have_value("a long and careful answer")
