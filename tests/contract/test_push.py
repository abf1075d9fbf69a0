"""Web Push: what happens reaches a phone's push service, encrypted for it alone and signed by the house."""

from __future__ import annotations

import json
import os
import queue
import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey
from mastodon import Mastodon

from tests.conftest import House, Member

New = Callable[..., Member]
WAIT_S = 40


@dataclass
class Service:
    """A push service: takes what the house sends, and answers as it is told to."""

    url: str
    came: queue.Queue[tuple[dict[str, str], bytes]] = field(default_factory=queue.Queue)
    answers: list[int] = field(default_factory=list)

    def next(self) -> tuple[dict[str, str], bytes]:
        return self.came.get(timeout=WAIT_S)


@pytest.fixture
def service() -> Iterator[Service]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(one.answers.pop(0) if one.answers else 201)
            self.send_header("Content-Length", "0")
            self.end_headers()
            one.came.put(({k.lower(): v for k, v in self.headers.items()}, body))

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    one = Service(f"http://127.0.0.1:{server.server_address[1]}/push/1")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield one
    server.shutdown()


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Phone:
    """One that subscribes, and reads what comes."""

    def __init__(self) -> None:
        self.key, self.auth = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)

    def subscribe(self, member: Member, service: Service, *alerts: str, **more: Any) -> dict[str, Any]:
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        sent = {
            "subscription": {"endpoint": service.url, "keys": {"p256dh": b64(point), "auth": b64(self.auth)}, "standard": True},
            "data": {"alerts": dict.fromkeys(alerts, True), **more},
        }
        answer = member.client.post("/api/v1/push/subscription", json=sent)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def read(self, body: bytes) -> dict[str, Any]:
        return json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"))


def checked(pass_: str, server_key: str, service: Service) -> dict[str, Any]:
    """What the house's pass claims, once its signature holds."""
    x, y = unb64(server_key)[1:33], unb64(server_key)[33:]
    key = ECKey.import_key({"kty": "EC", "crv": "P-256", "x": b64(x), "y": b64(y)})
    claims = jwt.decode(pass_, key, algorithms=["ES256"]).claims
    assert claims["aud"] == service.url.rpartition("/push")[0]
    assert time.time() < claims["exp"] <= time.time() + 86_400
    return claims


def test_a_like_reaches_the_phone(house: House, newcomer: New, service: Service) -> None:
    ines, noor, phone = newcomer(), newcomer(), Phone()
    made = phone.subscribe(ines, service, "favourite")
    assert made["server_key"] == ines.client.get("/api/v2/instance").json()["configuration"]["vapid"]["public_key"]
    said = ines.post("like me <3")
    noor.client.post(f"/api/v1/statuses/{said['id']}/reblog")  # not asked for
    noor.client.post(f"/api/v1/statuses/{said['id']}/favourite")
    headers, body = service.next()
    assert (headers["content-encoding"], headers["ttl"]) == ("aes128gcm", "172800")
    scheme, _, rest = headers["authorization"].partition(" ")
    parts = dict(part.split("=", 1) for part in rest.split(","))
    assert (scheme, parts["k"]) == ("vapid", made["server_key"])
    checked(parts["t"], made["server_key"], service)
    told = phone.read(body)
    latest = ines.client.get("/api/v1/notifications", params={"types[]": "favourite"}).json()[0]
    assert told == {
        "access_token": ines.token, "preferred_locale": "en", "notification_id": int(latest["id"]), "notification_type": "favourite",
        "icon": f"{house.url}/static/icon.svg", "title": f"{noor.name} likes your post", "body": "like me <3",
    }  # fmt: skip
    assert service.came.empty()


