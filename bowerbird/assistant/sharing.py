"""Showing a piece of a conversation to everyone: what becomes public is exactly the text one was shown, a post like any other. Nothing else of the
conversation is reachable from it, and there is no secret link. What is not the person's to tell is left out before they see it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bowerbird.accounts.people import Person
from bowerbird.assistant import conversations, messages
from bowerbird.assistant.messages import Message
from bowerbird.assistant.reading import NAME
from bowerbird.core import limits
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, NotFound, TooLarge
from bowerbird.core.ids import parse
from bowerbird.core.settings import settings
from bowerbird.gallery import faces, showing
from bowerbird.social import private_data, timelines
from bowerbird.social.posts import EVERYONES, Post
from bowerbird.social.private_data import Finding
from bowerbird.studio import generations, pictures

MESSAGES_MAX = 12
POSTS_PER_5_MIN_MAX = 60  # as for any post, and counted with them
SHINGLE = 5  # so many words in a row that stand in a post are a quote of it; one less where they tell something
LONG = 5  # letters of a word that tells something
SOMEBODY, LEFT_OUT = "somebody", "(left out: not public)"
_MENTION = re.compile(r"(?<![\w@/])@\w{1,30}(?:@[\w.-]{1,100})?")
_NUMBER = re.compile(r"\s?\[\d{1,2}\]")
# a word: letters and digits, invisible joiners between them or not; scripts without spaces letter by letter
_WORD = re.compile(
    r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|(?:[^\W_\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[\u00ad\u200b-\u200f\u2060\ufeff])+"
)
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff]")
_SENTENCE = re.compile(r"(?<=[.!?…\n])\s+|(?<=\n)")
_LINE = re.compile(r"(?m)^\[\d{1,3}: [^\]\n]*\] (.*)$")  # one source in what a tool gave the model
_WHEN = re.compile(r"^\d{1,2} \w+ \d{1,2}:\d\d: ")


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
    secrets = await _not_public(db, conversation_id)
    parts, names, quotes = list[str](), 0, 0
    for one in chosen:
        text, left_out = without_quotes(_NUMBER.sub("", one.text), secrets)
        text, named = await _without_names(db, me, text)
        names, quotes = names + named, quotes + left_out
        parts.append(f"“{text.strip()}”" if one.role == "user" else f"Bower: {text.strip()}")
    text, across = without_quotes("\n\n".join(parts), secrets)  # what only several messages together say
    quotes += across
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
    names: bool = False,
) -> Post:
    """Publish `text`, which the person saw, and perhaps edited. What posts said that not everyone may see is never published this way; personal data
    only with `anyway`, people's names only with `names`. Raises Invalid with what it is, TooMany."""
    chosen = await _chosen(db, me, conversation_id, message_ids)
    await limits.spend(db, f"post:{me.id}", times_max=POSTS_PER_5_MIN_MAX, window_s=300)
    secrets = await _not_public(db, conversation_id)
    if without_quotes(text, secrets)[1]:
        raise Invalid("It quotes a post that is not public. Take that out first.")
    if not anyway and (findings := private_data.found(text)):
        raise Invalid(
            f"It holds what looks private: {', '.join(one.excerpt for one in findings[:3])}. Take it out, or share it anyway."
        )
    if not names and await named(db, me, text):
        raise Invalid("It names other people. Take the names out, or say that they may be named.")
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


async def named(db: Database, me: Person, text: str) -> int:
    """How often a text names people other than oneself and the assistant."""
    return (await _without_names(db, me, text))[1]


def without_quotes(text: str, secrets: Sequence[str]) -> tuple[str, int]:
    """A text without the sentences that repeat one of `secrets`: SHINGLE words in a row of it, over the ends of sentences too, or all of a shorter
    one; how many those were."""
    known = _known(secrets)
    if not known:
        return text, 0
    spans = _touched(text, known)
    if not spans:
        return text, 0
    kept, left_out, before, gone = "", 0, 0, False
    for sentence in _SENTENCE.split(text):
        at = text.index(sentence, before)
        until = at + len(sentence)
        if any(start < until and at < end for start, end in spans):
            left_out += 1
            kept += "" if gone else text[before:at] + LEFT_OUT
            gone = True
        else:
            kept += text[before:until]
            gone = gone and not sentence.strip()
        before = until
    return kept, left_out


def _known(secrets: Sequence[str]) -> dict[int, set[tuple[str, ...]]]:
    """The sequences of words that give a secret away, by their length."""
    known: dict[int, set[tuple[str, ...]]] = {}
    for secret in secrets:
        words = _plain(secret)
        found = [*_runs(words, SHINGLE), *(run for run in _runs(words, SHINGLE - 1) if _telling(run))]
        if 2 <= len(words) < SHINGLE and (sum(map(len, words)) >= 6 or any(word.isdigit() for word in words)):
            found.append(tuple(words))
        for sentence in _SENTENCE.split(secret):
            part = tuple(_plain(sentence))
            if 2 <= len(part) < SHINGLE and _telling(part):
                found.append(part)
        for run in found:
            known.setdefault(len(run), set()).add(run)
    return known


