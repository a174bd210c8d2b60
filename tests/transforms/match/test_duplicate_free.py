"""A source that holds every entity once has at most one record in a cluster, however equal its records are."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from transforms.match.config import Field, MatchConfig, Pass
from transforms.match.engine import match
from transforms.match.nights.incremental import update
from transforms.match.normalise import record_keys
from transforms.match.register.store import read_register
from transforms.match.register.write import write_register

CONFIG = MatchConfig(
    record_id="id",
    fields=(
        Field("name", "person_name_zh"),
        Field("phone", "phone"),
        Field("source", "source", {"duplicate_free": ("a", "b")}),
    ),
    passes=(Pass(("name.sounds", "phone.number"), is_training=True), Pass(("phone.number",))),
    anchors=(("name.sounds", "phone.number"),),
)
WHO = ("张伟", "13900000001")


def table(*ids: str) -> pa.Table:
    """Records of one person, all equal but for their source (the first letter of the id), beside strangers."""
    strangers = [(f"{s}{i:02d}", f"刘{chr(0x4E10 + i)}", f"1380000{i:04d}", s) for i in range(40) for s in "abc"]
    rows = [*((i, *WHO, i[0]) for i in ids), *strangers]
    names = (CONFIG.record_id, *(f.name for f in CONFIG.fields))
    return pa.table({n: pa.array(c, pa.string()) for n, c in zip(names, zip(*rows, strict=True), strict=True)})


def of(ids: list[str], labels: list[int], *who: str) -> list[set[str]]:
    """Clusters of the records of one person, the largest first."""
    found: dict[int, set[str]] = {}
    for record, label in zip(ids, labels, strict=True):
        if record in who:
            found.setdefault(label, set()).add(record)
    return sorted(found.values(), key=lambda c: (-len(c), min(c)))


@pytest.mark.parametrize("people", ["a1 b1 b2 b3", "a1 a2 b1 b2", "b1 b2", "a1 b1 c1 c2"])
def test_at_most_one_record_of_each_source(people: str) -> None:
    who = tuple(people.split())
    rows = table(*who)
    found = match(rows, CONFIG)
    clusters = of(rows["id"].to_pylist(), found.cluster_of.tolist(), *who)
    assert all(max(Counter(r[0] for r in c if r[0] != "c").values(), default=0) <= 1 for c in clusters)
    assert len(clusters) == max(Counter(r[0] for r in who if r[0] != "c").values())
    again = rows.take(np.random.default_rng(1).permutation(rows.num_rows))
    assert of(again["id"].to_pylist(), match(again, CONFIG).cluster_of.tolist(), *who) == clusters


def test_copies_that_come_later_change_nothing(tmp_path: Path) -> None:
    rows, path = table("a1", "b1", "b2", "b3"), tmp_path / "register"
    first = match(table("a1", "b1"), CONFIG)
    write_register(path, table("a1", "b1"), record_keys(table("a1", "b1"), CONFIG), first, CONFIG, None)
    for late in ("b2", "b3"):
        update(path, rows.filter(pa.compute.equal(rows["id"], late)), None, CONFIG)
    held = read_register(path).record.all(["record_id", "cluster"])
    clusters = of(held["record_id"].to_pylist(), held["cluster"].to_pylist(), "a1", "b1", "b2", "b3")
    whole = match(rows, CONFIG, model=first.model)
    assert clusters == of(rows["id"].to_pylist(), whole.cluster_of.tolist(), "a1", "b1", "b2", "b3")
    assert [len(c) for c in clusters] == [2, 1, 1]
