"""Showing a piece of a conversation to everyone: what becomes public is exactly the text one was shown, a post like any other. Nothing else of the
conversation is reachable from it, and there is no secret link. What is not the person's to tell is left out before they see it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bowerbird.accounts.people import Person
from bowerbird.assistant import conversations, messages
from bowerbird.assistant.messages import Message
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, NotFound, TooLarge
from bowerbird.core.settings import settings
from bowerbird.gallery import faces, showing
from bowerbird.social import private_data, timelines
from bowerbird.social.posts import EVERYONES, Post
from bowerbird.social.private_data import Finding
from bowerbird.studio import generations, pictures

MESSAGES_MAX = 12
SHINGLE = 5  # so many words in a row that stand in a post are a quote of it
SOMEBODY, LEFT_OUT = "somebody", "(left out: not public)"
_MENTION = re.compile(r"(?<![\w@/])@\w{1,30}(?:@[\w.-]{1,100})?")
_NUMBER = re.compile(r"\s?\[\d{1,2}\]")
_WORDS = re.compile(r"\w+")
_SENTENCE = re.compile(r"(?<=[.!?…\n])\s+|(?<=\n)")


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become public, to the letter, and to whom. `findings`: personal data in it; `names` and `quotes`: how many were taken out;
    `over`: characters too many."""

    text: str
    audience: str
    findings: list[Finding]
    names: int
    quotes: int
    over: int
    made_with: str
    media_ids: list[int] = field(default_factory=list[int])


async def preview(db: Database, me: Person, conversation_id: int, message_ids: Sequence[int]) -> Preview:
    """The chosen messages as a post: names of people taken out, and what posts said that not everyone may see. Raises NotFound or Invalid."""
    chosen = await _chosen(db, me, conversation_id, message_ids)
    secrets = await _not_public(db, chosen)
    parts, names, quotes = list[str](), 0, 0
    for one in chosen:
        text, left_out = without_quotes(one.text, secrets)
        text, named = await _without_names(db, me, _NUMBER.sub("", text))
        names, quotes = names + named, quotes + left_out
        parts.append(f"“{text.strip()}”" if one.role == "user" else f"Bower: {text.strip()}")
    text = "\n\n".join(parts)
    return Preview(
        text, "everyone", private_data.found(text), names, quotes, max(0, len(text) - settings().text_length_max), _made_with(chosen),
        await _pictures(db, me, chosen),
    )  # fmt: skip


async def share(
    db: Database,
    me: Person,
    conversation_id: int,
    message_ids: Sequence[int],
    text: str,
    media_ids: Sequence[int] = (),
    *,
    anyway: bool = False,
) -> Post:
    """Publish `text`, which the person saw, and perhaps edited. What posts said that not everyone may see is never published this way; personal data
    and names only with `anyway`. Raises Invalid with what it is."""
    chosen = await _chosen(db, me, conversation_id, message_ids)
    secrets = await _not_public(db, chosen)
    if without_quotes(text, secrets)[1]:
        raise Invalid("It quotes a post that is not public. Take that out first.")
    if not anyway:
        if findings := private_data.found(text):
            raise Invalid(
                f"It holds what looks private: {', '.join(one.excerpt for one in findings[:3])}. Take it out, or share it anyway."
            )
        if (await _without_names(db, me, text))[1]:
            raise Invalid("It names other people. Take the names out, or share it anyway.")
    if len(text) > settings().text_length_max:
        raise TooLarge(
            f"A post has up to {settings().text_length_max} characters; this is {len(text)}. Choose less, or shorten it."
        )
    post = await showing.publish(
        db, me, text, visibility="public", media_ids=media_ids, via=f"a conversation with {_made_with(chosen)}"
    )
    await db.execute(
        "insert into assistant.shares (post_id, conversation_id, message_ids) values (%s, %s, %s)",
        post.id, conversation_id, [one.id for one in chosen],
    )  # fmt: skip
    return post


async def shared(db: Database, me: Person, conversation_ids: Sequence[int]) -> dict[int, list[int]]:
    """Which posts came of one's own conversations: ids by conversation."""
    found: dict[int, list[int]] = {}
    for conversation_id, post_id in await db.rows(
        """select s.conversation_id, s.post_id from assistant.shares s join assistant.conversations c on c.id = s.conversation_id
           join social.posts p on p.id = s.post_id where c.account_id = %s and c.id = any(%s) and p.deleted_at is null order by s.post_id""",
        me.id, list(conversation_ids),
    ):  # fmt: skip
        found.setdefault(conversation_id, []).append(post_id)
    return found


