"""Weights from a hub that speaks Hugging Face's HTTP: looked at first, then fetched with progress, resumed where it broke off, hashed.

Only safetensors and GGUF: the other formats are pickles, which run whatever code is in them when they are opened."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from bowerbird import __version__
from bowerbird.core.errors import Invalid, TooLarge, Unavailable
from bowerbird.core.settings import Settings
from bowerbird.inference import registry
from bowerbird.inference.registry import File, Model, Plug

WEIGHTS = (".safetensors", ".gguf")
PICKLES = (".bin", ".ckpt", ".pt", ".pth", ".pkl", ".msgpack", ".h5")
BESIDE = (".json", ".txt", ".model")  # settings and vocabularies; never code
INDEX = "model_index.json"
FILES_MAX = 200
LISTING_BYTES_MAX = 8_000_000
SOURCE = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}", re.ASCII)
SILENCE_S = 30.0
HEADER_BYTES_MAX = 100_000_000
FREE_BYTES_MIN = 1_000_000_000  # left on the disk
FEW = re.compile(r"turbo|schnell|lightning", re.IGNORECASE)
FEW_STEPS, FEW_GUIDANCE = 4, 0.0
PICKLED = "has its weights only as pickles ({}), which run whatever code is in them when they are opened. Look for a safetensors version."


class Listed(msgspec.Struct):
    """One file as the hub lists it."""

    rfilename: str
    size: int = 0
    lfs: dict[str, Any] | None = None


class Listing(msgspec.Struct):
    """A model as the hub lists it."""

    sha: str = ""
    siblings: list[Listed] = []
    tags: list[str] = []


@dataclass(frozen=True, slots=True)
class Found:
    """A model at the hub, before anything large is fetched. `files`: name, bytes and SHA-256 where the hub says it."""

    source: str
    revision: str
    licence: str
    plug: Plug
    files: tuple[tuple[str, int, str], ...]
    main: str = ""
    pipeline: str = ""
    variant: str = ""

    @property
    def size_bytes(self) -> int:
        """What will lie on the disk."""
        return sum(size for _, size, _ in self.files)

    @property
    def steps(self) -> tuple[int, float]:
        """Steps and guidance as far as the name tells: models that need few also want none of the other. (0, -1): not told."""
        return (FEW_STEPS, FEW_GUIDANCE) if FEW.search(self.source + self.main) else (0, -1.0)


def look(where: Settings, source: str, *, revision: str = "", file: str = "", lora: bool = False, variant: str = "") -> Found:
    """What lies at the hub under "owner/name". Raises Invalid in words for what we do not take, TooLarge, Unavailable."""
    if not SOURCE.fullmatch(source):
        raise Invalid(f"“{source}” is no name at the hub: owner/name.")
    at = f"/revision/{quote(revision, safe='')}" if revision else ""
    try:
        info = msgspec.json.decode(_read(where, f"/api/models/{source}{at}?blobs=true", source), type=Listing)
    except (msgspec.DecodeError, msgspec.ValidationError) as wrong:
        raise Invalid(f"What the hub says of {source} cannot be read.") from wrong
    there = {one.rfilename: (one.size, str((one.lfs or {}).get("sha256", ""))) for one in info.siblings}
    commit = info.sha or revision
    licence = next((tag.removeprefix("license:") for tag in info.tags if tag.startswith("license:")), "not stated")
    found = Found(source, commit, licence, "lora" if lora else "sdcpp", ())
    if file or lora or INDEX not in there:
        name = file or _only(source, there)
        if name.endswith(PICKLES):
            raise Invalid(f"{name} " + PICKLED.format(PurePosixPath(name).suffix))
        if name not in there or not name.endswith(WEIGHTS[:1] if lora else WEIGHTS):
            raise Invalid(f"{source} has no {'.safetensors' if lora else '.safetensors or .gguf'} file “{name}”.")
        names, found = [name], replace(found, main=name)
    else:
        index = _index(where, source, commit)
        names = _parts(source, index, there, variant)
        found = replace(found, plug="diffusers", pipeline=str(index.get("_class_name", "")), variant=variant)
    if any(PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts for name in names) or len(names) > FILES_MAX:
        raise Invalid(f"{source} holds files with names that do not belong there.")
    found = replace(found, files=tuple((name, *there[name]) for name in sorted(names)))
    if found.size_bytes > where.models_bytes_max:
        size, most = found.size_bytes / 1e9, where.models_bytes_max / 1e9
        raise TooLarge(f"{source} is {size:.1f} GB; BOWERBIRD_MODELS_BYTES_MAX lets a model have {most:.1f} GB.")
    return found


def fetch(where: Settings, found: Found, id_: str, tell: Callable[[int], object]) -> tuple[File, ...]:
    """Its files, in place below `models/ID` and hashed; `tell` hears of bytes as they come. What is there is not fetched again.

    Raises Invalid, Unavailable."""
    folder = registry.home(where) / id_
    folder.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free < found.size_bytes + FREE_BYTES_MIN:
        raise TooLarge(f"The disk has no room for {found.size_bytes / 1e9:.1f} GB.")
    files: list[File] = []
    for name, size, told in found.files:
        path = folder / name
        _fetch(where, found, name, size, path, tell)
        digest = sha256(path)
        if (told and digest != told) or path.stat().st_size != size:
            path.unlink()
            raise Invalid(f"{name} came damaged: its hash is not the one that the hub tells. It was thrown away; try again.")
        check(path)
        files.append(File(name, size, digest))
    return tuple(files)


def model(found: Found, id_: str, files: tuple[File, ...], **more: Any) -> Model:
    """What the registry keeps of it; `more`: name, base, scale, steps, guidance."""
    digest = hashlib.sha256("".join(f"{file.name} {file.sha256}\n" for file in files).encode()).hexdigest()
    return Model(
        id=id_, plug=found.plug, source=found.source, revision=found.revision, licence=found.licence, folder=id_, main=found.main,
        files=files, sha256=digest, pipeline=found.pipeline, variant=found.variant, **more,
    )  # fmt: skip


def sha256(path: Path) -> str:
    """Of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check(path: Path) -> None:
    """Whether a file of weights is what its name says; the file is removed where it is not. Raises Invalid."""
    with path.open("rb") as file:
        head = file.read(8)
        if path.suffix == ".gguf":
            good = head[:4] == b"GGUF"
        elif path.suffix == ".safetensors":
            length = int.from_bytes(head, "little")
            good = 2 <= length <= min(HEADER_BYTES_MAX, path.stat().st_size - 8)
            if good:
                try:
                    good = isinstance(msgspec.json.decode(file.read(length)), dict)
                except msgspec.DecodeError:
                    good = False
        else:
            return
    if not good:
        path.unlink()
        raise Invalid(f"{path.name} is not the {path.suffix[1:]} file that its name says. It was thrown away.")


