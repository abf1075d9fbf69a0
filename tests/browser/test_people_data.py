"""What is one's own, in a real browser: taken along, brought along, left behind; and long words on narrow pages."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Sit
from tests.browser.test_pages import sideways
from tests.browser.test_people_pages import complaints
from tests.conftest import PASSWORD, Member

pytestmark = pytest.mark.browser
New = Callable[..., Member]
LONG = "donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft"


async def test_taking_all_along_and_bringing_along(sit: Sit, newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    ines.post("something to keep")
    seat = await sit(ines, then="/settings/data")
    page = seat.page
    await page.click("text=Pack an archive")
    await expect(page.locator("#take")).to_contain_text("Your archive is ready", timeout=60_000)
    async with page.expect_download() as coming:
        await page.click("text=Download")
    kept = await (await coming.value).path()
    with zipfile.ZipFile(io.BytesIO(kept.read_bytes())) as packed:
        assert any(name.endswith("following_accounts.csv") for name in packed.namelist())
    brought = f"Account address,Show boosts\n{noor.name},true\nnobody_at_all@old.example,true\n"
    await page.set_input_files("#file", {"name": "following.csv", "mimeType": "text/csv", "buffer": brought.encode()})
    await page.click("button:has-text('Bring it along')")
    await expect(page.locator("#bring .note")).to_contain_text("2 of 2 lines done", timeout=60_000)
    await page.click("text=Which, and why")
    await expect(page.locator(".missing")).to_contain_text("Nobody here is called so.")
    await seat.go(f"/@{noor.name}")
    await expect(page.locator(".profile .follow button")).to_have_text("Following")
    assert complaints(seat) == []


async def test_long_words_stay_on_a_narrow_page(sit: Sit, newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    ines.follow(noor)
    call = ines.client.post
    kept = call("/api/v1/lists", json={"title": LONG}).json()["id"]
    assert call(f"/api/v1/lists/{kept}/accounts", json={"account_ids": [noor.id]}).status_code == 200
    words = [{"keyword": LONG, "whole_word": True}]
    made = call("/api/v2/filters", json={"title": LONG, "context": ["account"], "keywords_attributes": words}).json()["id"]
    call(f"/api/v1/accounts/{noor.id}/note", json={"comment": LONG})
    for verb in ("follow", "feature"):
        assert call(f"/api/v1/tags/{LONG}/{verb}").status_code == 200
    noor.post(f"@{ines.name} {LONG}", visibility="direct")
    lines = {
        "fields_attributes": [{"name": LONG, "value": f"https://{LONG}.example"}],
        "note": LONG,
        "display_name": LONG[:50],
        "locked": True,
    }
    for one in (ines, noor):
        assert one.client.patch("/api/v1/accounts/update_credentials", json=lines).status_code == 200
    newcomer().follow(ines)
    noor.client.post(f"/api/v1/accounts/{ines.id}/follow")
    seat = await sit(ines, viewport={"width": 320, "height": 640})
    wide: dict[str, int] = {}
    for path in (
        "/lists", f"/lists/{kept}", f"/lists/{kept}/edit", "/settings/filters", f"/settings/filters/{made}", "/settings/tags", "/messages",
        "/settings/profile", f"/@{ines.name}", f"/@{noor.name}", f"/@{noor.name}/lists", f"/@{noor.name}/report", "/requests", "/notifications",
        "/settings/hidden", "/settings/data", "/settings/privacy",
    ):  # fmt: skip
        await seat.go(path)
        wide[path] = await sideways(seat.page)
    assert not {path: over for path, over in wide.items() if over > 0}
    assert complaints(seat) == []


async def test_leaving_for_good(sit: Sit, newcomer: New) -> None:
    ines = newcomer()
    said = ines.post("soon gone")
    seat = await sit(ines, then="/settings/data")
    page = seat.page
    await page.click("summary:has-text('Delete my account')")
    await expect(page.locator("#leave .madder")).to_contain_text("one-way hash of your name")
    for name, password, wrong in (("somebody", PASSWORD, "#name-wrong"), (ines.name, "not my password", "#password-wrong")):
        await page.fill("#name", name)
        await page.fill("#password", password)
        await page.click("text=Delete my account for good")
        await expect(page.locator(wrong)).to_be_visible()
    await page.fill("#name", f"@{ines.name}")
    await page.fill("#password", PASSWORD)
    await page.click("text=Delete my account for good")
    await expect(page.locator("h1")).to_contain_text("Goodbye")
    await page.click("text=Look around once more")
    await expect(page.locator(".nav")).to_contain_text("Sign in")
    for path in (f"/@{ines.name}", f"/posts/{said['id']}"):
        answer = await page.goto(seat.url(path))
        assert answer is not None
        assert answer.status in (404, 410)
    assert complaints(seat) == []
