"""Push subscriptions: where someone's phone or browser wants to be told, of what, and from whom."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

from bowerbird.accounts.tokens import Token
from bowerbird.core import jobs
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, NotFound
from bowerbird.core.ids import new_id
from bowerbird.core.seals import seal
from bowerbird.core.settings import settings

ALERTS = (
    "mention", "status", "reblog", "follow", "follow_request", "favourite", "poll", "update", "quote", "quoted_update",
    "admin.sign_up", "admin.report", "bower.remix", "bower.challenge", "bower.appeal",
)  # fmt: skip
POLICIES = ("all", "followed", "follower", "none")
ALERT_OF = {
    "like": "favourite",
    "boost": "reblog",
    "reply": "mention",
    "remix": "bower.remix",
    "challenge": "bower.challenge",
    "appeal": "bower.appeal",
}  # what we call otherwise
OF_POSTS = frozenset({"reply", "mention", "status", "quote", "update", "remix"})
UNDO_S = 10  # what comes from a post waits so long, that one taken back at once never leaves the house
ENDPOINT_LENGTH_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Subscription:
    """One program's. `standard` is RFC 8291, otherwise the draft that came before it."""

    id: int
    token_id: int
    account_id: int
    sealed_token: bytes
    endpoint: str
    p256dh: str
    auth: str
    standard: bool
    policy: str
    alerts: list[str]


def alert_of(kind: str) -> str:
    """Mastodon's name for a kind of notification."""
    return ALERT_OF.get(kind, kind)


def key_of(text: str) -> bytes:
    """A key as browsers and programs send it, in either base64, padded or not. Raises Invalid."""
    try:
        return urlsafe_b64decode(
            text.strip().replace("+", "-").replace("/", "_").rstrip("=") + "=" * (-len(text.strip().rstrip("=")) % 4)
        )
    except (binascii.Error, ValueError) as wrong:
        raise Invalid("That is no key.") from wrong


async def subscribe(
    db: Database,
    token: Token,
    text: str,
    *,
    endpoint: str,
    p256dh: str,
    auth: str,
    standard: bool,
    policy: str,
    alerts: Sequence[str],
) -> Subscription:
    """Have a program told, in place of what it had before. `text` is its token. Raises Invalid."""
    _checked(endpoint, p256dh, auth)
    return await db.one(
        Subscription,
        """insert into social.push_subscriptions (id, token_id, account_id, sealed_token, endpoint, p256dh, auth, standard, policy, alerts)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
           on conflict (token_id) do update set id = excluded.id, endpoint = excluded.endpoint, p256dh = excluded.p256dh, auth = excluded.auth,
               standard = excluded.standard, policy = excluded.policy, alerts = excluded.alerts
           returning *""",
        new_id(), token.id, token.account_id, seal(text), endpoint, p256dh, auth, standard, _policy(policy), _alerts(alerts),
    )  # fmt: skip


async def of(db: Database, token: Token) -> Subscription:
    """A program's. Raises NotFound where it has none."""
    return await db.one(Subscription, "select * from social.push_subscriptions where token_id = %s", token.id)


async def by_id(db: Database, id_: int) -> Subscription | None:
    """The subscription with this id, while it stands."""
    return await db.maybe(Subscription, "select * from social.push_subscriptions where id = %s", id_)


async def change(db: Database, token: Token, *, policy: str | None, alerts: Sequence[str] | None) -> Subscription:
    """Be told of other things. Raises NotFound where there is none."""
    return await db.one(
        Subscription,
        """update social.push_subscriptions set policy = coalesce(%s, policy), alerts = coalesce(%s, alerts)
           where token_id = %s returning *""",
        None if policy is None else _policy(policy), None if alerts is None else _alerts(alerts), token.id,
    )  # fmt: skip


async def remove(db: Database, token: Token) -> None:
    """Be told no longer. Raises NotFound where there is none."""
    if not await db.execute("delete from social.push_subscriptions where token_id = %s", token.id):
        raise NotFound


async def end(db: Database, id_: int) -> None:
    """Nobody listens there any more."""
    await db.execute("delete from social.push_subscriptions where id = %s", id_)


async def wanted(db: Database, account_id: int, notification_id: int, kind: str) -> None:
    """Something happened to someone: have every program of theirs told that asked for such, when this commits."""
    for id_ in await db.values(
        "select id from social.push_subscriptions where account_id = %s and policy <> 'none' and %s = any(alerts)",
        account_id,
        alert_of(kind),
    ):
        after_s = UNDO_S if kind in OF_POSTS else 0
        ids = {"notification_id": str(notification_id), "subscription_id": str(id_)}
        await jobs.defer(db, "social:push", queue="push", after_s=after_s, **ids)


def _checked(endpoint: str, p256dh: str, auth: str) -> None:
    schemes = ("https://", "http://") if settings().private_addresses == "allow" else ("https://",)
    if (
        not endpoint.startswith(schemes)
        or len(endpoint) > ENDPOINT_LENGTH_MAX
        or not endpoint.isascii()
        or not endpoint.isprintable()
    ):
        raise Invalid("Say at which https address the push service listens.")
    if len(key_of(auth)) != 16:
        raise Invalid("The key “auth” has 16 bytes.")
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key_of(p256dh))
    except ValueError as wrong:
        raise Invalid("The key “p256dh” is no point of the curve P-256.") from wrong


def _policy(policy: str) -> str:
    if policy not in POLICIES:
        raise Invalid(f"A policy is {', '.join(POLICIES)}.")
    return policy


def _alerts(alerts: Sequence[str]) -> list[str]:
    return [alert for alert in ALERTS if alert in alerts]
