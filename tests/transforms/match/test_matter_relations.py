"""Relations of cases, each situation of the domain as a row: what joins, what is asked, what is told apart."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest

from schemas.arrow import arrow_schema
from schemas.tables.link import MATTER_PAIR, MATTER_REVIEW
from tests.transforms.match.test_matters import CHECK, DIBAO, KEY, MEDICAL, PROOF, SCHEMA, case
from transforms.match.matters import MatterMatch, match_matters
from transforms.match.matters.evidence import RESPECTS
from transforms.match.matters.relations import RELATIONS
from transforms.match.matters.words import LEVEL_WORDS, RELATION_WORDS, explain_levels

SHOP, FOOD, HOUSING, RESIDENCE, ENROL = (
    "430100001301",
    "430100001302",
    "430100001001",
    "430100000901",
    "430100000401",
)
Rows = list[dict[str, object]]
HOME = {"household_no": "H1"}


def found(rows: Rows, decisions: list[tuple[str, str, str]] | None = None) -> MatterMatch:
    """The cases matched; decisions are (left, right, judgement) by number."""
    constraints = None
    if decisions is not None:
        full = {row["source_key"]: row["record_id"] for row in rows}
        parts = list(zip(*[(full.get(a, a), full.get(b, b), j) for a, b, j in decisions], strict=True)) or [[], [], []]
        constraints = pa.table(dict(zip(("left_id", "right_id", "judgement"), map(list, parts), strict=True)))
    return match_matters(pa.Table.from_pylist(rows, schema=SCHEMA), None, KEY, constraints)


def groups(match: MatterMatch) -> list[str]:
    """The matters, each as its cases' numbers in order."""
    members: dict[str, list[str]] = {}
    for link in match.links.to_pylist():
        members.setdefault(link["matter_id"], []).append(link["record_id"].split(":")[1])
    return sorted(" ".join(sorted(numbers)) for numbers in members.values())


def relations(match: MatterMatch) -> list[str]:
    """The pairs, as ``first>later relation grade``."""
    told = []
    for pair in match.pairs.to_pylist():
        ids = [pair["left_id"], pair["right_id"]]
        ids.sort(key=lambda i: i != pair["first_id"])
        told.append(f"{'>'.join(i.split(':')[1] for i in ids)} {pair['relation_code']} {pair['grade_code']}")
    return sorted(told)


