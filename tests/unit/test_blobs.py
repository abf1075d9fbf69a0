"""Blobs on disk and on S3: the same verbs, the real protocol, swept when nothing points at them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from bowerbird.core.database import Database
from bowerbird.core.errors import NotFound
from bowerbird.core.settings import load
from bowerbird.media import blobs

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1", "AWS_ALLOW_HTTP": "true"}


@pytest.fixture(params=["disk", "s3"])
def kept_on(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A house of its own whose blobs are kept on disk, or on a server that speaks S3."""
    where = {"BOWERBIRD_DATA_DIR": str(tmp_path)}
    server = None
    if request.param == "s3":
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
        server.start()
        address = "http://{}:{}".format(*server.get_host_and_port())
        for key, value in {**KEYS, "AWS_ENDPOINT": address}.items():
            monkeypatch.setenv(key, value)
        boto3.client("s3", endpoint_url=address, region_name="us-east-1").create_bucket(Bucket="bower")
        where["BOWERBIRD_MEDIA_URL"] = "s3://bower/pictures"
    settings = load({**os.environ, **where})
    monkeypatch.setattr(blobs, "settings", lambda: settings)
    yield request.param
    if server:
        server.stop()


async def test_put_get_and_sweep(kept_on: str, db: Database) -> None:
    hash_ = await blobs.put(db, b"a picture", "image/webp")
    assert await blobs.put(db, b"a picture", "image/webp") == hash_
    assert await blobs.get(hash_) == b"a picture"
    for unknown in ("0" * 64, "../../etc/passwd", ""):
        with pytest.raises(NotFound):
            await blobs.get(unknown)
    await blobs.sweep(db)  # younger than an hour: an upload may be between its two writes
    assert await blobs.get(hash_) == b"a picture"
    await db.execute("update media.blobs set created_at = now() - interval '2 hours' where hash = %s", hash_)
    assert await blobs.sweep(db, limit=10_000) >= 1
    with pytest.raises(NotFound):
        await blobs.get(hash_)
