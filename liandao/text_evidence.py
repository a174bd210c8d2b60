"""In which encoding a Chinese text file is written, told from its bytes."""

from __future__ import annotations

import codecs
from collections import Counter

MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
CANDIDATES = ("utf-8", "gb18030")
"""In order of trust: of two that fit equally, the first."""
LIKELY = 0.8
"""Share of common characters below which a text is not taken for Chinese."""
_FIRST_COMMON = "\u2000"
_SAMPLE = 200_000
"""Characters looked at; a file has the same encoding to its end."""


def decode(data: bytes) -> tuple[str, str, str]:
    """The text, its encoding, and the evidence for it.

    A byte order mark decides. Otherwise the encodings in which every byte has its place are compared by how many of
    their characters are common ones (those of GB 2312): the wrong one gives rare ones. Raises ValueError with what
    speaks against each when none fits.
    """
    mark = next((mark for mark in MARKS if data.startswith(mark)), None)
    if mark is not None:
        return data.decode(MARKS[mark]), MARKS[mark], "a byte order mark"
    fitting, refused = [], []
    for encoding in CANDIDATES:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            refused.append(f"not {encoding}: byte 0x{data[error.start]:02x} in line {line}")
        else:
            fitting.append((common_share(text), text, encoding))
    likely = [fit for fit in fitting if fit[0] >= LIKELY]
    if not likely:
        unlikely = [f"not {encoding}: {share:.0%} of its characters are common" for share, _, encoding in fitting]
        raise ValueError("; ".join((*refused, *unlikely)))
    share, text, encoding = max(likely, key=lambda fit: fit[0])
    return text, encoding, "; ".join((*refused, f"{share:.0%} of its characters are common"))


def common_share(text: str) -> float:
    """Share of the characters beyond ASCII that Chinese text is made of; 1 for a text without any."""
    counts = Counter(character for character in text[:_SAMPLE] if character > "\x7f")
    common = sum(count for character, count in counts.items() if _is_common(character))
    return common / counts.total() if counts else 1.0


def _is_common(character: str) -> bool:
    """Whether GB 2312 has it, Greek and Cyrillic letters left out: these are what Chinese bytes look like in UTF-8."""
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return character >= _FIRST_COMMON
