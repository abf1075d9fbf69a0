"""Who asks for a page and with what: session, CSRF token, form, and the context all pages share."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Any

from litestar import Response
from litestar.datastructures import Cookie, UploadFile

from bowerbird.accounts.people import Person
from bowerbird.accounts.visitors import Visitor
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, NotAllowed, NotSignedIn
from bowerbird.core.ids import parse
from bowerbird.core.secrets import same, sign
from bowerbird.door import SESSION_COOKIE, Ask
from bowerbird.gallery import faces
from bowerbird.gallery.faces import Face
from bowerbird.social import conversations, notifications
from bowerbird.web import render

GUEST_COOKIE = "bower_guest"
GUEST_S = 86_400
FIELDS_MAX = 200


@dataclass(frozen=True, slots=True)
class Form:
    """A form that carried the right CSRF token."""

    fields: dict[str, str]
    lists: dict[str, list[str]]
    files: dict[str, list[UploadFile]]

    def text(self, name: str, default: str = "") -> str:
        """A field's text."""
        return self.fields.get(name, default)

    def id(self, name: str) -> int | None:
        """A field's id, None where it is empty. Raises Invalid for anything that is no id."""
        text = self.text(name)
        found = parse(text)
        if text and found is None:
            raise Invalid("That is not a post or picture of this house.")
        return found

    def on(self, name: str) -> bool:
        """Whether a switch is on."""
        return name in self.fields


async def visitor(request: Ask) -> Visitor:
    """Who asks, by their session."""
    found: Visitor = await request.app.state.doorkeeper.by_session(request.cookies.get(SESSION_COOKIE))
    request.state["visitor"] = found
    return found


def remembered(request: Ask) -> dict[str, Any]:
    """For an error page: who was found to ask before it went wrong. Nothing is read for it."""
    found: Visitor | None = request.state.get("visitor")
    if found is None or found.person is None:
        return {"guest": found is not None}
    person = found.person
    face = Face(
        person.id, person.username, person.name, person.role, None, None, "", person.may_remix, person.may_quote, is_me=True
    )
    return {"me": face, "csrf": csrf_of(request), "unread": 0, "letters": 0}


async def me(request: Ask) -> Person:
    """The person who asks. Raises NotSignedIn, which a page turns into the way to sign in."""
    found = (await visitor(request)).person
    if found is None:
        raise NotSignedIn
    return found


def csrf_of(request: Ask) -> str:
    """The token that belongs to this session, or to this guest's cookie."""
    return sign(request.app.state.csrf_key, request.cookies.get(SESSION_COOKIE) or request.cookies.get(GUEST_COOKIE) or "")


async def form(request: Ask) -> Form:
    """The form that was sent. Raises NotAllowed where its CSRF token is not this session's."""
    sent = await request.form()
    fields: dict[str, str] = {}
    lists: dict[str, list[str]] = {}
    files: dict[str, list[UploadFile]] = {}
    for number, (name, value) in enumerate(sent.multi_items()):
        if number >= FIELDS_MAX:
            raise Invalid("That form has too many fields.")
        if isinstance(value, UploadFile):
            files.setdefault(name, []).append(value)
        else:
            fields[name] = str(value).replace("\r\n", "\n")  # browsers send line ends as the wire has them
            lists.setdefault(name, []).append(fields[name])
    check_csrf(request, fields.get("csrf", ""))
    return Form(fields, lists, files)


def check_csrf(request: Ask, sent: str = "") -> None:
    """Raises NotAllowed unless the form or the header carries this session's token."""
    known = request.cookies.get(SESSION_COOKIE) or request.cookies.get(GUEST_COOKIE)
    if not known or not same(sent or request.headers.get("x-csrf-token", ""), csrf_of(request)):
        raise NotAllowed("This page was open for too long. Load it again, then it works.")


async def context(request: Ask, db: Database, person: Person | None) -> dict[str, Any]:
    """What every page is given."""
    toast, undo = render.toast_of(request.cookies)
    face = (await faces.of(db, [person.id])).get(person.id) if person else None
    return {
        "me": replace(face, is_me=True) if face else None,
        "csrf": csrf_of(request),
        "path": request.url.path,
        "unread": await notifications.unread(db, person.id) if person else 0,
        "letters": await conversations.unread(db, person) if person else 0,
        "toast": toast,
        "toast_undo": undo,
    }


def page(request: Ask, template: str, shared: dict[str, Any], *, status: int = 200, **own: Any) -> Response[str]:
    """A whole page. A guest without a cookie gets one, so that their first form can be told from a forged one."""
    cookies: list[Cookie] = []
    if not request.cookies.get(SESSION_COOKIE) and not request.cookies.get(GUEST_COOKIE):
        guest = secrets.token_urlsafe(24)
        cookies.append(render.own_cookie(GUEST_COOKIE, guest, GUEST_S))
        shared = {**shared, "csrf": sign(request.app.state.csrf_key, guest)}
    if shared.get("toast"):
        cookies.append(render.own_cookie(render.TOAST_COOKIE, "", 0))
    return render.html(render.fragment(template, **shared, **own), status=status, cookies=cookies)


def by_htmx(request: Ask, target: str = "") -> bool:
    """Whether htmx asks, and for the element with the id `target` where one is named."""
    return request.headers.get("hx-request") == "true" and (not target or request.headers.get("hx-target") == target)


def back(request: Ask, default: str) -> str:
    """The page of ours the person came from."""
    where = request.headers.get("referer", "")
    own = f"{request.headers.get('host', '')}"
    scheme, _, rest = where.partition("://")
    host, _, path = rest.partition("/")
    return render.local(f"/{path}") if scheme in ("http", "https") and host == own else default
