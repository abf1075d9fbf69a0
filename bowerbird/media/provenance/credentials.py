"""Content Credentials (C2PA): what this house says of its pictures, signed, and what others say of theirs, checked.

Nothing is ever fetched to sign or to check: no remote manifest, no certificate status, no time stamp."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal, cast

import c2pa
import msgspec

from bowerbird import __version__
from bowerbird.core.errors import Unavailable
from bowerbird.core.settings import Settings
from bowerbird.media import reservations
from bowerbird.media.provenance import apart, certificate
from bowerbird.media.provenance.certificate import Certificate

SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
TRAINED = "trainedAlgorithmicMedia"  # by a model that was trained on samples
ALGORITHMIC = "algorithmicMedia"  # by an algorithm alone: the Illustrator's pixels come from no trained model
AI_TYPES = (
    TRAINED,
    ALGORITHMIC,
    "compositeWithTrainedAlgorithmicMedia",
    "compositeSynthetic",
    "dataDrivenMedia",
    "virtualRecording",
)
CAMERA_TYPES = ("digitalCapture", "computationalCapture", "negativeFilm", "positiveFilm", "print")
DISCLOSURE = "bowerbird.ai-disclosure"
ALGORITHMIC_ENGINES = ("Illustrator",)
COPIED = ("c2pa.opened", "c2pa.transcoded")  # done to somebody else's file: whoever signs these saw no camera
PUBLIC = (
    "c2pa.actions",
    "c2pa.ingredient",
    "c2pa.soft-binding",
    DISCLOSURE,
    *reservations.ASSERTIONS,
)  # that may go on, besides c2pa.hash.*
PARTS = ("c2pa.assertions", "c2pa.claim", "c2pa.signature")  # of a manifest that may go on: no data boxes, no identities
VERSION = re.compile(r"(\.v[0-9]+)?(__[0-9]+)?\Z")
INGREDIENT_BYTES_MAX = 400_000  # of a parent's manifests; more are left behind and only named
ACTIONS_MAX = 20
TEXT_MAX = 200
WHY = {
    "signingCredential.untrusted": "The signer is nobody this house was told to trust.",
    "signingCredential.expired": "The signer's certificate has expired.",
    "signingCredential.invalid": "The signer's certificate is not one that may sign pictures.",
    "assertion.dataHash.mismatch": "The picture was changed after it was signed.",
    "claimSignature.mismatch": "The signature does not fit what it signs.",
    "assertion.hashedURI.mismatch": "What the credentials say was changed after they were signed.",
}
State = Literal["trusted", "valid", "invalid"]


class Made(msgspec.Struct, frozen=True):
    """How a picture of this house came to be: from nothing, or from another one."""

    engine: str
    model: str
    model_hash: str = ""

    @property
    def source_type(self) -> str:
        """IPTC's word for where it comes from."""
        return ALGORITHMIC if self.engine in ALGORITHMIC_ENGINES else TRAINED


class Action(msgspec.Struct, frozen=True):
    """One thing that was done to a picture, as its credentials say."""

    what: str
    by: str = ""
    source_type: str = ""


class Credentials(msgspec.Struct, frozen=True):
    """What a file's credentials say and whether they hold. `trusted`: signed by this house or someone it was told to trust."""

    state: State
    ours: bool
    signed_by: str
    generator: str
    actions: tuple[Action, ...] = ()
    ai: bool | None = None  # None: they do not say
    camera: bool = False
    ingredients: int = 0
    why: tuple[str, ...] = ()
    reserved: bool = False  # no model may learn from it


def bounded(parent: bytes) -> bytes:
    """A parent (WebP) as an ingredient: without its credentials where they are too large, or hold what should not go on (see `public`)."""
    large = any(length > INGREDIENT_BYTES_MAX for _, length in _stores(parent))
    return bare(parent) if large or not public(parent) else parent


def bare(webp: bytes) -> bytes:
    """The same picture without any credentials."""
    kept = webp
    for at, length in reversed(list(_stores(webp))):
        kept = kept[:at] + kept[at + 8 + length + (length & 1) :]
        kept = kept[:4] + (len(kept) - 8).to_bytes(4, "little") + kept[8:]
    return kept


