"""Redundant entry: the toy truth of domain.md B3 to the digit, the case of 低保, and what must always hold."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from tests.transforms.measure.world import World, duplicate, entry_world, shuffle

# domain.md B3: three platforms, two persons, twelve manual entries and one import; shelf life for ever.
TOY = """
at platform mode   person attribute   value
1  A        manual P1     cert_no     X1
1  A        manual P1     person_name 张三
1  A        manual P1     phone       138
3  B        manual P2     cert_no     X2
5  B        manual P1     cert_no     X1
5  B        manual P1     person_name 张三
5  B        manual P1     phone       138
8  A        import P2     cert_no     X2
9  C        manual P1     cert_no     X1
9  C        manual P1     person_name 张三~
9  C        manual P1     phone       139
12 C        manual P2     cert_no     X2
20 B        manual P1     cert_no     X1
"""

CLASSES = """
first first first first cross cross cross not_typed cross cross conflict cross intra
"""


@pytest.fixture(scope="module")
def toy() -> World:
    return entry_world(TOY).measure("M11", "M12", "M15")


def classes(world: World) -> list[str]:
    """Classes of entries in the order they were written down."""
    return [c for (c,) in world.rows(
        "SELECT class_code FROM warehouse.mart_entry_class ORDER BY split_part(entry_id, ':', 3)::INT"
    )]  # fmt: skip


def test_every_toy_entry_has_its_class(toy: World) -> None:
    assert classes(toy) == CLASSES.split()
    assert toy.rows("SELECT count(*) FROM warehouse.mart_entry_class WHERE is_variant") == [(1,)]


def test_toy_rate_is_one_half(toy: World) -> None:
    rate = toy.figure("M11")
    assert (rate["numerator"], rate["denominator"], rate["value"]) == (6, 12, 0.5)
    assert rate["lower"] <= 0.5 <= rate["upper"]
    assert rate["rule_version"] == "1"
    assert toy.value("M11.intra") == pytest.approx(1 / 12)
    assert toy.value("M11.conflict") == pytest.approx(1 / 12)


@pytest.mark.parametrize(("platform", "redundant", "judged"), [("A", 0, 3), ("B", 3, 5), ("C", 3, 4)])
def test_toy_rate_of_each_platform(toy: World, platform: str, redundant: int, judged: int) -> None:
    figure = toy.figure("M11", "platform", platform)
    assert (figure["numerator"], figure["denominator"]) == (redundant, judged)


def test_toy_matrix_and_its_conservation(toy: World) -> None:
    matrix = toy.rows(
        "SELECT holder_platform_id || '>' || receiver_platform_id, first_holder_entries, fractional_entries,"
        " any_holder_entries FROM warehouse.mart_redundancy_matrix ORDER BY ALL"
    )
    assert matrix == [("A>B", 3, 3.0, 3), ("A>C", 2, 1.5, 3), ("B>C", 1, 1.5, 3)]
    assert [sum(column) for column in zip(*[row[1:] for row in matrix], strict=True)] == [6, 6.0, 9]


def test_toy_connections_are_ranked_by_what_they_add(toy: World) -> None:
    assert toy.rows(
        "SELECT rank, left_platform_id || right_platform_id, pair_entries, marginal_entries, cumulative_share"
        " FROM warehouse.mart_connection ORDER BY rank"
    ) == [(1, "AB", 3, 3, 0.5), (2, "AC", 3, 3, 1.0), (3, "BC", 3, 0, 1.0)]


def test_toy_typing_time_is_forty_seconds(toy: World) -> None:
    hours = toy.figure("M15")
    assert hours["value"] * 3600 == pytest.approx(3 * 7.89 + 2 * 5.37 + 5.93)
    assert round(hours["value"] * 3600, 2) == 40.34
    assert hours["lower"] < hours["value"] < hours["upper"]
    assert toy.value("M15.top_ten") == pytest.approx(hours["value"])


def test_switching_between_platforms_costs_what_is_said() -> None:
    """B's form at 5 and C's forms at 9 and 12 hold redundant entries: three forms."""
    world = entry_world(TOY).measure("M15", overrides={"M15": {"switch_seconds": 60.0}})
    assert world.value("M15") * 3600 == pytest.approx(40.34 + 3 * 60)


def test_toy_redundancy_factor(toy: World) -> None:
    """Twelve entries; epochs: X1, 张三, 138, 139 of P1 and X2 of P2."""
    assert (toy.figure("M12")["numerator"], toy.figure("M12")["denominator"]) == (12, 5)
    assert toy.value("M12.holdings") == pytest.approx(
        12 / 5
    )  # X1, 张三 and X2 in three platforms, 138 in two, 139 in one


def test_ranking_by_seconds_may_differ() -> None:
    world = entry_world(TOY).measure("M15", overrides={"M15": {"objective": "seconds"}})
    first = world.rows("SELECT left_platform_id || right_platform_id FROM warehouse.mart_connection WHERE rank = 1")
    assert first == [("AC",)]  # two numbers of 18 digits weigh more than number, name and telephone


def test_dibao_case_of_nine_fields_in_four_platforms() -> None:
    fields = [
        "cert_no",
        "person_name",
        "phone",
        "address",
        "sex_code",
        "birth_date",
        "household_no",
        "bank_account",
        "health_code",
    ]
    rows = [f"{t} {p} manual P1 {f} v{n}" for t, p in enumerate("ABCD") for n, f in enumerate(fields)]
    world = entry_world("at platform mode person attribute value\n" + "\n".join(rows), "ABCD").measure("M11", "M12")
    assert world.figure("M11")["denominator"] == 36
    assert world.value("M12") == 4
    assert world.value("M11") == 0.75


RULES = [
    # what it shows, entries after the first (A manual 138 at hour 1), class of the last
    ("nobody held it", "0710T09:00 B manual P2 phone 138", "first"),
    ("another platform holds it", "0710T09:00 B manual P1 phone 138", "cross"),
    ("its own platform holds it", "0710T09:00 A manual P1 phone 138", "intra"),
    (
        "both hold it: its own comes first",
        "0702T09:00 B import P1 phone 138\n0710T09:00 A manual P1 phone 138",
        "intra",
    ),
    ("another holds another value", "0710T09:00 B manual P1 phone 139", "conflict"),
    ("its own platform holds another value", "0710T09:00 A manual P1 phone 139", "conflict"),
    (
        "what was held is no longer current",
        "0702T09:00 A api P1 phone 137\n0710T09:00 B manual P1 phone 138",
        "conflict",
    ),
    ("shelf life has passed", "0929T09:00 B manual P1 phone 138", "first"),
    ("shelf life has passed for others too", "0929T09:00 B manual P1 phone 139", "first"),
    ("recorded again in time", "0830T09:00 A import P1 phone 138\n0929T09:00 B manual P1 phone 138", "cross"),
    ("an attribute not shared", "0710T09:00 B manual P1 monthly_income 138", "excluded"),
    ("prefill accepted", "0710T09:00 B prefill_accepted P1 phone 138", "confirmed"),
    ("prefill edited is no plain typing", "0710T09:00 B prefill_edited P1 phone 138", "not_typed"),
    ("typed by the resident", "0710T09:00 B resident_self P1 phone 138", "not_typed"),
    ("nobody knows whose it is", "0710T09:00 B manual - phone 138", "unmatched"),
    (
        "held because a resident typed it",
        "0702T09:00 C resident_self P2 phone 7\n0710T09:00 B manual P2 phone 7",
        "cross",
    ),
    ("same second, later by id", "1 B manual P1 phone 138", "cross"),
]


@pytest.fixture(scope="module")
def ruled() -> World:
    """Every rule in one world, each about a person of its own."""
    lines = [f"1 A manual P1 phone 138\n{then}".replace(" P", f" {n}P") for n, (_, then, _) in enumerate(RULES)]
    text = "at platform mode person attribute value\n" + "\n".join(lines)
    return entry_world(text, shelf_life_days={"phone": 60}).measure("M11")


@pytest.mark.parametrize("number", range(len(RULES)), ids=[shows for shows, _, _ in RULES])
def test_rules_of_holding(ruled: World, number: int) -> None:
    _, _, expected = RULES[number]
    last = sum(2 + then.count("\n") for _, then, _ in RULES[: number + 1]) - 1
    assert classes(ruled)[last] == expected


def test_entries_before_the_window_are_held_but_not_counted() -> None:
    world = entry_world("""
        at         platform mode   person attribute value
        0601T09:00 A        manual P1     cert_no   X
        0602T09:00 B        manual P1     cert_no   X
        0701T00:00 C        manual P1     cert_no   X
        0930T23:59 A        manual P2     cert_no   Y
    """).measure("M11")
    assert (world.figure("M11")["numerator"], world.figure("M11")["denominator"]) == (1, 2)
    months = world.rows(
        "SELECT grain_key, numerator, denominator FROM warehouse.mart_figure WHERE grain = 'month' ORDER BY 1"
    )
    assert months == [("2026-06", 1, 2), ("2026-07", 1, 1), ("2026-09", 0, 1)]


LINKS = """
record_id grade_code confidence
A:form:0  certain    1.0
B:form:1  certain    1.0
C:form:2  possible   0.6
A:form:3  certain    1.0
C:form:4  possible   0.6
"""


def test_doubt_about_persons_widens_the_interval_only() -> None:
    """C's links are in doubt: its repeat (row 2) may be none, its first entry (row 4) may be a repeat."""
    world = entry_world("""
        at platform mode   person attribute value
        1  A        manual P1     cert_no   X
        2  B        manual P1     cert_no   X
        3  C        manual P1     cert_no   X
        4  A        manual P2     cert_no   Y
        5  C        manual P3     cert_no   Z
    """)
    links = [line.split() for line in LINKS.strip().splitlines()[1:]]
    world.add("link_person", [
        {"record_id": r, "person_id": "x", "grade_code": g, "confidence": float(c)} for r, g, c in links
    ]).measure("M11")  # fmt: skip
    assert world.value("M11") == world.value("M11.sampling") == 0.4
    sure, possible = world.rows(
        "SELECT count(*) FILTER (is_sure), count(*) FILTER (is_possible) FROM warehouse.mart_entry_class"
    )[0]
    assert (sure, possible) == (1, 3)
    wide, narrow = world.figure("M11"), world.figure("M11.sampling")
    assert wide["lower"] <= narrow["lower"] <= 0.4 <= narrow["upper"] <= wide["upper"]
    assert wide["lower"] < narrow["lower"] or wide["upper"] > narrow["upper"]