def without_quotes(text: str, secrets: Sequence[str]) -> tuple[str, int]:
    """A text without the sentences that repeat SHINGLE words in a row (or all words, of a shorter one) of one of `secrets`; how many those
    were."""
    known = {shingle for secret in secrets for shingle in _shingles(secret)}
    if not known:
        return text, 0
    kept, left_out = list[str](), 0
    for sentence in _SENTENCE.split(text):
        if known & _shingles(sentence) or any(
            f" {' '.join(s)} " in f" {' '.join(_plain(sentence))} " for s in known if len(s) < SHINGLE
        ):
            left_out += 1
            if not kept or kept[-1] != LEFT_OUT:
                kept.append(LEFT_OUT)
        else:
            kept.append(sentence)
    return " ".join(kept), left_out


def _plain(text: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(text)]


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = _plain(text)
    if len(words) < SHINGLE:
        return {tuple(words)} if len(words) > 1 else set()
    return {tuple(words[start : start + SHINGLE]) for start in range(len(words) - SHINGLE + 1)}


async def _chosen(db: Database, me: Person, conversation_id: int, message_ids: Sequence[int]) -> list[Message]:
    conversation = await conversations.own(db, me, conversation_id)
    if not 1 <= len(set(message_ids)) <= MESSAGES_MAX:
        raise Invalid(f"Choose 1 to {MESSAGES_MAX} messages.")
    found = [await messages.own(db, me, id_) for id_ in sorted(set(message_ids))]
    if any(one.conversation_id != conversation.id for one in found):
        raise NotFound
    if any(one.under_way for one in found):
        raise Invalid("Wait until the answer is written.")
    return found


async def _not_public(db: Database, chosen: Sequence[Message]) -> list[str]:
    """The words of every post that the conversation read up to here and that not everyone may see now."""
    ids = {
        int(source["id"])
        for one in await messages.branch(db, chosen[-1].id)
        for source in one.sources
        if source.get("kind") == "post" and str(source.get("id", "")).isdigit()
    }
    for one in chosen:
        ids |= {int(source["id"]) for source in one.sources if source.get("kind") == "post"}
    public = {post.id for post in await timelines.of(db, None, list(ids)) if post.visibility in EVERYONES}
    return await db.values("select text from social.posts where id = any(%s) and text <> ''", list(ids - public))


async def _without_names(db: Database, me: Person, text: str) -> tuple[str, int]:
    """A text in which nobody but oneself is named: no mention, and no user name of those who were mentioned or read."""
    names = {match[0].lstrip("@").lower() for match in _MENTION.finditer(text)} - {me.username.lower()}
    named = {face.username.lower() for face in (await faces.of(db, await _ids_of(db, text))).values()} - {me.username.lower()}
    if not names | named:
        return text, 0
    any_of = "|".join(re.escape(name) for name in sorted(names | named))
    pattern = re.compile(rf"(?<![\w@/])@?(?:{any_of})\b", re.IGNORECASE)
    return pattern.subn(SOMEBODY, text)


async def _ids_of(db: Database, text: str) -> list[int]:
    """People whose user name stands in a text as a word of its own, with a digit or an underscore in it or right before a colon:
    others would be ordinary words."""
    words = {word.lower() for word in re.findall(r"\b\w{2,30}(?=:)|\b\w*[\d_]\w*\b", text)}
    return await db.values("select id from accounts.people where lower(username::text) = any(%s)", list(words)[:200])


def _made_with(chosen: Sequence[Message]) -> str:
    tiers = {one.tier for one in chosen if one.role == "assistant" and one.tier}
    return " and ".join(f"bower-{tier}" for tier in sorted(tiers)) or "bower"


async def _pictures(db: Database, me: Person, chosen: Sequence[Message]) -> list[int]:
    """The finished pictures that were painted in these answers, one of each painting: media ids of one's own."""
    asked = await db.values(
        "select answer->>'generation_id' from assistant.calls where message_id = any(%s) and answer ? 'generation_id' order by id",
        [one.id for one in chosen],
    )
    found = list[int]()
    for id_ in asked[:4]:
        tries = await generations.candidates(db, (await generations.own(db, me, int(id_))).id)
        made = await pictures.of(db, [each.picture_id for each in tries if each.picture_id])
        found += [picture.media_id for picture in made.values() if picture.media_id][:1]
    return found