def _client(where: Settings) -> httpx.Client:
    """Our own few lines rather than the hub's library, whose present release starts a broken download anew."""
    headers = {"User-Agent": f"bowerbird/{__version__}", "Accept-Encoding": "identity"}
    if token := os.environ.get("HF_TOKEN", ""):
        headers["Authorization"] = f"Bearer {token}"  # httpx leaves it behind where it is sent on to another host
    return httpx.Client(base_url=where.models_hub_url.rstrip("/"), headers=headers, timeout=SILENCE_S, follow_redirects=True)


def _told(response: httpx.Response, what: str) -> None:
    if response.status_code in (401, 403):
        raise Invalid(
            f"The hub does not show {what}: it is not there, or only for those whom its author let in. Then set HF_TOKEN."
        )
    if response.status_code == 404:
        raise Invalid(f"The hub has no {what}.")
    if response.status_code not in (200, 206):
        raise Unavailable(f"The hub answered {response.status_code}. Try again later.")


def _lost(trouble: httpx.HTTPError) -> Unavailable:
    return Unavailable(
        f"The hub broke off or cannot be reached ({trouble}). Run the same command again: it goes on where it stopped."
    )


def _read(where: Settings, path: str, what: str) -> bytes:
    """Something small."""
    parts: list[bytes] = []
    try:
        with _client(where) as client, client.stream("GET", path) as response:
            _told(response, what)
            for part in response.iter_bytes():
                parts.append(part)
                if sum(map(len, parts)) > LISTING_BYTES_MAX:
                    raise Invalid(f"The hub says more of {what} than we read.")
    except httpx.HTTPError as trouble:
        raise _lost(trouble) from trouble
    return b"".join(parts)


