"""For You in a browser: the question, the line of why, not for me, steering, and how long posts were looked at."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PHONE, Sit, shown_by
from tests.conftest import Member
from tests.contract.test_feed import consent, known, until

pytestmark = pytest.mark.browser
New = Callable[..., Member]


@pytest.fixture
def wall(newcomer: New) -> Member:
    """Someone with a few pictures and words that the feed knows."""
    author = newcomer()
    posts = [shown_by(author, f"picture {number}", f"a red fox in the snow, try {number}") for number in range(3)]
    posts += [author.post(f"words, number {number}, about a lighthouse") for number in range(4)]
    until(lambda: known(author, posts[-1]["id"]))
    return author


async def test_it_asks_once_and_shows_both_feeds(sit: Sit, newcomer: New, wall: Member) -> None:
    reader = newcomer()
    reader.follow(wall)
    seat = await sit(reader, then="/for-you", viewport=PHONE)
    page = seat.page
    asking = page.locator("#asking")
    await expect(asking).to_be_visible()
    await asking.locator("fieldset .tile").first.click()
    await expect(page.locator("#trial")).to_contain_text("Nothing of this is kept")
    await asking.locator("input[name=said]").fill("more lighthouses, never spiders")
    await expect(page.locator("#trial")).to_contain_text("Never spiders")
    yes, no = [await asking.locator(f"button[value={said}]").bounding_box() for said in ("yes", "no")]
    assert yes is not None
    assert no is not None
    assert abs(yes["width"] - no["width"]) < 12  # neither is pushed
    assert yes["height"] == no["height"]
    await asking.locator("button[value=yes]").click()
    await expect(page.locator(".toast")).to_contain_text("It learns from now on")
    await expect(page.locator("#asking")).to_have_count(0)
    await expect(page.locator(".steer .chip.straw")).not_to_have_count(0)
    await seat.go("/")
    assert page.url.endswith("/for-you")
    assert seat.complaints == []


async def test_why_not_for_me_and_undo(sit: Sit, newcomer: New, wall: Member) -> None:
    reader = newcomer()
    reader.follow(wall)
    consent(reader, personalise=True)
    seat = await sit(reader, then="/for-you")
    page = seat.page
    await seat.ready()
    card = page.locator(".post[data-card]", has=page.locator(".name", has_text=wall.name)).first
    id_ = await card.get_attribute("data-card")
    line = page.locator(f"#card-{id_} .why-line")
    await line.focus()
    await page.keyboard.press("Enter")
    pop = page.locator(f"#why-{id_}")
    await expect(pop).to_be_visible()
    await expect(pop.locator(".reasons li")).not_to_have_count(0)
    await pop.get_by_text("Show the whole sum").click()
    await expect(pop.locator(".ledger tfoot")).to_contain_text("Its value to you")
    await pop.get_by_text("More like this").click()
    await expect(page.locator(".toast", has_text="Noted: more")).to_be_visible()
    await expect(pop).to_be_hidden()
    await page.locator(".toast", has_text="Noted").get_by_text("Undo").click()
    await expect(page.locator(".toast", has_text="Taken back.")).to_be_visible()

    held: list[Callable[[], object]] = []
    await page.route(f"**/posts/{id_}/hide", lambda route: held.append(route.continue_))
    await page.locator(f"#card-{id_} .byline [popovertarget]").click()
    await page.locator(f"#menu-{id_}").get_by_text("Not for me").click()
    await expect(page.locator(f"#card-{id_}")).to_be_hidden()  # before the house has answered
    await expect(page.locator(".toast", has_text="Not shown")).to_have_count(0)
    await held[0]()  # type: ignore[misc]
    await expect(page.locator(".toast", has_text="Not shown to you again")).to_be_visible()
    await page.locator(".toast", has_text="Not shown").get_by_text("Undo").click()
    await expect(page.locator(f"article#card-{id_}")).to_be_visible()
    await expect(line).to_be_visible()
    await page.unroute(f"**/posts/{id_}/hide")

    await page.route(f"**/posts/{id_}/hide", lambda route: route.abort())
    await page.locator(f"#card-{id_} .byline [popovertarget]").click()
    await page.locator(f"#menu-{id_}").get_by_text("Not for me").click()
    await expect(page.locator(".toast", has_text="did not answer")).to_be_visible()
    await expect(page.locator(f"article#card-{id_}")).to_be_visible()


async def test_a_sentence_is_approved_on_a_phone(sit: Sit, newcomer: New, wall: Member) -> None:
    reader = newcomer()
    consent(reader, personalise=False)
    seat = await sit(reader, then="/for-you", viewport=PHONE, timezone_id="Europe/Berlin")
    page = seat.page
    await seat.ready()
    await page.locator(".steer a.chip").click()
    sheet = page.locator("#steer-sheet")
    await expect(sheet.locator("textarea")).to_be_visible()
    await expect(sheet.locator("[data-zone]")).to_have_value("Europe/Berlin")
    await sheet.locator("textarea").fill("more lighthouses, less politics until Sunday, blorp the quux")
    await sheet.get_by_text("Read it").click()
    await expect(sheet.locator(".read")).to_contain_text("More lighthouses")
    await expect(sheet.locator(".say .note")).to_contain_text("blorp the quux")
    await sheet.get_by_text("Change it").click()
    await expect(sheet.locator("textarea")).to_have_value("more lighthouses, less politics until Sunday, blorp the quux")
    await sheet.locator("textarea").fill("more lighthouses, never spiders")
    await sheet.get_by_text("Read it").click()
    await sheet.locator(".say").get_by_text("Save", exact=True).click()
    chips = page.locator(".steer .chip.straw")
    await expect(chips).to_have_count(2)
    await chips.filter(has_text="spiders").click()
    await expect(page.locator(".steer .chip.straw")).to_have_count(1)
    await page.locator(".toast", has_text="gone").get_by_text("Undo").click()
    await expect(page.locator(".steer .chip.straw")).to_have_count(2)
    await seat.ready()
    await page.locator(".steer a.chip").click()
    dial = sheet.locator("input[name=dial]")
    await dial.focus()
    await page.keyboard.press("ArrowRight")
    await expect(sheet.locator(".dial output")).to_have_text("A little more generated, less made by people")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert seat.complaints == []


async def test_dwell_reaches_the_house_only_by_consent(sit: Sit, newcomer: New, wall: Member) -> None:
    for learns in (False, True):
        reader = newcomer()
        reader.follow(wall)
        consent(reader, personalise=learns)
        seat = await sit(reader, then="/for-you")
        await seat.ready()
        await expect(seat.page.locator(".post").first).to_be_visible()
        assert any(url.endswith("/dwell.js") for url in seat.asked) is learns
        await seat.page.locator(".why-line").first.scroll_into_view_if_needed()
        await seat.page.wait_for_timeout(2_200)
        sent: list[str] = []
        keep = sent.append
        seat.context.on("request", lambda one, keep=keep: one.url.endswith("/for-you/dwells") and keep(one.post_data or ""))
        await seat.page.evaluate("scrollTo(0, document.body.scrollHeight)")
        await seat.page.wait_for_timeout(6_500)
        assert bool(sent) is learns
        if learns:
            seconds = json.loads(sent[0])["seconds"]
            assert seconds
            assert all(1 <= long < 60 for long in seconds.values())
            acts = reader.client.get("/api/bower/v1/feed/taste").json()["acts"]
            assert "dwell" in [act["kind"] for act in acts]
        assert seat.complaints == []


async def test_without_scripts(sit: Sit, newcomer: New, wall: Member) -> None:
    reader = newcomer()
    reader.follow(wall)
    seat = await sit(reader, then="/for-you", java_script_enabled=False)
    page = seat.page
    await page.locator("#asking input[name=said]").fill("more lighthouses")
    await page.keyboard.press("Enter")  # shows how it would be, and agrees to nothing
    await expect(page.locator("#trial")).to_contain_text("More lighthouses")
    await page.locator("#asking button[value=no]").click()
    await expect(page.locator("#asking")).to_have_count(0)
    await page.locator(".why-line").first.click()
    await page.locator(".why-pop:popover-open").get_by_text("Show the whole sum").click()
    await expect(page.locator(".ledger tfoot")).to_contain_text("Its value to anyone")
    await page.get_by_text("Less like this").click()
    await expect(page.locator(".toast")).to_contain_text("Noted: less")
    await seat.go("/for-you")
    await page.locator(".steer-box textarea").fill("never spiders")
    await page.locator(".steer-box").get_by_text("Read it").click()
    await page.locator(".say").first.get_by_text("Save", exact=True).click()
    await expect(page.locator(".steer-box .wishes")).to_contain_text("spiders")
    await seat.go("/settings/feed")
    await expect(page.locator(".wishes")).to_contain_text("spiders")
    assert seat.complaints == []
