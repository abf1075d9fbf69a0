"""The studio: words to pictures, and from a chosen try to a post."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.core import limits
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, TooLarge, TooMany, Trouble
from bowerbird.core.ids import parse
from bowerbird.door import Ask, id_of, pool
from bowerbird.events import consent
from bowerbird.gallery import remixes, showing, shown
from bowerbird.gallery.shown import Credit
from bowerbird.media import attachments
from bowerbird.studio import generations, pictures
from bowerbird.studio.pictures import Picture
from bowerbird.studio.styles import SHAPES, STYLES
from bowerbird.web import asking, easels, render, wishes
from bowerbird.web.asking import Form

IDEAS = (
    "a lighthouse keeper’s kettle, steam turning into gulls",
    "three foxes under one umbrella, rain with street lights",
    "a whale under the aurora, paper cut",
    "a cat on a windowsill watching the first snow",
)


async def studio(
    request: Ask, db: Database, me: Person, settings: wishes.Settings, *, source: Credit | None = None, generation: easels.Generation | None = None,
    status: int = 200, **own: Any,
) -> Response[str]:  # fmt: skip
    """The page, whatever stands on it."""
    shared = await asking.context(request, db, me)
    earlier = await easels.earlier(db, me)
    told: dict[str, Any] = {"caption": "", "alt": "", "errors": {}, "visibility": me.default_visibility} | own
    told["teach"] = await _teaches(db, me)
    return asking.page(
        request, "pages/studio.jinja", shared, status=status, form=settings, mediums=STYLES, source=source, generation=generation,
        earlier=earlier, ideas=[] if earlier else IDEAS, **told,
    )  # fmt: skip


@get("/studio")
async def begin(request: Ask) -> Response[Any]:
    """An empty studio, or one opened with a picture's recipe to remix."""
    me = await asking.me(request)
    asked = request.query_params
    settings = wishes.Settings(prompt=asked.get("prompt", "")[: generations.PROMPT_LENGTH_MAX])
    settings.medium = asked.get("medium", "")[:40]
    settings.shape = asked.get("shape", "square") if asked.get("shape") in SHAPES else "square"
    async with pool(request).reading() as db:
        source = None
        if remix := parse(asked.get("remix")):
            picture = await remixes.source(db, me, remix)
            source = await _credit(db, picture)
            settings.prompt = settings.prompt or picture.prompt
            settings.shape = wishes.shape_of(int(picture.recipe.get("width", 1)), int(picture.recipe.get("height", 1)))
        return await studio(request, db, me, settings, source=source)


@post("/studio/generations", status_code=303)
async def ask(request: Ask) -> Response[Any]:
    """Queue a generation, from the form, the home page's composer or the chips."""
    me = await asking.me(request)
    form = await asking.form(request)
    try:
        async with pool(request).transaction() as db:
            remix = form.id("remix")
            source = await remixes.source(db, me, remix) if remix else None
            asked = await generations.ask(db, me, await wishes.of(db, me, form), source)
    except (Invalid, TooLarge, TooMany) as wrong:
        async with pool(request).reading() as db:
            picture = await remixes.source(db, me, parent) if (parent := parse(form.text("remix"))) else None
            source = await _credit(db, picture) if picture else None
            return await studio(request, db, me, wishes.refused(form, wrong), source=source, status=wrong.status)
    return render.redirect(f"/studio/generations/{asked.id}")


@get("/studio/generations/{id_:str}")
async def watch(request: Ask, id_: str) -> Response[Any]:
    """A generation, on its way or finished."""
    me = await asking.me(request)
    async with pool(request).reading() as db:
        return await _watch(request, db, me, id_of(id_))


async def _watch(request: Ask, db: Database, me: Person, id_: int, *, status: int = 200, **own: Any) -> Response[str]:
    generation = await easels.look(db, me, id_)
    row = await generations.own(db, me, id_)
    settings = wishes.Settings(
        row.prompt,
        row.style,
        wishes.shape_of(row.width, row.height),
        len(generation.candidates),
        row.negative_prompt,
        "",
        generation.strength,
    )
    return await studio(request, db, me, settings, source=generation.source, generation=generation, status=status, **own)


