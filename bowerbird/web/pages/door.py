"""The way in and out: sign in, with a password or a passkey; sign up; sign out."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.datastructures import Cookie

from bowerbird.accounts import invites, passkeys, sessions
from bowerbird.accounts.people import Person
from bowerbird.core import limits
from bowerbird.core.errors import Conflict, Invalid, NotAllowed
from bowerbird.core.ids import parse
from bowerbird.core.settings import settings
from bowerbird.door import SESSION_COOKIE, Ask, address_of, body, pool
from bowerbird.web import asking, render

CHALLENGE_COOKIE = "bower_challenge"
PASSKEY_TRIES_MAX = 30
_WORDS = {"name": "username", "e-mail": "email", "password": "password", "invitation": "invite"}


def device_of(request: Ask) -> str:
    """A browser's name in words: "Firefox on Linux"."""
    agent = request.headers.get("user-agent", "")
    browsers = ("Firefox", "Edg", "OPR", "Chrome", "Safari", "curl")
    systems = ("iPhone", "iPad", "Android", "Windows", "Mac OS X", "Linux")
    names = {"Edg": "Edge", "OPR": "Opera", "Mac OS X": "macOS"}
    browser = next((b for b in browsers if b in agent), "A program")
    system = next((s for s in systems if s in agent), "")
    return names.get(browser, browser) + (f" on {names.get(system, system)}" if system else "")


def session_cookies(token: str) -> list[Cookie]:
    """Signed in from now on."""
    days = sessions.LIFETIME_DAYS
    return [render.own_cookie(SESSION_COOKIE, token, days * 86_400), render.own_cookie(asking.GUEST_COOKIE, "", 0)]


@get("/signin")
async def signin_page(request: Ask) -> Response[Any]:
    """The form."""
    where = render.local(request.query_params.get("next", "/"))
    if (await asking.visitor(request)).person:
        return render.redirect(where)
    async with pool(request).reading() as db:
        shared = await asking.context(request, db, None)
    return asking.page(request, "pages/signin.jinja", shared, form=None, errors={}, next=where)


@post("/signin", status_code=303)
async def signin(request: Ask) -> Response[Any]:
    """Prove who you are with a password."""
    form = await asking.form(request)
    where = render.local(form.text("next", "/"))
    try:
        token = await sessions.sign_in(
            pool(request), form.text("login"), form.text("password"), device=device_of(request), address=address_of(request)
        )
    except Invalid as wrong:
        async with pool(request).reading() as db:
            shared = await asking.context(request, db, None)
        told = {"form": {"login": form.text("login")}, "errors": {"password": wrong.said}, "next": where}
        return asking.page(request, "pages/signin.jinja", shared, status=422, **told)
    return render.redirect(where, cookies=session_cookies(token))


@post("/signout", status_code=303)
async def signout(request: Ask) -> Response[Any]:
    """End this session."""
    await asking.form(request)
    found = await asking.visitor(request)
    if found.person and found.session_id:
        async with pool(request).transaction() as db:
            await sessions.revoke(db, found.person, found.session_id)
    request.app.state.doorkeeper.forget()
    return render.redirect("/signin", toast="Signed out.", cookies=[render.own_cookie(SESSION_COOKIE, "", 0)])


@get("/signup")
async def signup_page(request: Ask) -> Response[Any]:
    """The form, with an invitation's code filled in; `?next=` is where one goes from there."""
    where = render.local(request.query_params.get("next", ""))
    if (await asking.visitor(request)).person:
        return render.redirect(where)
    async with pool(request).reading() as db:
        shared = await asking.context(request, db, None)
    invite = request.query_params.get("invite", "")[:64]
    return asking.page(request, "pages/signup.jinja", shared, form=None, errors={}, invite=invite, invited_by=None, next=where)


@post("/signup", status_code=303)
async def signup(request: Ask) -> Response[Any]:
    """Make an account and come in, to where one was going."""
    form = await asking.form(request)
    where = render.local(form.text("next"))
    try:
        async with pool(request).transaction() as db:
            await limits.spend(db, f"signup:{address_of(request)}", times_max=settings().sign_ups_per_hour_max, window_s=3600)
        async with pool(request).transaction() as db:
            person = await invites.join(
                db,
                form.text("username"),
                email=form.text("email") or None,
                password=form.text("password"),
                code=form.text("invite").strip(),
            )
            token = await sessions.begin(db, person, device=device_of(request), address=address_of(request))
    except (Invalid, Conflict, NotAllowed) as wrong:
        field = next((field for word, field in _WORDS.items() if word in wrong.said), "username")
        async with pool(request).reading() as db:
            shared = await asking.context(request, db, None)
        typed = {"username": form.text("username"), "email": form.text("email")}
        told = {"form": typed, "errors": {field: wrong.said}, "invite": form.text("invite"), "invited_by": None, "next": where}
        return asking.page(request, "pages/signup.jinja", shared, status=422, **told)
    return render.redirect("/local" if where == "/" else where, toast=f"Welcome, {person.name}.", cookies=session_cookies(token))


@post("/signin/passkey/begin", status_code=200)
async def passkey_begin(request: Ask) -> Response[Any]:
    """A challenge for a passkey to sign."""
    asking.check_csrf(request)
    async with pool(request).transaction() as db:
        await limits.spend(db, f"passkey:{address_of(request)}", times_max=PASSKEY_TRIES_MAX, window_s=900)
        options = await passkeys.offer_sign_in(db)
    return with_challenge(options)


@post("/signin/passkey/finish", status_code=200)
async def passkey_finish(request: Ask) -> Response[Any]:
    """Come in with the signed challenge."""
    asking.check_csrf(request)
    sent = await body(request, dict[str, Any])
    async with pool(request).transaction() as db:
        challenge = await passkeys.take(db, challenge_of(request))
    async with pool(request).transaction() as db:
        person: Person = await passkeys.prove(db, challenge, _credential(sent))
        token = await sessions.begin(db, person, device=device_of(request), address=address_of(request))
    return Response({"url": render.local(str(sent.get("next") or "/"))}, cookies=session_cookies(token))


def with_challenge(options: dict[str, Any]) -> Response[Any]:
    """WebAuthn options, the challenge's id in a cookie beside them."""
    id_ = str(options.pop("challenge_id"))
    return Response(options, cookies=[render.own_cookie(CHALLENGE_COOKIE, id_, 300)])


def challenge_of(request: Ask) -> int:
    """The id of the challenge this browser was given. Raises Invalid."""
    found = parse(request.cookies.get(CHALLENGE_COOKIE))
    if found is None:
        raise Invalid("That took too long. Try again.")
    return found


def _credential(sent: dict[str, Any]) -> dict[str, Any]:
    credential = sent.get("credential")
    if not isinstance(credential, dict):
        raise Invalid("No passkey was sent.")
    return {str(key): value for key, value in credential.items()}


HANDLERS = [signin_page, signin, signout, signup_page, signup, passkey_begin, passkey_finish]
