"""Writing: a post with pictures, a poll or a quote, said now, planned or kept as a draft; and taken back while nothing has left the house."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from litestar import Response, get, post

from bowerbird.accounts.people import Person, audience_of
from bowerbird.assistant import asked
from bowerbird.core import limits
from bowerbird.core.database import Database
from bowerbird.core.errors import Gone, Invalid, NotAllowed, NotFound, TooLarge, TooMany, Trouble
from bowerbird.core.ids import parse
from bowerbird.core.paging import Page
from bowerbird.core.settings import settings
from bowerbird.door import Ask, id_of, pool
from bowerbird.gallery import cards, provenance, remixes, scheduled, showing, tray
from bowerbird.gallery.cards import Card
from bowerbird.gallery.shown import Shown
from bowerbird.media import attachments, pictures
from bowerbird.media.provenance import apart
from bowerbird.moderation import screening
from bowerbird.social import drafts, posts, private_data
from bowerbird.social.drafts import Words
from bowerbird.social.posts import PICTURES_MAX, Post
from bowerbird.social.private_data import Finding
from bowerbird.social.visibility import narrower
from bowerbird.web import asking, render
from bowerbird.web.asking import Form

POSTS_PER_5_MIN_MAX = 60
SHELF_MAX = 40  # pictures an address may name


@dataclass(kw_only=True)
class Begun:
    """What stands in the form: words written before, and what is to be said of them."""

    id: int | None = None
    text: str = ""
    spoiler: str = ""
    visibility: str = ""
    later: str = ""
    poll: dict[str, Any] | None = None
    quote_of_id: int | None = None
    media: list[Shown] = field(default_factory=list[Shown])
    alts: list[str] = field(default_factory=list[str])
    kept_alts: dict[int, str] = field(default_factory=dict[int, str])
    origins: list[str] = field(default_factory=list[str])
    note: str = ""
    errors: dict[str, str] = field(default_factory=dict[str, str])
    findings: list[Finding] = field(default_factory=list[Finding])
    unsaid: int | None = None
    no_ai: bool = False


@get("/write")
async def write(request: Ask) -> Response[Any]:
    """The composer by itself: empty, for a draft, a quote or a reply, or with pictures from the shelf."""
    me = await asking.me(request)
    asked = {name: parse(request.query_params.get(name)) for name in ("draft", "quote", "reply")}
    wanted = [id_ for text in request.query_params.getall("picture", [])[:SHELF_MAX] if (id_ := parse(text))]
    async with pool(request).reading() as db:
        kept = await drafts.own(db, me, asked["draft"]) if asked["draft"] else None
        begun = Begun(quote_of_id=asked["quote"])
        if (to := request.query_params.get("to")) is not None:  # a message, to someone by name
            begun.text, begun.visibility = (f"@{to[:40]} " if to else ""), "direct"
        if (words := request.query_params.get("text")) is not None:  # written elsewhere, to be looked at before it is posted
            begun.text = words.replace("\r\n", "\n")[: settings().text_length_max]
        if kept:
            begun = Begun(
                id=kept.id,
                text=kept.text,
                spoiler=kept.spoiler,
                visibility=kept.visibility,
                poll=kept.poll,
            )
        before = kept.media_ids if kept else []
        media = before + [id_ for id_ in await tray.chosen(db, me, wanted) if id_ not in before]
        begun.media = await tray.laid_out(db, me, media[:PICTURES_MAX])
        if len(media) > PICTURES_MAX:
            begun.note = f"Up to {PICTURES_MAX} pictures fit in a post. These are the first {PICTURES_MAX}."
        return await _composer(request, db, me, begun, asked["reply"] or (kept and kept.reply_to_id))


async def _composer(
    request: Ask, db: Database, me: Person, begun: Begun, reply_to_id: int | None, status: int = 200
) -> Response[str]:
    reply_to, quote = await _still(db, me, reply_to_id), await _still(db, me, begun.quote_of_id)
    usual = narrower(me.default_visibility, reply_to.visibility) if reply_to else me.default_visibility
    shared = await asking.context(request, db, me)
    begun.kept_alts = await tray.descriptions(db, begun.media) | begun.kept_alts
    return asking.page(
        request, "pages/write.jinja", shared, status=status, draft=begun, reply_to=reply_to, quote=quote, visibility=begun.visibility or usual
    )  # fmt: skip


async def _still(db: Database, me: Person, id_: int | None) -> Card | None:
    """A post that is written about, as far as it is there still: what was written must not be lost with it."""
    try:
        return await cards.by_id(db, me, id_) if id_ else None
    except (Gone, NotFound):
        return None


@post("/posts", status_code=303)
async def publish(request: Ask) -> Response[Any]:
    """Say something now or later, or keep it as a draft. Personal data before strangers' eyes is asked about once."""
    me = await asking.me(request)
    form = await asking.form(request)
    then = form.text("then", "post")
    try:
        media = await _brought(request, me, form)
        if then in ("draft", "more"):
            return await _keep(request, me, form, media)
        if then.startswith(("earlier-", "later-")):
            return await _again(request, me, form, None, _moved(media, then))
        if found := await _private(request, me, form):
            return await _again(request, me, form, None, media, findings=found)
        said = await _say(request, me, form, media)
    except (Gone, Invalid, NotAllowed, NotFound, TooLarge, TooMany) as wrong:
        return await _again(request, me, form, wrong, [])
    if said is None:
        return render.redirect("/drafts", toast="Planned. It stands here until its time.")
    reply_to = form.id("reply_to_id")
    where = f"/posts/{reply_to}#card-{said.id}" if reply_to else asking.back(request, f"/posts/{said.id}")
    stay = where if where.split("?")[0] not in ("/posts", "/write") else f"/posts/{said.id}"
    return render.redirect(stay, toast="Posted.", undo=f"/posts/{said.id}/unsay")