def public(webp: bytes) -> bool:
    """Whether all that the credentials in a WebP hold may be seen by anyone: actions, ingredients, hashes. Places, names, other
    metadata, identities, thumbnails and whatever this house does not know are not; nor is what cannot be read."""
    try:
        return all(_is_public(webp[at + 8 : at + 8 + length]) for at, length in _stores(webp))
    except (ValueError, IndexError):
        return False


def _stores(webp: bytes) -> Iterator[tuple[int, int]]:
    """(offset, length) of each chunk of credentials."""
    at = 12
    while at + 8 <= len(webp):
        length = int.from_bytes(webp[at + 4 : at + 8], "little")
        if webp[at : at + 4] == b"C2PA":
            yield at, length
        at += 8 + length + (length & 1)


def _is_public(store: bytes) -> bool:
    for _, manifests in _boxes(store):
        for _, parts in _boxes(manifests):
            for part, inside in _boxes(parts):
                name = VERSION.sub("", part)
                labels = [VERSION.sub("", label) for label, _ in _boxes(inside)] if name == "c2pa.assertions" else []
                if name not in PARTS or any(label not in PUBLIC and not label.startswith("c2pa.hash.") for label in labels):
                    return False
    return True


def _boxes(data: bytes) -> Iterator[tuple[str, bytes]]:
    """(label, what follows the description) of the superboxes in a row; ISO 19566-5. Raises ValueError for anything else."""
    at = 0
    while at < len(data):
        length, inner = int.from_bytes(data[at : at + 4], "big"), int.from_bytes(data[at + 8 : at + 12], "big")
        if data[at + 4 : at + 8] != b"jumb" or data[at + 12 : at + 16] != b"jumd" or not 25 <= inner <= length - 8:
            raise ValueError("not a superbox")
        if at + length > len(data) or not data[at + 32] & 2:
            raise ValueError("cut off, or without a label")
        label, end, _ = data[at + 33 : at + 8 + inner].partition(b"\0")
        if not end:
            raise ValueError("a label without an end")
        yield label.decode("ascii"), data[at + 8 + inner : at + length]
        at += length


def created(
    where: Settings, data: bytes, mime: str, made: Made, *, steps: Sequence[str] = (), parent: tuple[bytes, str] | None = None
) -> bytes:
    """The same picture, signed: made here, from `parent` (bytes, type) where there is one; `steps` are further C2PA actions."""
    agent = {"name": made.engine, "version": f"{made.model} {made.model_hash[:16]}".strip()}
    source = SOURCE_TYPES + made.source_type
    disclosure = {
        "ai": True, "statement": "This picture was made by a machine from words." if parent is None else
        "This picture was made by a machine from words and another picture.",
        "engine": made.engine, "model": made.model, "model_hash": made.model_hash, "digitalSourceType": source,
    }  # fmt: skip
    first = {"action": "c2pa.created" if parent is None else "c2pa.edited", "softwareAgent": agent, "digitalSourceType": source}
    return signed(
        where, data, mime, [first, *({"action": step} for step in steps)], parent, [{"label": DISCLOSURE, "data": disclosure}]
    )


def carried(where: Settings, data: bytes, mime: str, upload: tuple[bytes, str]) -> bytes:
    """Our rendition `data` of an upload that came with credentials, signed with those inside."""
    return signed(where, data, mime, [{"action": "c2pa.transcoded"}], upload, [])


def read(where: Settings, data: bytes, mime: str) -> Credentials | None:
    """What a file's credentials say, None where it has none."""
    if not apart.carries(data):
        return None
    try:
        with c2pa.Reader(mime, io.BytesIO(data), context=_context(where)) as reader:
            said = json.loads(reader.json())
            state = str(reader.get_validation_state() or "Invalid")
    except c2pa.C2paError as broken:
        if "ManifestNotFound" in type(broken).__name__ or "no JUMBF" in str(broken):
            return None
        return Credentials(
            "invalid",
            ours=False,
            signed_by="",
            generator="",
            why=("The credentials in this file cannot be read.",),
            reserved=bool(reservations.told(data)),
        )
    return _summary(certificate.of(where), said, state)