@get("/studio/generations/{id_:str}/card")
async def card(request: Ask, id_: str) -> Response[Any]:
    """How far it is, in a few words, for the home page to ask again."""
    me = await asking.me(request)
    async with pool(request).reading() as db:
        return render.html(render.fragment("fragments/running.jinja", running=await easels.look(db, me, id_of(id_))))


@post("/studio/generations/{id_:str}/cancel", status_code=303)
async def cancel(request: Ask, id_: str) -> Response[Any]:
    """Stop it."""
    me = await asking.me(request)
    await asking.form(request)
    async with pool(request).transaction() as db:
        await generations.cancel(db, me, id_of(id_))
    return render.redirect(f"/studio/generations/{id_of(id_)}")


@post("/studio/generations/{id_:str}/show", status_code=303)
async def show(request: Ask, id_: str) -> Response[Any]:
    """Post the chosen try, or keep it private."""
    me = await asking.me(request)
    form = await asking.form(request)
    candidate_id = form.id("candidate_id")
    if form.text("keep") == "private":
        if candidate_id:
            async with pool(request).transaction() as db:
                await generations.choose(db, me, id_of(id_), candidate_id)
        return render.redirect("/studio", toast="Kept. Only you can see it.")
    try:
        if candidate_id is None:
            raise Invalid("Choose the one to show first.")
        async with pool(request).transaction() as db:
            said = await _show(db, me, form, id_of(id_), candidate_id)
    except (Invalid, TooLarge, TooMany) as wrong:
        where = "candidate_id" if candidate_id is None else "caption"
        async with pool(request).reading() as db:
            told = {
                "caption": form.text("caption"),
                "alt": form.text("alt"),
                "errors": {where: wrong.said},
                "visibility": form.text("visibility"),
            }
            return await _watch(request, db, me, id_of(id_), status=wrong.status, **told)
    return render.redirect(f"/posts/{said}", toast="Posted.")


async def _show(db: Database, me: Person, form: Form, generation_id: int, candidate_id: int) -> int:
    await limits.spend(db, f"post:{me.id}", times_max=60, window_s=300)
    picked = await generations.choose(db, me, generation_id, candidate_id)
    picture = await pictures.own(db, me, picked.picture_id or 0)
    if picture.media_id is None:
        raise Trouble
    await attachments.describe(db, me.id, picture.media_id, form.text("alt"))
    wishes_remix = form.on("remix")
    if wishes_remix != (me.may_remix != "no_one"):  # only where it differs from what one always says
        await pictures.permit(db, me, picture.id, people.audience_of("everyone" if wishes_remix else "no_one"))
    said = await showing.publish(
        db, me, form.text("caption"), visibility=form.text("visibility", me.default_visibility), media_ids=[picture.media_id],
        consents={"train_pictures": form.on("teach")} if form.on("teach") != await _teaches(db, me) else None,
    )  # fmt: skip
    return said.id


async def _teaches(db: Database, me: Person) -> bool:
    """What one said for all one's pictures; the switch starts there and says otherwise for one."""
    return bool((await consent.of(db, me.id))["train_pictures"])


async def _credit(db: Database, picture: Picture) -> Credit:
    """The parent as the remixer may see it: their own private pictures too."""
    credit = (await shown.credits_of(db, [picture.id]))[picture.id]
    if not credit.deleted or picture.media_id is None:
        return credit
    media = (await attachments.of(db, [picture.media_id]))[0]
    by = await people.by_id(db, picture.creator_id)
    return Credit(picture.id, False, by.username, f"/pictures/{picture.id}", media.small_url, picture.prompt)


HANDLERS = [begin, ask, watch, card, cancel, show]
