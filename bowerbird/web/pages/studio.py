"""The studio: words to pictures, and from a chosen try to a post."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.core import limits
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, NotFound, Refused, TooLarge, TooMany, Trouble
from bowerbird.core.ids import parse
from bowerbird.door import Ask, id_of, pool
from bowerbird.events import consent, questions
from bowerbird.gallery import challenges, remixes, showing, shown, styles
from bowerbird.gallery.shown import Credit
from bowerbird.media import attachments
from bowerbird.moderation import decisions, screening
from bowerbird.studio import generations, history, offers, pictures
from bowerbird.studio.pictures import Picture
from bowerbird.studio.presets import Preset
from bowerbird.studio.styles import STYLES
from bowerbird.web import asking, easels, render, wishes
from bowerbird.web.asking import Form

PICKS = "train_picture_picks"
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
    told["question"] = await questions.open_(db, me.id, PICKS)
    told["today"] = await challenges.glance(db) if generation else None
    return asking.page(
        request, "pages/studio.jinja", shared, status=status, form=settings, mediums=STYLES, offers=await offers.of(db), source=source,
        generation=generation, earlier=earlier, ideas=[] if earlier else IDEAS, **told,
    )  # fmt: skip


@get("/studio")
async def begin(request: Ask) -> Response[Any]:
    """An empty studio, or one opened with a picture's recipe to remix."""
    me = await asking.me(request)
    asked = dict(request.query_params)
    async with pool(request).reading() as db:
        if not asked or set(asked) == {"style"}:  # the studio as it was left
            asked = await history.sketch(db, me) | asked
        settings = wishes.begin(asked, await _style(db, me, asked.get("style")))
        source = None
        if remix := parse(asked.get("remix")):
            picture = await remixes.source(db, me, remix)
            source = await _credit(db, picture)
            for media in await attachments.of(db, [picture.media_id or 0]):
                settings.prompt = settings.prompt or picture.prompt or media.alt[: generations.PROMPT_LENGTH_MAX]
                settings.shape = wishes.shape_of(media.width, media.height)
        return await studio(request, db, me, settings, source=source)


@post("/studio/generations", status_code=303)
async def ask(request: Ask) -> Response[Any]:
    """Queue a generation, from the form, the home page's composer or the chips."""
    me = await asking.me(request)
    form = await asking.form(request)
    try:
        async with pool(request).reading() as db:
            wanted = await wishes.of(db, me, form)
        allowed = await screening.allow(pool(request), me, wanted)
        async with pool(request).transaction() as db:
            remix = form.id("remix")
            source = await remixes.source(db, me, remix) if remix else None
            asked = await generations.ask(db, me, wanted, source)
            await history.forget_sketch(db, me)
            await screening.settle(db, me, allowed, asked.id)
    except (Invalid, TooLarge, TooMany) as wrong:
        async with pool(request).reading() as db:
            picture = await remixes.source(db, me, parent) if (parent := parse(form.text("remix"))) else None
            source = await _credit(db, picture) if picture else None
            stopped = [await decisions.own(db, me, wrong.decision_id)] if isinstance(wrong, Refused) else []
            settings = wishes.refused(form, wrong)
            if stopped:  # said above the form, with a way to appeal
                settings.errors.clear()
            settings.style = await _style(db, me, form.text("style"))
            return await studio(request, db, me, settings, source=source, status=wrong.status, stopped=stopped)
    return render.redirect(f"/studio/generations/{asked.id}{'?lock=1' if form.on('lock') else ''}")


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
        tier="" if row.factor else row.tier,
        style=await _style(db, me, (row.preset or {}).get("id")),
        lock="lock" in request.query_params,
        last_seed=row.seed,
        timelapse=row.timelapse,
    )
    own["stopped"] = await decisions.stopped(db, me, id_)
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
                await questions.ask(db, me.id, PICKS, id_of(id_))
        return render.redirect("/studio", toast="Kept. Only you can see it.")
    try:
        if candidate_id is None:
            raise Invalid("Choose the one to show first.")
        async with pool(request).transaction() as db:
            said = await _show(db, me, form, id_of(id_), candidate_id)
            await questions.ask(db, me.id, PICKS, id_of(id_))
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


async def _style(db: Database, me: Person, id_: str | None) -> Preset | None:
    """The style that was chosen, None where it is there no more."""
    try:
        return await styles.see(db, me, found) if (found := parse(id_)) else None
    except NotFound:
        return None


async def _also(db: Database, me: Person, form: Form, generation_id: int, first: int) -> list[int]:
    """The media of other finished tries that are to be shown beside the chosen one, each with the description suggested for it."""
    wanted = {id_ for text in form.lists.get("also", []) if (id_ := parse(text))} - {first}
    tries = [one for one in await generations.candidates(db, generation_id) if one.id in wanted and one.picture_id]
    found: list[int] = []
    for one in tries[: generations.COUNT_MAX - 1]:
        picture = await pictures.own(db, me, one.picture_id or 0)
        if picture.media_id:
            await attachments.describe(
                db, me.id, picture.media_id, str(picture.recipe.get("alt", ""))[: attachments.ALT_LENGTH_MAX]
            )
            found.append(picture.media_id)
    return found


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
        db, me, form.text("caption"), visibility=form.text("visibility", me.default_visibility),
        media_ids=[picture.media_id, *await _also(db, me, form, generation_id, candidate_id)],
        consents={"train_pictures": form.on("teach")} if form.on("teach") != await _teaches(db, me) else None,
    )  # fmt: skip
    if (challenge := form.id("enter")) and said.visibility == "public":
        await challenges.enter(db, me, challenge, said.id)
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
