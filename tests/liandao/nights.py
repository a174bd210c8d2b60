"""A home that is matched night after night: records come, are corrected, and people decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from liandao import steps
from liandao.settings import Settings
from tests.transforms.match.people import identity_number, make_people
from tests.warehouse.batches import Batch, Row, case, form
from warehouse import reader
from warehouse.build import open_build, reopen_build
from warehouse.load import load_batches
from warehouse.publish import publish

PLATFORM = "alpha"
BORN = date(1976, 3, 12)


@dataclass
class Nights:
    """``night`` publishes one more generation of the home with these form rows and cases."""

    home: Path
    count: int = 0
    ids: list[dict[str, str]] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        return Settings(self.home, None, 1)

    def match(self, forms: Sequence[Row] = (), cases: Sequence[Row] = ()) -> str:
        """Load and match without publishing; returns the run."""
        self.count += 1
        run_id = f"r{self.count:03d}"
        batch = Batch(PLATFORM, f"b{self.count:03d}", {"form": list(forms), "case": list(cases)})
        pairs = [batch.write(self.home)] if forms or cases else []
        with open_build(self.home, run_id) as build:
            load_batches(build, pairs)
        steps.match(self.settings, run_id)
        return run_id

    def night(self, forms: Sequence[Row] = (), cases: Sequence[Row] = ()) -> dict[str, str]:
        """One whole night; returns record (its key on the platform) -> person."""
        run_id = self.match(forms, cases)
        with reopen_build(self.home, run_id) as build:
            publish(build)
        self.ids.append(self.persons())
        return self.ids[-1]

    def persons(self) -> dict[str, str]:
        """Record -> person as published."""
        return {r["record_id"].split(":")[-1]: r["person_id"] for r in self.rows("SELECT * FROM warehouse.link_person")}

    def rows(self, text: str) -> list[dict[str, Any]]:
        """The rows of a query on what is published."""
        with reader.connect(self.home) as con:
            found: list[dict[str, Any]] = con.execute(text).to_arrow_table().to_pylist()
        return found


def record(key: str) -> str:
    """The record id of a form."""
    return f"{PLATFORM}:form:{key}"


def crowd(residents: int = 150) -> list[Row]:
    """Forms of invented residents, from whom weights are learnt."""
    columns = ("person_name", "cert_no", "sex_code", "birth_date", "phone", "address", "community_code")
    rows = make_people(residents=residents, communities=6, seed=11).records.to_pylist()
    return [form(f"c{n:04d}", **{c: r[c] for c in columns}) for n, r in enumerate(rows)]


def somebody(key: str, at: int, changed: float = 0, **other: Any) -> Row:
    """A form of somebody whom nobody else resembles; ``at`` makes each one another, ``other`` says what is."""
    home = {"phone": f"1007765{at % 10}3{at % 10}1", "address": f"绝无仅有里{at + 31}栋2单元501室"}
    name = f"{'濮鄢逯夔隗郜蒯佘麴'[at % 9]}{'璟瑆琇珮瓒璠珝玹瑀'[at % 9]}{'煊炘焘熠烁炜烨煜焱'[at % 9]}"
    own = {"person_name": name, "cert_no": number(at), "birth_date": BORN, **home}
    return form(key, changed, **(own | {"community_code": "439901001001"} | other))


def number(at: int) -> str:
    """A valid number of nobody."""
    return identity_number("439901", BORN, 101 + 40 * at)


__all__ = ["Nights", "case", "crowd", "number", "record", "somebody"]
