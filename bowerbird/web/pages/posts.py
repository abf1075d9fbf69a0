"""A post with its thread; writing, changing, reacting, taking away and bringing back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Response, get, post

from bowerbird.accounts.people import Person
from bowerbird.core import limits
from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict, Invalid, NotFound, TooLarge
from bowerbird.core.ids import at
from bowerbird.door import Ask, id_of, pool
from bowerbird.events import consent, kinds, log, questions
from bowerbird.gallery import cards, challenges, tree
from bowerbird.gallery.cards import Card
from bowerbird.media import origins
from bowerbird.social import pins, posts, reactions, revisions, text, threads, votes
from bowerbird.social.posts import Post
from bowerbird.social.visibility import narrower
from bowerbird.studio import challenges as themes
from bowerbird.web import answers, asking, render
from bowerbird.web.asking import Form
from bowerbird.web.branches import branches

ITEM_PURPOSES = ("train_pictures", "train_assistant_posts", "recommend_me", "public_dataset")


@dataclass(frozen=True, slots=True)
class Version:
    """What a post said at some time."""

    html: str
    text: str
    spoiler: str
    at: datetime


@get("/posts/{id_:str}")
async def read(request: Ask, id_: str) -> Response[Any]:
    """A post, what it answers, what answers it, and its picture's family."""
    known = (await asking.visitor(request)).person
    stranger = known is not None and request.query_params.get("as") == "stranger"
    me = None if stranger else known
    viewer_id = me.id if me else None
    async with pool(request).transaction() as db:
        if stranger and known:
            await posts.own(db, known, id_of(id_))
        said = await posts.see(db, viewer_id, id_of(id_))
        if said.boost_of_id:
            return render.redirect(f"/posts/{said.boost_of_id}")
        if me and me.id != said.author_id:
            await log.record(db, kinds.PostViewed(actor_id=me.id, item_id=said.id, visibility=said.visibility))
        thread = await threads.of(db, viewer_id, said)
        above, below = threads.context(said, thread)
        ready = {c.id: c for c in await cards.seen(db, me, await cards.of(db, me, [said, *above, *below]))}
        card = ready[said.id]
        recipe = card.pictures[0].source if card.pictures else None
        family = await tree.of(db, recipe.picture_id) if recipe else []
        contest = await _contest(db, me, said) if card.pictures else {}
        told = await answers.told(db, me, card, list(ready.values()))
        kept = await origins.of(db, [shown.media_id for shown in card.pictures]) if card.mine else {}
        picks = me is not None and card.mine and bool(recipe) and await questions.open_(db, me.id, "train_picture_picks")
        shared = await asking.context(request, db, me)
    return asking.page(
        request, "pages/post.jinja", shared, card=card, ancestors=[ready[p.id] for p in above if p.id in ready], told=told,
        replies=branches(below, said.id, ready), tree=family if len(family) > 1 else [], next=None, stranger=stranger,
        visibility=narrower(me.default_visibility, said.visibility) if me else "public",
        remix_id=recipe.picture_id if recipe and recipe.may_remix else None, question=bool(picks),
        reserved={one.media_id: one.reserved for one in kept.values() if one.reserved}, **contest,
    )  # fmt: skip


async def _contest(db: Database, me: Person | None, said: Post) -> dict[str, Any]:
    """What a post with pictures is to the challenges: entered in one, or fit for today's."""
    entered = await challenges.of_post(db, me.id if me else None, said.id)
    theme = await themes.by_id(db, entered.challenge_id) if entered else None
    return {"entered": entered, "theme": theme, "enterable": None if entered else await challenges.enterable(db, me, said)}


@get("/posts/{id_:str}/edit")
async def edit_page(request: Ask, id_: str) -> Response[Any]:
    """The form to change one's own post."""
    me = await asking.me(request)
    async with pool(request).reading() as db:
        card, shared = await _card(db, me, await posts.own(db, me, id_of(id_))), await asking.context(request, db, me)
        learning, kept = await _learning(db, me, card), await consent.reserved(db, "post", card.id)
    return asking.page(request, "pages/edit.jinja", shared, card=card, draft=None, learning=learning, reserved=bool(kept))


async def _learning(db: Database, me: Person, card: Card) -> list[tuple[str, bool | None, bool]]:
    """(purpose, what is said for this post, what holds for the account) of everything a model could learn from it."""
    own, account = await consent.of_item(db, "post", card.id), await consent.of(db, me.id)
    kept = await consent.reserved(db, "post", card.id)
    asked = [
        p for p in ITEM_PURPOSES if p not in kept and (p != "train_pictures" or any(shown.picture for shown in card.pictures))
    ]
    return [(purpose, own[purpose], bool(account[purpose])) for purpose in asked]


def _answers(form: Form) -> dict[str, bool | None]:
    said: dict[str, bool | None] = {"yes": True, "no": False, "": None}
    return {p: said[form.text(f"learn_{p}")] for p in ITEM_PURPOSES if form.on(f"learn_{p}") and form.text(f"learn_{p}") in said}