async def _private(request: Ask, me: Person, form: Form) -> list[Finding]:
    """What everyone would see that looks private, in any of its words; nothing where they are meant for few, or it was asked before."""
    if form.on("checked"):
        return []
    async with pool(request).reading() as db:
        reply_to = await _still(db, me, form.id("reply_to_id"))
    usual = narrower(me.default_visibility, reply_to.visibility) if reply_to else me.default_visibility
    said = [form.text("text"), form.text("spoiler"), *form.lists.get("poll_option", [])]
    said += [form.text(f"alt_{place}") for place in range(PICTURES_MAX)]
    said += [text for name, text in form.fields.items() if name.startswith("alt_of_")][:PICTURES_MAX]
    posts.checked_words(said[0], said[1], (), bare=True)
    return private_data.found("\n".join(said)) if (form.text("visibility") or usual) in posts.EVERYONES else []


async def _brought(request: Ask, me: Person, form: Form) -> list[int]:
    """The pictures of the post: those that were here already, then what the form brought."""
    files = [f for f in form.files.get("pictures", []) if f.filename]
    already = [found for text in form.lists.get("media_id", []) if (found := parse(text))]
    if len(files) + len(already) > PICTURES_MAX:
        raise Invalid(f"Up to {PICTURES_MAX} pictures fit in a post.")
    async with pool(request).transaction() as db:
        await attachments.allow(db, me.id, len(files))
        await attachments.own(db, me.id, already)
    made: list[pictures.Renditions] = [
        await screening.brought(pool(request), me.id, await f.read(settings().upload_bytes_max + 1)) for f in files
    ]
    said = {place: word for place in range(len(made)) if (word := form.text(f"origin_{place}")) in ("by_hand", "camera")}
    looks = {place: await apart.check(made[place].large) for place in said}  # the pixels may say otherwise
    async with pool(request).transaction() as db:
        await tray.describe(db, me, {id_: form.text(f"alt_of_{id_}") for id_ in already if f"alt_of_{id_}" in form.fields})
        alts = (form.text(f"alt_{place}") for place in range(len(made)))
        brought = [(await attachments.attach(db, me.id, one, alt=alt)).id for one, alt in zip(made, alts, strict=True)]
        for place, word in said.items():
            await provenance.say(db, me, brought[place], word, marked=looks[place].mark is not None)
        for place, media_id in enumerate(brought):
            if form.on(f"remix_{place}"):  # an upload is offered only where its owner says so
                await remixes.offer(db, me, media_id, "everyone")
        return already + brought


def _moved(media: list[int], then: str) -> list[int]:
    """The pictures with one of them a place earlier or later."""
    verb, _, text = then.partition("-")
    at = media.index(id_) if (id_ := parse(text)) in media else 0
    to = max(0, min(len(media) - 1, at + (1 if verb == "later" else -1)))
    rest = media[:at] + media[at + 1 :]
    return rest[:to] + media[at : at + 1] + rest[to:]


def _poll(form: Form) -> dict[str, Any] | None:
    options = [text.strip() for text in form.lists.get("poll_option", []) if text.strip()]
    if not options:
        return None
    seconds = form.text("poll_s", "86400")
    return {
        "options": options, "expires_in": int(seconds) if seconds.isascii() and seconds.isdigit() and len(seconds) < 9 else 0,
        "multiple": form.on("poll_multiple"),
    }  # fmt: skip


async def _say(request: Ask, me: Person, form: Form, media: list[int]) -> Post | None:
    """The post, None where it is planned for later."""
    later, params = form.text("later").strip(), _params(form, me, media)
    async with pool(request).transaction() as db:
        await limits.spend(db, f"post:{me.id}", times_max=POSTS_PER_5_MIN_MAX, window_s=300)
        said = None
        if later and form.on("no_ai"):
            raise Invalid("A planned post is closed to the AI once it is out, in its “…” menu. Take back one of the two.")
        if later:
            await scheduled.schedule(db, me, params, _moment(later))
        else:
            said = await showing.publish(db, me, form.text("text"), **scheduled.options_of(params))
            if form.on("no_ai"):
                await asked.close(db, me, said.id, closed=True)
        if draft_id := form.id("draft_id"):
            await drafts.discard(db, me, draft_id)
        return said


