"""What each person lets their doings be used for: per purpose, off by default, per item where they say so,
and the one gate through which anything may be learned."""

from __future__ import annotations

from typing import Literal, get_args

from bowerbird.core.database import Database, Gate
from bowerbird.core.errors import Invalid
from bowerbird.core.ids import new_id

Purpose = Literal[
    "train_assistant_posts",
    "train_assistant_conversations",
    "train_assistant_feedback",
    "train_pictures",
    "train_picture_picks",
    "personalise",
    "recommend_me",
    "public_dataset",
]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)

# which kinds of event each purpose may ever learn from; a purpose never sees a kind that is not listed here
LEARNS_FROM: dict[Purpose, tuple[str, ...]] = {
    "train_assistant_posts": ("PostPublished", "PostEdited"),
    "train_assistant_conversations": ("AnswerGiven",),
    "train_assistant_feedback": ("AnswerRated", "AnswerAgain", "AnswerPreferred", "AnswerCorrected", "AnswerVoted"),
    "train_pictures": ("PostPublished",),
    "train_picture_picks": ("CandidatePicked", "GenerationAsked", "PictureVoted"),
    "personalise": (
        "SlateServed",
        "PostDwelt",
        "PostHidden",
        "PostReported",
        "PostPublished",
        "PostViewed",
        "PostLiked",
        "PostBoosted",
        "PostBookmarked",
        "AccountFollowed",
        "AccountHidden",
        "PictureRemixed",
    ),
    "recommend_me": ("PostPublished", "AccountCreated"),
    # on top of what the item's own purpose allows: whether it may leave the house
    "public_dataset": (
        "PostPublished",
        "AnswerGiven",
        "AnswerRated",
        "AnswerAgain",
        "AnswerPreferred",
        "AnswerVoted",
        "CandidatePicked",
        "PictureVoted",
    ),
}

RESERVES: tuple[Purpose, ...] = ("train_pictures", "train_picture_picks")  # what a file can say no to


def learnable(purpose: Purpose) -> Gate:
    """The one gate: consent was given when it happened, stands today, and the item does not say otherwise.

    Direct and followers-only posts never pass, whatever was consented to: others' trust is in them. Nor does anything of who is under 18.
    """
    assert purpose in PURPOSES
    return Gate(
        """(l.kind = any(%s)
            and %s = any(l.consents)
            and coalesce(l.data->>'visibility', case l.item_kind when 'post' then 'direct' else 'public' end) in ('public', 'unlisted')
            and coalesce(
                (select i.granted from events.item_consents i
                  where i.item_kind = l.item_kind and i.item_id = l.item_id and i.purpose = %s and i.owner_id = l.actor_id),
                (select c.granted from events.consents c where c.account_id = l.actor_id and c.purpose = %s),
                false)
            and not exists (select 1 from events.minors m where m.account_id = l.actor_id)
            and not exists (select 1 from events.log d where d.item_kind = l.item_kind and d.item_id = l.item_id
                             and d.kind in ('PostDeleted', 'PictureDeleted') and d.id > l.id
                             and not exists (select 1 from events.log r where r.item_kind = d.item_kind
                                              and r.item_id = d.item_id and r.kind = 'PostRestored' and r.id > d.id)))""",
        (list(LEARNS_FROM[purpose]), purpose, purpose, purpose),
    )


# the purposes someone grants for an item right now: the item's own word, else the account's, else none
GRANTED = """coalesce((select array_agg(purpose order by purpose) from (
               select purpose from (
                   select purpose, granted, 1 as rank, owner_id as who from events.item_consents
                   where item_kind = %s and item_id = %s and owner_id = %s
                   union all select purpose, granted, 2, account_id from events.consents where account_id = %s) said
               where not exists (select 1 from events.minors m where m.account_id = said.who)
               group by purpose having (array_agg(granted order by rank))[1]) granted), '{}')"""


async def of(db: Database, account_id: int) -> dict[str, bool | None]:
    """Every purpose with what someone said of it; None where they never did, which counts as no. All no for who is under 18."""
    said = dict(
        await db.rows(
            """select purpose, granted from events.consents where account_id = %s
               union all select 'minor', true from events.minors where account_id = %s""",
            account_id, account_id,
        )
    )  # fmt: skip
    if said.get("minor"):
        return dict.fromkeys(PURPOSES, False)
    return {purpose: said.get(purpose) for purpose in PURPOSES}


