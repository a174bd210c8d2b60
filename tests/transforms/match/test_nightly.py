"""A night that matches only changes publishes what a full run with the same model would publish."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from shutil import rmtree

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.transforms.match.people import make_people
from tests.transforms.match.test_incremental import decisions
from transforms.match.config import MatchConfig, Pass
from transforms.match.engine import match
from transforms.match.identity import NO_PAST, Past
from transforms.match.nights.changes import GROWN, NO_REGISTER, OTHER_VERSION, UNLIKE_PUBLISHED
from transforms.match.nights.nightly import CHANGES, FULL, MATCHED, WHY, Previous, match_persons_nightly
from transforms.match.persons import PERSONS, PersonMatch, person_match, prepared
from transforms.match.register.store import NAMES as NAMES_FILE
from transforms.match.register.store import copy_register, read_register
from transforms.match.results.review import questions

KEY = b"k" * 32
NAMES = ("links", "pairs", "review", "persons")


@cache
def records() -> pa.Table:
    return make_people(residents=900, communities=10, seed=11).records.sort_by("record_id")


@dataclass
class Home:
    """Night after night on one register; ``full``: the same night by a full run with the register's model."""

    path: Path
    last: PersonMatch | None = None
    asked: pa.Table | None = None

    @property
    def previous(self) -> Previous:
        return Previous() if self.last is None else Previous(self.last.links, self.last.pairs, self.last.persons)

    def night(self, table: pa.Table, told: pa.Table | None = None, past: Past = NO_PAST) -> PersonMatch:
        self.last = match_persons_nightly(self.path, table, self.previous, KEY, told, past)
        return self.last

    def full(self, table: pa.Table, told: pa.Table | None = None, past: Past = NO_PAST) -> PersonMatch:
        assert self.last is not None
        model = read_register(self.path).read_model(PERSONS)
        table = prepared(table)
        found = match(table, PERSONS, told, model)
        self.asked = questions(table["record_id"].combine_chunks(), found, PERSONS)
        return person_match(table, found, self.asked, self.last.links, KEY, past)

    def questions(self) -> pa.Table:
        """All that the register would ask, were there room."""
        return read_register(self.path).read("question")

    def copy(self, path: Path) -> Home:
        copy_register(self.path, path)
        return Home(path, self.last)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home after its first night, with the first nine tenths of all records."""
    home = Home(tmp_path_factory.mktemp("first") / "register")
    home.night(early())
    return home


def early() -> pa.Table:
    """Nine in ten of all records."""
    return records().filter(pa.array(np.arange(records().num_rows) % 10 != 0))


def corrected(table: pa.Table, count: int) -> pa.Table:
    """The first records stand under the names and telephones of the next."""
    for name in ("person_name", "phone"):
        parts = table[name][count : 2 * count], table[name][count:]
        values = pa.concat_arrays([part.combine_chunks() for part in parts])
        table = table.set_column(table.column_names.index(name), name, values)
    return table


def of_equal(table: pa.Table, count: int) -> pa.Table:
    """Further copies of some records, under ids of their own, before and after all others."""
    chosen = table.take(pa.array(np.arange(0, count * 7, 7)))
    copies = [
        chosen.set_column(0, "record_id", pc.binary_join_element_wise(sign, chosen["record_id"], "")) for sign in "a~"
    ]
    return pa.concat_tables([table, *copies])


NIGHTS: dict[str, Callable[[], pa.Table]] = {
    "nothing": early,
    "new": records,
    "corrected": lambda: corrected(early(), 80),
    "removed": lambda: early().slice(150),
    "copied": lambda: of_equal(early(), 60),
    "all at once": lambda: of_equal(corrected(records().slice(100), 80), 60),
}
"""What happens in the second night -> all records then."""


@pytest.mark.parametrize("case", NIGHTS)
def test_a_night_equals_a_full_run(first: Home, tmp_path: Path, case: str) -> None:
    home, table = first.copy(tmp_path / "register"), NIGHTS[case]()
    whole = home.full(table)
    night = home.night(table)
    assert night.model[MATCHED] == CHANGES
    alike(night, whole)
    assert home.asked is not None
    same_rows(home.questions(), home.asked, "questions")


def alike(night: PersonMatch, whole: PersonMatch) -> None:
    """Every table is the same, but for the order of rows and the last digits of sums."""
    for name in NAMES:
        same_rows(getattr(night, name), getattr(whole, name), name)


def same_rows(one: pa.Table, other: pa.Table, name: str) -> None:
    a, b = as_rows(one), as_rows(other)
    assert a.keys() == b.keys(), name
    assert [k for k in a if a[k] != pytest.approx(b[k], abs=1e-9)] == [], name


def as_rows(table: pa.Table) -> dict[tuple[str, ...], tuple[object, ...]]:
    """Key (all texts) of each row -> its numbers."""
    rows = table.to_pylist()
    assert rows
    keyed = {tuple(str(v) for v in r.values() if not isinstance(v, float)): _numbers(r) for r in rows}
    assert len(keyed) == len(rows)
    return keyed


def _numbers(row: dict[str, object]) -> tuple[object, ...]:
    return tuple(v for v in row.values() if isinstance(v, float))


def test_many_nights_equal_one_full_run(first: Home, tmp_path: Path) -> None:
    home, table = first.copy(tmp_path / "register"), records()
    order = np.random.default_rng(5).permutation(table.num_rows)
    for night in range(4):
        now = table.take(pa.array(np.sort(order[night * 40 :])))
        whole = home.full(now)
        alike(home.night(now), whole)
    assert home.night(now).model["touched"] == 0


def test_further_copies_make_questions_worth_more(first: Home, tmp_path: Path) -> None:
    home = first.copy(tmp_path / "register")
    asked = pa.concat_arrays([home.questions()[c].combine_chunks() for c in ("left_id", "right_id")])
    chosen, table = records().filter(pc.is_in(records()["record_id"], asked)), early()
    for sign in "ABCD":
        ids = pc.binary_join_element_wise(sign, chosen["record_id"], "")
        table = pa.concat_tables([table, chosen.set_column(0, "record_id", ids)])
        home.full(table)
        home.night(table)
        assert home.asked is not None
        same_rows(home.questions(), home.asked, sign)


def test_who_is_not_touched_keeps_everything(first: Home, tmp_path: Path) -> None:
    home, before = first.copy(tmp_path / "register"), first.last
    assert before is not None
    night = home.night(records().filter(pa.array(np.arange(records().num_rows) % 200 != 0)))
    was = dict(zip(*(before.links[c].to_pylist() for c in ("record_id", "person_id")), strict=True))
    now = dict(zip(*(night.links[c].to_pylist() for c in ("record_id", "person_id")), strict=True))
    assert sum(was[r] != now[r] for r in was.keys() & now.keys()) < 0.01 * len(was)


def test_decisions_take_effect_in_a_night_and_hold(first: Home, tmp_path: Path) -> None:
    home = first.copy(tmp_path / "register")
    assert home.last is not None
    a, b, other = one_and_another(home.last)
    before = person_of(home.last)
    told = decisions((a, b, "different"), (a, other, "same"))
    claims = pa.table({"record_id": [b], "entity_id": [before[a]]})
    past = Past(NO_PAST.ended, NO_PAST.merged, claims.cast(NO_PAST.undone.schema))
    whole = home.full(early(), told, past)
    alike(home.night(early(), told, past), whole)
    now = person_of(home.last)
    assert now[b] == before[a] != now[a] == now[other]
    assert person_of(home.night(records(), told))[a] != now[b]
    undone = home.full(early())
    alike(home.night(early()), undone)


def one_and_another(found: PersonMatch) -> tuple[str, str, str]:
    """Two records of one person of three or more, and one of a person of one record and no number."""
    table = found.links.join(records().select(["record_id", "cert_no"]), "record_id").sort_by("record_id").to_pylist()
    several = next(p["person_id"] for p in found.persons.to_pylist() if p["record_count"] > 3)
    a, b, *_ = (r["record_id"] for r in table if r["person_id"] == several)
    other = next(r["record_id"] for r in table if r["grade_code"] == "single" and r["cert_no"] is None)
    return a, b, other


def person_of(found: PersonMatch) -> dict[str, str]:
    return dict(zip(*(found.links[c].to_pylist() for c in ("record_id", "person_id")), strict=True))


def test_an_id_of_somebody_else_is_not_given(first: Home, tmp_path: Path) -> None:
    """The id that a new person would get by rule lives elsewhere."""
    home = first.copy(tmp_path / "register")
    assert home.last is not None
    new = records().filter(pc.invert(pc.is_in(records()["record_id"], home.last.links["record_id"].combine_chunks())))
    made = person_of(home.copy(tmp_path / "try.duckdb").night(pa.concat_tables([early(), new])))
    lone = next(r for r in new["record_id"].to_pylist() if list(made.values()).count(made[r]) == 1)
    someone = home.last.links["person_id"][0].as_py()
    swapped = pc.if_else(pc.equal(home.last.links["person_id"], someone), made[lone], home.last.links["person_id"])
    home.last = PersonMatch(
        home.last.links.set_column(1, home.last.links.schema.field(1), swapped.cast(pa.string())),
        home.last.pairs, home.last.review, home.last.persons, {},
    )  # fmt: skip
    now = person_of(home.night(pa.concat_tables([early(), new])))
    assert now[lone] != made[lone]
    assert len({r for r, p in now.items() if p == now[lone]}) == 1


def grown(_: Home) -> pa.Table:
    more = records().slice(0, records().num_rows // 4)
    copies = more.set_column(0, "record_id", pc.binary_join_element_wise("z", more["record_id"], ""))
    return pa.concat_tables([records(), copies])


def without_file(home: Home) -> pa.Table:
    rmtree(home.path)
    return early()


def spoilt(home: Home) -> pa.Table:
    """One of the files ends too early (not those of the register that this one was copied from)."""
    path = next(home.path.glob("node-*"))
    octets = path.read_bytes()
    path.unlink()
    path.write_bytes(octets[:-1000])
    return early()


def of_another_version(home: Home) -> pa.Table:
    told = json.loads((home.path / NAMES_FILE).read_text())
    (home.path / NAMES_FILE).unlink()
    (home.path / NAMES_FILE).write_text(json.dumps(told | {"version": "0"}))
    return early()


def unlike(home: Home) -> pa.Table:
    assert home.last is not None
    last = home.last
    home.last = PersonMatch(last.links.slice(1), last.pairs, last.review, last.persons, {})
    return early()


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (grown, GROWN),
        (without_file, NO_REGISTER),
        (spoilt, NO_REGISTER),
        (of_another_version, OTHER_VERSION),
        (unlike, UNLIKE_PUBLISHED),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_when_everything_is_matched(
    first: Home, tmp_path: Path, spoil: Callable[[Home], pa.Table], why: str
) -> None:
    home = first.copy(tmp_path / "register")
    table = spoil(home)
    night = home.night(table)
    assert (night.model[MATCHED], night.model[WHY]) == (FULL, why)
    assert home.path.stat().st_mode & 0o077 == 0
    again = home.night(table)
    assert again.model[MATCHED] == CHANGES
    alike(again, night)


def test_another_configuration_is_matched_in_full(first: Home, tmp_path: Path) -> None:
    from dataclasses import replace

    home = first.copy(tmp_path / "register")
    other: MatchConfig = replace(PERSONS, passes=(*PERSONS.passes, Pass(("sex_code.value", "phone.number"))))
    night = match_persons_nightly(home.path, early(), home.previous, KEY, config=other)
    assert night.model[WHY] == OTHER_VERSION
