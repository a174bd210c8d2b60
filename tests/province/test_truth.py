"""The planted truth: the definitions of domain.md B3 by hand, pair counts by brute force."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from province.estate import habits
from province.population import Population, populate
from province.truth import evaluate_matters, evaluate_persons, planted, redundant_entries
from schemas.codes import attributes

START = datetime.fromisoformat("2026-01-01T08:00:00+08:00")
END_OF_WINDOW = datetime.fromisoformat("2026-09-30T23:59:59+08:00")


@pytest.fixture(scope="module")
def made() -> Population:
    return populate(habits(), 11, 600, 12)


@pytest.fixture(scope="module")
def folder(made: Population, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("truth")
    made.write_truth(path)
    return path


def entries(text: str) -> pa.Table:
    """Lines of ``day platform mode person attribute=value ...`` as a table of entries."""
    rows = []
    for line in filter(None, (raw.split() for raw in text.splitlines())):
        day, platform, mode, person, *held = line
        for one in held:
            attribute, value = one.split("=")
            rows.append(
                {
                    "person_id": person,
                    "attribute_code": attribute,
                    "platform_id": platform,
                    "value": value,
                    "is_manual": mode == "manual",
                    "entered_at": START + timedelta(days=int(day)),
                }
            )
    return pa.Table.from_pylist(rows)


@pytest.mark.parametrize(
    ("told", "shelf_life", "expected"),
    [
        pytest.param(
            """
            1  A manual P1 id=X1 name=张三 phone=138
            3  B manual P2 id=X2
            5  B manual P1 id=X1 name=张三 phone=138
            8  A import P2 id=X2
            9  C manual P1 id=X1 name=张三 phone=139
            12 C manual P2 id=X2
            20 B manual P1 id=X1
            """,
            None,
            (12, 6),
            id="toy truth of B3",
        ),
        pytest.param("1 A manual P id=X\n2 A manual P id=X", None, (2, 0), id="own repetition is not redundant"),
        pytest.param("1 A manual P id=X\n2 B manual P id=X\n3 B manual P id=X", None, (3, 1), id="own before others"),
        pytest.param("1 A import P id=X\n2 B manual P id=X", None, (1, 1), id="any mode holds"),
        pytest.param("1 A manual P id=X\n2 B import P id=X", None, (1, 0), id="only typing counts"),
        pytest.param(
            "1 A manual P id=X\n2 A manual P id=Y\n3 B manual P id=X", None, (3, 0), id="an old value is not held"
        ),
        pytest.param(
            "1 A manual P id=X\n2 A manual P id=Y\n3 B manual P id=Y", None, (3, 1), id="the current value is"
        ),
        pytest.param("1 A manual P id=X\n31 B manual P id=X", 30, (2, 1), id="within shelf life"),
        pytest.param("1 A manual P id=X\n32 B manual P id=X", 30, (2, 0), id="past shelf life"),
        pytest.param("1 A manual P id=X\n20 A manual P id=X\n45 B manual P id=X", 30, (3, 1), id="recorded anew"),
        pytest.param("1 A manual P id=X\n1 B manual P id=X", None, (2, 0), id="at the same moment nobody holds yet"),
        pytest.param("1 A manual P id=X\n2 B manual Q id=X", None, (2, 0), id="another person"),
    ],
)
def test_redundant_entries(told: str, shelf_life: int | None, expected: tuple[int, int]) -> None:
    table = entries(told)
    lives = dict.fromkeys(("id", "name", "phone"), shelf_life)
    assert redundant_entries(table, lives) == expected
    shuffled = table.take(pa.array(np.random.default_rng(0).permutation(len(table))))
    assert redundant_entries(shuffled, lives) == expected


def told_one_by_one(rows: list[dict], lives: dict[str, int | None]) -> tuple[int, int]:
    """The definition of B3, entry by entry: what does each platform hold just before?"""
    manual = redundant = 0
    for entry in rows:
        if not entry["is_manual"]:
            continue
        manual += 1
        latest: dict[str, dict] = {}
        for other in rows:
            if other["attribute_code"] == entry["attribute_code"] and other["entered_at"] < entry["entered_at"]:
                held = latest.get(other["platform_id"])
                if held is None or held["entered_at"] < other["entered_at"]:
                    latest[other["platform_id"]] = other
        life = lives[entry["attribute_code"]]
        holders = {
            p
            for p, h in latest.items()
            if h["value"] == entry["value"]
            and (life is None or entry["entered_at"] - h["entered_at"] <= timedelta(days=life))
        }
        redundant += bool(holders - {entry["platform_id"]}) and entry["platform_id"] not in holders
    return manual, redundant


def test_redundancy_of_a_province_equals_the_definition_told_one_by_one(made: Population) -> None:
    lives = {a.code: a.shelf_life_days for a in attributes().values()}
    table = made.truth["entries"]
    some = table.filter(pa.compute.less(table["person_id"], 40))
    by_person: dict[int, list[dict]] = {}
    for row in some.to_pylist():
        by_person.setdefault(row["person_id"], []).append(row)
    told = np.sum([told_one_by_one(rows, lives) for rows in by_person.values()], axis=0)
    assert redundant_entries(some, lives) == tuple(told)
    assert told[1] > 100


def test_truth_grows_with_time(folder: Path) -> None:
    seen = [planted(folder, END_OF_WINDOW + timedelta(days=d)) for d in (-400, -60, 0, 31)]
    for before, after in pairwise(seen):
        assert before.persons <= after.persons
        assert before.matters < after.matters
        assert before.manual_entries <= after.manual_entries
    assert seen[0].manual_entries == 0


def test_the_window_bounds_what_counts_but_not_who_holds(folder: Path) -> None:
    window = planted(folder, END_OF_WINDOW)
    whole = planted(folder, END_OF_WINDOW, (date(2025, 1, 1), date(2026, 12, 31)))
    assert window == planted(folder, END_OF_WINDOW, (date(2026, 7, 1), date(2026, 9, 30)))
    assert whole.manual_entries > 3 * window.manual_entries
    assert window.redundant_entry_rate > whole.redundant_entry_rate
    assert window.persons == whole.persons


def test_planted_figures_are_plausible(folder: Path) -> None:
    truth = planted(folder, END_OF_WINDOW)
    assert len(truth.high_use) == 54
    assert 0.4 < truth.redundant_entry_rate < 0.85
    assert truth.satisfaction == truth.satisfied_ratings / truth.valid_ratings
    assert 0.85 < truth.latent_satisfaction < 0.96 < truth.satisfaction + 0.04


def test_deleted_truth_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        planted(tmp_path, END_OF_WINDOW)


def brute_force(truth: dict[str, object], links: dict[str, object]) -> tuple[int, int, int]:
    known = [r for r in links if truth.get(r) is not None]
    pairs = list(combinations(known, 2))
    same, linked = ({p for p in pairs if of[p[0]] == of[p[1]]} for of in (truth, links))
    return len(linked), len(same), len(linked & same)


@pytest.mark.parametrize("groups", [1, 7, 60, 10_000])
def test_pairs_are_counted_as_by_brute_force(folder: Path, made: Population, groups: int) -> None:
    records = made.truth["records"].slice(0, 150)
    person = dict(zip(records["record_id"].to_pylist(), records["person_id"].to_pylist(), strict=True))
    drawn = np.random.default_rng(groups).integers(0, groups, len(person))
    links = {r: f"c{g}" for r, g in zip(person, drawn, strict=True)}
    quality = evaluate_persons(folder, pa.table({"record_id": list(links), "person_id": list(links.values())}))
    found, true, right = brute_force(person, links)
    assert (quality.pairs_found, quality.pairs_true, quality.pairs_right) == (found, true, right)
    assert sum(s.pairs for s in quality.by_size) == found
    assert sum(s.right for s in quality.by_size) == right
    assert sum(s.clusters for s in quality.by_size) == quality.clusters


def test_the_truth_itself_is_perfect(folder: Path, made: Population) -> None:
    persons = evaluate_persons(folder, made.truth["records"].select(["record_id", "person_id"]))
    matters = evaluate_matters(folder, made.truth["cases"].select(["record_id", "matter_id"]))
    for quality in (persons, matters):
        assert (quality.precision, quality.recall, quality.f1) == (1.0, 1.0, 1.0)
        assert quality.clusters == quality.true_clusters


def test_strangers_are_counted_apart(folder: Path) -> None:
    links = pa.table({"record_id": ["nobody:form:1", "nobody:form:2"], "person_id": ["p", "p"]})
    quality = evaluate_persons(folder, links)
    assert (quality.unknown, quality.records, quality.pairs_found) == (2, 0, 0)
