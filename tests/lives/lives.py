"""Random lives: night after night people decide, withdraw and undo, records come, go and are corrected."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from liandao.undoing import Event
from schemas.arrow import arrow_schema
from schemas.decisions import COMMAND, PERSON, WITHDRAWN, Answer, decision_table
from schemas.errors import DecisionRefused
from schemas.tables.link import PERSON_LINK
from tests.lives import expected
from tests.lives.expected import Partition
from tests.lives.home import Home
from tests.lives.worlds import CONFIG, Row, World, table_of
from transforms.match.engine import Matched, match
from transforms.match.identity import PERSON as SCHEME
from transforms.match.identity import stable_ids
from transforms.match.model import Model
from transforms.match.nights.incremental import update
from transforms.match.normalise import record_keys
from transforms.match.register.store import read_register
from transforms.match.register.write import write_register
from transforms.match.results.outputs import pairs_table

KEY = b"k" * 32
ACTS = (
    *("decide",) * 6,
    *("undo",) * 4,
    *("add",) * 2,
    *("force", "withdraw", "withdraw_all", "correct", "remove", "none"),
)
"""What may happen to a world in a night, as often as it is named. ``force``: an answer is kept unchecked, as if it had
been possible when it was given."""


@dataclass
class Trace:
    """What one life has seen, night by night: act, partition with ids. ``made``: the decision of each night, if one was
    made; ``undone``: the event that tonight's act undid."""

    acts: list[str] = field(default_factory=list)
    persons: list[dict[str, str]] = field(default_factory=list)
    made: list[str | None] = field(default_factory=list)
    undone: Event | None = None


@dataclass
class Lives:
    """A batch of lives. ``register``: carried on from night to night beside the full runs; ``wrong``: what did not
    hold, in words; ``counts``: acts and outcomes."""

    worlds: list[World]
    model: Model
    rng: random.Random
    home: Home
    traces: dict[str, Trace]
    register: Path | None = None
    rows: dict[str, Row] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, count: int, model: Model, seed: int, register: Path | None = None) -> Lives:
        """Lives that are the same for the same seed."""
        rng = random.Random(seed)  # noqa: S311
        worlds = [World.of(place, random.Random(rng.random())) for place in range(count)]  # noqa: S311
        return cls(worlds, model, rng, Home(worlds), {w.name: Trace() for w in worlds}, register)

    def live(self, nights: int) -> None:
        """So many nights."""
        for night in range(nights):
            events = self._events(night)
            for world in self.worlds:
                act = "begin" if night == 0 else self.rng.choice(ACTS)
                trace = self.traces[world.name]
                trace.made.append(None)
                trace.undone = None
                trace.acts.append(self._act(night, world, act, events.get(world.name, [])))
                self.counts[trace.acts[-1]] += 1
            self._match(night)

    def _events(self, night: int) -> dict[str, list[Event]]:
        found: dict[str, list[Event]] = {}
        for event in self.home.events(night - 1):
            found.setdefault(self.home.world_of(event).name, []).append(event)
        return found

    def _act(self, night: int, world: World, act: str, events: list[Event]) -> str:
        """Let something happen; returns what did."""
        trace, standing = self.traces[world.name], self.home.standing(world)
        if act in ("add", "correct", "remove"):
            getattr(world, act)()
            return act
        if act == "undo":
            return self._undo(night, trace, events)
        if act in ("withdraw", "withdraw_all") and standing:
            chosen = standing if act == "withdraw_all" else [self.rng.choice(standing)]
            gone = [Answer(PERSON, d.left_id, d.right_id, WITHDRAWN, withdraws=d.decision_id) for d in chosen]
            self.home.answer(night, gone, COMMAND)
            return act
        if act in ("decide", "force"):
            return self._decide(night, world, trace, act)
        return "none"

    def _decide(self, night: int, world: World, trace: Trace, act: str) -> str:
        judgement = self.rng.choice(("same", "same", "same", "different", "different", "unsure"))
        answer = Answer(PERSON, *world.pair(), judgement).ordered()
        if act == "decide" and self.home.is_refused(world, [answer]):
            return "refused"
        self.home.answer(night, [answer], COMMAND)
        trace.made[-1] = self.home.entries[-1].decision_id
        return act

    def _undo(self, night: int, trace: Trace, events: list[Event]) -> str:
        if not events:
            return "none"
        event = self.rng.choice(events)
        try:
            done = self.home.undo(night, event)
        except DecisionRefused:
            return "nothing to undo"
        if not done:
            return "undo refused"
        trace.undone = event
        return "undo"

    def _match(self, night: int) -> None:
        table = table_of(self.worlds).sort_by("record_id")
        ids = table["record_id"].combine_chunks()
        constraints, past = self.home.settled(decision_table(self.home.entries), ids)
        found = match(table, CONFIG, constraints, self.model)
        without = constraints.filter(pa.compute.not_equal(constraints["judgement"], "same"))
        free = match(table, CONFIG, without, self.model)
        if self.register is not None:
            self._carry_on(self.register, night, table, constraints, found)
        self.home.publish(night, self._links(ids, found, past), pairs_table(ids, found))
        base, now = (_grouped(ids.to_pylist(), part.cluster_of.tolist()) for part in (free, found))
        for world in self.worlds:
            trace = self.traces[world.name]
            trace.persons.append({r: self.home.persons[r] for r in world.rows})
            for what in self._judge(world, trace, base.get(world.name, set()), now.get(world.name, set())):
                self.wrong.append(f"{world.name} night {night} {trace.acts[-2:]}: {what}")
        if self.home.broken():
            self.wrong.append(f"night {night}: the history does not add up")

    def _carry_on(self, path: Path, night: int, table: pa.Table, constraints: pa.Table, found: Matched) -> None:
        """Update the register by what changed; it must hold what the full run found."""
        now = {r: row for world in self.worlds for r, row in world.rows.items()}
        if night == 0:
            write_register(path, table, record_keys(table, CONFIG), found, CONFIG, constraints)
        else:
            changed = [r for r, row in now.items() if self.rows.get(r) != row]
            rows = table.filter(pa.compute.is_in(table["record_id"], pa.array(changed, pa.string())))
            update(path, rows, pa.array(sorted(self.rows.keys() - now.keys()), pa.string()), CONFIG, constraints)
        self.rows = now
        held = read_register(path).record.all(["record_id", "cluster"])
        carried = _grouped(held["record_id"].to_pylist(), held["cluster"].to_pylist())
        whole = _grouped(table["record_id"].to_pylist(), found.cluster_of.tolist())
        for world in self.worlds:
            if carried[world.name] != whole[world.name]:
                told = _told(carried[world.name]), _told(whole[world.name])
                self.wrong.append(f"{world.name} night {night} {self.traces[world.name].acts[-2:]}: carried on {told}")

    def _links(self, ids: pa.Array, found: Matched, past: object) -> pa.Table:
        before = {"record_id": list(self.home.persons), "person_id": list(self.home.persons.values())}
        previous = pa.table(before, pa.schema({n: pa.string() for n in before})) if self.home.persons else None
        given = stable_ids(ids, found.cluster_of, previous, "person_id", KEY, SCHEME, past)  # type: ignore[arg-type]
        columns = [ids, given.take(pa.array(found.cluster_of)), pa.repeat("single", len(ids)), pa.repeat(1.0, len(ids))]
        return pa.table(columns, ["record_id", "person_id", "grade_code", "confidence"]).cast(arrow_schema(PERSON_LINK))

    def _judge(self, world: World, trace: Trace, base: Partition, now: Partition) -> list[str]:
        """What does not hold in a world tonight."""
        wrong = []
        valid = {r: row.valid for r, row in world.rows.items() if row.valid}
        if any(len({valid[r] for r in group if r in valid}) > 1 for group in now):
            wrong.append("a person has two valid numbers")
        log = [
            (d.decision_id, None if d.withdraws else (d.left_id, d.right_id, d.judgement), d.withdraws)
            for d in self.home.log(world)
        ]
        judged = expected.consistent(expected.standing(log), valid, world.rows)
        stated = {r for r, row in world.rows.items() if row.cert_no}
        if now != (should := expected.obeyed(base, judged, valid, stated)):
            wrong.append(f"decisions {judged} on {_told(base)} give {_told(now)} and not {_told(should)}")
        named = {r for d in judged if d[2] == "same" for r in d[:2]}
        if any(not any(group - named <= other for other in now) for group in base):
            wrong.append(f"a person was torn apart: {_told(base)} are {_told(now)} by {judged}")
        return wrong + _ids(trace) + self._undone(trace)

    def _undone(self, trace: Trace) -> list[str]:
        """What does not hold of a merge by evidence that was undone tonight: its sides are apart."""
        event, now = trace.undone, trace.persons[-1]
        if event is None or event.event_code != "merged" or event.decision_id is not None:
            return []
        self.counts["undo of evidence"] += 1
        rows = self.home.ask("event_records", events=[event.event_id]).to_pylist()
        sides = [
            {now[r["record_id"]] for r in rows if r["before_id"] == side and r["record_id"] in now}
            for side in (event.entity_id, event.other_id)
        ]
        return [f"undone, {sides} still meet in {now}"] if sides[0] & sides[1] else []


