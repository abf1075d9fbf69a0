"""A Chromium for the whole run, and people who sit in front of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.browser import chromium
from tests.conftest import PASSWORD, House, Member, picture_of

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
WITHIN_MS = 15_000
expect.set_options(timeout=WITHIN_MS)


@dataclass
class Seat:
    """Someone in front of a browser of their own, and what their browser had to say."""

    context: BrowserContext
    page: Page
    house: House
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def url(self, path: str) -> str:
        return self.house.url + path

    async def go(self, path: str) -> None:
        answer = await self.page.goto(self.url(path))
        assert answer is not None
        assert answer.status < 400, f"{path}: {answer.status}"

    async def ready(self) -> None:
        """Until scripts run and the page's stream is open."""
        await self.page.wait_for_function("() => window.htmx && document.readyState === 'complete'")

    async def sign_in(self, member: Member, then: str = "/") -> Seat:
        """Through the form, without painting it: its token, then what it would send."""
        form = await (await self.context.request.get(self.url("/signin"))).text()
        token = form.split('name="csrf" value="')[1].split('"')[0]
        sent = {"csrf": token, "login": member.name, "password": PASSWORD, "next": "/settings"}
        answer = await self.context.request.post(self.url("/signin"), form=sent, max_redirects=0)
        assert answer.status == 303, await answer.text()
        await self.go(then)
        return self

    def strangers(self) -> list[str]:
        """Requests that went to any other host."""
        own = urlsplit(self.house.url).netloc
        return [
            url for url in self.asked if urlsplit(url).scheme in ("http", "https", "ws", "wss") and urlsplit(url).netloc != own
        ]


Sit = Callable[..., Awaitable[Seat]]


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        program = await asyncio.to_thread(chromium.find, playwright.chromium.executable_path)
        opened = await playwright.chromium.launch(executable_path=program, headless=True, args=chromium.flags())
        yield opened
        await opened.close()


@pytest.fixture
async def sit(browser: Browser, house: House) -> AsyncIterator[Sit]:
    """Opens a browser context of its own for someone: `await sit(member, viewport=PHONE)`."""
    seats: list[Seat] = []

    async def sit(member: Member | None = None, *, then: str = "/", **options: Any) -> Seat:
        context = await browser.new_context(**{"viewport": DESK, "locale": "en-GB", **options})
        context.set_default_timeout(WITHIN_MS)
        seat = Seat(context, await context.new_page(), house)
        context.on("request", lambda request: seat.asked.append(request.url))
        context.on(
            "console", lambda said: said.type in ("error", "warning") and seat.complaints.append(f"{said.type}: {said.text}")
        )
        context.on("weberror", lambda broken: seat.complaints.append(f"{broken.page and broken.page.url}: {broken.error}"))
        seats.append(seat)
        return await seat.sign_in(member, then) if member else seat

    yield sit
    for seat in seats:
        await seat.context.close()


def shown_by(member: Member, text: str = "", prompt: str = "a red fox in the snow", **fields: Any) -> dict[str, Any]:
    """A post with one small picture that was really made here; the status, with its `picture_id` beside it."""
    made = picture_of(member, prompt, **fields)["candidates"][0]
    said = member.post(text, media_ids=[made["media_id"]])
    return {**said, "picture_id": made["picture_id"]}
