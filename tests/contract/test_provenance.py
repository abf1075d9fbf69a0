"""Where pictures come from: signed when they are made, marked in their pixels, checked by anyone, and never a way around privacy."""

from __future__ import annotations

import io
import json
import stat
from collections.abc import Callable
from typing import Any

import c2pa
import httpx
import pytest
from cryptography import x509
from PIL import Image

from bowerbird.core.database import Pool
from bowerbird.core.errors import Misconfigured
from bowerbird.core.settings import Settings, load
from bowerbird.media.provenance import apart, certificate, credentials
from bowerbird.media.provenance.credentials import Made
from bowerbird.social import provenance as posts_by_origin
from tests.conftest import House, Member, picture_of
from tests.contract.second_reader import verify

pytestmark = pytest.mark.usefixtures("checks_from_none")
New = Callable[..., Member]
CHECK = "/api/bower/v1/provenance/check"
SIDE = {"width": 512, "height": 512}


def root_of(house: House) -> bytes:
    pem = (house.folder / "data" / "secrets" / "credentials.pem").read_bytes()
    return b"-----BEGIN CERTIFICATE-----" + pem.split(b"-----BEGIN CERTIFICATE-----")[-1]


def painted(member: Member, prompt: str = "a red fox in the snow", **fields: Any) -> dict[str, Any]:
    """A picture of 512 px with its `media`, private still."""
    done = picture_of(member, prompt, **{**SIDE, **fields})
    (candidate,) = done["candidates"]
    told = member.client.get(f"/api/bower/v1/pictures/{candidate['picture_id']}").json()
    return {**told, "media": member.client.get(f"/api/v1/media/{candidate['media_id']}").json()}


def bytes_of(member: Member, picture: dict[str, Any], which: str = "url") -> bytes:
    answer = member.client.get(httpx.URL(picture["media"][which]).path)
    assert answer.status_code == 200
    return answer.content


def read(data: bytes, root: bytes, mime: str = "image/webp") -> tuple[str, dict[str, Any]]:
    context = c2pa.Context.from_dict({"verify": {"remote_manifest_fetch": False}, "trust": {"trust_anchors": root.decode()}})
    with c2pa.Reader(mime, io.BytesIO(data), context=context) as reader:
        return str(reader.get_validation_state()), json.loads(reader.json())


