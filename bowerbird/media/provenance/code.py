"""A few bits that survive noise: CRC-32 for certainty, a convolutional code (rate 1/3, constraint length 7) read softly.

Generators 133, 145, 175 (octal) as tabled by Larsen (1973); decoding by Viterbi (1967) over 64 states at once in NumPy."""

from __future__ import annotations

import zlib
from functools import cache

import numpy as np
from numpy.typing import NDArray

PAYLOAD_BITS = 88
CRC_BITS = 32
MEMORY = 6
MESSAGE_BITS = PAYLOAD_BITS + CRC_BITS + MEMORY
GENERATORS = (0o133, 0o145, 0o175)
CODED_BITS = MESSAGE_BITS * len(GENERATORS)
Floats = NDArray[np.float32]


def encode(payload: int) -> NDArray[np.int8]:
    """CODED_BITS signs (-1, 1) for a payload of PAYLOAD_BITS bits."""
    assert 0 <= payload < 1 << PAYLOAD_BITS
    body = payload.to_bytes(PAYLOAD_BITS // 8, "big")
    bits = np.unpackbits(np.frombuffer(body + zlib.crc32(body).to_bytes(4, "big"), np.uint8))
    return _convolve(np.concatenate([bits, np.zeros(MEMORY, np.uint8)]))


def decode(soft: Floats) -> tuple[int, int] | None:
    """(payload, how many of CODED_BITS signs agree with it), or None where the checksum says there is none. `soft` (CODED_BITS,)."""
    assert soft.shape == (CODED_BITS,)
    bits = _viterbi(soft.reshape(MESSAGE_BITS, len(GENERATORS)))
    packed = np.packbits(bits[: PAYLOAD_BITS + CRC_BITS]).tobytes()
    body, crc = packed[: PAYLOAD_BITS // 8], packed[PAYLOAD_BITS // 8 :]
    if zlib.crc32(body).to_bytes(4, "big") != crc:
        return None
    return int.from_bytes(body, "big"), int(np.sum(_convolve(bits) == np.sign(soft)))


def _convolve(bits: NDArray[np.uint8]) -> NDArray[np.int8]:
    window, out = 0, np.empty((len(bits), len(GENERATORS)), np.int8)
    for at, bit in enumerate(bits):
        window = (window << 1 | int(bit)) & 0x7F
        out[at] = [1 if (window & g).bit_count() & 1 else -1 for g in GENERATORS]
    return out.reshape(-1)


@cache
def _trellis() -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """For each state: its two predecessors (64, 2), and the signs sent on the way from each (64, 2, 3)."""
    before = np.empty((64, 2), np.int64)
    signs = np.empty((64, 2, len(GENERATORS)), np.int8)
    for state in range(64):
        for which in (0, 1):
            window = which << MEMORY | state
            before[state, which] = window >> 1
            signs[state, which] = [1 if (window & g).bit_count() & 1 else -1 for g in GENERATORS]
    return before, signs


def _viterbi(soft: Floats) -> NDArray[np.uint8]:
    """The likeliest bits (MESSAGE_BITS,), beginning and ending in state 0."""
    before, signs = _trellis()
    score = np.full(64, -1e9, np.float32)
    score[0] = 0
    chosen = np.empty((len(soft), 64), np.int8)
    for at, three in enumerate(soft):
        ways = score[before] + signs @ three
        chosen[at] = ways.argmax(1)
        score = ways.max(1)
    state, bits = 0, np.empty(len(soft), np.uint8)
    for at in range(len(soft) - 1, -1, -1):
        bits[at] = state & 1
        state = int(before[state, chosen[at, state]])
    return bits
