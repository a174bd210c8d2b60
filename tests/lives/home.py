"""The home of many lives: links, ledger and history, by the program's own statements on one database in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pyarrow as pa

from liandao.refusals import Facts, in_turn
from liandao.undoing import Event, plan
from schemas.decisions import PERSON, UNDO, Answer, Decision, in_force
from tests.lives.worlds import World
from tests.year.account import BEGIN, Account
from transforms.match.decisions import settle, undone_claims
from transforms.match.identity import CLAIM, Past
from warehouse.history import LINEAGES
from warehouse.queries import query
from warehouse.structure import replace_table

EVENTS = """
    SELECT event_id, generation, event_code, person_id, other_id, decision_id FROM warehouse.link_person_event
    WHERE generation >= ? ORDER BY event_id
"""


class Home(Account):
    """All lives of a batch. ``persons``: record -> person as published."""

    def __init__(self, worlds: Sequence[World]) -> None:
        super().__init__()
        self.worlds = {world.name: world for world in worlds}
        self.persons: dict[str, str] = {}

    def answer(self, night: int, answers: Sequence[Answer], source: str) -> None:
        """Keep answers, whatever speaks against them."""
        at = (BEGIN + timedelta(days=night, seconds=len(self.entries))).isoformat()
        for given in answers:
            a = given.ordered()
            told = (a.source_key, a.note, a.left_entity_id, a.right_entity_id, a.withdraws)
            number = f"D{len(self.entries):06d}"
            self.entries.append(Decision(number, a.kind, a.left_id, a.right_id, a.judgement, at, "王五", source, *told))

    def standing(self, world: World) -> list[Decision]:
        """The decisions in force on a world."""
        return in_force(self.log(world))

    def log(self, world: World) -> list[Decision]:
        """The ledger's entries on a world."""
        return [d for d in self.entries if d.left_id.startswith(world.name)]

    def is_refused(self, world: World, answers: Sequence[Answer], *, restores: bool = False) -> bool:
        """Whether the check speaks against any of the answers."""
        gone = {a.withdraws for a in answers}
        held = [d for d in self.standing(world) if d.decision_id not in gone]
        judged = [(a.left_id, a.right_id, a.judgement) for a in (b.ordered() for b in answers) if a.withdraws is None]
        facts = self.facts(world, [(d.left_id, d.right_id, d.judgement) for d in held])
        return any(in_turn(facts, judged, restores=restores))

    def facts(self, world: World, held: Sequence[tuple[str, str, str]]) -> Facts:
        """What answers on a world are checked against: the published persons, the records as they are."""
        entity = {r: p for r, p in self.persons.items() if r.startswith(world.name) and r in world.rows}
        numbers = {r: hash(row.valid) for r, row in world.rows.items() if row.valid}
        numbered = {entity[r]: (r, code) for r, code in numbers.items() if r in entity}
        return Facts(held, entity, numbers, numbered)

    def events(self, since: int) -> list[Event]:
        """Changes of the generations from ``since`` on that can be undone."""
        rows = self.con.execute(EVENTS, [since]).fetchall()
        return [e for e in (Event(PERSON, *row) for row in rows) if e.can_be_undone]

    def world_of(self, event: Event) -> World:
        """The world that an event happened in."""
        text = "SELECT min(record_id) FROM vault.link_person_event_record WHERE event_id = ?"
        (record,) = self.con.execute(text, [event.event_id]).fetchone() or ("",)
        return self.worlds[str(record).split(":")[0]]

    def undo(self, night: int, event: Event) -> bool:
        """Undo an event; whether that was possible."""
        world = self.world_of(event)
        answers = plan(self.ask, event, self.log(world), None)
        if self.is_refused(world, answers, restores=True):
            return False
        self.answer(night, answers, UNDO)
        return True

    def ask(self, name: str, **words: Any) -> pa.Table:
        """A statement on what is published."""
        return self.con.execute(query(name, **LINEAGES[PERSON].names()), words).to_arrow_table()

    def settled(self, decisions: pa.Table, record_ids: pa.Array) -> tuple[pa.Table, Past]:
        """Constraints of a night, and the past that ids are taken from."""
        numbers = {r: hash(row.valid) for w in self.worlds.values() for r, row in w.rows.items() if row.valid}
        settled = settle(decisions, PERSON, record_ids, numbers)
        replace_table(self.con, "link_decision", settled.decisions)
        ended = self.ask("history_ended")["entity_id"].combine_chunks()
        merged = self.ask("history_merged").cast(CLAIM)
        return settled.constraints, Past(ended, merged, undone_claims(settled.decisions, self.obeyed, PERSON))

    def publish(self, night: int, links: pa.Table, pairs: pa.Table) -> None:
        """Publish the links of a night: decisions that could not be obeyed wait, the history is written."""
        replace_table(self.con, "link_person_pair", pairs)
        held = {"entity": self.names["entity"], "links": self.names["links"]}
        self.con.execute(query("history_before", **held))
        replace_table(self.con, "link_person", links)
        self.con.execute(query("decisions_waiting"))
        self.obeyed = self.con.execute("SELECT * FROM vault.link_decision").to_arrow_table()
        self.write_events(night)
        self.persons = dict(zip(links["record_id"].to_pylist(), links["person_id"].to_pylist(), strict=True))
