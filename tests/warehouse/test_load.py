"""Loading: versions of rows, their fates, and what is written beside them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import Unbalanced
from schemas.receipts import Conformed
from tests.warehouse.batches import Batch, Row, form, renamed, sample, ticket, usage
from tests.warehouse.generation import Pair, rows
from warehouse.build import Build, open_build
from warehouse.checksum import table_checksums
from warehouse.load import load_batches

Delivery = tuple[str, float, str]
"""Batch id, hour of change, telephone (the content that tells versions apart)."""

#  name | loads, each a list of deliveries of form f1 | telephone held | inserted, updated, unchanged, superseded
VERSIONS: list[tuple[str, list[list[Delivery]], str, tuple[int, int, int, int]]] = [
    ("new", [[("b1", 0, "A")]], "A", (1, 0, 0, 0)),
    ("later change", [[("b1", 0, "A")], [("b2", 1, "B")]], "B", (1, 1, 0, 0)),
    ("earlier change comes late", [[("b2", 1, "B")], [("b1", 0, "A")]], "B", (1, 0, 0, 1)),
    ("same again", [[("b1", 0, "A")], [("b2", 0, "A")]], "A", (1, 0, 1, 0)),
    ("same content, later change", [[("b1", 0, "A")], [("b2", 1, "A")]], "A", (1, 1, 0, 0)),
    ("tie: the later delivery wins", [[("b1", 0, "A")], [("b2", 0, "B")]], "B", (1, 1, 0, 0)),
    ("tie: the earlier delivery comes late", [[("b2", 0, "B")], [("b1", 0, "A")]], "B", (1, 0, 0, 1)),
    ("two versions in one batch", [[("b1", 1, "B"), ("b1", 0, "A")]], "B", (1, 0, 0, 1)),
    ("tie in one batch: the later row wins", [[("b1", 0, "A"), ("b1", 0, "B")]], "B", (1, 0, 0, 1)),
    ("two batches in one load", [[("b1", 0, "A"), ("b2", 1, "B")]], "B", (1, 0, 0, 1)),
    ("back to what it was", [[("b1", 0, "A")], [("b2", 1, "B")], [("b3", 2, "A")]], "A", (1, 2, 0, 0)),
]


def deliver(home: Path, deliveries: list[Delivery], platform_id: str) -> list[Pair]:
    """Batches of one platform holding versions of one form."""
    by_batch: dict[str, list[Row]] = {}
    for batch_id, hour, phone in deliveries:
        by_batch.setdefault(batch_id, []).append(form("f1", hour, phone=phone, address=f"home of {phone}"))
    return [Batch(platform_id, b, {"form": versions}).write(home) for b, versions in by_batch.items()]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Build]:
    """One build for many cases; each takes a platform of its own."""
    with open_build(tmp_path_factory.mktemp("shared"), "r1") as build:
        yield build


@pytest.mark.parametrize(("loads", "held", "fates"), [v[1:] for v in VERSIONS], ids=[v[0] for v in VERSIONS])
def test_the_version_to_hold(
    shared: Build, loads: list[list[Delivery]], held: str, fates: tuple[int, int, int, int]
) -> None:
    platform = f"p{VERSIONS.index(next(v for v in VERSIONS if v[1] is loads))}"
    total = dict.fromkeys(("inserted", "updated", "unchanged", "superseded"), 0)
    for load in loads:
        counts = load_batches(shared, deliver(shared.home, load, platform)).counts
        total = {verdict: total[verdict] + counts[verdict] for verdict in total}

    def of(text: str) -> list[dict[str, Any]]:
        return rows(shared, text.format(mine=f"platform_id = '{platform}'"))

    assert tuple(total.values()) == fates
    assert of("SELECT phone FROM vault.core_form WHERE {mine}") == [{"phone": held}]
    assert of("SELECT phone FROM vault.link_person_record WHERE {mine}") == [{"phone": held}]
    phones = of("SELECT value FROM vault.core_entry_event WHERE {mine} AND attribute_code = 'phone'")
    assert phones == [{"value": held}], "entry events belong to the version held"
    assert of("SELECT count(*) AS n FROM vault.core_entry_event WHERE {mine}") == [{"n": 4}]
    fated = "inserted_rows + updated_rows + unchanged_rows + superseded_rows"
    law = of(f"SELECT sum(accepted_rows) AS accepted, sum({fated}) AS fated FROM warehouse.ctl_batch WHERE {{mine}}")
    assert law[0]["accepted"] == law[0]["fated"] == sum(len(load) for load in loads)


def test_order_of_batches_does_not_matter(shared: Build) -> None:
    """Every order of four batches, and all of them in one load, end with the same rows."""
    deliveries: list[list[Delivery]] = [
        [("b1", 0, "A"), ("b1", 1, "B")],
        [("b2", 1, "C")],
        [("b3", 1, "B"), ("b3", 0, "Z")],
        [("b4", 1, "C"), ("b4", 0.5, "Y")],
    ]
    held = "SELECT source_key, phone, changed_at, batch_id, landed_row FROM vault.core_form WHERE platform_id = ?"
    typed = "SELECT attribute_code, value, landed_row FROM vault.core_entry_event WHERE platform_id = ? ORDER BY ALL"
    orders = [*([[at] for at in order] for order in list(permutations(range(4)))[::3]), [[0, 1, 2, 3]]]
    seen = set()
    for number, order in enumerate(orders):
        platform = f"order{number}"
        pairs = [deliver(shared.home, d, platform)[0] for d in deliveries]
        for load in order:
            load_batches(shared, [pairs[at] for at in load])
        seen.add(str([shared.con.execute(text, [platform]).to_arrow_table().to_pylist() for text in (held, typed)]))
    assert len(seen) == 1


def test_loading_a_batch_again_changes_nothing(home: Path) -> None:
    pair = sample().write(home)
    with open_build(home, "r1") as build:
        load_batches(build, [pair])
        before, ledger = table_checksums(build.con), rows(build, "SELECT * FROM warehouse.ctl_batch ORDER BY ALL")
        again = load_batches(build, [pair])
        assert again.batch_ids == []
        assert table_checksums(build.con) == before
        assert rows(build, "SELECT * FROM warehouse.ctl_batch ORDER BY ALL") == ledger


def test_the_same_rows_under_another_batch_are_unchanged(home: Path) -> None:
    with open_build(home, "r1") as build:
        load_batches(build, [sample().write(home)])
        counts = load_batches(build, [renamed(sample(), "b2").write(home)]).counts
    assert counts == {"streams": 6, "inserted": 0, "updated": 0, "unchanged": 12, "superseded": 0}


def test_keys_of_platforms_do_not_meet(home: Path) -> None:
    pairs = [Batch(p, f"b_{p}", {"usage": [usage("u1", "a"), usage("u2", "a")]}).write(home) for p in ("alpha", "beta")]
    with open_build(home, "r1") as build:
        assert load_batches(build, pairs).counts["inserted"] == 4


def test_control_tables_say_where_every_row_went(home: Path) -> None:
    with open_build(home, "r1") as build:
        load_batches(build, [sample().write(home)])
        ledger = rows(build, "SELECT * FROM warehouse.ctl_batch WHERE stream = 'form'")[0]
        assert {k: v for k, v in ledger.items() if k.endswith("_rows")} == {
            "extracted_rows": 4, "landed_rows": 4, "accepted_rows": 2, "quarantined_rows": 1, "dropped_rows": 1,
            "inserted_rows": 2, "updated_rows": 0, "unchanged_rows": 0, "superseded_rows": 0,
        }  # fmt: skip
        aside = rows(build, "SELECT source_key, disposition_code FROM vault.ctl_quarantine ORDER BY landed_row")
        assert [tuple(r.values()) for r in aside] == [("f8", "quarantine"), ("f9", "drop")]
        hits = rows(
            build, "SELECT reason_code, disposition_code, row_count FROM warehouse.ctl_quality_flag ORDER BY ALL"
        )
        assert [tuple(r.values()) for r in hits] == [
            ("core_form.cert_no.DIGITS_LOST", "quarantine", 1),
            ("core_form.person_name.TEST_RECORD", "drop", 1),
        ]


def test_person_records_come_from_forms_and_tickets(home: Path) -> None:
    people = [form("f1", residence_code="439901001001"), form("f2")]
    calls = [ticket("t1", "欧阳试", None), ticket("t2", None, "0739-1"), ticket("t3", None, None)]
    with open_build(home, "r1") as build:
        load_batches(build, [Batch("alpha", "b1", {"form": people, "ticket": calls}).write(home)])
        found = rows(build, "SELECT record_id, community_code, stream FROM vault.link_person_record ORDER BY ALL")
    assert [tuple(r.values()) for r in found] == [
        ("alpha:form:f1", "439901001001", "form"),
        ("alpha:form:f2", "430102001001", "form"),
        ("alpha:ticket:t1", "430102001001", "ticket"),
        ("alpha:ticket:t2", "430102001001", "ticket"),
    ]


def test_a_file_that_holds_other_than_its_receipt_says_stops_the_load(home: Path) -> None:
    landed, conformed = sample().write(home)
    raw = conformed.to_dict()
    raw["streams"][0]["accepted"] += 1
    with pytest.raises(Unbalanced, match="receipt"), open_build(home, "r1") as build:
        load_batches(build, [(landed, Conformed.from_dict(raw))])
