"""What a file says of learning from it: the training-mining assertions of C2PA and CAWG, and the PLUS data mining property of IPTC metadata.

Believed of anyone, whether a signature holds or not: to leave a picture alone needs no proof."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bowerbird.media.origins import Reserved

if TYPE_CHECKING:  # the web decodes nothing for this
    from PIL import Image

ASSERTIONS = ("c2pa.training-mining", "cawg.training-mining")
USES = (
    "ai_training",
    "ai_generative_training",
    "data_mining",
)  # what is done here with a picture that teaches; to show it to a model is another
REFUSING = ("notAllowed", "constrained")  # under conditions that nobody here can look at
METADATA = re.compile(rb"DataMining\b[^<>]{0,60}?[\"'>]\s*(?:https?://ns\.useplus\.org/ldf/vocab/)?DMI-PROHIBITED")
METADATA_BYTES_MAX = 1_000_000


def in_manifests(manifests: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether any of the manifests of a file, its ingredients' among them, says no."""
    return any(
        str(assertion.get("label", "")).startswith(ASSERTIONS) and _refuses(assertion.get("data"))
        for manifest in manifests.values()
        for assertion in manifest.get("assertions") or ()
    )


def _refuses(data: object) -> bool:
    entries: Any = data.get("entries") if isinstance(data, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if not isinstance(entries, dict):
        return True  # it speaks of it in words that we do not know
    said: dict[str, Any] = entries  # pyright: ignore[reportUnknownVariableType]
    return any(
        str(name).rpartition(".")[2] in USES and str(entry.get("use") if isinstance(entry, dict) else entry) in REFUSING  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        for name, entry in said.items()
    )


def of_metadata(image: Image.Image) -> Reserved:
    """What the XMP of an opened picture says."""
    for key in ("xmp", "XML:com.adobe.xmp"):
        said = image.info.get(key, b"")
        packet = said.encode("utf-8", "replace") if isinstance(said, str) else bytes(said)
        if METADATA.search(packet[:METADATA_BYTES_MAX]):
            return "metadata"
    return ""


def told(data: bytes) -> Reserved:
    """What stands in the bytes of a file that could not be looked into."""
    return "credentials" if b".training-mining" in data else "metadata" if b"DMI-PROHIBITED" in data else ""
