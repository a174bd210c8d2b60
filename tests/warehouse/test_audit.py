"""The audit finds what was lost, made up or changed; each sabotage is found by the laws it breaks and by no other."""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.warehouse.batches import KEY_FIELD, Batch, renamed, sample, usage
from tests.warehouse.generation import grow
from warehouse import audit as audit_module
from warehouse.audit import audit, balance_sheet
from warehouse.build import Build, open_build
from warehouse.load import load_batches

Sabotage = Callable[[Path, Build], object]
FORM = "vault.core_form"
LANDED = Path("landing", "alpha", "b1", "form.parquet")


def sql(text: str) -> Sabotage:
    return lambda _home, build: build.con.execute(text)


def counter(change: str) -> Sabotage:
    return sql(f"UPDATE warehouse.ctl_batch SET {change} WHERE stream = 'form'")


def drop_landed_row(home: Path, _build: Build) -> None:
    pq.write_table(pq.read_table(home / LANDED).slice(1), home / LANDED)


def change_landed_value(home: Path, _build: Build) -> None:
    table = pq.read_table(home / LANDED)
    changed = pc.replace_substring(table["_unit"], "1", "2")
    pq.write_table(table.set_column(table.schema.get_field_index("_unit"), "_unit", changed), home / LANDED)


def remove_landed_file(home: Path, _build: Build) -> None:
    (home / LANDED).unlink()


def spoil_landed_file(home: Path, _build: Build) -> None:
    (home / LANDED).write_bytes(b"not a table")


def forge_receipt_rows(_home: Path, build: Build) -> None:
    text = build.con.execute("SELECT landed_files FROM warehouse.ctl_batch WHERE stream = 'form'").fetchone()
    assert text is not None
    files = json.loads(text[0])
    files[0]["rows"] += 1
    build.con.execute("UPDATE warehouse.ctl_batch SET landed_files = ? WHERE stream = 'form'", [json.dumps(files)])


F1 = "WHERE source_key = 'f1'"
ONE_MORE = "SELECT * REPLACE ('f77' AS source_key, 77 AS landed_row)"

SABOTAGES: list[tuple[str, Sabotage, set[str]]] = [
    ("nothing", lambda _home, _build: None, set()),
    ("a row deleted from landing", drop_landed_row, {"file", "made up"}),
    ("a value changed in landing", change_landed_value, {"file"}),
    ("a landed file removed", remove_landed_file, {"file", "made up"}),
    ("a landed file spoilt", spoil_landed_file, {"file", "made up"}),
    ("a receipt with other rows", forge_receipt_rows, {"file", "landed"}),
    ("a core row deleted", sql(f"DELETE FROM {FORM} {F1}"), {"held", "lost"}),
    ("a core row too many", sql(f"INSERT INTO {FORM} {ONE_MORE} FROM {FORM} {F1}"), {"held", "made up"}),
    ("a core row twice", sql(f"INSERT INTO {FORM} SELECT * FROM {FORM} {F1}"), {"held"}),
    ("a key changed", sql(f"UPDATE {FORM} SET source_key = 'f77' {F1}"), {"lost", "made up"}),
    (
        "a row given to another platform",
        sql(f"UPDATE {FORM} SET platform_id = 'beta' {F1}"),
        {"held", "lost", "made up"},
    ),
    ("a lineage changed", sql(f"UPDATE {FORM} SET landed_row = 1 {F1}"), {"made up"}),
    ("a quarantined row deleted", sql("DELETE FROM vault.ctl_quarantine WHERE landed_row = 2"), {"set aside", "lost"}),
    ("a disposition changed", sql("UPDATE vault.ctl_quarantine SET disposition_code = 'drop'"), {"set aside"}),
    ("accepted miscounted", counter("accepted_rows = accepted_rows + 1"), {"landed", "accepted"}),
    ("extracted miscounted", counter("extracted_rows = extracted_rows + 1"), {"landed"}),
    ("quarantined miscounted", counter("quarantined_rows = quarantined_rows + 1"), {"landed", "set aside"}),
    ("inserted passed off as unchanged", counter("inserted_rows = 1, unchanged_rows = 1"), {"held"}),
    ("superseded miscounted", counter("superseded_rows = superseded_rows + 1"), {"accepted"}),
    ("a counter missing", counter("updated_rows = NULL"), {"accepted"}),
    ("a ledger line removed", sql("DELETE FROM warehouse.ctl_batch WHERE stream = 'form'"), {"held", "made up"}),
]


@pytest.mark.parametrize(("sabotage", "laws"), [s[1:] for s in SABOTAGES], ids=[s[0] for s in SABOTAGES])
def test_sabotage_is_found(prepared: tuple[Path, Build], sabotage: Sabotage, laws: set[str]) -> None:
    home, build = prepared
    original = (home / LANDED).read_bytes()
    build.con.begin()
    try:
        sabotage(home, build)
        found = audit(home, build)
    finally:
        build.con.rollback()
        (home / LANDED).write_bytes(original)
    assert {f.law for f in found} == laws
    assert {f.stream for f in found} <= {"form"}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> object:
    """A loaded build; each sabotage is rolled back."""
    home = tmp_path_factory.mktemp("audit")
    with open_build(home, "r1") as build:
        load_batches(build, [sample().write(home), sample("gamma", "b2").write(home)])
        yield home, build


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two generations, the second of which brought the same rows again."""
    home = tmp_path_factory.mktemp("twice")
    grow(home, "r1", sample().write(home))
    grow(home, "r2", renamed(sample(), "b2").write(home))
    return home


def test_a_published_generation_is_audited_from_landing(home: Path, twice: Path) -> None:
    shutil.copytree(twice, home, symlinks=True, dirs_exist_ok=True)
    assert audit(home) == []
    drop_landed_row(home, None)  # type: ignore[arg-type]
    assert {f.law for f in audit(home)} == {"file"}, "the row came again in the second batch: nothing held is unfounded"


def test_keys_are_compared_as_they_are_held(home: Path) -> None:
    """Conform folds width, blanks and invisible characters of keys; the audit folds by itself."""
    keys = ("Ａ１", " u2 ", "u\u200b3", "号4")
    landed, conformed = Batch("alpha", "b1", {"usage": [usage(k, "a") for k in keys]}).write(home)
    path = home / conformed.streams[0].tables["core_usage_event"]
    table = pq.read_table(path)
    folded = pa.array(["A1", "u2", "u3", "号4"])
    pq.write_table(table.set_column(table.schema.get_field_index("source_key"), "source_key", folded), path)
    with open_build(home, "r1") as build:
        load_batches(build, [(landed, conformed)])
        assert audit(home, build) == []


def test_balance_sheet_adds_up(twice: Path) -> None:
    sheet = {row["stream"]: row for row in balance_sheet(twice)}
    assert sheet["form"] == {
        "platform_id": "alpha", "stream": "form", "batches": 2, "extracted": 8, "landed": 8, "accepted": 4,
        "quarantined": 2, "dropped": 2, "inserted": 2, "updated": 0, "unchanged": 2, "superseded": 0,
    }  # fmt: skip
    assert len(sheet) == 6


def test_it_shares_no_code_with_the_loader() -> None:
    tree = ast.parse(Path(audit_module.__file__).read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names = {f"{n.module}.{a.name}" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for a in n.names}
    assert not {m for m in modules | names if m and any(w in m for w in ("load", "ledger", "conform", "transforms"))}
    assert KEY_FIELD  # landing is read by the source's own field name
