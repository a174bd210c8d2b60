"""A year of nights on a province (``make test-year``): ids stay, the account adds up, a wrong merge stays undone.

365 nights with new, corrected and withdrawn records and decisions, each matched by what changed. About two minutes.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from time import perf_counter, process_time

import pytest

from tests.transforms.match.judge import precision_recall
from tests.transforms.match.test_incremental import partition
from tests.year.account import Account
from tests.year.province import TAKEN, VICTIM, Year
from transforms.match.engine import match
from transforms.match.nights.nightly import CHANGES, FULL, MATCHED, Previous, match_persons_nightly
from transforms.match.persons import PERSONS, PersonMatch, prepared
from transforms.match.register.store import copy_register, read_register

KEY = b"k" * 32
NIGHTS, RESIDENTS = 365, 1000
MISTAKE, UNDONE = 40, 100
ANSWERS_EVERY = 15
"""Nights between two answers of a reviewer, who knows the truth."""


@dataclass
class Lived:
    """What a year came to. ``moved``: nights on which a person of the same records, or a record that was not touched,
    had another id than the night before."""

    year: Year
    account: Account
    path: Path
    last: PersonMatch | None = None
    moved: list[int] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)
    full: list[int] = field(default_factory=list)
    ids: list[dict[str, str]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def night(self, night: int) -> None:
        constraints, past = self.account.ruled(self.year.table)
        before = Previous() if self.last is None else Previous(self.last.links, self.last.pairs, self.last.persons)
        started, copy = process_time(), self.path.with_name(f"night{night % 2}")
        copy_register(self.path, copy)
        found = match_persons_nightly(copy, self.year.table, before, KEY, constraints, past)
        self.seconds.append(process_time() - started)
        self.path, self.last = copy, found
        if found.model[MATCHED] == FULL:
            self.full.append(night)
        self.account.write(night, found.links)
        self._judge(night, found)

    def _judge(self, night: int, found: PersonMatch) -> None:
        now = dict(zip(found.links["record_id"].to_pylist(), found.links["person_id"].to_pylist(), strict=True))
        if self.ids and kept_apart(self.ids[-1], now):
            self.moved.append(night)
        if self.account.broken():
            self.broken.append(night)
        self.ids.append(now)


def kept_apart(before: dict[str, str], now: dict[str, str]) -> set[str]:
    """Ids of persons whose records are the same as the night before, under another id."""
    was, is_ = members(before), members(now)
    same = {records: person for person, records in is_.items()}
    return {person for person, records in was.items() if same.get(records, person) != person}


def members(ids: dict[str, str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for record, person in ids.items():
        found[person].add(record)
    return {person: frozenset(records) for person, records in found.items()}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    year = Year.of(RESIDENTS, NIGHTS)
    lived = Lived(year, Account(), tmp_path_factory.mktemp("year") / "register")
    for night in range(NIGHTS + 1):
        if night:
            year.night(night)
            happen(lived, night)
        lived.night(night)
    return lived


def happen(lived: Lived, night: int) -> None:
    """What happens on special nights."""
    if night == MISTAKE:
        lived.year.mistake()
    if night == UNDONE:
        undo(lived)
    if night > UNDONE and night % 50 == 0:
        lived.year.more_of_the_taken(night)
    if night % ANSWERS_EVERY == 0:
        answer(lived, night)


def undo(lived: Lived) -> None:
    """As ``liandao review undo`` does: what each side was, and that the two are not one, with the ids they had."""
    before = lived.ids[MISTAKE - 1]
    sides = [sorted(r for r in lived.ids[-1] if r.startswith(sign)) for sign in (TAKEN, VICTIM)]
    for side in sides:
        for a, b in pairwise(side):
            lived.account.decide(UNDONE, a, b, "same")
    a, b = (side[0] for side in sides)
    lived.account.decide(UNDONE, a, b, "different", (before[a], before[b]))


def answer(lived: Lived, night: int) -> None:
    """A reviewer answers the question that is worth most."""
    assert lived.last is not None
    here = set(lived.year.table["record_id"].to_pylist())
    for asked in lived.last.review.to_pylist():
        left, right = asked["left_id"], asked["right_id"]
        if {left, right} <= here and left[0] != "w" and right[0] != "w":
            is_one = lived.year.truth[left] == lived.year.truth[right]
            lived.account.decide(night, left, right, "same" if is_one else "different")
            return


def test_who_did_not_change_keeps_the_id_on_every_night(lived: Lived) -> None:
    assert lived.moved == []


def test_the_account_adds_up_on_every_night(lived: Lived) -> None:
    assert lived.broken == []
    given = set().union(*(set(ids.values()) for ids in lived.ids))
    live = set(lived.ids[-1].values())
    merged, retired = lived.account.ids("merged"), lived.account.ids("retired")
    assert given - live <= merged | retired
    assert given <= lived.account.ids("created", "split")


def test_a_retired_id_never_comes_back(lived: Lived) -> None:
    retired = lived.account.con.execute(RETIRED).fetchall()
    assert retired
    for person, generation in retired:
        assert all(person not in ids.values() for ids in lived.ids[generation - 1 :: 20])


def test_a_wrong_merge_is_undone_and_stays_undone(lived: Lived) -> None:
    before = lived.ids[MISTAKE - 1]
    assert before[f"{TAKEN}0"] != before[f"{VICTIM}0"]
    for night in range(MISTAKE, UNDONE):
        assert lived.ids[night][f"{VICTIM}0"] == before[f"{TAKEN}0"], night
    for night in range(UNDONE, NIGHTS + 1):
        now = lived.ids[night]
        assert {now[f"{VICTIM}{n}"] for n in range(3)} == {before[f"{VICTIM}0"]}, night
        assert {p for r, p in now.items() if r.startswith(TAKEN)} == {before[f"{TAKEN}0"]}, night


def test_the_last_night_is_what_one_full_run_finds(lived: Lived) -> None:
    constraints, _ = lived.account.ruled(lived.year.table)
    model = read_register(lived.path).read_model(PERSONS)
    table = prepared(lived.year.table)
    found = match(table, PERSONS, constraints, model)
    now = lived.ids[-1]
    people = sorted(set(now.values()))
    labels = [people.index(p) for p in now.values()]
    assert partition(list(now), labels) == partition(table["record_id"].to_pylist(), found.cluster_of.tolist())


def test_quality_and_cost_of_the_year(lived: Lived, capsys: pytest.CaptureFixture[str]) -> None:
    now, full = lived.ids[-1], lived.full
    truth = {r: lived.year.truth[r] for r in now}
    precision, recall = precision_recall(now, truth)
    everything = [lived.seconds[n] for n in full[1:]] or [lived.seconds[0]]
    nights = sorted(s for n, s in enumerate(lived.seconds) if n not in full)
    started, wall = process_time(), perf_counter()
    match(prepared(lived.year.table), PERSONS)
    size = sum(file.stat().st_size for file in lived.path.rglob("*"))
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{NIGHTS} nights, {len(now)} records at the end, {len(lived.account.entries)} decisions;"
            f" everything matched on nights {full}"
            f"\nprecision {precision:.4f}, recall {recall:.4f}"
            f"\nCPU seconds: all nights {sum(lived.seconds):.0f}, a night {nights[len(nights) // 2]:.2f} (median),"
            f" {nights[-1]:.2f} (longest), everything {everything[0]:.2f},"
            f" the engine alone {process_time() - started:.2f} ({perf_counter() - wall:.2f} wall)"
            f"\nregister {size / 2**20:.0f} MiB"
            f"\nevents: {dict(lived.account.con.execute(EVENTS).fetchall())}"
        )
    assert lived.last is not None
    assert lived.last.model[MATCHED] == CHANGES
    assert precision > 0.995
    assert recall > 0.97


EVENTS = "SELECT event_code, count(*) FROM warehouse.link_person_event GROUP BY ALL ORDER BY ALL"
RETIRED = "SELECT person_id, min(generation) FROM warehouse.link_person_event WHERE event_code = 'retired' GROUP BY ALL"
