"""What every door needs: who asks, the database, a bounded body, and what may be said of an error."""

from __future__ import annotations

import logging
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException

from bowerbird.accounts.people import Person
from bowerbird.accounts.visitors import NOBODY, Visitor
from bowerbird.core import forms
from bowerbird.core.database import Pool
from bowerbird.core.errors import UNREAD, Invalid, NotAllowed, NotFound, TooLarge, TooMany, Trouble, Unavailable
from bowerbird.core.ids import parse
from bowerbird.core.secrets import same, sign
from bowerbird.core.settings import settings

T = TypeVar("T")
Ask = Request[Any, Any, Any]
SESSION_COOKIE = "bower_session"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
PAGE_MAX = 40
FIELDS_MAX = 200
log = logging.getLogger(__name__)


def pool(request: Ask) -> Pool:
    """The connections of this process."""
    return request.app.state.pool


def address_of(request: Ask) -> str:
    """Who is at the other end, for limits and the list of sessions: the last address that no proxy of ours has written."""
    proxies = settings().proxies
    passed = [part.strip() for part in request.headers.get("x-forwarded-for", "").split(",") if part.strip()]
    if proxies and len(passed) >= proxies:
        return passed[-proxies][:60]
    return request.client.host if request.client else "unknown"


async def visitor(request: Ask) -> Visitor:
    """Who asks: a bearer token, or our own pages by their cookie (with the CSRF header when they change something)."""
    given = request.headers.get("authorization", "")
    if given[:7].lower() == "bearer ":
        return await request.app.state.doorkeeper.by_token(given[7:].strip())
    cookie = request.cookies.get(SESSION_COOKIE)
    found: Visitor = await request.app.state.doorkeeper.by_session(cookie)
    if found is not NOBODY and request.method not in SAFE:
        expected = sign(request.app.state.csrf_key, cookie or "")
        if not same(request.headers.get("x-csrf-token", ""), expected):
            raise NotAllowed("The page is too old for that. Load it again.")
    return found


async def person(request: Ask, scope: str) -> Person:
    """The person who asks. Raises NotSignedIn or, for a token without `scope`, NotAllowed."""
    return (await visitor(request)).required(scope)


async def viewer(request: Ask, scope: str = "read") -> Person | None:
    """The person who looks, None for nobody. A token without `scope` is refused."""
    found = await visitor(request)
    return found.required(scope) if found.person else None


async def body(request: Ask, kind: type[T]) -> T:
    """What was sent as a `kind`: JSON, or a form with names like `id[]` and `source[privacy]`, as Mastodon's clients send. Raises Invalid."""
    return (await body_and_files(request, kind))[0]


async def body_and_files(request: Ask, kind: type[T]) -> tuple[T, dict[str, UploadFile]]:
    """The same, and the files that came with a form, by name."""
    try:
        if "form" not in request.headers.get("content-type", ""):
            return msgspec.json.decode(await request.body() or b"{}", type=kind, strict=False), {}
        pairs = list((await request.form()).multi_items())[:FIELDS_MAX]
        files = {name: value for name, value in pairs if isinstance(value, UploadFile)}
        said = forms.tree((name, str(value)) for name, value in pairs if not isinstance(value, UploadFile))
        return msgspec.convert(said, kind, strict=False), files
    except (msgspec.DecodeError, msgspec.ValidationError) as wrong:
        raise Invalid(f"The request cannot be read: {wrong}") from wrong


def id_of(text: str) -> int:
    """An id out of a path. Raises NotFound for anything else."""
    found = parse(text)
    if found is None:
        raise NotFound
    return found


def limit_of(request: Ask, default: int = 20, most: int = PAGE_MAX) -> int:
    """How many are asked for, 1 to `most`."""
    text = request.query_params.get("limit", "")
    return max(1, min(most, int(text))) if text.isascii() and text.isdigit() and len(text) < 6 else default


def flag_of(request: Ask, name: str) -> bool:
    """Whether a switch in the query is on."""
    return request.query_params.get(name, "").lower() in ("true", "1", "on", "yes")


def told(request: Ask, trouble: Exception) -> tuple[int, str, str, dict[str, str]]:
    """(status, code, what may be said, headers) of any exception; what may not be said goes to the log."""
    if isinstance(trouble, Trouble):
        headers = {"Retry-After": str(trouble.retry_after_s)} if isinstance(trouble, TooMany) else {}
        headers |= UNREAD if isinstance(trouble, TooLarge) else {}
        if isinstance(trouble, Unavailable):
            log.warning("%s %s: %s", request.method, request.url.path, trouble.said)
        return trouble.status, trouble.code, trouble.said, headers
    if isinstance(trouble, HTTPException):
        return (
            trouble.status_code,
            "http",
            trouble.detail if trouble.status_code < 500 else Trouble.said,
            dict(trouble.headers or {}) | (UNREAD if trouble.status_code == TooLarge.status else {}),
        )
    log.exception("%s %s", request.method, request.url.path, exc_info=trouble)
    return 500, "trouble", Trouble.said, {}


def passing(image: bytes) -> Response[bytes]:
    """A WebP that nobody is to keep: the next time it may be another file."""
    return Response(image, media_type="image/webp", headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})
