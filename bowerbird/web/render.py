"""Templates to answers: one environment, the context every page has, redirects that bring a word along."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined
from litestar import Response
from litestar.datastructures import Cookie

from bowerbird.core.settings import settings
from bowerbird.studio.generations import PROMPT_LENGTH_MAX
from bowerbird.web.wording import FILTERS

TOAST_COOKIE = "bower_toast"
TOAST_S = 20


@cache
def environment() -> Environment:
    """Jinja over our templates; autoescape is on for every one, whatever its ending."""
    folder = settings().home / "cache"
    folder.mkdir(parents=True, exist_ok=True)
    jinja = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        bytecode_cache=FileSystemBytecodeCache(str(folder)),
        auto_reload=False,
    )
    filters: dict[str, Any] = jinja.filters
    filters.update(FILTERS)
    everywhere: dict[str, Any] = jinja.globals
    everywhere["house"] = {
        "name": settings().name,
        "origin": settings().origin,
        "registration": settings().registration,
        "assistant": settings().assistant != "off",
        "text_length_max": settings().text_length_max,
        "prompt_length_max": PROMPT_LENGTH_MAX,
        "poll_options_max": settings().poll_options_max,
    }
    return jinja


def fragment(template: str, **context: Any) -> str:
    """A part of a page as HTML."""
    return environment().get_template(template).render(**context)


def html(
    text: str, *, status: int = 200, cookies: list[Cookie] | None = None, headers: dict[str, str] | None = None
) -> Response[str]:
    """HTML as an answer that is never kept: it was made for one person."""
    return Response(
        text,
        status_code=status,
        media_type="text/html",
        cookies=cookies or [],
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def redirect(where: str, *, toast: str = "", undo: str = "", cookies: list[Cookie] | None = None) -> Response[bytes]:
    """303 to another page of ours, with a word for it to show."""
    told = list(cookies or [])
    if toast:
        told.append(own_cookie(TOAST_COOKIE, quote(json.dumps([toast, undo])), TOAST_S))
    return Response(b"", status_code=303, headers={"Location": local(where), "Cache-Control": "no-store"}, cookies=told)


def toast_of(cookies: dict[str, str]) -> tuple[str | None, str | None]:
    """The word a redirect brought along: (text, address that undoes it)."""
    try:
        text, undo = json.loads(unquote(cookies[TOAST_COOKIE]))
        return str(text)[:200], local(str(undo)) if undo else None
    except (KeyError, ValueError, TypeError):
        return None, None


def local(where: str) -> str:
    """An address inside this house: what leads elsewhere becomes the front page."""
    inside = where.startswith("/") and not where.startswith(("//", "/\\")) and not any(c in where for c in "\r\n\t")
    return where if inside else "/"


def own_cookie(key: str, value: str, seconds: int) -> Cookie:
    """A cookie that scripts cannot read and other sites cannot send."""
    return Cookie(key=key, value=value, max_age=seconds, path="/", httponly=True, samesite="lax", secure=settings().secure)