@post("/posts/{id_:str}/edit", status_code=303)
async def edit(request: Ask, id_: str) -> Response[Any]:
    """Change it."""
    me = await asking.me(request)
    form = await asking.form(request)
    async with pool(request).reading() as db:
        card = await _card(db, me, await posts.own(db, me, id_of(id_)))
    alts = {p.media_id: form.text(f"alt_{place}", p.alt) for place, p in enumerate(card.pictures)}
    try:
        async with pool(request).transaction() as db:
            before = (card.text, card.spoiler, [shown.alt for shown in card.pictures])
            if before != (form.text("text"), form.text("spoiler"), list(alts.values())):
                await revisions.edit(
                    db, me, card.id, form.text("text"), spoiler=form.text("spoiler"), sensitive=card.sensitive, alts=alts
                )
            known = await consent.of_item(db, "post", card.id)
            changed = {purpose: said for purpose, said in _answers(form).items() if said != known[purpose]}
            await consent.say_of_item(db, me.id, "post", card.id, changed)
    except (Conflict, Invalid, TooLarge) as wrong:
        draft = {
            "text": form.text("text"),
            "spoiler": form.text("spoiler"),
            "alts": list(alts.values()),
            "errors": {"text": wrong.said},
        }
        async with pool(request).reading() as db:
            shared, learning = await asking.context(request, db, me), await _learning(db, me, card)
            kept = await consent.reserved(db, "post", card.id)
        return asking.page(
            request,
            "pages/edit.jinja",
            shared,
            status=wrong.status,
            card=card,
            draft=draft,
            learning=learning,
            reserved=bool(kept),
        )
    return render.redirect(f"/posts/{card.id}", toast="Saved. The earlier version stays in its history.")


@get("/posts/{id_:str}/history")
async def history(request: Ask, id_: str) -> Response[Any]:
    """What it said before."""
    me = (await asking.visitor(request)).person
    async with pool(request).reading() as db:
        said = await posts.see(db, me.id if me else None, id_of(id_))
        versions = await revisions.history(db, me.id if me else None, said.id)
        card, shared = await _card(db, me, said), await asking.context(request, db, me)
    words = [(v.text, v.spoiler) for v in versions] + [(said.text, said.spoiler)]
    since = [at(said.id), *(at(v.id) for v in versions)]
    told = [Version(text.html(w), w, s, moment) for (w, s), moment in zip(words, since, strict=True)]
    return asking.page(request, "pages/history.jinja", shared, card=card, versions=told[::-1])


@post("/polls/{id_:str}/votes", status_code=303)
async def vote(request: Ask, id_: str) -> Response[Any]:
    """Choose in a poll."""
    me = await asking.me(request)
    form = await asking.form(request)
    choices = [int(text_) for text_ in form.lists.get("choice", []) if text_.isascii() and text_.isdigit() and len(text_) < 3]
    async with pool(request).transaction() as db:
        poll = await votes.vote(db, me, id_of(id_), choices)
        card = await _card(db, me, await posts.see(db, me.id, poll.post_id))
    if asking.by_htmx(request):
        return render.html(render.fragment("fragments/poll.jinja", card=card, me=True, csrf=asking.csrf_of(request)))
    return render.redirect(asking.back(request, card.url), toast="Your vote is counted.")


Verb = Callable[[Database, Person, int], Awaitable[Post]]
VERBS: dict[str, Verb] = {
    "like": reactions.like,
    "unlike": reactions.unlike,
    "boost": reactions.boost,
    "unboost": reactions.unboost,
    "bookmark": reactions.bookmark,
    "unbookmark": reactions.unbookmark,
    "pin": pins.pin,
    "unpin": pins.unpin,
    "mute": pins.mute_thread,
    "unmute": pins.unmute_thread,
}
SAID = {
    "pin": "It stands at the top of your page.", "unpin": "It stands among the others again.",
    "mute": "No more alerts about this conversation.", "unmute": "You will hear of this conversation again.",
}  # fmt: skip


@post("/posts/{id_:str}/{verb:str}", status_code=303)
async def react(request: Ask, id_: str, verb: str) -> Response[Any]:
    """Like, boost or bookmark it, or take that back; delete it, or take that back."""
    me = await asking.me(request)
    await asking.form(request)
    if verb == "delete":
        return await _delete(request, me, id_of(id_))
    if verb == "undelete":
        return await _restore(request, me, id_of(id_))
    if verb not in VERBS:
        raise NotFound
    async with pool(request).transaction() as db:
        await limits.spend(db, f"react:{me.id}", times_max=600, window_s=300)
        await VERBS[verb](db, me, id_of(id_))
        card = await _card(db, me, await posts.see(db, me.id, id_of(id_)))
    if asking.by_htmx(request):
        return render.html(render.fragment("fragments/actions.jinja", card=card, me=True, csrf=asking.csrf_of(request)))
    return render.redirect(asking.back(request, card.url), toast=SAID.get(verb, ""))


async def _delete(request: Ask, me: Person, id_: int) -> Response[Any]:
    async with pool(request).transaction() as db:
        card = await _card(db, me, await posts.own(db, me, id_))
        await posts.delete(db, me, id_)
    if asking.by_htmx(request):
        return render.html(render.fragment("fragments/deleted.jinja", card=card, csrf=asking.csrf_of(request)))
    return render.redirect("/", toast="Post deleted.", undo=f"/posts/{id_}/undelete")


async def _restore(request: Ask, me: Person, id_: int) -> Response[Any]:
    async with pool(request).transaction() as db:
        said = await posts.restore(db, me, id_)
        card, shared = await _card(db, me, said), await asking.context(request, db, me)
    if asking.by_htmx(request, f"card-{id_}"):
        return render.html(render.fragment("fragments/card.jinja", card=card, **shared))
    return render.redirect(card.url, toast="It is back.")


async def _card(db: Database, me: Person | None, said: Post) -> Card:
    return (await cards.seen(db, me, [await cards.one(db, me, said)]))[0]


HANDLERS = [read, edit_page, edit, history, vote, react]
