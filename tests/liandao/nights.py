"""A home that is matched night after night: records come, are corrected, and people decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from liandao import steps
from liandao.reviewing import decide
from liandao.settings import Settings
from liandao.undoing import undo
from schemas import project
from schemas.decisions import COMMAND, DIFFERENT, SAME, Answer
from tests.transforms.match.people import identity_number, make_people
from tests.warehouse.batches import Batch, Row, at, case, form
from tests.warehouse.generation import install_as_it_is
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
        root = self.home.parent if (self.home.parent / "liandao.yml").is_file() else None
        return Settings(self.home, None, 1, root)

    def match(self, forms: Sequence[Row] = (), cases: Sequence[Row] = ()) -> str:
        """Load and match without publishing; returns the run."""
        project.use(self.settings.project)
        self.count += 1
        run_id = f"r{self.count:03d}"
        batch = Batch(PLATFORM, f"b{self.count:03d}", {"form": list(forms), "case": list(cases)})
        pairs = [batch.write(self.home)] if forms or cases else []
        with open_build(self.home, run_id) as build:
            load_batches(build, pairs)
        steps.match(self.settings, run_id)
        return run_id

    def night(self, forms: Sequence[Row] = (), cases: Sequence[Row] = (), *, whole: bool = True) -> dict[str, str]:
        """One night; returns record (its key on the platform) -> person. ``whole``: with every check of publishing."""
        run_id = self.match(forms, cases)
        if whole:
            with reopen_build(self.home, run_id) as build:
                publish(build)
        else:
            install_as_it_is(self.home, run_id)
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


def record(key: str, stream: str = "form") -> str:
    """The record id of a form or case."""
    return f"{PLATFORM}:{stream}:{key}"


def crowd(residents: int = 100) -> list[Row]:
    """Forms of invented residents, from whom weights are learnt."""
    columns = ("person_name", "cert_no", "sex_code", "birth_date", "phone", "address", "community_code")
    rows = make_people(residents=residents, communities=6, seed=11).records.to_pylist()
    return [form(f"c{n:04d}", **{c: r[c] for c in columns}) for n, r in enumerate(rows)]


def somebody(key: str, who: int, changed: float = 0, **other: Any) -> Row:
    """A form of somebody whom nobody else resembles; ``who`` makes each one another, ``other`` says what is."""
    home = {"phone": f"1007765{who % 10}3{who % 10}1", "address": f"绝无仅有里{who + 31}栋2单元501室"}
    name = f"{'濮鄢逯夔隗郜蒯佘麴'[who % 9]}{'璟瑆琇珮瓒璠珝玹瑀'[who % 9]}{'煊炘焘熠烁炜烨煜焱'[who % 9]}"
    own = {"person_name": name, "cert_no": number(who), "birth_date": BORN, **home}
    return form(key, changed, **(own | {"community_code": "439901001001"} | other))


def number(who: int) -> str:
    """A valid number of nobody."""
    return identity_number("439901", BORN, 101 + 40 * who)


WHO = "王五"


def say(home: Path, left: str, right: str, judgement: str) -> str:
    """Decide about two forms; returns the decision's id."""
    return decide(home, [Answer("person", record(left), record(right), judgement)], WHO, COMMAND)[0].decision_id


def live(home: Path) -> Nights:
    """Six nights.

    1. everybody comes; a1 a2 are one, b1 b2 b3 another without a number, e1 e2 one; a case of e is reopened
    2. somebody has said that a1 is b1: the two are one; three more records of a come
    3. that was wrong and is undone; e1 is said not to be e2; the two cases are said to be two matters
    4. c1 is corrected: the number is that of d1, d3; d2 is corrected: it is a's
    5. c1 is corrected back; what was undone is said in so many words
    6. nothing new
    """
    nights = Nights(home)
    b = [somebody(f"b{n}", 1, cert_no=None) for n in (1, 2, 3)]
    cd = [somebody("c1", 2), *(somebody(f"d{n}", 3) for n in (1, 2, 3))]
    two = [somebody(f"{letter}{n}", who) for letter, who in (("a", 0), ("e", 4)) for n in (1, 2)]
    cases = [case("k1", "e1"), case("k2", "e1", apply_at=at(30), link_code="reopen", parent_case_no="k1")]
    nights.night([*crowd(), *two, *b, *cd], cases, whole=False)
    say(home, "a1", "b1", SAME)
    nights.night([somebody(f"a{n}", 0) for n in (3, 4, 5)], whole=False)
    undo(home, nights.ids[0]["a1"], WHO, "电话核实")
    say(home, "e1", "e2", DIFFERENT)
    decide(home, [Answer("matter", record("k1", "case"), record("k2", "case"), DIFFERENT)], WHO, COMMAND)
    nights.night(whole=False)
    nights.night([somebody("c1", 3, changed=1), somebody("d2", 0, changed=1)], whole=False)
    for left, right, judgement in (("a1", "a2", SAME), ("b1", "b2", SAME), ("b2", "b3", SAME), ("a1", "b1", DIFFERENT)):
        say(home, left, right, judgement)
    nights.night([somebody("c1", 2, changed=2)])
    nights.night()
    return nights


__all__ = ["WHO", "Nights", "case", "crowd", "live", "number", "record", "say", "somebody"]