def _ids(trace: Trace) -> list[str]:
    """What does not hold of ids: who is not touched keeps them, and an undo gives back what was."""
    if len(trace.persons) < 2:
        return []
    before, now = trace.persons[-2:]
    if trace.acts[-1] in ("none", "refused", "nothing to undo", "undo refused") and before != now:
        return [f"nothing happened, but {before} is {now}"]
    was, is_ = _members(before), _members(now)
    kept = {group: person for person, group in is_.items()}
    wrong = [f"{p} is {kept[g]} with the same records" for p, g in was.items() if kept.get(g, p) != p]
    undone = trace.undone
    if undone and undone.decision_id and undone.decision_id == trace.made[-2] and now != trace.persons[-3]:
        wrong.append(f"undone, {before} is not {trace.persons[-3]} but {now}")  # nothing else has happened in between
    return wrong




def _grouped(ids: list[str], clusters: list[int]) -> dict[str, Partition]:
    """The partition of each world."""
    groups: dict[int, set[str]] = {}
    for record, cluster in zip(ids, clusters, strict=True):
        groups.setdefault(cluster, set()).add(record)
    by_world: dict[str, Partition] = {}
    for group in groups.values():
        (world,) = {r.split(":")[0] for r in group}
        by_world.setdefault(world, set()).add(frozenset(group))
    return by_world


def _members(persons: dict[str, str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for record, person in persons.items():
        found.setdefault(person, set()).add(record)
    return {person: frozenset(records) for person, records in found.items()}


def _told(partition: Partition) -> str:
    return " | ".join(sorted(" ".join(sorted(r.split(":")[1] for r in group)) for group in partition))


def learn(seed: int = 1, worlds: int = 400) -> Model:
    """The model of all lives, learnt from worlds before anything is decided."""
    rng = random.Random(seed)  # noqa: S311
    return match(table_of([World.of(n, rng) for n in range(worlds)]), CONFIG).model
