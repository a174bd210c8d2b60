"""Bytes to UTF-8, strictly."""

from __future__ import annotations

from schemas.errors import SourceMalformed

_BOM = b"\xef\xbb\xbf"


def to_utf8(data: bytes, encoding: str, where: str) -> bytes:
    """The same text in UTF-8 without a byte order mark.

    A byte that is not of the declared encoding is an error that names the row: replacing it would change a person's
    name.
    """
    try:
        text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        row = data[: error.start].count("\n".encode("utf-16-le") if encoding == "utf-16" else b"\n") + 1
        raise SourceMalformed(
            "a byte is not of the declared encoding",
            where=f"{where} line {row}",
            expected=encoding,
            found=f"byte 0x{data[error.start]:02x}" if error.start < len(data) else "the file ends early",
            next_step="correct access.format.encoding, or ask the owner for the file again",
        ) from None
    if encoding in ("utf-8", "utf-8-sig"):
        return data.removeprefix(_BOM)
    return text.encode("utf-8").removeprefix(_BOM)
