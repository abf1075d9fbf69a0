"""One notification as a push message: looked at again before it leaves, in words, encrypted for its reader alone (RFC 8291)."""

from __future__ import annotations

import os
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any

import http_ece
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bowerbird.accounts import people
from bowerbird.core.database import Database
from bowerbird.core.errors import NotFound
from bowerbird.core.seals import unseal
from bowerbird.core.settings import settings
from bowerbird.media import attachments
from bowerbird.social import graph, notifications, push, timelines, vapid
from bowerbird.social.push import Subscription

KEPT_S = 48 * 3600  # by the push service, for a phone that is off
BODY_LENGTH_MAX = 140
TITLES = {
    "follow": "{} now follows you", "follow_request": "{} wants to follow you", "like": "{} likes your post", "boost": "{} boosted your post",
    "reply": "{} replied to you", "mention": "{} mentioned you", "remix": "{} remixed your picture", "status": "{} posted",
    "poll": "A poll has ended", "quote": "{} quoted your post", "update": "{} edited a post",
    "challenge": "Your picture is among the winners of a challenge", "appeal": "Your appeal was decided",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent where."""

    endpoint: str
    body: bytes
    headers: dict[str, str]


async def write(db: Database, notification_id: int, subscription_id: int) -> Letter | None:
    """The message, None where it is not to be sent any more: taken back, kept aside, read already, or of what may not be seen."""
    subscription = await push.by_id(db, subscription_id)
    token = unseal(subscription.sealed_token) if subscription else None
    if subscription is None or token is None:
        return None
    try:
        told = await notifications.one(db, subscription.account_id, notification_id)
    except NotFound:
        return None
    if told.filtered or told.read_at or not await _welcome(db, subscription, told.from_id):
        return None
    said = ""
    if told.post_id:
        seen = await timelines.of(db, subscription.account_id, [told.post_id])
        if not seen:
            return None
        said = seen[0].spoiler or seen[0].text
    sender = await people.by_id(db, told.from_id)
    portrait = await attachments.of(db, [sender.avatar_id] if sender.avatar_id else [])
    payload: dict[str, Any] = {
        "access_token": token,
        "preferred_locale": "en",
        "notification_id": notification_id,
        "notification_type": push.alert_of(told.kind),
        "icon": settings().origin + (portrait[0].small_url if portrait else "/static/icon.svg"),
        "title": TITLES.get(told.kind, "{}").format(sender.name),
        "body": said if len(said) <= BODY_LENGTH_MAX else said[: BODY_LENGTH_MAX - 1] + "…",
    }
    return sealed(subscription, msgspec.json.encode(payload))


def sealed(subscription: Subscription, payload: bytes) -> Letter:
    """A payload for one subscription, with the house's pass."""
    ours = ec.generate_private_key(ec.SECP256R1())
    keys: dict[str, Any] = {
        "private_key": ours, "dh": push.key_of(subscription.p256dh), "auth_secret": push.key_of(subscription.auth), "salt": os.urandom(16),
    }  # fmt: skip
    signed = vapid.signed(subscription.endpoint)
    headers = {"TTL": str(KEPT_S), "Urgency": "normal", "Content-Type": "application/octet-stream"}
    if subscription.standard:
        body: bytes = http_ece.encrypt(payload, version="aes128gcm", **keys)
        headers |= {"Content-Encoding": "aes128gcm", "Authorization": f"vapid t={signed},k={vapid.public_key()}"}
    else:
        body = http_ece.encrypt(payload, version="aesgcm", **keys)
        point = ours.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        headers |= {
            "Content-Encoding": "aesgcm",
            "Authorization": f"WebPush {signed}",
            "Encryption": f"salt={_text(keys['salt'])}",
        }
        headers["Crypto-Key"] = f"dh={_text(point)};p256ecdsa={vapid.public_key()}"
    return Letter(subscription.endpoint, body, headers)


async def _welcome(db: Database, subscription: Subscription, from_id: int) -> bool:
    """Whether news of this person are wanted."""
    me = subscription.account_id
    match subscription.policy:
        case "followed":
            return await graph.follows(db, me, from_id)
        case "follower":
            return await graph.follows(db, from_id, me)
        case _:
            return True


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
