"""Settings: profile, account, what models may learn, invitations; the others have a file each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from litestar import Response, get, post

from bowerbird.accounts import invites, passkeys, people, profile, sessions, tokens
from bowerbird.accounts.people import Person
from bowerbird.core import limits, live
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, NotAllowed, TooLarge
from bowerbird.core.ids import at
from bowerbird.core.settings import settings
from bowerbird.door import Ask, body, id_of, pool
from bowerbird.events import consent, minors
from bowerbird.gallery import faces
from bowerbird.media import attachments
from bowerbird.moderation import screening
from bowerbird.web import asking, render
from bowerbird.web.asking import Form
from bowerbird.web.pages.door import challenge_of, with_challenge

PASSWORD_TRIES_MAX = 10
PROFILE_WORDS = {"bio": "bio", "line": "lines", "picture": "avatar"}


@dataclass(frozen=True, slots=True)
class Device:
    """Where one is signed in."""

    id: int
    device: str
    place: str
    created_at: datetime
    seen_at: datetime
    current: bool


@dataclass(frozen=True, slots=True)
class Key:
    """A passkey."""

    id: int
    name: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Invitation:
    """A code that still works; its text is shown once, when it is made."""

    id: int
    uses_left: int
    expires_at: datetime
    created_at: datetime
    code: str = ""
    url: str = ""


async def page(request: Ask, db: Database, me: Person, name: str, *, status: int = 200, **own: Any) -> Response[str]:
    """One of the settings pages."""
    return asking.page(request, f"settings/{name}.jinja", await asking.context(request, db, me), status=status, **own)


@get("/settings")
async def first(request: Ask) -> Response[Any]:
    """The first of them."""
    await asking.me(request)
    return render.redirect("/settings/profile")


@get("/settings/{name:str}")
async def read(request: Ask, name: str) -> Response[Any]:
    """One of them."""
    me = await asking.me(request)
    async with pool(request).reading() as db:
        me = await people.by_id(db, me.id)
        return await _page(request, db, me, name)


def _typed(me: Person, form: Form | None) -> dict[str, Any]:
    """What stands in the form of the profile: what was typed, else what is."""
    lines = _lines(form) if form else [(line["name"], line["value"]) for line in me.fields]
    said = (
        {"display_name": form.text("display_name"), "bio": form.text("bio")}
        if form
        else {"display_name": me.display_name, "bio": me.bio}
    )
    return {
        **said,
        "lines": [*lines, *[("", "")] * profile.FIELDS_MAX][: profile.FIELDS_MAX],
        "bot": form.on("bot") if form else me.bot,
    }


def _lines(form: Form) -> list[tuple[str, str]]:
    names, values = form.lists.get("line_name", []), form.lists.get("line_value", [])
    return list(zip(names, values, strict=False))


async def _page(
    request: Ask,
    db: Database,
    me: Person,
    name: str,
    *,
    status: int = 200,
    errors: dict[str, str] | None = None,
    form: Form | None = None,
) -> Response[str]:
    told: dict[str, Any] = {"errors": errors or {}}
    if name == "profile":
        told |= {"person": await faces.profile(db, me, me), "form": _typed(me, form)}
    elif name == "account":
        current = (await asking.visitor(request)).session_id
        keys = [Key(k.id, k.name, at(k.id), k.last_used_at) for k in await passkeys.of(db, me)]
        devices = [
            Device(s.id, s.device, s.address, at(s.id), s.last_used_at, s.id == current) for s in await sessions.of(db, me)
        ]
        told |= {"email": me.email or "", "passkeys": keys, "sessions": devices, "programs": await tokens.of(db, me)}
    elif name == "learning":
        told |= {"consents": _effective(me, await consent.of(db, me.id)), "minor": await minors.of(db, me.id)}
    elif name == "invites":
        if me.role != "admin":
            raise NotAllowed("Only an administrator invites.")
        made = await invites.of(db, me)
        told |= {"invites": [Invitation(i.id, i.uses_left, i.expires_at, at(i.id)) for i in made]}
    else:
        return render.redirect("/settings/profile")  # pyright: ignore[reportReturnType]
    return await page(request, db, me, name, status=status, **told)


@post("/settings/{name:str}", status_code=303)
async def write(request: Ask, name: str) -> Response[Any]:
    """Save one of them."""
    me = await asking.me(request)
    form = await asking.form(request)
    verb = {"profile": _profile, "learning": _learning, "password": _password, "invites": _invite}.get(name)
    if verb is None:
        raise Invalid("There is no such setting.")
    try:
        told = await verb(request, me, form)
    except (Invalid, TooLarge) as wrong:
        profile_field = next((field for word, field in PROFILE_WORDS.items() if word in wrong.said), "display_name")
        fields = {"profile": profile_field, "password": "current" if "current" in wrong.said else "new"}
        async with pool(request).reading() as db:
            errors = {fields.get(name, name): wrong.said}
            return await _page(
                request, db, me, "account" if name == "password" else name, status=wrong.status, errors=errors, form=form
            )
    request.app.state.doorkeeper.forget()
    if isinstance(told, Response):
        return told
    return render.redirect(f"/settings/{'account' if name == 'password' else name}", toast=told)


async def _profile(request: Ask, me: Person, form: Form) -> str:
    files = {name: [f for f in form.files.get(name, []) if f.filename] for name in ("avatar", "header")}
    async with pool(request).transaction() as db:
        await attachments.allow(db, me.id, sum(map(len, files.values())))
    made = {
        name: await screening.brought(pool(request), me.id, await found[0].read(settings().upload_bytes_max + 1))
        for name, found in files.items()
        if found
    }
    async with pool(request).transaction() as db:
        kept = {name: (await attachments.attach(db, me.id, rendition)).id for name, rendition in made.items()}
        for name in ("avatar", "header"):
            if form.on(f"remove_{name}"):
                await people.take_down(db, me, name)
        await people.edit(
            db,
            me,
            display_name=form.text("display_name"),
            bio=form.text("bio"),
            avatar_id=kept.get("avatar"),
            header_id=kept.get("header"),
        )
        await profile.change(db, me, profile.Wishes(bot=form.on("bot")), _lines(form))
    return "Saved."


def _effective(me: Person, said: dict[str, bool | None]) -> dict[str, bool | None]:
    """What was said, and where nothing was said of suggestions, what the profile says of them."""
    shown = said["recommend_me"]
    return said | {"recommend_me": me.discoverable if shown is None else shown}


async def _learning(request: Ask, me: Person, form: Form) -> str:
    async with pool(request).transaction() as db:
        before = await consent.of(db, me.id)
        answers: dict[str, bool | None] = {purpose: form.on(purpose) for purpose in consent.PURPOSES}
        shown = _effective(me, before)
        await consent.say(db, me.id, {purpose: said for purpose, said in answers.items() if said != bool(shown[purpose])})
    return "Saved. It counts from now on."


async def _password(request: Ask, me: Person, form: Form) -> str:
    current = (await asking.visitor(request)).session_id
    async with pool(request).transaction() as db:
        await limits.spend(db, f"password:{me.id}", times_max=PASSWORD_TRIES_MAX, window_s=900)
    async with pool(request).transaction() as db:
        await people.change_password(db, await people.by_id(db, me.id), form.text("current"), form.text("new"))
        await sessions.revoke_others(db, me, current)
        await tokens.revoke_all(db, me)
        await live.tell(db, ["people"], "people", me.id)
    return "Your password is changed. Every other device and program is signed out."


async def _invite(request: Ask, me: Person, form: Form) -> Response[Any]:
    uses, days = form.text("uses_max", "1"), form.text("days", "14")
    if not all(n.isascii() and n.isdigit() and len(n) < 4 for n in (uses, days)):
        raise Invalid("Say for how many people and for how many days.")
    async with pool(request).transaction() as db:
        code = await invites.create(db, me, uses=int(uses), days=int(days))
        known = [Invitation(i.id, i.uses_left, i.expires_at, at(i.id)) for i in await invites.of(db, me)]
        known[0] = replace(known[0], code=code, url=f"{settings().origin}/signup?invite={code}")
        return await page(request, db, me, "invites", invites=known, errors={})


@post("/settings/{kind:str}/{id_:str}/{verb:str}", status_code=303)
async def revoke(request: Ask, kind: str, id_: str, verb: str) -> Response[Any]:
    """End a session, show a program out, forget a passkey, take an invitation back."""
    me = await asking.me(request)
    await asking.form(request)
    async with pool(request).transaction() as db:
        if (kind, verb) == ("sessions", "revoke") and id_ == "others":
            await sessions.revoke_others(db, me, (await asking.visitor(request)).session_id)
            told = "Every other device is signed out."
        elif (kind, verb) == ("sessions", "revoke"):
            await sessions.revoke(db, me, id_of(id_))
            told = "That device is signed out."
        elif (kind, verb) == ("programs", "revoke"):
            await tokens.revoke(db, me, id_of(id_))
            told = "That program is shown out."
        elif (kind, verb) == ("tokens", "revoke"):
            await tokens.revoke(db, me, id_of(id_))
            told = "That token opens nothing any more."
        elif (kind, verb) == ("passkeys", "remove"):
            await passkeys.remove(db, await people.by_id(db, me.id), id_of(id_))
            told = "That passkey is forgotten."
        elif (kind, verb) == ("invites", "revoke"):
            await invites.revoke(db, me, id_of(id_))
            told = "That invitation no longer works."
        else:
            raise Invalid("There is nothing like that to take back.")
        await live.tell(db, ["people"], "people", me.id)
    request.app.state.doorkeeper.forget()
    where = {"invites": "invites", "tokens": "usage"}.get(kind, "account")
    return render.redirect(f"/settings/{where}", toast=told)


@post("/settings/passkeys/begin", status_code=200)
async def passkey_begin(request: Ask) -> Response[Any]:
    """Options for a new passkey."""
    me = await asking.me(request)
    asking.check_csrf(request)
    async with pool(request).transaction() as db:
        return with_challenge(await passkeys.offer_registration(db, me))


@post("/settings/passkeys/finish", status_code=200)
async def passkey_finish(request: Ask) -> dict[str, str]:
    """Keep it."""
    me = await asking.me(request)
    asking.check_csrf(request)
    sent = await body(request, dict[str, Any])
    credential = sent.get("credential")
    if not isinstance(credential, dict):
        raise Invalid("No passkey was sent.")
    async with pool(request).transaction() as db:
        challenge = await passkeys.take(db, challenge_of(request), me.id)
    async with pool(request).transaction() as db:
        key = await passkeys.register(db, me, challenge, credential, str(sent.get("name") or ""))
    return {"id": str(key.id)}


HANDLERS = [first, read, write, revoke, passkey_begin, passkey_finish]
