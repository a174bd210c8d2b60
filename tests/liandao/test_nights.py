"""Identity over time: night after night on one home, people deciding in between."""

from __future__ import annotations

from pathlib import Path

import pytest

from liandao.commands.history import tell
from liandao.reviewing import decide, open_questions, withdraw
from liandao.undoing import undo
from schemas.decisions import COMMAND, DIFFERENT, SAME, UNSURE, Answer, in_force
from schemas.errors import ConfigurationError, DecisionRefused, LedgerBroken
from tests.liandao.nights import WHO, Nights, crowd, number, record, say, somebody
from warehouse.decisions import ledger_path, read_decisions


def test_a_decision_joins_and_the_id_with_most_records_stays(lived: Nights) -> None:
    before, after = lived.ids[0], lived.ids[1]
    assert {after[r] for r in ("a1", "a2", "b1", "b2", "b3")} == {before["b1"]}
    (event,) = lived.rows("SELECT * FROM warehouse.link_person_event WHERE generation = 2 AND event_code = 'merged'")
    assert (event["person_id"], event["other_id"], event["record_count"]) == (before["a1"], before["b1"], 2)
    assert event["decision_id"] == read_decisions(lived.home)[0].decision_id


def test_an_undone_merge_gives_both_ids_back_and_stays_undone(lived: Nights) -> None:
    """Although by then the side that lost its id was the larger one, and however often it is matched again."""
    before = lived.ids[0]
    for night in (2, 3, 4, 5):
        now = lived.ids[night]
        assert {now[f"a{n}"] for n in (1, 2, 3, 4, 5)} == {before["a1"]}, night
        assert {now[f"b{n}"] for n in (1, 2, 3)} == {before["b1"]}, night


def test_an_undo_retires_the_decision_that_was_the_cause(lived: Nights) -> None:
    made, before = read_decisions(lived.home), lived.ids[0]
    (undone,) = (d for d in made if d.source == "undo")
    assert (undone.judgement, undone.withdraws, undone.note) == ("withdrawn", made[0].decision_id, "电话核实")
    assert (undone.left_entity_id, undone.right_entity_id) == (before["a1"], before["b1"])


def test_a_decision_parts_two_equal_records_for_good(lived: Nights) -> None:
    assert lived.ids[1]["e1"] == lived.ids[1]["e2"]
    for now in lived.ids[2:]:
        assert now["e1"] != now["e2"]
        assert lived.ids[0]["e1"] in (now["e1"], now["e2"])


def test_a_decision_on_cases_parts_a_matter_for_good(lived: Nights) -> None:
    told = lived.rows("SELECT * FROM warehouse.link_matter_event ORDER BY generation, event_code")
    assert [(e["generation"], e["event_code"], e["record_count"]) for e in told] == [(1, "created", 2), (3, "split", 1)]
    assert told[1]["other_id"] == told[0]["matter_id"]
    decision = next(d for d in read_decisions(lived.home) if d.kind == "matter")
    assert told[1]["decision_id"] == decision.decision_id
    now = {r["matter_id"] for r in lived.rows("SELECT matter_id FROM warehouse.link_matter")}
    assert now == {e["matter_id"] for e in told}


def test_a_correction_moves_a_record_and_ids_follow_the_rule(lived: Nights) -> None:
    before, corrected, back = lived.ids[2], lived.ids[3], lived.ids[4]
    assert len({before[r] for r in ("c1", "d1", "a1")}) == 3
    assert before["d1"] == before["d2"] == before["d3"]
    assert corrected["d2"] == corrected["a1"] == before["a1"]
    assert corrected["c1"] == corrected["d1"] == before["d1"]
    assert back["c1"] == before["c1"]
    told = lived.rows("SELECT event_code, person_id FROM warehouse.link_person_event WHERE generation IN (4, 5)")
    assert sorted((e["event_code"], e["person_id"]) for e in told) == sorted(
        [("merged", before["c1"]), ("moved", before["a1"]), ("restored", before["c1"])]
    )


def test_who_did_not_change_keeps_the_id_and_a_quiet_night_has_no_history(lived: Nights) -> None:
    moved = {"a1", "a2", "b1", "b2", "b3", "c1", "e1", "e2", "d2"}
    for now in lived.ids[1:]:
        assert all(now[r] == lived.ids[0][r] for r in lived.ids[0].keys() - moved)
    assert lived.rows("SELECT * FROM warehouse.link_person_event WHERE generation = 6") == []
    before, after = lived.rows("SELECT checksum FROM warehouse.ctl_run ORDER BY generation")
    assert before == after


def test_the_history_of_an_id_says_who_it_is_today(lived: Nights) -> None:
    person = lived.ids[0]["a1"]
    told = tell(lived.home, person)
    assert (told.state, told.now, told.records) == ("live", person, 6)
    assert [e.event_code for e in told.events] == ["created", "merged", "restored", "moved"]
    of_record = tell(lived.home, record("c1"))
    assert of_record.now == lived.ids[0]["c1"]
    assert [e.event_code for e in of_record.events] == ["merged", "restored"]
    with pytest.raises(ConfigurationError, match="never given"):
        tell(lived.home, "P00000000000000000000")