SITUATIONS: dict[str, tuple[Rows, list[str], list[str]]] = {
    "duplicate across platforms": (
        [case("1", "P", DIBAO, "07-01"), case("2", "P", DIBAO, "07-03", platform="p2")],
        ["1 2"],
        ["1>2 duplicate probable"],
    ),
    "fifteen working days apart are a duplicate, sixteen are not": (
        [case("1", "P", DIBAO, "07-01"), case("2", "P", DIBAO, "07-22"), case("3", "Q", DIBAO, "07-01"),
         case("4", "Q", DIBAO, "07-23")],
        ["1 2", "3 4"],
        ["1>2 duplicate probable", "3>4 same_matter probable"],
    ),
    "beyond the window a person is asked": (
        [case("1", "P", MEDICAL, "07-01"), case("2", "P", MEDICAL, "07-24", platform="p2")],
        ["1", "2"],
        ["1>2 same_matter possible"],
    ),
    "far beyond the window is another matter": (
        [case("1", "P", MEDICAL, "03-02"), case("2", "P", MEDICAL, "07-24", platform="p2")],
        ["1", "2"],
        [],
    ),
    "lawful sequence": (
        [case("1", "P", DIBAO, "07-01"), case("2", "P", MEDICAL, "07-01", platform="p2")],
        ["1", "2"],
        ["1>2 lawful_sequence no"],
    ),
    "the other way round is no lawful sequence": (
        [case("1", "P", MEDICAL, "07-01"), case("2", "P", DIBAO, "07-02", platform="p2")],
        ["1", "2"],
        [],
    ),
    "lawful sequence beside a chain": (
        [case("1", "P", RESIDENCE, "07-01"), case("2", "P", ENROL, "07-02"), case("3", "P", ENROL, "07-06")],
        ["1", "2 3"],
        ["1>2 lawful_sequence no", "1>3 lawful_sequence no", "2>3 duplicate probable"],
    ),
    "withdrawn and applied for again": (
        [case("1", "P", DIBAO, "07-01", status_code="withdrawn"), case("2", "P", DIBAO, "07-03")],
        ["1 2"],
        ["1>2 reapplied probable"],
    ),
    "sub-cases of one matter": (
        [case("1", "P", DIBAO, "07-01"), case("2", "P", MEDICAL, "07-01", parent_case_no="1", link_code="parent"),
         case("3", "P", RESIDENCE, "07-02", parent_case_no="1", link_code="parent")],
        ["1 2 3"],
        ["1>2 parent certain", "1>3 parent certain"],
    ),
    "reopened": (
        [case("1", "P", DIBAO, "03-02"), case("2", "P", DIBAO, "07-02", parent_case_no="1", link_code="reopen")],
        ["1 2"],
        ["1>2 reopen certain"],
    ),
    "the case that is named comes first, whatever its time": (
        [case("1", "P", DIBAO, "07-02"), case("2", "P", DIBAO, "07-01", parent_case_no="1", link_code="transfer")],
        ["1 2"],
        ["1>2 transfer certain"],
    ),
    "transferred to another platform that kept the number": (
        [case("A77", "P", DIBAO, "07-01"),
         case("2", "P", MEDICAL, "07-03", parent_case_no="A77", link_code="transfer", platform="p2")],
        ["2 A77"],
        ["A77>2 transfer probable"],
    ),
    "a number named on another platform is another person's": (
        [case("A77", "Q", DIBAO, "07-01"),
         case("2", "P", DIBAO, "07-03", parent_case_no="A77", link_code="transfer", platform="p2")],
        ["2", "A77"],
        [],
    ),
    "a number named on two other platforms says nothing": (
        [case("7", "Q", DIBAO, "07-01"), case("7", "R", DIBAO, "07-01", platform="p3"),
         case("2", None, DIBAO, "07-03", parent_case_no="7", link_code="transfer", platform="p2")],
        ["2", "7", "7"],
        ["7>7 number_reused no"],
    ),
    "handled jointly, as stated": (
        [case("1", "P", DIBAO, "07-01"), case("2", "P", DIBAO, "07-01", parent_case_no="1", link_code="joint")],
        ["1 2"],
        ["1>2 joint certain"],
    ),
    "handled jointly, under one project": (
        [case("1", "P", SHOP, "07-01", project_no="X9"), case("2", "P", FOOD, "07-01", project_no="X9", platform="p2")],
        ["1 2"],
        ["1>2 joint certain"],
    ),
    "one project over two classes": (
        [case("1", "P", SHOP, "07-01", project_no="X9"),
         case("2", "P", RESIDENCE, "07-03", project_no="X9", platform="p2")],
        ["1 2"],
        ["1>2 joint certain"],
    ),
    "one project, on one platform without a person": (
        [case("1", "P", SHOP, "07-01", project_no="X9"),
         case("2", None, SHOP, "07-02", project_no="X9", platform="p2")],
        ["1 2"],
        ["1>2 duplicate probable"],
    ),
    "one project number reused by two platforms": (
        [case("1", "P", SHOP, "07-01", project_no="X9"), case("2", "Q", SHOP, "07-01", project_no="X9", platform="p2")],
        ["1", "2"],
        ["1>2 number_reused no"],
    ),
    "one case number on two platforms is no evidence": (
        [case("1", "P", SHOP, "03-02"), case("1", "P", RESIDENCE, "07-01", platform="p2")],
        ["1", "1"],
        [],
    ),
    "two shops are two matters": (
        [case("1", "P", SHOP, "07-01", object_no="92A"), case("2", "P", SHOP, "07-01", object_no="92B", platform="p2")],
        ["1", "2"],
        [],
    ),
    "one shop, held by two people": (
        [case("1", "P", SHOP, "07-01", object_no="92A"), case("2", "Q", SHOP, "07-01", object_no="92A", platform="p2")],
        ["1", "2"],
        ["1>2 duplicate possible"],
    ),
    "one shop, one platform without a person": (
        [case("1", "P", SHOP, "07-01", object_no="92A"),
         case("2", None, SHOP, "07-02", object_no="92A", platform="p2")],
        ["1 2"],
        ["1>2 duplicate probable"],
    ),
    "two houses: a person is asked": (
        [case("1", "P", HOUSING, "07-01", address="岳麓路12号3栋402室"),
         case("2", "P", HOUSING, "07-20", address="湘江村8组15号", platform="p2")],
        ["1", "2"],
        ["1>2 same_matter possible"],
    ),
    "one house": (
        [case("1", "P", HOUSING, "07-01", address="岳麓路12号3栋402室"),
         case("2", "P", HOUSING, "07-20", address="岳麓路12号3幢402", platform="p2")],
        ["1 2"],
        ["1>2 duplicate probable"],
    ),
    "husband and wife ask for what serves the household": (
        [case("1", "P", DIBAO, "07-01", **HOME), case("2", "Q", DIBAO, "07-02", **HOME, platform="p2")],
        ["1", "2"],
        ["1>2 duplicate possible"],
    ),
    "by one door too": (
        [case("1", "P", DIBAO, "07-01", address="岳麓路12号3栋402室"),
         case("2", "Q", DIBAO, "07-02", address="岳麓路12号3幢402室", platform="p2")],
        ["1", "2"],
        ["1>2 duplicate possible"],
    ),
    "husband and wife each ill": (
        [case("1", "P", MEDICAL, "07-01", **HOME), case("2", "Q", MEDICAL, "07-09", **HOME, platform="p2")],
        ["1", "2"],
        [],
    ),
    "household and project": (
        [case("1", "P", DIBAO, "07-01", **HOME, project_no="X9"),
         case("2", "Q", CHECK, "07-09", **HOME, project_no="X9", platform="p2")],
        ["1 2"],
        ["1>2 joint probable"],
    ),
    "a batch has a head but is no matter": (
        [case("0", None, PROOF, "07-01"),
         *(case(str(n), f"P{n}", PROOF, "07-01", parent_case_no="0", link_code="parent") for n in range(1, 5))],
        ["0", "1", "2", "3", "4"],
        [f"0>{n} batch no" for n in range(1, 5)],
    ),
    "twice in one batch": (
        [case("0", None, PROOF, "07-01"),
         *(case(str(n), f"P{min(n, 4)}", PROOF, "07-01", parent_case_no="0", link_code="parent") for n in range(1, 6))],
        ["0", "1", "2", "3", "4 5"],
        [*(f"0>{n} batch no" for n in range(1, 6)), "4>5 duplicate probable"],
    ),
    "a couple in one batch": (
        [case(str(n), f"P{n}", DIBAO, "07-01", **(HOME if n < 3 else {})) for n in range(1, 5)],
        ["1", "2", "3", "4"],
        ["1>2 batch no"],
    ),
    "a family under one head": (
        [case("0", "P", DIBAO, "07-01", **HOME),
         case("1", "Q", CHECK, "07-01", **HOME, parent_case_no="0", link_code="parent")],
        ["0 1"],
        ["0>1 parent certain"],
    ),
    "a case of somebody else, stated to be part": (
        [case("0", "P", DIBAO, "07-01"), case("1", "Q", CHECK, "07-01", parent_case_no="0", link_code="parent")],
        ["0 1"],
        ["0>1 parent probable"],
    ),
    "titles that say different things": (
        [case("1", "P", PROOF, "07-01", title="开具居住证明(孩子入学用)"),
         case("2", "P", PROOF, "07-08", title="银行贷款需要住址材料", platform="p2")],
        ["1", "2"],
        ["1>2 duplicate possible"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SITUATIONS)
def test_situations(name: str) -> None:
    rows, matters, told = SITUATIONS[name]
    match = found(rows)
    assert (groups(match), relations(match)) == (matters, told)
    assert match.pairs.schema.equals(arrow_schema(MATTER_PAIR))
    assert match.review.schema.equals(arrow_schema(MATTER_REVIEW))
    asked = [f"{r['left_id']} {r['right_id']}" for r in match.review.to_pylist()]
    grey = [f"{p['left_id']} {p['right_id']}" for p in match.pairs.to_pylist() if p["grade_code"] == "possible"]
    assert asked == grey


def test_a_link_explains_itself() -> None:
    match = found([case("1", "P", DIBAO, "07-01"), case("2", "P", CHECK, "07-03", platform="p2")])
    (pair,) = match.pairs.to_pylist()
    assert pair["levels"] == (
        "person=same item=same_class days=within_5 object=null community=same number=null title=null link=null"
    )
    bits = {n: {x["level"]: x["bits"] for x in v} for n, v in match.report["levels"].items()}  # type: ignore[attr-defined]
    told = match.report["prior"] + bits["person"]["same"] + bits["item"]["same_class"] + bits["days"]["within_5"]
    assert pair["match_weight"] == pytest.approx(told, abs=0.02)


def test_every_level_and_relation_has_words() -> None:
    assert {r: [*words] for r, words in LEVEL_WORDS.items()} == {r: [v.name for v in vs] for r, vs in RESPECTS.items()}
    assert tuple(RELATION_WORDS) == RELATIONS
    (pair,) = found([case("1", "P", DIBAO, "07-01"), case("2", "P", CHECK, "07-03")]).pairs.to_pylist()
    assert [reason.en for reason in explain_levels(pair["levels"])] == [
        "the same applicant",
        "items of one class",
        "at most 5 working days apart",
        "the same community",
    ]


CHAIN = [case("1", "P", DIBAO, "07-01"), case("2", "P", CHECK, "07-08"), case("3", "P", DIBAO, "07-15", platform="p2")]
ALONE = [case("1", "P", DIBAO, "03-02"), case("2", "Q", MEDICAL, "07-01"), case("3", "P", DIBAO, "05-06")]


@pytest.mark.parametrize(
    ("rows", "decisions", "matters", "asked"),
    [
        (CHAIN, [], ["1 2 3"], 0),
        (CHAIN, [("1", "2", "different")], ["1", "2 3"], 0),
        (CHAIN, [("1", "3", "different")], ["1 2", "3"], 0),
        (CHAIN, [("3", "1", "different"), ("2", "1", "different"), ("2", "3", "different")], ["1", "2", "3"], 0),
        (CHAIN, [("1", "2", "unsure")], ["1 2 3"], 0),
        (CHAIN[:2], [("1", "2", "unsure")], ["1", "2"], 0),
        (CHAIN[:2], [("1", "nowhere", "different")], ["1 2"], 0),
        (CHAIN[:2], [("1", "2", "different"), ("2", "1", "same")], ["1 2"], 0),
        (ALONE, [("1", "2", "same")], ["1 2", "3"], 0),
        (ALONE, [("1", "2", "same"), ("2", "3", "same"), ("1", "3", "different")], ["1 2", "3"], 0),
        (ALONE, [("1", "3", "same")], ["1 3", "2"], 0),
        (SITUATIONS["two houses: a person is asked"][0], [], ["1", "2"], 1),
        (SITUATIONS["two houses: a person is asked"][0], [("2", "1", "same")], ["1 2"], 0),
        (SITUATIONS["two houses: a person is asked"][0], [("1", "2", "different")], ["1", "2"], 0),
        (SITUATIONS["two houses: a person is asked"][0], [("1", "2", "unsure")], ["1", "2"], 0),
        (SITUATIONS["reopened"][0], [("1", "2", "different")], ["1", "2"], 0),
        (SITUATIONS["reopened"][0], [("1", "2", "unsure")], ["1", "2"], 0),
    ],
)
def test_decisions_are_obeyed(
    rows: Rows, decisions: list[tuple[str, str, str]], matters: list[str], asked: int
) -> None:
    match = found(rows, decisions)
    assert groups(match) == matters
    assert match.review.num_rows == asked


def test_a_decided_pair_is_explained() -> None:
    match = found(ALONE, [("1", "2", "same"), ("2", "3", "different")])
    assert relations(match) == ["1>2 same_matter certain", "3>2 other_matter no"]
    match = found(CHAIN, [("1", "2", "different")])
    assert relations(match) == ["1>2 other_matter no", "1>3 duplicate probable", "2>3 same_matter probable"]


NAMED = ("person_id", "household_no", "project_no", "object_no", "source_key", "parent_case_no")


def renamed(row: dict[str, object], mark: str) -> dict[str, object]:
    """The same case in another life: every key with a mark before it."""
    keys = {name: f"{mark}{row[name]}" for name in NAMED if row[name]}
    return row | keys | {"record_id": f"{row['platform_id']}:{keys['source_key']}"}


def town(people: int) -> Rows:
    """Every situation lived through by several people, on several platforms."""
    told = [(name, rows) for name, (rows, _, _) in SITUATIONS.items()]
    rows = [renamed(row, f"{n}-{name}-") for n in range(people) for name, situation in told for row in situation]
    random.Random(5).shuffle(rows)  # noqa: S311
    return rows


def partition(match: MatterMatch) -> set[frozenset[str]]:
    """The matters, by case numbers and not by ids."""
    members: dict[str, set[str]] = {}
    for link in match.links.to_pylist():
        members.setdefault(link["matter_id"], set()).add(link["record_id"].split(":", 1)[1])
    return {frozenset(m) for m in members.values()}


def test_what_may_not_matter_does_not() -> None:
    rows = town(3)
    before = found(rows)
    assert found(rows[::-1]).links.equals(before.links)
    assert found(rows[::-1]).pairs.equals(before.pairs)
    unrelated = [renamed(row, "z") for row in rows]
    assert partition(before) <= partition(found(rows + unrelated))


def test_splitting_a_platform_in_two_changes_no_matter() -> None:
    rows = town(3)
    linked = {row["parent_case_no"] for row in rows}
    halves = [row if n % 2 or row["link_code"] or row["source_key"] in linked else row | {
        "platform_id": "p9", "record_id": f"p9:{row['source_key']}"
    } for n, row in enumerate(rows)]  # fmt: skip
    assert partition(found(halves)) == partition(found(rows))