def signed(
    where: Settings,
    data: bytes,
    mime: str,
    actions: list[dict[str, Any]],
    source: tuple[bytes, str] | None,
    assertions: list[dict[str, Any]],
) -> bytes:
    """`data` signed with these actions and assertions, `source` (bytes, type) inside. Raises Unavailable where that cannot be done."""
    if source:
        actions = [{"action": "c2pa.opened", "parameters": {"ingredientIds": ["source"]}}, *actions]
    manifest = {
        "claim_generator_info": [{"name": "Bowerbird", "version": __version__}],
        "title": f"A picture of {where.name[:80]}",
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": actions}}, *assertions],
    }
    ours, out = certificate.of(where), io.BytesIO()
    info = c2pa.C2paSignerInfo(ours.algorithm.encode(), ours.chain, ours.key, cast("bytes", None))
    try:
        with c2pa.Signer.from_info(info) as signer, c2pa.Builder(json.dumps(manifest), context=_context(where)) as builder:
            if source:
                ingredient = {"title": "The picture it was made from", "relationship": "parentOf", "label": "source"}
                builder.add_ingredient(ingredient, source[1], io.BytesIO(source[0]))
            builder.sign(signer, mime, io.BytesIO(data), out)
    except c2pa.C2paError as refused:
        raise Unavailable("The content credentials could not be signed.", why=str(refused)) from refused
    return out.getvalue()


def _context(where: Settings) -> c2pa.Context:
    ours = certificate.of(where)
    anchors = [ours.root.decode()]
    if where.credentials_trust:
        with open(where.credentials_trust, encoding="ascii") as others:
            anchors.append(others.read())
    return c2pa.Context.from_dict({
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_trust": True, "verify_after_sign": False},
        "trust": {"trust_anchors": "\n".join(anchors)},
        "builder": {"thumbnail": {"enabled": False}},
    })  # fmt: skip


def _summary(ours: Certificate, said: dict[str, Any], state: str) -> Credentials:
    active: dict[str, Any] = said.get("manifests", {}).get(said.get("active_manifest"), {})
    signature: dict[str, Any] = active.get("signature_info") or {}
    actions = [
        _action(action)
        for assertion in active.get("assertions", ())
        if str(assertion.get("label", "")).startswith("c2pa.actions")
        for action in (assertion.get("data") or {}).get("actions", ())
    ]
    inside = [_action(a) for m in said.get("manifests", {}).values() for s in m.get("assertions", ())
              if str(s.get("label", "")).startswith("c2pa.actions") for a in (s.get("data") or {}).get("actions", ())]  # fmt: skip
    kinds, said_here = {action.source_type for action in inside}, {action.source_type for action in actions}
    info = (active.get("claim_generator_info") or [{}])[0]
    judged: State = "trusted" if state == "Trusted" else "valid" if state == "Valid" else "invalid"
    own = judged == "trusted" and str(signature.get("cert_serial_number")) == ours.serial
    # only the word of whoever signed last, of a file of their own: a signature says nothing of what was inside before, least of all ours
    camera = bool(said_here & set(CAMERA_TYPES)) and not own and not any(action.what in COPIED for action in actions)
    codes = [str(failure.get("code", "")) for failure in said.get("validation_status") or ()]
    why = tuple(dict.fromkeys(WHY.get(code, f"A check failed: {code[:80]}.") for code in codes))[:6]
    return Credentials(
        judged,
        ours=own,
        signed_by=_short(" · ".join(str(signature[key]) for key in ("issuer", "common_name") if signature.get(key))),
        generator=_short(f"{info.get('name', '')} {info.get('version', '')}".strip() or str(active.get("claim_generator") or "")),
        actions=tuple(actions[:ACTIONS_MAX]),
        ai=True if kinds & set(AI_TYPES) else False if camera else None,
        camera=camera,
        ingredients=len(active.get("ingredients") or ()),
        why=why,
        reserved=reservations.in_manifests(said.get("manifests", {})),
    )


def _action(action: dict[str, Any]) -> Action:
    agent = action.get("softwareAgent") or ""
    by = f"{agent.get('name', '')} {agent.get('version', '')}".strip() if isinstance(agent, dict) else str(agent)
    return Action(
        _short(str(action.get("action", ""))), _short(by), _short(str(action.get("digitalSourceType") or "").rpartition("/")[2])
    )


def _short(text: str) -> str:
    return text.replace("\x00", "")[:TEXT_MAX]