def _params(form: Form, me: Person, media: list[int]) -> dict[str, Any]:
    """What was written, in the words in which a planned post is kept."""
    reply_to_id, quote_of_id, may_quote = form.id("reply_to_id"), form.id("quote_of_id"), form.text("may_quote")
    return {
        "text": form.text("text"), "visibility": form.text("visibility") or None, "spoiler_text": form.text("spoiler"), "poll": _poll(form),
        "in_reply_to_id": str(reply_to_id) if reply_to_id else None, "quoted_status_id": str(quote_of_id) if quote_of_id else None,
        "media_ids": [str(id_) for id_ in media], "sensitive": form.on("sensitive") or me.default_sensitive,
        "may_quote": audience_of(may_quote) if may_quote else None,
    }  # fmt: skip


def _moment(text: str) -> datetime:
    """A time as a form gives it; without a zone it is meant in UTC, as the field says."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise Invalid("The time to post at cannot be read.") from wrong
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


async def _keep(request: Ask, me: Person, form: Form, media: list[int]) -> Response[Any]:
    words = Words(
        text=form.text("text"), spoiler=form.text("spoiler"), visibility=form.text("visibility") or me.default_visibility,
        media_ids=tuple(media), poll=_poll(form), reply_to_id=form.id("reply_to_id"),
    )  # fmt: skip
    async with pool(request).transaction() as db:
        kept = await drafts.keep(db, me, words, form.id("draft_id"))
    if form.text("then") == "more":
        return render.redirect(f"/shelf?draft={kept.id}", toast="Kept as a draft. Choose pictures for it.")
    return render.redirect("/drafts", toast="Kept as a draft.")


async def _again(
    request: Ask, me: Person, form: Form, wrong: Trouble | None, media: list[int], findings: Sequence[Finding] = ()
) -> Response[Any]:
    """The form once more, with the words that were written and what is to be said of them. Browsers never send files back."""
    kept = media or [found for text in form.lists.get("media_id", []) if (found := parse(text))]
    begun = Begun(
        id=parse(form.text("draft_id")), text=form.text("text"), spoiler=form.text("spoiler"), visibility=form.text("visibility"),
        later=form.text("later"), poll=_poll(form), quote_of_id=parse(form.text("quote_of_id")), findings=list(findings),
        alts=[form.text(f"alt_{place}") for place in range(PICTURES_MAX)],
        origins=[form.text(f"origin_{place}") for place in range(PICTURES_MAX)], errors={"text": wrong.said} if wrong else {},
        no_ai=form.on("no_ai"),
    )  # fmt: skip
    async with pool(request).reading() as db:
        begun.media = await tray.laid_out(db, me, kept)
        begun.kept_alts = {id_: form.text(f"alt_of_{id_}") for id_ in kept if f"alt_of_{id_}" in form.fields}
        return await _composer(request, db, me, begun, parse(form.text("reply_to_id")), wrong.status if wrong else 200)


@post("/posts/{id_:str}/unsay", status_code=200)
async def unsay(request: Ask, id_: str) -> Response[Any]:
    """Take a post back at once and have its words before one again."""
    me = await asking.me(request)
    await asking.form(request)
    async with pool(request).transaction() as db:
        card = await cards.one(db, me, await posts.own(db, me, id_of(id_)))
        no_ai = bool(await asked.closed(db, [card.id]))
        said = await showing.unsay(db, me, id_of(id_))
        poll = {"options": card.poll.options, "multiple": card.poll.multiple} if card.poll else None
    begun = Begun(
        text=said.text, spoiler=said.spoiler, visibility=said.visibility, media=list(card.pictures), poll=poll, unsaid=said.id,
        quote_of_id=said.quote_of_id, no_ai=no_ai,
    )  # fmt: skip
    async with pool(request).reading() as db:
        return await _composer(request, db, me, begun, said.reply_to_id)


@get("/drafts")
async def waiting(request: Ask) -> Response[Any]:
    """What one has begun and what one has planned."""
    me = await asking.me(request)
    async with pool(request).reading() as db:
        begun, planned = await drafts.of(db, me, Page(limit=40)), await scheduled.of(db, me, Page(limit=40))
        shared = await asking.context(request, db, me)
    return asking.page(request, "pages/drafts.jinja", shared, drafts=begun, planned=planned)


@post("/drafts/{id_:str}/discard", status_code=303)
async def discard(request: Ask, id_: str) -> Response[Any]:
    """Throw a draft away."""
    me = await asking.me(request)
    await asking.form(request)
    async with pool(request).transaction() as db:
        await drafts.discard(db, me, id_of(id_))
    return render.redirect("/drafts", toast="The draft is gone.")


@post("/planned/{id_:str}/{verb:str}", status_code=303)
async def replan(request: Ask, id_: str, verb: str) -> Response[Any]:
    """Plan a post for another time, or not at all."""
    me = await asking.me(request)
    form = await asking.form(request)
    async with pool(request).transaction() as db:
        if verb == "move":
            await scheduled.move(db, me, id_of(id_), _moment(form.text("later")))
        else:
            await scheduled.cancel(db, me, id_of(id_))
    return render.redirect("/drafts", toast="Planned anew." if verb == "move" else "It will not be posted.")


HANDLERS = [write, publish, unsay, waiting, discard, replan]