async def of_item(db: Database, item_kind: str, item_id: int) -> dict[str, bool | None]:
    """Every purpose with what is said for one item; None where the account's word counts."""
    said = dict(
        await db.rows(
            "select purpose, granted from events.item_consents where item_kind = %s and item_id = %s", item_kind, item_id
        )
    )
    return {purpose: said.get(purpose) for purpose in PURPOSES}


async def say(db: Database, account_id: int, answers: dict[str, bool | None]) -> None:
    """Set (true, false) or unset (None) purposes for the whole account. Raises Invalid for a purpose we do not have, and for a yes of who is
    under 18."""
    await _of_age(db, account_id, answers)
    for purpose, answer in _checked(answers).items():
        if answer is None:
            await db.execute("delete from events.consents where account_id = %s and purpose = %s", account_id, purpose)
        else:
            await db.execute(
                """insert into events.consents (account_id, purpose, granted) values (%s, %s, %s)
                   on conflict (account_id, purpose) do update set granted = excluded.granted, at = now()""",
                account_id, purpose, answer,
            )  # fmt: skip
        await _remember(db, account_id, None, None, purpose, answer)


async def say_of_item(db: Database, owner_id: int, item_kind: str, item_id: int, answers: dict[str, bool | None]) -> None:
    """The same for one item. The door has checked that it is the owner's. What a file in it reserves stays no: Invalid for a yes to that."""
    await _of_age(db, owner_id, answers)
    kept = await reserved(db, item_kind, item_id)
    if any(answer and purpose in kept for purpose, answer in answers.items()):
        raise Invalid(
            "A picture in it says of itself that no model may learn from it. Whoever holds its rights decided that; it stays so."
        )
    for purpose, answer in _checked(answers).items():
        if purpose in kept:
            continue
        if answer is None:
            await db.execute(
                "delete from events.item_consents where item_kind = %s and item_id = %s and purpose = %s",
                item_kind,
                item_id,
                purpose,
            )
        else:
            await db.execute(
                """insert into events.item_consents (item_kind, item_id, owner_id, purpose, granted) values (%s, %s, %s, %s, %s)
                   on conflict (item_kind, item_id, purpose) do update set granted = excluded.granted, at = now()""",
                item_kind, item_id, owner_id, purpose, answer,
            )  # fmt: skip
        await _remember(db, owner_id, item_kind, item_id, purpose, answer)


async def reserved(db: Database, item_kind: str, item_id: int) -> set[str]:
    """The purposes that a file in an item says no to."""
    return set(
        await db.values(
            "select purpose from events.item_consents where item_kind = %s and item_id = %s and reserved", item_kind, item_id
        )
    )


async def reserve(db: Database, owner_id: int, item_kind: str, item_id: int) -> None:
    """A file in an item says that no model may learn from it: no, whatever its owner says, before or after."""
    for purpose in RESERVES:
        await db.execute(
            """insert into events.item_consents (item_kind, item_id, owner_id, purpose, granted, reserved) values (%s, %s, %s, %s, false, true)
               on conflict (item_kind, item_id, purpose) do update set granted = false, reserved = true, at = now()""",
            item_kind, item_id, owner_id, purpose,
        )  # fmt: skip
        await _remember(db, owner_id, item_kind, item_id, purpose, False)


async def _of_age(db: Database, account_id: int, answers: dict[str, bool | None]) -> None:
    if any(answers.values()) and await db.value("select 1 from events.minors where account_id = %s", account_id):
        raise Invalid("Nothing is learned from people under 18, so this stays off.")


def _checked(answers: dict[str, bool | None]) -> dict[str, bool | None]:
    for purpose, answer in answers.items():
        if purpose not in PURPOSES:
            raise Invalid(f"There is no purpose called “{purpose[:40]}”. The purposes are: {', '.join(PURPOSES)}.")
        if answer is not None and not isinstance(answer, bool):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise Invalid("An answer is true, false, or null for unset.")
    return answers


async def _remember(
    db: Database, account_id: int, item_kind: str | None, item_id: int | None, purpose: str, answer: bool | None
) -> None:
    await db.execute(
        "insert into events.consent_changes (id, account_id, item_kind, item_id, purpose, granted) values (%s, %s, %s, %s, %s, %s)",
        new_id(), account_id, item_kind, item_id, purpose, answer,
    )  # fmt: skip
