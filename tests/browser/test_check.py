"""Check a picture, the proof behind one, how an upload was made, and the duties of those who keep the house; in a real browser."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.async_api import expect

from tests.browser.conftest import PHONE, Sit
from tests.conftest import Member, picture_of

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("checks_from_none")]
New = Callable[..., Member]


def made(member: Member) -> tuple[str, str, bytes]:
    """(picture id, media id, bytes) of a new picture, private still."""
    (one,) = picture_of(member, "a red fox in the snow", width=512, height=512)["candidates"]
    return one["picture_id"], one["media_id"], member.client.get(one["url"]).content


def upload() -> bytes:
    out = io.BytesIO()
    Image.radial_gradient("L").resize((320, 320)).convert("RGB").save(out, "PNG")
    return out.getvalue()


async def test_anyone_can_check_a_picture(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    picture, media, data = made(ines)
    stranger = await sit(viewport=PHONE)
    await stranger.go("/check")
    page = stranger.page
    await page.set_input_files("#file", {"name": "fox.webp", "mimeType": "image/webp", "buffer": data})
    await page.click("[data-check] button")
    verdict = page.locator(".verdict")
    await expect(verdict).to_have_attribute("data-answer", "made_here")
    await expect(verdict.locator("h2")).to_be_focused()
    await expect(verdict).to_contain_text("signed by this house")
    await expect(verdict).to_contain_text("bits fit")
    await expect(verdict).to_contain_text("Whose it is stays with its author")
    assert picture not in await page.content()
    ines.post("out now", media_ids=[media])
    await page.set_input_files("#file", {"name": "fox.webp", "mimeType": "image/webp", "buffer": data})
    await page.click("[data-check] button")
    await verdict.locator("a.source").click()
    await page.wait_for_url(stranger.url(f"/pictures/{picture}"))
    await page.get_by_role("button", name="Check it now").click()
    await expect(page.locator(".verdict")).to_have_attribute("data-answer", "made_here")
    assert not stranger.complaints
    assert not stranger.strangers()


async def test_a_picture_is_dropped(sit: Sit) -> None:
    seat = await sit()
    await seat.go("/check")
    dropped = await seat.page.evaluate_handle(
        """bytes => {
            const files = new DataTransfer();
            files.items.add(new File([new Uint8Array(bytes)], 'a.png', { type: 'image/png' }));
            return files;
        }""",
        list(upload()),
    )
    await seat.ready()
    await seat.page.dispatch_event("[data-check]", "drop", {"dataTransfer": dropped})
    await expect(seat.page.locator(".verdict")).to_have_attribute("data-answer", "unknown")
    await expect(seat.page.locator(".verdict")).to_contain_text("No invisible mark was found")


async def test_it_works_without_scripts(sit: Sit) -> None:
    seat = await sit(java_script_enabled=False)
    await seat.go("/check")
    await seat.page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": b"no picture at all"})
    await seat.page.click("[data-check] button")
    await expect(seat.page.locator("[role=alert]")).to_contain_text("not a picture we can read")
    await seat.page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": upload()})
    await seat.page.click("[data-check] button")
    await expect(seat.page.locator(".verdict")).to_have_attribute("data-answer", "unknown")


async def test_the_proof_behind_a_picture(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    picture, media, data = made(ines)
    status = ines.post("look", media_ids=[media])
    seat = await sit()
    await seat.go(f"/posts/{status['id']}")
    assert await seat.page.locator("meta[property='og:description']").get_attribute("content") == "AI-made picture. look"
    await expect(seat.page.locator("a.pin", has_text="AI-made")).to_be_visible()
    await seat.page.click("a.pin:has-text('AI-made')")
    await seat.page.wait_for_url(seat.url(f"/pictures/{picture}"))
    proof = seat.page.locator(".proof")
    await expect(proof).to_contain_text("Signed by Bowerbird")
    await expect(proof).to_contain_text("In the pixels")
    async with seat.page.expect_download() as waiting:
        await proof.get_by_text("Signed file").click()
    file = await waiting.value
    assert file.suggested_filename == f"picture-{picture}.webp"
    assert await asyncio.to_thread((await file.path()).read_bytes) == data


async def test_an_author_says_how_an_upload_was_made(sit: Sit, newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    media = ines.client.post("/api/v1/media", files={"file": ("a.png", upload())}).json()
    status = ines.post("drawn", media_ids=[media["id"]])
    hers = await sit(ines, then=f"/posts/{status['id']}")
    await expect(hers.page.locator("span.pin")).to_have_text("Origin unknown")
    await hers.page.select_option("select[name=origin]", "by_hand")
    await hers.page.click(".origin button")
    await expect(hers.page.locator("span.pin")).to_have_text("Made by hand")
    other = await sit(noor, then=f"/posts/{status['id']}")
    await expect(other.page.locator("span.pin")).to_have_text("Made by hand")
    await expect(other.page.locator("select[name=origin]")).to_have_count(0)


async def test_keepers_run_the_checks(sit: Sit, newcomer: New) -> None:
    keeper, member = newcomer(role="admin"), newcomer()
    made(member)
    seat = await sit(keeper, then="/about/duties")
    await seat.page.click("text=Run the checks")
    checks = seat.page.locator(".checks li")
    await expect(checks).to_have_count(6)
    await expect(checks.nth(0)).to_have_attribute("data-good", "yes")
    await expect(seat.page.locator(".checks")).to_contain_text("carry valid credentials of this house")
    hers = await sit(member, then="/about/duties")
    await expect(hers.page.locator("text=Run the checks")).to_have_count(0)