def test_mastodon_py_subscribes_and_reads_the_old_encryption(house: House, newcomer: New, service: Service) -> None:
    ines, noor = newcomer(), newcomer()
    client = Mastodon(access_token=ines.token, api_base_url=house.url)
    private, public = client.push_subscription_generate_keys()
    client.push_subscription_set(service.url, public, follow_events=True, mention_events=False, policy="all")
    made = client.push_subscription()
    assert (made.endpoint, made.alerts.follow, made.alerts.mention) == (service.url, True, False)
    noor.follow(ines)
    headers, body = service.next()
    assert headers["content-encoding"] == "aesgcm"
    told = client.push_subscription_decrypt_push(body, private, headers["encryption"], headers["crypto-key"])
    assert (told.notification_type, told.title, told.access_token) == ("follow", f"{noor.name} now follows you", ines.token)
    checked(headers["authorization"].removeprefix("WebPush "), headers["crypto-key"].partition("p256ecdsa=")[2], service)
    changed = client.push_subscription_update(follow_events=False, poll_events=True, policy="followed")
    assert (changed.alerts.follow, changed.alerts.poll, changed.policy) == (False, True, "followed")
    client.push_subscription_delete()
    assert ines.client.get("/api/v1/push/subscription").status_code == 404


def test_what_is_taken_back_at_once_never_leaves(newcomer: New, service: Service) -> None:
    ines, noor, phone = newcomer(), newcomer(), Phone()
    phone.subscribe(ines, service, "mention")
    gone = noor.post(f"@{ines.name} oh no")
    noor.client.delete(f"/api/v1/statuses/{gone['id']}")
    noor.post(f"@{ines.name} that is better", spoiler_text="a warning")
    told = phone.read(service.next()[1])
    assert (told["notification_type"], told["body"]) == ("mention", "a warning")
    assert service.came.empty()


def test_only_those_one_wants_to_hear_from(newcomer: New, service: Service) -> None:
    ines, noor, sam, kim, phone = newcomer(), newcomer(), newcomer(), newcomer(), Phone()
    said = ines.post("well?")
    where = f"/api/v1/statuses/{said['id']}/favourite"
    ines.follow(noor)
    sam.follow(ines)
    for policy, heard in (("followed", noor), ("follower", sam)):
        phone.subscribe(ines, service, "favourite", policy=policy)
        for someone in (kim, *({noor.name: noor, sam.name: sam}[n] for n in (sam.name, noor.name) if n != heard.name), heard):
            someone.client.post(where)
        assert phone.read(service.next()[1])["title"].startswith(heard.name)
        assert service.came.empty()
        for someone in (noor, sam, kim):
            someone.client.post(where.replace("favourite", "unfavourite"))


def test_a_service_that_stumbles_is_asked_again_and_one_that_is_gone_is_not(newcomer: New, service: Service) -> None:
    ines, noor, phone = newcomer(), newcomer(), Phone()
    phone.subscribe(ines, service, "favourite", "reblog")
    where = f"/api/v1/statuses/{ines.post('again')['id']}"
    service.answers += [503, 201]
    noor.client.post(f"{where}/favourite")
    assert phone.read(service.next()[1]) == phone.read(service.next()[1])
    service.answers.append(410)
    noor.client.post(f"{where}/reblog")
    service.next()
    until = time.monotonic() + WAIT_S
    while ines.client.get("/api/v1/push/subscription").status_code != 404:
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "ftp://x"}, {"endpoint": "https://x\n"}, {"keys": {"p256dh": "AAAA", "auth": b64(b"a" * 16)}},
        {"keys": {"p256dh": "!", "auth": "!"}},
        {"keys": {"auth": "x"}},
    ],
)  # fmt: skip
def test_a_subscription_that_does_not_fit_is_refused(newcomer: New, wrong: dict[str, Any]) -> None:
    point = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    good = {"endpoint": "https://push.example/1", "keys": {"p256dh": b64(point), "auth": b64(b"a" * 16)}}
    client = newcomer().client
    assert client.post("/api/v1/push/subscription", json={"subscription": {**good, **wrong}}).status_code == 422
    assert client.post("/api/v1/push/subscription", json={"subscription": good, "data": {"policy": "some"}}).status_code == 422
    assert client.post("/api/v1/push/subscription", json={"subscription": good}).status_code == 200


def test_a_subscription_needs_its_scope(newcomer: New) -> None:
    assert newcomer(scopes="read write").client.get("/api/v1/push/subscription").status_code == 403
    assert newcomer().client.put("/api/v1/push/subscription", json={}).status_code == 404
    assert newcomer().client.delete("/api/v1/push/subscription").status_code == 404
