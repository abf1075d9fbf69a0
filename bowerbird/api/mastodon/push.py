"""Push subscriptions: one for each program someone let in."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Router, delete, get, post, put

from bowerbird.accounts.tokens import Token
from bowerbird.api.errors import mastodon
from bowerbird.core import limits
from bowerbird.core.errors import NotAllowed
from bowerbird.door import Ask, body, pool, visitor
from bowerbird.social import push, vapid
from bowerbird.social.push import Subscription

CHANGES_PER_HOUR_MAX = 300


class Keys(msgspec.Struct):
    """Of the browser or phone."""

    p256dh: str
    auth: str


class Where(msgspec.Struct, kw_only=True):
    """Where it listens. `standard`: RFC 8291; otherwise the draft Mastodon began with."""

    endpoint: str
    keys: Keys
    standard: bool = False


class Wishes(msgspec.Struct, kw_only=True):
    """Of what, and from whom."""

    alerts: dict[str, bool] | None = None
    policy: str | None = None


class NewSubscription(msgspec.Struct, kw_only=True):
    """POST /api/v1/push/subscription."""

    subscription: Where
    data: Wishes = msgspec.field(default_factory=Wishes)
    policy: str | None = None


class Change(msgspec.Struct, kw_only=True):
    """PUT /api/v1/push/subscription."""

    data: Wishes = msgspec.field(default_factory=Wishes)
    policy: str | None = None


async def _token(request: Ask) -> Token:
    found = await visitor(request)
    found.required("push")
    if found.token is None:
        raise NotAllowed("A push subscription belongs to a program's token.")
    return found.token


def _asked(alerts: dict[str, bool] | None) -> list[str]:
    return [name for name, on in (alerts or {}).items() if on]


def entity(subscription: Subscription) -> dict[str, Any]:
    """A WebPushSubscription."""
    return {
        "id": str(subscription.id),
        "endpoint": subscription.endpoint,
        "standard": subscription.standard,
        "alerts": {alert: alert in subscription.alerts for alert in push.ALERTS},
        "policy": subscription.policy,
        "server_key": vapid.public_key(),
    }


@post("/", status_code=200)
async def subscribe(request: Ask) -> dict[str, Any]:
    """Have this program told."""
    token = await _token(request)
    new = await body(request, NewSubscription)
    async with pool(request).transaction() as db:
        await limits.spend(db, f"push:{token.id}", times_max=CHANGES_PER_HOUR_MAX, window_s=3600)
        made = await push.subscribe(
            db, token, request.headers["authorization"][7:].strip(), endpoint=new.subscription.endpoint,
            p256dh=new.subscription.keys.p256dh, auth=new.subscription.keys.auth, standard=new.subscription.standard,
            policy=new.data.policy or new.policy or "all", alerts=_asked(new.data.alerts),
        )  # fmt: skip
    return entity(made)


@get("/")
async def read(request: Ask) -> dict[str, Any]:
    """What this program is told."""
    token = await _token(request)
    async with pool(request).reading() as db:
        return entity(await push.of(db, token))


@put("/")
async def change(request: Ask) -> dict[str, Any]:
    """Be told of other things."""
    token = await _token(request)
    new = await body(request, Change)
    alerts = None if new.data.alerts is None else _asked(new.data.alerts)
    async with pool(request).transaction() as db:
        return entity(await push.change(db, token, policy=new.data.policy or new.policy, alerts=alerts))


@delete("/", status_code=200)
async def remove(request: Ask) -> dict[str, Any]:
    """Be told no longer."""
    token = await _token(request)
    async with pool(request).transaction() as db:
        await push.remove(db, token)
    return {}


routes = Router(
    "/api/v1/push/subscription", route_handlers=[subscribe, read, change, remove], exception_handlers={Exception: mastodon}
)
