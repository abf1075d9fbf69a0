"""What the house says of itself at length, and what it does not have: neighbours, translators."""

from __future__ import annotations

from typing import Any

from litestar import Router, get

from bowerbird.api.errors import mastodon
from bowerbird.core.errors import NotFound
from bowerbird.core.settings import settings

WRITTEN = "2026-11-22"  # when the texts below were last changed
ABOUT = """<p>{name} runs Bowerbird: people make pictures from words, show them, remix each other's with credit, and decide themselves what
models may learn from them. It is one house of its own: it exchanges nothing with other servers.</p>"""
PRIVACY = """<h2>What {name} keeps</h2>
<ul><li>Your name, e-mail address, profile, and your password as an argon2id hash; passkeys as public keys.</li>
<li>What you post, draw, upload, like, bookmark, follow, block and report, with the time; edited posts keep their earlier words.</li>
<li>Prompts and the recipe of every picture you have made.</li>
<li>Where you are signed in: the kind of browser, the network address and when it was last used, until you sign out or sixty days have passed.
Programs you let in, with when they were last used.</li>
<li>A log of what you do here, beside the consents in force at that moment.</li></ul>
<h2>What it is used for</h2>
<p>To show your posts to those you chose. Nothing you make teaches a model unless you switch that on, for each purpose by itself; it is off at first.
There is no advertising, nothing is sold.</p>
<h2>What leaves</h2>
<p>Public posts can be read by anyone. Links in posts are fetched by this house to show what lies behind them. Push notifications go through your
browser's or phone's push service, encrypted for your device. Where the administrators use a picture model elsewhere, prompts go there.</p>
<h2>What goes away</h2>
<p>A deleted post is gone for everyone at once and from the database within minutes; uploads that nothing shows go within a day. A picture that others
remixed stays as an empty place in their family tree.</p>"""
TERMS = """<p>Bowerbird itself asks for nothing but the rules of the house, which stand at /api/v1/instance/rules. What you make stays yours;
you let {name} show it to those you chose, and others remix it where you allow that, with credit.</p>"""


def _filled(text: str) -> str:
    return text.replace("{name}", settings().name.replace("&", "&amp;").replace("<", "&lt;"))


@get("/extended_description", sync_to_thread=False)
def extended_description() -> dict[str, Any]:
    """What kind of house this is."""
    return {"updated_at": f"{WRITTEN}T00:00:00.000Z", "content": _filled(ABOUT)}


@get("/privacy_policy", sync_to_thread=False)
def privacy_policy() -> dict[str, Any]:
    """What is kept, what for, and what leaves."""
    return {"updated_at": f"{WRITTEN}T00:00:00.000Z", "content": _filled(PRIVACY)}


@get("/terms_of_service", sync_to_thread=False)
def terms_of_service() -> dict[str, Any]:
    """What holds for those who live here."""
    return _terms()


def _terms() -> dict[str, Any]:
    return {"effective_date": WRITTEN, "effective": True, "content": _filled(TERMS), "succeeded_by": None}


@get("/terms_of_service/{date:str}", sync_to_thread=False)
def terms_at(date: str) -> dict[str, Any]:
    """What held from a day on. Raises NotFound for any but the one there is."""
    if date != WRITTEN:
        raise NotFound
    return _terms()


@get(["/peers", "/domain_blocks"], sync_to_thread=False)
def neighbours() -> list[str]:
    """No other houses are known, and none are blocked."""
    return []


@get("/translation_languages", sync_to_thread=False)
def translation_languages() -> dict[str, list[str]]:
    """There is no translator."""
    return {}


@get("/languages", sync_to_thread=False)
def languages() -> list[dict[str, str]]:
    """What the pages are written in."""
    return [{"code": "en", "name": "English"}]


routes = Router(
    "/api/v1/instance", exception_handlers={Exception: mastodon},
    route_handlers=[extended_description, privacy_policy, terms_of_service, terms_at, neighbours, translation_languages, languages],
)  # fmt: skip
