"""The quality report of one platform: what its owner should mend, failures first, no value of any record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb

from reports import charts
from reports.read import Row, figure, number, percent, rows, rows_by
from reports.wording import DISPOSITIONS, ENTRY_CLASSES, USAGE_CLASSES, reason
from schemas.columns import table_meta
from schemas.streams import stream_tables

EXAMPLES, NEIGHBOURS = 12, 6
FATES = ("extracted", "landed", "accepted", "quarantined", "dropped", "inserted", "updated", "unchanged", "superseded")


def platform_contexts(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, dict[str, Any]]]:
    """(platform id, what its page shows) for every platform; each query runs once for all of them."""
    by = {n: rows_by(rows(con, n), "platform_id") for n in ("balance", "failures", "entries", "usage", "checks")}
    by["examples"] = rows_by(rows(con, "examples", most=EXAMPLES), "platform_id")
    by["figures"] = rows_by(rows(con, "figures", grain="platform"), "grain_key")
    pairs = rows(con, "neighbours")
    by["held"], by["typed"] = rows_by(pairs, "receiver_platform_id"), rows_by(pairs, "holder_platform_id")
    for platform in rows(con, "platforms"):
        own = {name: grouped.get(platform["platform_id"], []) for name, grouped in by.items()}
        yield platform["platform_id"], _context(platform, own)


def _context(platform: Row, own: dict[str, list[Row]]) -> dict[str, Any]:
    landed = sum(b["landed"] for b in own["balance"])
    accepted, quarantined, dropped = (sum(b[n] for b in own["balance"]) for n in FATES[2:5])
    shown = own["examples"]
    return {
        "p": platform,
        "failures": [_failure(f, landed) for f in own["failures"]],
        "examples": [e | {"stream": _stream(e["stream"])} for e in shown],
        "more_examples": max(0, (shown[0]["all_rows"] if shown else 0) - len(shown)),
        "balance": [
            {"stream_zh": _stream(b["stream"]), "numbers": [number(b[n]) for n in FATES]} for b in own["balance"]
        ],
        "balance_chart": charts.fates(accepted, quarantined, dropped, "行的去向"),
        "checks": [_check(c) for c in own["checks"]],
        "usage": _usage(own["usage"][0]) if own["usage"] else None,
        "entries": _entries(own["entries"]),
        "held_by": [{"title_zh": m["holder_zh"], "count": number(m["entries"])} for m in own["held"][:NEIGHBOURS]],
        "typed_by": [{"title_zh": m["receiver_zh"], "count": number(m["entries"])} for m in own["typed"][:NEIGHBOURS]],
        "figures": [figure(f) for f in own["figures"]],
    }


def _stream(stream: str) -> str:
    declared = stream_tables().get(stream)
    return stream if declared is None else table_meta(declared).zh


def _failure(row: Row, landed: int) -> Row:
    words = reason(row["reason_code"])
    return {
        "disposition": DISPOSITIONS.get(row["disposition_code"], row["disposition_code"]),
        "where": words.where,
        "rule": words.rule,
        "dimension": words.dimension,
        "rows": number(row["hits"]),
        "share": percent(row["hits"] / landed if landed else None, 2),
        "code": words.code,
    }


def _check(row: Row) -> Row:
    words = reason(row["check_id"])
    return {
        "severity": "停止" if row["severity_code"] == "stop" else "警告",
        "where": words.where or row["table_name"],
        "rule": words.rule,
        "dimension": row["dimension"],
        "unexpected": number(row["unexpected_count"]),
        "evaluated": number(row["element_count"]),
        "share": percent(row["unexpected_rate"], 2),
    }


def _usage(row: Row) -> Row:
    return {
        "class_code": row["class_code"],
        "class_zh": row["class_zh"] or USAGE_CLASSES.get(row["class_code"], ""),
        "penetration": percent(row["penetration"]),
        "lower": percent(row["penetration_lower"]),
        "reach": percent(row["reach"], 0),
        "frequency": percent(row["frequency"]),
        "eligible": number(row["eligible_communities"]),
        "completeness": percent(row["log_completeness"], 0),
    }


def _entries(found: list[Row]) -> list[Row]:
    total = sum(e["entries"] for e in found)
    return [
        {"name": ENTRY_CLASSES[e["class_code"]], "count": number(e["entries"]), "share": percent(e["entries"] / total)}
        for e in found
    ]
