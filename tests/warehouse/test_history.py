"""The history of surrogates: every event of every kind, and an account that adds up."""

from __future__ import annotations

import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from schemas.decisions import Answer, decision_table
from tests.warehouse.generation import install_as_it_is, rows
from transforms.match.identity import CLAIM, NO_PAST, PERSON, Past, stable_ids
from warehouse import reader
from warehouse.build import Build, open_build
from warehouse.decisions import read_decisions, writing
from warehouse.history import broken_histories, read_past, write_history
from warehouse.links import previous_links, write_decisions
from warehouse.structure import replace_table

CASES = {
    "grown": ("A:ab B:c", "A:abd B:c", set()),
    "created": ("A:ab", "A:ab C:x", {"created C< 1"}),
    "merged": ("A:ab B:c", "A:abc", {"merged B<A 1"}),
    "three in one": ("A:ab B:c C:d", "A:abcd", {"merged B<A 1", "merged C<A 1"}),
    "split": ("A:abc", "A:ab C:c", {"split C<A 1"}),
    "in three": ("A:abcd", "A:ab C:c D:d", {"split C<A 1", "split D<A 1"}),
    "retired": ("A:ab B:c", "A:ab", {"retired B< 1"}),
    "moved": ("A:ab B:cd", "A:a B:bcd", {"moved B<A 1"}),
    "out of two": ("A:abc B:de", "A:ab B:d C:ce", {"moved C<B 1", "split C<A 1"}),
    "one in two": ("A:abg B:cde C:f", "B:cdeab C:fg", {"merged A<B 2", "moved C<A 1"}),
}
"""Situation -> persons (id and records) before and after, and the events (code, id, other id, records)."""


def match(build: Build, links: dict[str, str]) -> None:
    """Write these persons (record -> id), the copy of the ledger and the history."""
    count = len(links)
    columns = {"record_id": list(links), "person_id": list(links.values())}
    table = pa.table({**columns, "grade_code": ["certain"] * count, "confidence": [1.0] * count})
    replace_table(build.con, "link_person", table)
    write_decisions(build, decision_table(read_decisions(build.home)))
    write_history(build, "person")


def publish_links(home: Path, run_id: str, links: dict[str, str]) -> None:
    with open_build(home, run_id) as build:
        match(build, links)
        match(build, links)  # as when the step is tried again
        assert broken_histories(build, "person") == 0
    install_as_it_is(home, run_id)


def decide(home: Path, judgement: str) -> str:
    with writing(home) as ledger:
        return ledger.append([Answer("person", "merged.a", "merged.c", judgement)], "王五", "command")[0].decision_id


def spread(case: str, text: str) -> dict[str, str]:
    """``A:ab B:c`` as records a, b of A and c of B, all named after the case."""
    return {f"{case}.{record}": f"{case}.{part[0]}" for part in text.split() for record in part[2:]}


def everything(after: int) -> dict[str, str]:
    return {k: v for case, texts in CASES.items() for k, v in spread(case, texts[after]).items()}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A home of three generations, and the decisions behind the second (a merge) and the third (undone)."""
    home = tmp_path_factory.mktemp("lived")
    publish_links(home, "r1", everything(0))
    decisions = [decide(home, "same")]
    publish_links(home, "r2", everything(1))
    decisions.append(decide(home, "different"))
    publish_links(home, "r3", everything(1) | spread("merged", CASES["merged"][0]))
    return home, decisions


def events(home: Path, generation: int) -> list[dict[str, Any]]:
    with reader.connect(home) as con:
        return rows(con, f"SELECT * FROM warehouse.link_person_event WHERE generation = {generation}")


@pytest.mark.parametrize("case", CASES)
def test_events(lived: tuple[Path, list[str]], case: str) -> None:
    def of_case(generation: int) -> set[str]:
        found = [e for e in events(lived[0], generation) if e["person_id"].startswith(f"{case}.")]
        named = ((e["event_code"], e["person_id"][-1], (e["other_id"] or "")[-1:], e["record_count"]) for e in found)
        return {f"{code} {person}<{other} {count}" for code, person, other, count in named}

    before, _, expected = CASES[case]
    assert of_case(1) == {f"created {part[0]}< {len(part) - 2}" for part in before.split()}
    assert of_case(2) == expected


def test_an_event_names_the_decision_behind_it_and_its_records(lived: tuple[Path, list[str]]) -> None:
    (merged,) = (e for e in events(lived[0], 2) if e["person_id"] == "merged.B")
    (restored,) = events(lived[0], 3)
    assert [merged["decision_id"], restored["decision_id"]] == lived[1]
    assert (restored["event_code"], restored["person_id"], restored["other_id"]) == ("restored", "merged.B", "merged.A")
    with reader.connect(lived[0]) as con:
        held = rows(con, f"SELECT * FROM vault.link_person_event_record WHERE event_id = '{merged['event_id']}'")
    sides = sorted((r["record_id"][-1], r["person_id"][-1]) for r in held)
    assert sides == [("a", "A"), ("b", "A"), ("c", "B")]


def test_a_random_life_adds_up_and_no_retired_id_comes_back(home: Path) -> None:
    """Records come, go and are grouped anew: every id ever given lives, was merged into one that by and by lives, or
    was retired for good."""
    rng, records = random.Random(4), [f"r{n:02d}" for n in range(30)]  # noqa: S311
    given: set[str] = set()
    live: set[str] = set()
    retired: set[str] = set()
    for generation in range(1, 5):
        here = sorted(rng.sample(records, 24))
        groups = np.unique([rng.randrange(9) for _ in here], return_inverse=True)[1].astype(np.int64)
        with open_build(home, f"r{generation}") as build:
            ids = _name(build, here, groups)
            match(build, {record: ids[group] for record, group in zip(here, groups.tolist(), strict=True)})
            assert broken_histories(build, "person") == 0
        install_as_it_is(home, f"r{generation}")
        assert not retired & set(ids)
        live = set(ids)
        given |= live
        retired |= {e["person_id"] for e in events(home, generation) if e["event_code"] == "retired"}
    _check_fates([e for generation in range(1, 5) for e in events(home, generation)], given, live)


def _name(build: Build, here: list[str], groups: Any) -> list[str]:
    past = NO_PAST
    if build.generation > 1:
        ended, merged = read_past(build, "person")
        past = Past(ended, merged.cast(CLAIM), CLAIM.empty_table())
    previous = previous_links(build, "link_person")
    found: list[str] = stable_ids(pa.array(here), groups, previous, "person_id", b"k" * 32, PERSON, past).to_pylist()
    return found


def _check_fates(told: list[dict[str, Any]], given: set[str], live: set[str]) -> None:
    last: dict[str, dict[str, Any]] = {}
    count: dict[str, int] = defaultdict(int)
    for event in told:
        if event["event_code"] != "moved":
            last[event["person_id"]] = event
            count[event["event_code"]] += 1
    assert set(last) == given
    assert count["created"] + count["split"] + count["restored"] - count["merged"] - count["retired"] == len(live)
    assert min(count[code] for code in ("created", "split", "merged")) > 0
    for person, event in last.items():
        while event["event_code"] == "merged":
            event = last[str(event["other_id"])]
        assert event["event_code"] == "retired" or event["person_id"] in live, person
