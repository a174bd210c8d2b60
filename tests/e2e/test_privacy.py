"""No name, telephone or identity number of a resident outside landing, conformed rows and the vault.

Every resident of the province is a canary. The search looks at raw bytes of whatever is written for reading (logs,
pages,
receipts, attempts, gate results) and at every text cell of the warehouse tier; the same search finds the canaries
in the
vault, so it is able to fail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.e2e.conftest import Ran

OPEN_FOLDERS = ("logs", "reports", "attempts", "quality")
RECEIPTS = ("landing/*/*/landed.json", "conformed/*/*/conformed.json")
IDENTITY = re.compile(rb"(?<![0-9A-Fa-f])43(99|98)\d{2}(19|20)\d{9}[0-9Xx](?![0-9A-Fa-f])")
LEAST_NAME = 3


@pytest.fixture(scope="module")
def canaries(first_run: tuple[Path, Ran]) -> set[str]:
    """Names of three characters or more, telephones and certificate numbers of everybody in the vault."""
    found: set[str] = set()
    with duckdb.connect(first_run[0] / "published" / "current" / "vault.duckdb", read_only=True) as con:
        for column in ("person_name", "phone", "cert_no"):
            rows = con.execute(f"SELECT DISTINCT {column} FROM core_form WHERE length({column}) >= ?", [LEAST_NAME])
            found |= {value for (value,) in rows.fetchall() if "*" not in value}
    assert len(found) > 500
    return found


def _readable_files(home: Path) -> Iterator[Path]:
    for folder in OPEN_FOLDERS:
        yield from (p for p in (home / folder).rglob("*") if p.is_file())
    for pattern in RECEIPTS:
        yield from home.glob(pattern)


def _hits(text: str, canaries: set[str]) -> set[str]:
    words = set(re.findall(r"[\u4e00-\u9fff·]{3,}|[0-9Xx]{7,}", text))
    return words & canaries


def test_files_that_people_read_hold_no_canary(first_run: tuple[Path, Ran], canaries: set[str]) -> None:
    files = list(_readable_files(first_run[0]))
    assert len(files) > 400
    leaks = {}
    for path in files:
        data = path.read_bytes()
        hits = _hits(data.decode("utf-8", errors="replace"), canaries)
        if hits or IDENTITY.search(data):
            leaks[path.name] = len(hits)
    assert leaks == {}


def test_warehouse_tier_holds_no_canary(first_run: tuple[Path, Ran], canaries: set[str]) -> None:
    with duckdb.connect(first_run[0] / "published" / "current" / "warehouse.duckdb", read_only=True) as con:
        assert _tables_with_canaries(con, canaries) == {}


def test_the_same_search_finds_them_in_the_vault(first_run: tuple[Path, Ran], canaries: set[str]) -> None:
    with duckdb.connect(first_run[0] / "published" / "current" / "vault.duckdb", read_only=True) as con:
        found = _tables_with_canaries(con, canaries)
    assert {"core_form", "core_entry_event", "link_person_record", "ctl_quarantine"} <= set(found)


def _tables_with_canaries(con: duckdb.DuckDBPyConnection, canaries: set[str]) -> dict[str, list[str]]:
    columns = con.execute(
        "SELECT table_name, column_name FROM information_schema.columns WHERE data_type = 'VARCHAR'"
    ).fetchall()
    leaks: dict[str, list[str]] = {}
    for table, column in columns:
        text = "\n".join(v for (v,) in con.execute(f'SELECT DISTINCT "{column}" FROM "{table}"').fetchall() if v)
        if _hits(text, canaries) or (IDENTITY.search(text.encode()) and not column.endswith("_token")):
            leaks.setdefault(table, []).append(column)
    return leaks


def test_messages_of_the_run_hold_no_canary(first_run: tuple[Path, Ran], canaries: set[str]) -> None:
    ran = first_run[1]
    assert _hits(ran.out + ran.messages, canaries) == set()
