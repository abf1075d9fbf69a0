"""What the tests of challenges share: people who have been here for a while, pictures without an engine, and a day that is over."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from PIL import Image, ImageDraw

from bowerbird.core.ids import before
from tests.conftest import House, Member

API = "/api/bower/v1"
New = Callable[..., Member]


def aged(house: House, member: Member, *, hours: int = 24 * 40) -> Member:
    """The same person, in the house for some time already: their number is that of someone who came earlier."""
    shift = before(datetime.now(UTC)) - before(datetime.now(UTC) - timedelta(hours=hours))
    with psycopg.connect(house.database_url) as connection:
        connection.execute("set session_replication_role = replica")  # every reference moves along below
        connection.execute("update accounts.people set id = id - %s where id = %s", (shift, int(member.id)))
        for table in ("tokens", "sessions", "arrivals"):
            connection.execute(
                f"update accounts.{table} set account_id = account_id - %s where account_id = %s",  # type: ignore[arg-type]
                (shift, int(member.id)),
            )
    member.id = str(int(member.id) - shift)
    return member


def upload(member: Member, *, seed: int = 0, alt: str = "") -> str:
    """A small picture of their own, another for each seed; its media id."""
    image = Image.new("RGB", (160, 160), f"hsl({seed * 47 % 360}, 60%, 30%)")
    pen = ImageDraw.Draw(image)
    for n in range(5):
        x, y = (seed * 53 + n * 61) % 140, (seed * 31 + n * 97) % 140
        pen.ellipse([x - 30, y - 30, x + 30, y + 30], fill=f"hsl({(seed * 91 + n * 70) % 360}, 70%, {35 + n * 12}%)")
    out = io.BytesIO()
    image.save(out, "PNG")
    answer = member.client.post("/api/v1/media", files={"file": ("x.png", out.getvalue())}, data={"description": alt})
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


def posted(member: Member, *, seed: int = 0, alt: str = "", **fields: Any) -> dict[str, Any]:
    """A post with such a picture."""
    return member.post(alt or "look", media_ids=[upload(member, seed=seed, alt=alt)], **fields)


def today(member: Member) -> dict[str, Any]:
    """Today's challenge."""
    return member.client.get(f"{API}/challenges").json()[0]


def enter(member: Member, challenge: dict[str, Any], post: dict[str, Any], status: int = 200) -> dict[str, Any]:
    """Enter a post; the answer."""
    answer = member.client.post(f"{API}/challenges/{challenge['id']}/entries", json={"post_id": post["id"]})
    assert answer.status_code == status, answer.text
    return answer.json()


def vote(member: Member, entry: dict[str, Any], challenge: dict[str, Any], status: int = 200) -> dict[str, Any]:
    """Give a heart; the answer."""
    answer = member.client.post(f"{API}/challenges/{challenge['id']}/entries/{entry['id']}/vote")
    assert answer.status_code == status, answer.text
    return answer.json()


def another_day(house: House, days_ago: int) -> dict[str, Any]:
    """A challenge of its own that stands open although its day is long past, so that tests do not meet in today's."""
    from bowerbird.core.ids import new_id

    now = datetime.now(UTC)
    id_, day = new_id(), (now - timedelta(days=days_ago)).date()
    with psycopg.connect(house.database_url) as connection:
        connection.execute(
            """insert into studio.challenges (id, day, title, rule, begins_at, ends_at, votes_end_at)
               values (%s, %s, 'Foxes', 'At least one fox.', now() - interval '1 hour', now() + interval '1 hour', now() + interval '2 hours')""",
            (id_, day),
        )
    return {"id": str(id_), "day": day.isoformat()}


def over(house: House, challenge: dict[str, Any], *, begun_hours_ago: int = 60) -> None:
    """Its voting has ended just now."""
    with psycopg.connect(house.database_url) as connection:
        connection.execute(
            """update studio.challenges set begins_at = now() - make_interval(hours => %s), ends_at = now() - interval '30 hours',
                   votes_end_at = now() - interval '1 second' where id = %s""",
            (begun_hours_ago, int(challenge["id"])),
        )