def _touched(text: str, known: dict[int, set[tuple[str, ...]]]) -> list[tuple[int, int]]:
    """Where in a text one of `known` stands: (from, to). LEFT_OUT is ours and no quote, but it ends one."""
    spans = list[tuple[int, int]]()
    start = 0
    for piece in text.split(LEFT_OUT):
        shown = _NUMBER.sub(lambda number: " " * len(number[0]), piece)
        words = [(word, *match.span()) for match in _WORD.finditer(shown) if (word := _folded(match[0]))]
        plain = [word for word, _, _ in words]
        for length, runs in known.items():
            for place, run in enumerate(_runs(plain, length)):
                if run in runs:
                    spans.append((start + words[place][1], start + words[place + length - 1][2]))
        start += len(piece) + len(LEFT_OUT)
    return spans


def _runs(words: Sequence[str], length: int) -> Iterable[tuple[str, ...]]:
    return (tuple(words[start : start + length]) for start in range(len(words) - length + 1))


def _telling(run: Sequence[str]) -> bool:
    """Whether few words say something, and are no mere turn of phrase."""
    return sum(len(word) >= LONG or word.isdigit() for word in run) >= 2


def _plain(text: str) -> list[str]:
    return [word for match in _WORD.finditer(text) if (word := _folded(match[0]))]


def _folded(word: str) -> str:
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", word)).casefold()


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


async def _not_public(db: Database, conversation_id: int) -> list[str]:
    """Every word that was read anywhere in the conversation (its summary knows no branches) in posts that not everyone may see now: as it was read,
    and all that these posts say or said."""
    read = await db.values(
        """select distinct one->>'id' from (
               select jsonb_array_elements(m.sources) from assistant.messages m where m.conversation_id = %s
               union all
               select jsonb_array_elements(coalesce(c.answer->'sources', '[]')) from assistant.calls c
               join assistant.messages m on m.id = c.message_id where m.conversation_id = %s) as source (one)
           where one->>'kind' = 'post'""",
        conversation_id, conversation_id,
    )  # fmt: skip
    ids = [id_ for text in read if (id_ := parse(text))]
    public = {post.id for post in await timelines.of(db, None, ids) if post.visibility in EVERYONES}
    closed = [id_ for id_ in ids if id_ not in public]
    if not closed:
        return []
    return [*await _as_read(db, conversation_id, {str(id_) for id_ in closed}), *await _of_posts(db, closed)]


async def _as_read(db: Database, conversation_id: int, ids: set[str]) -> list[str]:
    """What tools gave of these posts, to the letter: the lines of what they answered stand in the order of their sources."""
    found = list[str]()
    for text, sources in await db.rows(
        """select coalesce(c.answer->>'text', ''), c.answer->'sources' from assistant.calls c join assistant.messages m on m.id = c.message_id
           where m.conversation_id = %s and exists (
               select 1 from jsonb_array_elements(coalesce(c.answer->'sources', '[]')) one where one->>'id' = any(%s))""",
        conversation_id, list(ids),
    ):  # fmt: skip
        lines = _LINE.findall(text)
        for place, source in enumerate(sources):
            if str(source.get("id")) in ids:
                found.append(str(source.get("title", "")))
                found += [_WHEN.sub("", lines[place])] if place < len(lines) else []
    return found


async def _of_posts(db: Database, ids: Sequence[int]) -> list[str]:
    """Words, warnings, options and pictures' words of posts, before and after each change of them."""
    return await db.values(
        """select said from (
               select unnest(array[text, spoiler]) from social.posts where id = any(%s)
               union all select unnest(array[text, spoiler]) from social.post_versions where post_id = any(%s)
               union all select one->>'alt' from social.post_versions v cross join lateral jsonb_array_elements(v.media) one
                         where v.post_id = any(%s)
               union all select unnest(options || array_to_string(options, ' ')) from social.polls where post_id = any(%s)
               union all select unnest(array[a.alt, s.prompt]) from social.post_media pm join media.attachments a on a.id = pm.media_id
                         left join studio.pictures s on s.media_id = a.id where pm.post_id = any(%s)) as all_ (said)
           where said <> ''""",
        *[list(ids)] * 5,
    )  # fmt: skip


async def _without_names(db: Database, me: Person, text: str) -> tuple[str, int]:
    """A text in which nobody but oneself and the assistant is named: no mention, and no user name that stands there as one."""
    ours = {me.username.lower(), NAME}
    names = {match[0].lstrip("@").lower() for match in _MENTION.finditer(text)} - ours
    names |= {face.username.lower() for face in (await faces.of(db, await _ids_of(db, text))).values()} - ours
    if not names:
        return text, 0
    any_of = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
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