def _fetch(where: Settings, found: Found, name: str, size: int, path: Path, tell: Callable[[int], object]) -> None:
    """One file of `size` bytes to `path`, from where an earlier try broke off. Never more than was told."""
    if path.is_file() and path.stat().st_size == size:
        tell(size)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    have = part.stat().st_size if part.is_file() else 0
    have = have if have < size else 0
    url, headers = f"/{found.source}/resolve/{found.revision}/{quote(name)}", {"Range": f"bytes={have}-"} if have else {}
    try:
        with _client(where) as client, client.stream("GET", url, headers=headers) as response:
            _told(response, f"{found.source}/{name}")
            have = have if response.status_code == 206 else 0
            with part.open("ab" if have else "wb") as file:
                tell(have)
                for piece in response.iter_bytes():
                    have += len(piece)
                    if have > size:
                        raise Invalid(f"{name} is larger than the hub told.")
                    file.write(piece)
                    tell(len(piece))
    except httpx.HTTPError as trouble:
        raise _lost(trouble) from trouble
    if have < size:
        raise Unavailable(f"{name} ended early. Run the same command again: it goes on where it stopped.")
    part.replace(path)


def _only(source: str, there: dict[str, tuple[int, str]]) -> str:
    weights = [name for name in there if name.endswith(WEIGHTS)]
    if len(weights) == 1:
        return weights[0]
    if not weights and (pickles := [name for name in there if name.endswith(PICKLES)]):
        raise Invalid(f"{source} " + PICKLED.format(", ".join(pickles[:4])))
    choice = ", ".join(weights[:12]) or "none"
    raise Invalid(f"{source} is no diffusers folder. Say which of its files with --file. Safetensors and GGUF there: {choice}.")


def _index(where: Settings, source: str, commit: str) -> dict[str, Any]:
    try:
        path = f"/{source}/resolve/{commit}/{INDEX}"
        return msgspec.json.decode(_read(where, path, f"{source}/{INDEX}"), type=dict[str, Any])
    except (msgspec.DecodeError, msgspec.ValidationError) as broken:
        raise Invalid(f"{source} has a {INDEX} that cannot be read.") from broken


def _parts(source: str, index: dict[str, Any], there: dict[str, tuple[int, str]], variant: str) -> list[str]:
    """The files that the pipeline's components need, of one variant each."""
    components = [name for name, value in index.items() if isinstance(value, list) and value and value[0] is not None]
    names = [INDEX]
    for component in components:
        inside = [name for name in there if name.startswith(f"{component}/") and name.count("/") == 1]
        weights = [name for name in inside if name.endswith(".safetensors") and _variant(name) == variant]
        if not weights and any(name.endswith((*PICKLES, ".safetensors")) for name in inside):
            others = sorted({_variant(name) for name in inside if name.endswith(".safetensors")})
            if others:
                raise Invalid(
                    f"{source}: {component} comes as {', '.join(o or 'plain' for o in others)}. Choose one with --variant."
                )
            raise Invalid(
                f"{source}: {component} "
                + PICKLED.format(", ".join(sorted({PurePosixPath(n).suffix for n in inside if n.endswith(PICKLES)})))
            )
        names += weights + [name for name in inside if name.endswith(BESIDE) and not name.endswith(".safetensors.index.json")]
        names += [name for name in inside if name.endswith(".safetensors.index.json") or _sharded(name, variant)]
    return list(dict.fromkeys(names))


def _variant(name: str) -> str:
    """ "fp16" of "model.fp16.safetensors" and "model.fp16-00001-of-00002.safetensors"; "" where it is the plain one."""
    pieces = re.sub(r"-\d{5}-of-\d{5}", "", PurePosixPath(name).name).split(".")
    return pieces[1] if len(pieces) == 3 else ""


def _sharded(name: str, variant: str) -> bool:
    return bool(variant) and name.endswith(f".safetensors.index.{variant}.json")
