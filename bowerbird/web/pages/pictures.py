"""How a picture was made: its recipe, what it came from and what came of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from litestar import Response, get, post

from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict, Gone, NotFound
from bowerbird.door import Ask, id_of, pool
from bowerbird.gallery import credit, faces, provenance, remixes, showing, styles, tree
from bowerbird.gallery import shown as gallery
from bowerbird.social import entries, timelines
from bowerbird.studio import pictures, timelapses
from bowerbird.web import asking, render
from bowerbird.web.pages import feeds, shelf


@get("/pictures/{id_:str}")
async def read(request: Ask, id_: str) -> Response[Any]:
    """One picture. Its owner sees it before anyone else does."""
    me = (await asking.visitor(request)).person
    async with pool(request).reading() as db:
        picture = await remixes.see(db, me, id_of(id_))
        shown = (await gallery.of_media(db, [picture.media_id or 0]))[picture.media_id or 0]
        recipe = (await gallery.of_pictures(db, [picture]))[picture.id]
        leave = await remixes.may(db, me, picture.creator_id, recipe.audience)
        recipe = replace(recipe, may_remix=leave.allowed, why_not=leave.why_not)
        shown = replace(shown, offered=recipe) if recipe.uploaded else replace(shown, picture=recipe)
        author = (await faces.of(db, [picture.creator_id]))[picture.creator_id]
        where = await timelines.showing(db, me.id if me else None, [picture.media_id or 0])
        posts = await feeds.shown(db, me, await entries.of(db, me.id if me else None, list(where.values())))
        open_ = me is None or bool(await timelines.showing(db, None, [picture.media_id or 0]))  # anyone may see it
        parent_prompt = None
        if recipe.parent and not recipe.parent.deleted:
            parent_prompt = (await pictures.by_id(db, recipe.parent.picture_id)).prompt
        chain = await credit.chain(db, picture)
        proof = await provenance.proof(db, picture.media_id or 0)
        kept = await shelf.keeping(db, me, picture, shown) if me else None
        before, style = await _before(db, me, recipe), await styles.credit(db, me, recipe.style)
        timelapse = await timelapses.kept(db, picture.id)
        family, shared = await tree.of(db, picture.id), await asking.context(request, db, me)
    return asking.page(
        request, "pages/picture.jinja", shared, shown=shown, author=author, posts=posts, tree=family if len(family) > 1 else [],
        parent_prompt=parent_prompt, mine=me is not None and me.id == picture.creator_id, audience=picture.may_remix or "", chain=chain, proof=proof,
        kept=kept, before=before, style=style, timelapse=timelapse, open_=open_, veiled=any(post.sensitive or post.spoiler for post in posts),
    )  # fmt: skip


async def _before(db: Database, me: Person | None, recipe: gallery.Recipe) -> gallery.Shown | None:
    """The picture it was made from, where the viewer may see that one too."""
    if recipe.parent is None:
        return None
    try:
        parent = await remixes.see(db, me, recipe.parent.picture_id)
    except (NotFound, Gone):
        return None
    return (await gallery.of_media(db, [parent.media_id or 0])).get(parent.media_id or 0)


@post("/pictures/{id_:str}/{verb:str}", status_code=303)
async def change(request: Ask, id_: str, verb: str) -> Response[Any]:
    """Say who may remix one's own picture, or take away one that was never shown."""
    me = await asking.me(request)
    form = await asking.form(request)
    async with pool(request).transaction() as db:
        picture = await pictures.own(db, me, id_of(id_))
        if verb == "permit":
            chosen = form.text("remix")
            await remixes.permit(db, me, picture.id, people.audience_of(chosen) if chosen else None)
            return render.redirect(f"/pictures/{picture.id}", toast="Saved.")
        if verb != "delete":
            raise NotFound
        if await timelines.showing(db, me.id, [picture.media_id or 0]):
            raise Conflict("A post shows this picture. Delete the post, then it goes with it.")
        await showing.take_down(db, me, picture.id)
    return render.redirect("/studio", toast="The picture is gone.")


@post("/uploads/{id_:str}/remix", status_code=303)
async def offer(request: Ask, id_: str) -> Response[Any]:
    """Let others remix an upload of one's own, or no more."""
    me = await asking.me(request)
    form = await asking.form(request)
    async with pool(request).transaction() as db:
        picture = await remixes.offer(db, me, id_of(id_), people.audience_of(form.text("remix")))
    said = "Nobody can start from it any more." if picture.may_remix == "no_one" else "Others can start from it now."
    return render.redirect(asking.back(request, f"/pictures/{picture.id}"), toast=said)


HANDLERS = [read, change, offer]
