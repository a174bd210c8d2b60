"""Logs: one JSON object a line, fields from an allow-list, so that no value of a record can slip in."""

from __future__ import annotations

import json
import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from liandao.home import now

ALLOWED = (
    "run_id",
    "batch_id",
    "platform_id",
    "line_id",
    "stream",
    "step",
    "seconds",
    "extracted",
    "accepted",
    "quarantined",
    "dropped",
    "error_code",
    "persons",
    "matters",
    "figures",
    "generation",
    "pairs",
    "failed_checks",
)
LOGGER = logging.getLogger("liandao")
LARGEST_BYTES = 10_000_000


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {"at": now().isoformat(timespec="milliseconds"), "level": record.levelname, "event": record.msg}
        entry |= {k: v for k in ALLOWED if (v := record.__dict__.get(k)) is not None}
        return json.dumps(entry, ensure_ascii=False)


def open_log(home: Path) -> None:
    """Send the flow's events to ``logs/liandao.jsonl`` of the home; calling it again changes nothing."""
    path = home / "logs" / "liandao.jsonl"
    if any(getattr(h, "baseFilename", None) == str(path) for h in LOGGER.handlers):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(path, maxBytes=LARGEST_BYTES, backupCount=5, encoding="utf-8")
    handler.setFormatter(_JsonLines())
    LOGGER.handlers[:] = [handler]
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False


def event(name: str, **fields: object) -> None:
    """Log one event; a field outside the allow-list is a programming error and raises ValueError."""
    unknown = set(fields) - set(ALLOWED)
    if unknown:
        raise ValueError(f"log fields not allowed: {sorted(unknown)}")
    LOGGER.info(name, extra=fields)
