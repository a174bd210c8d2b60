"""The account of a year: what became of every id, by the statements of ``warehouse.history``, and what was decided."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from schemas.columns import ZONE, Tier
from schemas.decisions import PERSON, Decision, decision_table
from transforms.match.decisions import settle, undone_claims, valid_numbers
from transforms.match.identity import CLAIM, Past
from warehouse import structure
from warehouse.history import LINEAGES
from warehouse.queries import query

BEGIN = datetime(2026, 1, 1, 2, tzinfo=ZoneInfo(ZONE))
LINEAGE = LINEAGES["person"]


class Account:
    """Links, decisions and history of persons, one night after another, in one memory database."""

    def __init__(self) -> None:
        self.con = duckdb.connect(":memory:", config={"threads": 2})
        self.con.execute(f"SET TimeZone = '{ZONE}'")
        for tier in Tier:
            self.con.execute(f"ATTACH ':memory:' AS {tier.value}")
            structure.prepare(self.con, tier)
        self.entries: list[Decision] = []
        self.obeyed: pa.Table | None = None
        self.names = LINEAGE.names()

    def decide(self, night: int, left: str, right: str, judgement: str, ids: tuple[str, str] | None = None) -> None:
        """Somebody decides; ``ids``: what an undo gives back to the two."""
        at = (BEGIN + timedelta(days=night)).isoformat()
        left_id, right_id = sorted((left, right))
        back = (None, None) if ids is None else ids if left_id == left else ids[::-1]
        number = f"D{len(self.entries):06d}"
        said = (number, PERSON, left_id, right_id, judgement, at, "王五", "command", None, None)
        self.entries.append(Decision(*said, *back))

    def ruled(self, records: pa.Table) -> tuple[pa.Table, Past]:
        """What matching must obey tonight: constraints, and the past of ids."""
        decisions = decision_table(self.entries)
        named = pa.concat_arrays([decisions[c].combine_chunks() for c in ("left_id", "right_id")])
        about = records.filter(pa.compute.is_in(records["record_id"], named))
        numbers = valid_numbers(about) if about.num_rows else {}
        settled = settle(decisions, PERSON, records["record_id"].combine_chunks(), numbers)
        structure.replace_table(self.con, "link_decision", settled.decisions)
        ended = self.con.execute(query("history_ended", **self.names)).to_arrow_table()["entity_id"].combine_chunks()
        merged = self.con.execute(query("history_merged", **self.names)).to_arrow_table().cast(CLAIM)
        undone = undone_claims(settled.decisions, self.obeyed, PERSON)
        self.obeyed = settled.decisions
        return settled.constraints, Past(ended, merged, undone)

    def write(self, night: int, links: pa.Table) -> dict[str, int]:
        """Publish the links of a night; returns events by code."""
        held = {"entity": self.names["entity"], "links": self.names["links"]}
        self.con.execute(query("history_before", **held))
        structure.replace_table(self.con, "link_person", links)
        self.con.execute(query("decisions_waiting"))
        return self.write_events(night)

    def write_events(self, night: int) -> dict[str, int]:
        """Append what the night changed to the history; returns events by code."""
        for name in ("history_move", "history_change"):
            self.con.execute(query(name, **self.names))
        self.con.execute(query("history_ruled", **self.names), {"kind": PERSON})
        words = {"generation": night + 1, "run_id": f"r{night}", "prefix": LINEAGE.prefix, "started_at": BEGIN}
        self.con.execute(query("history_events", **self.names), words)
        self.con.execute(query("history_event_records", **self.names), {"generation": night + 1})
        return dict(self.con.execute("SELECT event_code, count(*) FROM change GROUP BY ALL").fetchall())

    def broken(self) -> int:
        """How many ids have a history that does not add up to whether they live."""
        row = self.con.execute(query("history_law", **self.names)).fetchone()
        return int(row[0]) if row else 0

    def ids(self, *codes: str) -> set[str]:
        """Ids to which such an event ever happened."""
        text = "SELECT DISTINCT person_id FROM warehouse.link_person_event WHERE event_code IN (SELECT unnest(?))"
        return {row[0] for row in self.con.execute(text, [list(codes)]).fetchall()}