def actions(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return next(a["data"]["actions"] for a in manifest["assertions"] if a["label"].startswith("c2pa.actions"))


def png(data: bytes) -> bytes:
    """The same pixels in a file that knows nothing: what a screenshot leaves."""
    out = io.BytesIO()
    canvas = Image.new("RGB", (900, 700), "white")
    canvas.paste(Image.open(io.BytesIO(data)).convert("RGB"), (131, 57))
    canvas.save(out, "PNG")
    return out.getvalue()


def checked(client: httpx.Client, data: bytes, name: str = "a.webp") -> dict[str, Any]:
    answer = client.post(CHECK, files={"file": (name, data)})
    assert answer.status_code == 200, answer.text
    return answer.json()


def elsewhere(tmp: Any, made: Made, side: int = 320) -> tuple[bytes, Settings]:
    """A JPEG signed by somebody this house has never heard of."""
    there = load(
        {"BOWERBIRD_DATA_DIR": str(tmp), "BOWERBIRD_NAME": "Another Place", "BOWERBIRD_URL": "https://elsewhere.example"}
    )
    out = io.BytesIO()
    Image.linear_gradient("L").resize((side, side)).convert("RGB").save(out, "JPEG")
    return credentials.created(there, out.getvalue(), "image/jpeg", made), there


def uploaded(member: Member, data: bytes, name: str = "a.jpg") -> dict[str, Any]:
    answer = member.client.post("/api/v1/media", files={"file": (name, data)})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_what_is_made_is_signed_and_two_readers_agree(house: House, newcomer: New) -> None:
    picture = painted(newcomer(), "a lighthouse in a storm")
    root = root_of(house)
    for which in ("url", "preview_url"):
        data = bytes_of(newcomer(), picture, which)
        state, said = read(data, root)
        assert (state, said.get("validation_status", [])) == ("Trusted", [])
        active = said["manifests"][said["active_manifest"]]
        first = actions(active)[0]
        assert first["action"] == "c2pa.created"
        assert first["digitalSourceType"] == "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"
        assert first["softwareAgent"]["name"] == "Illustrator"
        assert picture["recipe"]["model_hash"][:16] in first["softwareAgent"]["version"]
        disclosure = next(a["data"] for a in active["assertions"] if a["label"] == credentials.DISCLOSURE)
        assert disclosure["ai"] is True
        assert active["claim_generator_info"][0]["name"] == "Bowerbird"
        # and by the reader of our own, which shares no code with the library
        (second,) = verify(data, x509.load_pem_x509_certificate(root))
        assert second.assertions["c2pa.actions.v2"]["actions"][0]["action"] == "c2pa.created"
        assert second.claim["claim_generator_info"]["name"] == "Bowerbird"
    broken = bytearray(bytes_of(newcomer(), picture))
    broken[len(broken) // 2] ^= 1
    with pytest.raises(AssertionError, match="not the one that was signed"):
        verify(bytes(broken), x509.load_pem_x509_certificate(root))
    assert read(bytes(broken), root)[0] == "Invalid"


def test_a_remix_carries_its_parents_credentials(house: House, newcomer: New) -> None:
    maker = newcomer()
    parent = painted(maker)
    child = painted(maker, "a blue fox in the snow", source_picture_id=parent["id"])
    data = bytes_of(maker, child)
    state, said = read(data, root_of(house))
    assert (state, len(said["manifests"])) == ("Trusted", 2)
    active = said["manifests"][said["active_manifest"]]
    assert [a["action"] for a in actions(active)[:2]] == ["c2pa.opened", "c2pa.edited"]
    assert active["ingredients"][0]["relationship"] == "parentOf"
    assert active["ingredients"][0]["active_manifest"] in said["manifests"]
    found = verify(data, x509.load_pem_x509_certificate(root_of(house)))
    assert [one.assertions["c2pa.actions.v2"]["actions"][0]["action"] for one in found] == ["c2pa.created", "c2pa.opened"]
    now = maker.client.get(f"/api/bower/v1/pictures/{child['id']}").json()
    assert (now["provenance"], now["provenance_label"], now["watermarked"]) == ("generated", "AI-made", True)
    assert now["credentials"]["ours"]
    assert now["credentials"]["ingredients"] == 1
    assert now["signed_at"]


def test_a_private_picture_is_known_but_not_whose_it_is(newcomer: New, visitor: httpx.Client) -> None:
    maker, stranger = newcomer(), newcomer()
    picture = painted(maker, "a teal whale under the sea")
    shot = png(bytes_of(maker, picture))  # no credentials, moved, another file: the mark alone
    assert not credentials.apart.carries(shot)
    for client in (visitor, stranger.client):
        answer = client.post(CHECK, files={"file": ("shot.png", shot)})
        said = answer.json()
        assert (said["answer"], said["picture"], said["credentials"]) == ("made_here", None, None)
        assert said["watermark"]["ours"]
        assert said["watermark"]["agree"] > 300
        assert picture["id"] not in answer.text
        assert maker.name not in answer.text
        assert client.post(CHECK, json={"picture_id": picture["id"]}).status_code == 404
    assert checked(maker.client, shot, "shot.png")["picture"]["id"] == picture["id"]
    maker.post("look", media_ids=[picture["media"]["id"]], visibility="followers")
    assert checked(visitor, shot, "shot.png")["picture"] is None
    maker.post("look", media_ids=[painted(maker, "a public cat")["media"]["id"]])
    public = maker.client.get(f"/api/v1/accounts/{maker.id}/statuses").json()[0]["media_attachments"][0]
    by_id = visitor.post(CHECK, json={"picture_id": public["bower"]["picture_id"]}).json()
    assert by_id["answer"] == "made_here"
    assert by_id["credentials"]["state"] == "trusted"
    assert by_id["picture"]["url"].endswith(f"/pictures/{public['bower']['picture_id']}")
    assert public["bower"]["provenance"] == "generated"


def test_credentials_from_elsewhere_are_read_shown_and_kept(
    house: House, newcomer: New, visitor: httpx.Client, tmp_path: Any
) -> None:
    maker = newcomer()
    data, _ = elsewhere(tmp_path, Made("Someone's Diffusion", "xl"))
    said = checked(visitor, data, "a.jpg")
    assert said["answer"] == "credentials_elsewhere"
    assert (said["credentials"]["state"], said["credentials"]["ai"]) == ("valid", True)
    assert "Another Place" in said["credentials"]["signed_by"]
    assert any("nobody this house was told to trust" in reason for reason in said["reasons"])
    media = uploaded(maker, data)
    assert media["bower"]["provenance"] == "generated"  # whoever says that AI made it is believed
    for which in ("url", "preview_url"):
        served = maker.client.get(httpx.URL(media[which]).path).content
        state, told = read(served, root_of(house))
        active = told["manifests"][told["active_manifest"]]
        assert (state, len(told["manifests"])) == ("Trusted", 2)
        assert [a["action"] for a in actions(active)] == ["c2pa.opened", "c2pa.transcoded"]
    again = checked(visitor, served)  # our signature alone does not make it ours
    assert again["answer"] == "credentials_elsewhere"
    refused = maker.client.put(f"/api/bower/v1/media/{media['id']}/provenance", json={"provenance": "by_hand"})
    assert (refused.status_code, "made with AI" in refused.text) == (422, True)
    touched = bytearray(data)
    touched[-50] ^= 1
    changed = checked(visitor, bytes(touched), "a.jpg")
    assert changed["credentials"]["state"] == "invalid"
    assert "The picture was changed after it was signed." in changed["reasons"]


async def test_people_say_how_an_upload_was_made(newcomer: New, visitor: httpx.Client, pool: Pool) -> None:
    maker, other = newcomer(), newcomer()
    out = io.BytesIO()
    Image.radial_gradient("L").resize((300, 300)).convert("RGB").save(out, "PNG")
    media = uploaded(maker, out.getvalue(), "a.png")
    assert media["bower"] is None
    assert checked(visitor, out.getvalue(), "a.png")["answer"] == "unknown"
    where = f"/api/bower/v1/media/{media['id']}/provenance"
    for word, status in (("robot", 422), ("generated", 422), ("by_hand", 200)):
        assert maker.client.put(where, json={"provenance": word}).status_code == status
    assert other.client.put(where, json={"provenance": "camera"}).status_code == 422
    status = maker.post("mine", media_ids=[media["id"]])
    shown = maker.client.get(f"/api/v1/statuses/{status['id']}").json()["media_attachments"][0]["bower"]
    assert shown["provenance"] == "by_hand"
    assert "Made by hand" in maker.client.get(f"/posts/{status['id']}").text
    made = painted(maker)
    remixed = maker.post("made", media_ids=[made["media"]["id"]])
    async with pool.reading() as db:
        ids = [int(status["id"]), int(remixed["id"])]
        assert await posts_by_origin.among(db, ids, ["by_hand", "camera"]) == [ids[0]]
        assert await posts_by_origin.among(db, ids, ["generated"]) == [ids[1]]
    assert maker.client.put(where, json={"provenance": "unknown"}).status_code == 200
    assert maker.client.get(f"/api/v1/media/{media['id']}").json()["bower"] is None
    # a screenshot of a picture made here, brought back as a photograph
    smuggled = uploaded(other, png(bytes_of(maker, made)), "b.png")
    refused = other.client.put(f"/api/bower/v1/media/{smuggled['id']}/provenance", json={"provenance": "camera"})
    assert (refused.status_code, "made with AI" in refused.text) == (422, True)
    own = maker.client.put(f"/api/bower/v1/media/{made['media']['id']}/provenance", json={"provenance": "by_hand"})
    assert own.status_code == 422


def test_what_is_no_picture_is_said_so(visitor: httpx.Client) -> None:
    assert visitor.post(CHECK, files={"file": ("a.png", b"no picture")}).status_code == 422
    assert visitor.post(CHECK, files={"other": ("a.png", b"no picture")}).status_code == 422
    assert visitor.post(CHECK, files={"file": ("a.png", b"x" * 16_000_001)}).status_code == 413
    assert visitor.post(CHECK, json={"picture_id": "12"}).status_code == 404
    huge = io.BytesIO()
    Image.new("1", (9000, 9000)).save(huge, "PNG")
    assert visitor.post(CHECK, files={"file": ("a.png", huge.getvalue())}).status_code == 422
    broken = b"RIFF" + b"\0" * 4 + b"WEBPjumbc2pa" + b"\0" * 300
    assert visitor.post(CHECK, files={"file": ("a.webp", broken)}).status_code == 422


def test_checking_is_limited(house: House) -> None:
    with house.client(headers={"X-Forwarded-For": "203.0.113.9"}) as client:  # no proxy is believed here
        answers = [client.post(CHECK, json={"picture_id": "12"}).status_code for _ in range(13)]
    assert answers[-2:] == [404, 429]


def test_the_duties_are_for_anyone_to_read(visitor: httpx.Client) -> None:
    page = visitor.get("/about/duties")
    assert page.status_code == 200
    assert "Run the checks" not in page.text  # tests/browser runs them as an administrator does


async def test_every_duty_is_met(newcomer: New, house: House, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        painted(newcomer())
    for name, value in house.env.items():
        if name.startswith("BOWERBIRD_"):
            monkeypatch.setenv(name, value)
    from bowerbird.core import settings
    from bowerbird.gallery import duties

    settings.settings.cache_clear()
    try:
        found = {check.what: check for check in await duties.look(pool)}
    finally:
        settings.settings.cache_clear()
    assert len(found) == 6
    assert [check.said for check in found.values() if check.good is False and check.what != "Nothing was left out"] == []
    assert found["Machine-readable marking: content credentials"].said.startswith("4 of the 4")
    assert found["Machine-readable marking: invisible mark"].good


def test_the_key_is_kept_to_its_owner(house: House) -> None:
    path = house.folder / "data" / "secrets" / "credentials.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_certificates(tmp_path: Any) -> None:
    here = load({"BOWERBIRD_DATA_DIR": str(tmp_path / "a"), "BOWERBIRD_NAME": "  Łódź\n" * 40})
    first = certificate.of(here)
    assert first.own
    assert certificate.of(here) == first
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    chain.write_bytes(first.chain)
    key.write_bytes(first.key)
    given = {"BOWERBIRD_DATA_DIR": str(tmp_path / "b"), "BOWERBIRD_CREDENTIALS_CERTIFICATE": str(chain)}
    with pytest.raises(Misconfigured, match="both"):
        certificate.of(load(given))
    ours = certificate.of(load({**given, "BOWERBIRD_CREDENTIALS_KEY": str(key)}))
    assert (ours.own, ours.serial) == (False, first.serial)
    key.write_bytes(certificate.of(load({"BOWERBIRD_DATA_DIR": str(tmp_path / "c")})).key)
    with pytest.raises(Misconfigured, match="not the certificate's"):
        certificate.of(load({**given, "BOWERBIRD_CREDENTIALS_KEY": str(key)}))
    key.write_bytes(b"nothing")
    with pytest.raises(Misconfigured, match="PEM"):
        certificate.of(load({**given, "BOWERBIRD_CREDENTIALS_KEY": str(key)}))
    with pytest.raises(Misconfigured, match="cannot be read"):
        certificate.of(load({**given, "BOWERBIRD_CREDENTIALS_KEY": str(tmp_path / "none")}))


def test_whom_the_administrator_trusts(tmp_path: Any) -> None:
    data, there = elsewhere(tmp_path / "there", Made("Illustrator", "illustrator"))
    trust = tmp_path / "trust.pem"
    trust.write_bytes(certificate.of(there).root)
    here = {"BOWERBIRD_DATA_DIR": str(tmp_path / "here")}
    plain = credentials.read(load(here), data, "image/jpeg")
    trusting = credentials.read(load({**here, "BOWERBIRD_CREDENTIALS_TRUST": str(trust)}), data, "image/jpeg")
    assert plain is not None
    assert trusting is not None
    assert (plain.state, trusting.state, trusting.ours) == ("valid", "trusted", False)


def test_a_long_line_of_remixes_stays_bounded(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    where = load({"BOWERBIRD_DATA_DIR": str(tmp_path)})
    monkeypatch.setattr(credentials, "INGREDIENT_BYTES_MAX", 20_000)
    out = io.BytesIO()
    Image.linear_gradient("L").save(out, "WEBP")
    made, parent, sizes = Made("Illustrator", "illustrator", "ab" * 32), None, list[int]()
    for _ in range(12):
        source = (credentials.bounded(parent), "image/webp") if parent else None
        parent = credentials.created(where, out.getvalue(), "image/webp", made, parent=source)
        sizes.append(len(parent) - len(out.getvalue()))
        said = credentials.read(where, parent, "image/webp")
        assert said is not None
        assert said.state == "trusted"
    assert max(sizes) < 30_000


def signed_elsewhere(tmp: Any, *assertions: dict[str, Any], camera: bool = False) -> tuple[bytes, Settings]:
    """A JPEG with such assertions; as a camera would have made it, or not said."""
    there = load({"BOWERBIRD_DATA_DIR": str(tmp), "BOWERBIRD_NAME": "A Camera"})
    out = io.BytesIO()
    Image.linear_gradient("L").resize((320, 320)).convert("RGB").save(out, "JPEG")
    first = {"action": "c2pa.created", **({"digitalSourceType": credentials.SOURCE_TYPES + "digitalCapture"} if camera else {})}
    return credentials.signed(there, out.getvalue(), "image/jpeg", [first], None, list(assertions)), there


def test_our_signature_makes_no_camera_believable(house: House, newcomer: New, visitor: httpx.Client, tmp_path: Any) -> None:
    maker = newcomer()
    forged, there = signed_elsewhere(tmp_path / "there", camera=True)
    by_them = credentials.read(there, forged, "image/jpeg")
    assert by_them is not None
    own = credentials.read(load({"BOWERBIRD_DATA_DIR": str(tmp_path / "here")}), forged, "image/jpeg")
    assert own is not None
    assert (own.state, own.camera, by_them.ours, by_them.camera) == ("valid", True, True, False)
    media = uploaded(maker, forged)
    served = maker.client.get(httpx.URL(media["url"]).path).content
    assert read(served, root_of(house))[0] == "Trusted"  # what we served is ours
    again = uploaded(maker, served, "a.webp")  # and comes back
    assert [one["bower"] for one in (media, again)] == [None, None]  # unknown: nothing is said
    said = checked(visitor, served)
    assert (said["credentials"]["camera"], said["answer"]) == (False, "credentials_elsewhere")
    broken = bytearray(forged)
    broken[-50] ^= 1
    invalid = uploaded(maker, bytes(broken))
    assert not apart.carries(maker.client.get(httpx.URL(invalid["url"]).path).content)
    assert invalid["bower"] is None


@pytest.mark.parametrize(
    ("label", "what"),
    [
        ("stds.exif", {"@context": {"exif": "http://ns.adobe.com/exif/1.0/"}, "exif:GPSLatitude": "39,21.102N"}),
        ("cawg.metadata", {"@context": {"dc": "http://purl.org/dc/elements/1.1/"}, "dc:creator": "39,21.102N"}),
        ("org.example.note", {"where": "39,21.102N"}),
    ],
)
def test_what_credentials_tell_of_places_and_people_stays_behind(
    newcomer: New, tmp_path: Any, label: str, what: dict[str, Any]
) -> None:
    maker = newcomer()
    data, there = signed_elsewhere(tmp_path, {"label": label, "data": what}, camera=True)
    assert b"39,21.102N" in data
    media = uploaded(maker, data)
    for which in ("url", "preview_url"):
        served = maker.client.get(httpx.URL(media[which]).path).content
        assert b"39,21.102N" not in served
        assert not apart.carries(served)
    out = io.BytesIO()
    Image.linear_gradient("L").save(out, "WEBP")
    parent = credentials.carried(there, out.getvalue(), "image/webp", (data, "image/jpeg"))
    assert b"39,21.102N" in parent
    bare = credentials.bounded(parent)
    assert not apart.carries(bare)
    assert Image.open(io.BytesIO(bare)).size == (256, 256)
    clean = credentials.carried(there, out.getvalue(), "image/webp", (elsewhere(tmp_path, Made("x", "y"))[0], "image/jpeg"))
    assert credentials.bounded(clean) == clean