@pytest.mark.parametrize(
    ("left", "right", "judgement", "found"),
    [
        ("a1", "nobody", SAME, "nobody"),
        ("a1", "a1", SAME, "a1"),
        ("a1", "c1", SAME, "a1 c1"),
        ("b2", "a2", SAME, "b1 a1"),
        ("b1", "b3", DIFFERENT, "b1 b2 b3"),
        ("b1", "b3", "perhaps", ""),
    ],
    ids=["unknown record", "one record", "two numbers", "against what is apart", "against a chain", "no judgement"],
)
def test_what_cannot_be_is_refused_with_its_chain(
    lived: Nights, left: str, right: str, judgement: str, found: str
) -> None:
    before = ledger_path(lived.home).read_bytes()
    with pytest.raises(DecisionRefused) as refused:
        say(lived.home, left, right, judgement)
    assert all(record(name) in refused.value.found for name in found.split())
    assert number(0) not in str(refused.value)
    assert ledger_path(lived.home).read_bytes() == before


def test_same_is_refused_between_persons_with_two_valid_numbers(tmp_path: Path) -> None:
    """Though neither record has a number: both would be torn off the persons that they belong to."""
    nights = Nights(tmp_path)
    numbered = [somebody("x1", 5), somebody("y1", 6)]
    bare = [somebody("x2", 5, cert_no=None), somebody("y2", 6, cert_no=None), somebody("z1", 7, cert_no=None)]
    nights.night([*crowd(), *numbered, *bare])
    now = nights.ids[0]
    assert (now["x1"], now["y1"]) == (now["x2"], now["y2"]), "each knows its person without a number"
    for left, right in (("x2", "y2"), ("x2", "y1"), ("y2", "x1")):
        with pytest.raises(DecisionRefused) as refused:
            say(tmp_path, left, right, SAME)
        assert all(record(name) in refused.value.found for name in ("x1", "y1", left, right))
    assert read_decisions(tmp_path) == []
    say(tmp_path, "x2", "z1", SAME)
    say(tmp_path, "x2", "x1", DIFFERENT)
    nights.night()
    assert nights.ids[1]["x2"] == nights.ids[1]["z1"] != nights.ids[1]["x1"]
    say(tmp_path, "x2", "y2", SAME)
    nights.night()
    assert nights.ids[2]["x2"] == nights.ids[2]["y1"], "parted first, it may go to the other"
    undone_and_waiting(nights)


def undone_and_waiting(nights: Nights) -> None:
    """What that decision brought about is undone; the one that is left becomes impossible by a record that comes."""
    joined = in_force(read_decisions(nights.home))[-1]
    (event,) = nights.rows("SELECT * FROM warehouse.link_person_event WHERE decision_id IS NOT NULL AND generation = 3")
    assert (event["event_code"], event["decision_id"]) == ("merged", joined.decision_id)
    undo(nights.home, event["event_id"], WHO)
    assert joined not in in_force(read_decisions(nights.home))
    for _ in range(2):
        nights.night()
        assert nights.ids[-1] == nights.ids[1]
    parted = next(d for d in read_decisions(nights.home) if d.judgement == DIFFERENT)
    withdraw(nights.home, parted.decision_id, WHO, COMMAND)
    nights.night([somebody("z2", 7)])
    now, before = nights.ids[-1], nights.ids[0]
    assert now["z1"] == now["z2"] not in (now["x1"], now["y1"])
    assert now["x1"] == now["x2"]
    assert now["y1"] == now["y2"] == before["y1"]
    (waits,) = nights.rows("SELECT * FROM vault.link_decision WHERE state_code = 'against_persons'")
    assert (waits["left_id"], waits["right_id"]) == (record("x2"), record("z1"))


def test_what_was_undone_or_never_happened_cannot_be_undone(lived: Nights) -> None:
    for target in (lived.ids[0]["a1"], lived.ids[0]["c1"], lived.ids[0]["e1"], "PE000009-1"):
        with pytest.raises(DecisionRefused):
            undo(lived.home, target, WHO) if target != lived.ids[0]["e1"] else undo(lived.home, "nobody", WHO)


def test_a_question_is_gone_as_soon_as_it_is_answered(lived: Nights) -> None:
    home = lived.home
    questions = open_questions(home)
    first = questions[0]
    made = decide(home, [Answer("person", first.left.record_id, first.right.record_id, UNSURE)], WHO, COMMAND)
    assert first.pair not in [q.pair for q in open_questions(home)]
    withdraw(home, made[0].decision_id, WHO, COMMAND)
    assert open_questions(home) == questions
    with pytest.raises(DecisionRefused, match="no such decision"):
        withdraw(home, made[0].decision_id, WHO, COMMAND)


def test_without_its_ledger_nothing_is_matched(lived: Nights) -> None:
    whole = ledger_path(lived.home).read_bytes()
    ledger_path(lived.home).write_bytes(whole.splitlines(keepends=True)[0])
    try:
        with pytest.raises(LedgerBroken):
            lived.match()
    finally:
        ledger_path(lived.home).write_bytes(whole)
