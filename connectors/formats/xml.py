"""XML: one element per record, its children are the fields.

No DTD, no entities of its own, no network, bounded depth.
"""

from __future__ import annotations

import io
import re
from typing import Any

import pyarrow as pa
from lxml import etree

from connectors.families.base import text_table
from connectors.formats.text import to_utf8
from schemas.errors import SourceMalformed

_DECLARATION = re.compile(rb"^\s*<\?xml[^>]*\?>")


def read_xml(data: bytes, encoding: str, record_tag: str, where: str) -> pa.Table:
    """Records as text columns, namespaces dropped; an absent child is null, an empty one is an empty string.

    The platform file's encoding decides, not the declaration inside, which is wrong as often as not. Raises
    SourceMalformed (not well-formed, a DTD, a field that stands twice or has fields of its own).
    """
    text = _DECLARATION.sub(b"", to_utf8(data, encoding, where), count=1)
    records: list[dict[str, str]] = []
    try:
        walk = etree.iterparse(
            io.BytesIO(text),
            events=("start", "end"),
            encoding="utf-8",
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        _refuse_dtd(next(walk)[1], where)
        for event, element in walk:
            if event == "end" and _local(element) == record_tag:
                records.append(_record(element, len(records) + 1, where))
                _forget(element)
    except (etree.XMLSyntaxError, StopIteration) as error:
        line = getattr(error, "lineno", None)
        raise SourceMalformed(
            "the file is not well-formed XML",
            where=f"{where} line {line}" if line else where,
            next_step="cut off in transfer, or not XML: ask the owner for it again",
        ) from None
    names = list(dict.fromkeys(name for record in records for name in record))
    return text_table(names, [pa.array([r.get(name) for r in records], pa.string()) for name in names])


def _refuse_dtd(root: Any, where: str) -> None:
    if root.getroottree().docinfo.internalDTD is not None:
        raise SourceMalformed(
            "the file brings a DTD, and DTDs are refused",
            where=where,
            next_step="do not open it; ask the owner who made it",
        )


def _record(element: Any, number: int, where: str) -> dict[str, str]:
    record: dict[str, str] = {}
    for child in element:
        name = _local(child)
        if len(child) or name in record:
            raise SourceMalformed(
                "a field has fields of its own or stands twice", where=f"{where} record {number}", found=name[:60]
            )
        record[name] = child.text or ""
    return record


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _forget(element: Any) -> None:
    """Give the record's memory back: the tree must not grow with the file."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]
