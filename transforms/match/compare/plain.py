"""Plain texts (ASCII and common Han characters, most of all) spared the steps that can't change them."""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from transforms.match.arrays import Flags, Ints
from transforms.match.texts import octets_of

ASCII, HAN = 1, 2


def nfkc(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Texts after compatibility normalisation, which leaves ASCII and unified ideographs (U+4E00 to U+9FFF) alone."""
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return where(values, scripts(values) > ASCII + HAN, lambda some: pc.utf8_normalize(some, form="NFKC"))


def where(values: pa.Array, rows: Flags, rewrite: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """``values`` with those of some rows rewritten."""
    if not rows.any():
        return values
    if rows.all():
        return rewrite(values)
    mask = pa.array(rows)
    return pc.replace_with_mask(values, mask, rewrite(values.filter(mask)).cast(values.type))


def scripts(values: pa.Array) -> NDArray[np.uint8]:
    """What each text is made of: ASCII, HAN (unified ideographs), the sum of both, or more than that for anything else;
    0 for null and empty."""
    octets, bounds = octets_of(values)
    return _scripts(octets, bounds)


@numba.njit(cache=True, nogil=True)
def _scripts(octets: NDArray[np.uint8], bounds: Ints) -> NDArray[np.uint8]:
    found = np.zeros(len(bounds) - 1, dtype=np.uint8)
    for i in range(len(found)):
        at = bounds[i]
        while at < bounds[i + 1]:
            lead = octets[at]
            if lead < 0x80:
                found[i] |= ASCII
                at += 1
            elif 0xE4 <= lead <= 0xE9 and (lead > 0xE4 or octets[at + 1] >= 0xB8):
                found[i] |= HAN
                at += 3
            else:
                found[i] = 4
                break
    return found