def random_entries(seed: int, rows: int = 400) -> str:
    rng = np.random.default_rng(seed)
    pick = {
        "platform": list("ABCD"),
        "mode": ["manual", "manual", "manual", "import", "prefill_accepted"],
        "person": [f"P{n}" for n in range(12)],
        "attribute": ["cert_no", "phone", "address"],
        "value": ["u", "v", "w"],
    }
    drawn = [[str(rng.choice(choices)) for choices in pick.values()] for _ in range(rows)]
    hours = rng.permutation(2000)[:rows]
    lines = [f"{h} {' '.join(cells)}" for h, cells in zip(hours, drawn, strict=True)]
    return "at platform mode person attribute value\n" + "\n".join(lines)


def outcome(world: World) -> Any:
    """Everything that must not depend on the order or the number of deliveries."""
    return (
        world.rows("FROM warehouse.mart_redundancy_class ORDER BY ALL"),
        world.rows("FROM warehouse.mart_redundancy_matrix ORDER BY ALL"),
        world.rows("FROM warehouse.mart_connection ORDER BY ALL"),
        world.rows("SELECT measure_id, grain, grain_key, value, lower, upper FROM warehouse.mart_figure ORDER BY ALL"),
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_order_and_repeated_delivery_of_rows_change_nothing(seed: int) -> None:
    plain, again, shuffled = (entry_world(random_entries(seed), "ABCD", {"phone": 30}) for _ in range(3))
    duplicate(again.con, "fact_entry")
    shuffle(shuffled.con, "fact_entry", seed)
    expected = outcome(plain.measure("M11", "M12", "M15"))
    assert outcome(again.measure("M11", "M12", "M15")) == expected
    assert outcome(shuffled.measure("M11", "M12", "M15")) == expected


def reference_classes(text: str, shelf_hours: dict[str, int]) -> Counter[str]:
    """The definition of domain.md B3 followed word by word, entry by entry."""
    rows = [line.split() for line in text.splitlines()[1:]]
    order = sorted(range(len(rows)), key=lambda n: (int(rows[n][0]), f"{rows[n][1]}:form:{n}:{rows[n][4]}"))
    current: dict[tuple[str, str], dict[str, tuple[str, int]]] = {}
    found: Counter[str] = Counter()
    for n in order:
        at, platform, mode, person, attribute, value = rows[n]
        held = current.setdefault((person, attribute), {})
        fresh = {p: v for p, (v, t) in held.items() if int(at) - t <= shelf_hours.get(attribute, 10**6)}
        if mode == "manual":
            if fresh.get(platform) == value:
                found["intra"] += 1
            elif value in fresh.values():
                found["cross"] += 1
            else:
                found["conflict" if fresh else "first"] += 1
        held[platform] = (value, int(at))
    return found


@pytest.mark.parametrize("seed", [3, 4])
def test_classes_agree_with_the_definition_followed_entry_by_entry(seed: int) -> None:
    text = random_entries(seed)
    world = entry_world(text, "ABCD", {"phone": 30, "address": 5}).measure("M11")
    found = Counter(c for c in classes(world) if c in ("intra", "cross", "conflict", "first"))
    assert found == reference_classes(text, {"phone": 30 * 24, "address": 5 * 24})


def best_saving(world: World, pairs: int) -> int:
    """Most entries that any set of so many connections spares, by trying them all."""
    entries = [(q, set(h.split(","))) for q, h in world.rows(
        "SELECT platform_id, holders FROM warehouse.mart_entry_class WHERE class_code = 'cross'"
    )]  # fmt: skip
    every = list(combinations("ABCD", 2))
    return max(
        sum(any({q, p} == set(pair) for pair in chosen for p in holders) for q, holders in entries)
        for chosen in combinations(every, pairs)
    )


def test_greedy_is_exact_for_one_pair_and_near_for_more() -> None:
    world = entry_world(random_entries(7), "ABCD").measure("M11", "M15")
    saved = [m for (m,) in world.rows("SELECT marginal_entries FROM warehouse.mart_connection ORDER BY rank")]
    assert saved == sorted(saved, reverse=True)
    assert saved[0] == best_saving(world, 1)
    for pairs in (2, 3):
        assert sum(saved[:pairs]) >= (1 - 1 / np.e) * best_saving(world, pairs)
    assert sum(saved) == world.figure("M11")["numerator"]
