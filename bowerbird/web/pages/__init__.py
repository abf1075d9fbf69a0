"""The pages: each module a few of them; here their errors, their headers and the list of all."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from litestar import Response, Router
from litestar.config.compression import CompressionConfig

from bowerbird.core.errors import NotSignedIn, Trouble
from bowerbird.door import SESSION_COOKIE, Ask, told
from bowerbird.web import asking, render

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "style-src 'self' 'unsafe-inline'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "object-src 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Usage": "train-ai=n",  # draft-ietf-aipref-attach: nobody here was asked for that; who agrees is in the datasets that are published
}
COMPRESSION = CompressionConfig(
    backend="brotli",
    brotli_quality=5,
    brotli_gzip_fallback=True,
    gzip_compress_level=5,
    minimum_size=900,
    exclude=["^/api/", "^/v1/", "^/media/", "^/live", "/live$", "/events$", "^/static/"],
)


async def guarded(response: Response[Any]) -> Response[Any]:
    """Every answer of the house carries the headers that keep a browser careful."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def said(request: Ask, trouble: Exception) -> Response[Any]:
    """An error as a page; who is not signed in is shown the way."""
    if isinstance(trouble, NotSignedIn) and not asking.by_htmx(request):
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return render.redirect(f"/signin?next={quote(path if request.method == 'GET' else '/')}")
    status, _, words, headers = told(request, trouble)
    plain = "application/json" in request.headers.get("content-type", "")
    if plain:
        return Response({"message": words}, status_code=status, headers={**headers, **HEADERS})
    shared: dict[str, Any] = {"retry_s": int(headers["Retry-After"]) if "Retry-After" in headers else None}
    if isinstance(trouble, Trouble) and words != type(trouble).said:
        shared["message"] = words  # what is said of the kind of error in general stands in the template, at more length
    shared |= asking.remembered(request) if SESSION_COOKIE in request.cookies else {"guest": True}
    aloud = {"X-Told": quote(words)} if asking.by_htmx(request) else {}  # for a word that passes, where the page stays
    return render.html(
        render.fragment("pages/error.jinja", status=status, **shared), status=status, headers={**headers, **HEADERS, **aloud}
    )


def routes() -> list[Any]:
    """Every page."""
    from bowerbird.web import live, static
    from bowerbird.web.pages import (
        about_feed,
        alerts,
        announcements,
        answers,
        archive,
        arena,
        asked,
        assistant_settings,
        authorize,
        bowers,
        challenges,
        chat,
        chat_share,
        check,
        comparisons,
        consents,
        door,
        duties,
        dwells,
        explore,
        feed_settings,
        feeds,
        filters,
        for_you,
        hidden,
        keepers,
        learned,
        lists,
        messages,
        people,
        pictures,
        posts,
        privacy,
        recipes,
        requests,
        safety,
        settings,
        sharecards,
        shelf,
        standing,
        steering,
        studio,
        styles,
        tags,
        tree,
        usage,
        verdicts,
        whys,
        writing,
    )  # fmt: skip

    modules = (
        about_feed, alerts, announcements, answers, archive, arena, asked, assistant_settings, authorize, bowers, challenges, chat,
        chat_share, check, comparisons, consents, door, duties, dwells, explore, feed_settings, feeds, filters, for_you, hidden, keepers, learned,
        lists, messages, people, pictures, posts, privacy, recipes, requests, safety, settings, sharecards, shelf, standing, steering, studio, styles,
        tags, tree, usage, verdicts, whys, writing,
    )  # fmt: skip
    handlers = [handler for module in modules for handler in module.HANDLERS]
    return [Router("/", route_handlers=[*handlers, *live.HANDLERS], exception_handlers={Exception: said}), static.files]


__all__ = ["COMPRESSION", "guarded", "routes", "said"]
