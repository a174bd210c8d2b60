"""``liandao match`` from files to files."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
import pytest
from lxml import html
from typer.testing import CliRunner

from liandao.cli import app
from liandao.match_run import Order, run_match
from schemas.errors import ConfigurationError
from tests.transforms.match.people import People, make_people

FIELDS = {
    "person_name": "person_name_zh",
    "cert_no": "identity_number",
    "birth_date": "date",
    "phone": "phone",
    "address": "address_zh",
}
TABLES = {"clusters.parquet", "pairs.parquet", "review.parquet", "sample.parquet"}
WRITTEN = {*TABLES, "model.json", "report.html", "register"}


@pytest.fixture(scope="module")
def people() -> People:
    return make_people(residents=120, communities=2, seed=3)


def config(folder: Path, names: dict[str, str] | None = None, source: str | None = None) -> Path:
    named = names or {}
    lines = [f"id: {named.get('record_id', 'record_id')}", *([f"source: {source}"] if source else []), "fields:"]
    path = folder / "match.yml"
    path.write_text("\n".join([*lines, *(f"  {named.get(n, n)}: {k}" for n, k in FIELDS.items())]) + "\n", "utf-8")
    return path


def saved(table: pa.Table, path: Path) -> Path:
    if path.suffix == ".csv":
        pcsv.write_csv(pa.table({n: table[n].cast(pa.string()) for n in table.column_names}), path)
    else:
        pq.write_table(table, path)
    return path


def run(*inputs: Path, folder: Path, words: dict[str, Any] | None = None) -> Path:
    out = folder / "out"
    run_match(Order(inputs, folder / "match.yml", out, **(words or {})))
    return out


def partition(out: Path, by: str = "record_id") -> set[frozenset[str]]:
    table = pq.read_table(out / "clusters.parquet")
    members: dict[str, set[str]] = defaultdict(set)
    for record, cluster in zip(table[by].to_pylist(), table["cluster_id"].to_pylist(), strict=True):
        members[cluster].add(record)
    return {frozenset(m) for m in members.values()}


def wanted(people: People) -> pa.Table:
    return people.records.select(["record_id", "platform_id", *FIELDS])


@pytest.fixture(scope="module")
def done(people: People, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result on the plain Parquet file."""
    folder = tmp_path_factory.mktemp("plain")
    config(folder)
    return run(saved(wanted(people), folder / "people.parquet"), folder=folder)


def test_everything_is_written(done: Path, people: People) -> None:
    assert {path.name for path in done.iterdir()} == WRITTEN
    clusters = pq.read_table(done / "clusters.parquet")
    assert clusters.column_names[:3] == ["record_id", "cluster_id", "confidence"]
    assert sorted(clusters["record_id"].to_pylist()) == sorted(people.records["record_id"].to_pylist())
    confidence = clusters["confidence"].to_pylist()
    assert all(0 <= c <= 1 for c in confidence)
    pairs = pq.read_table(done / "pairs.parquet")
    assert {"left_id", "right_id", "match_weight", "match_probability", "person_name_level"} <= set(pairs.column_names)
    assert pc.all(pc.less(pairs["left_id"], pairs["right_id"])).as_py()
    review = pq.read_table(done / "review.parquet")
    assert review.column_names == ["left_id", "right_id", "match_weight", "match_probability", "reason", "worth"]
    assert review["worth"].to_pylist() == sorted(review["worth"].to_pylist(), reverse=True)


def test_who_shares_a_cluster_has_a_pair_in_it(done: Path) -> None:
    """Every record that isn't alone, equal ones included, so that the chain that joined a cluster can be followed."""
    pairs = pq.read_table(done / "pairs.parquet")
    inside = pairs.filter(pairs["in_cluster"])
    named = set(inside["left_id"].to_pylist()) | set(inside["right_id"].to_pylist())
    several = {record for members in partition(done) if len(members) > 1 for record in members}
    assert len(several) > 500
    assert several <= named


def test_most_is_found(done: Path, people: People) -> None:
    wrong = [m for m in partition(done) if len({people.truth[r] for r in m}) > 1]
    assert len(wrong) <= 2
    assert len(partition(done)) < 1.5 * len(set(people.truth.values()))


def test_a_cluster_is_named_by_its_members_alone(done: Path, people: People, tmp_path: Path) -> None:
    """Order of rows, other records, the form of the file and a column of truth change no id."""
    config(tmp_path)
    rows = list(range(people.records.num_rows))
    random.Random(1).shuffle(rows)  # noqa: S311
    truth = pa.array([str(people.truth[r]) for r in people.records["record_id"].to_pylist()])
    changed = wanted(people).append_column("truth", truth).take(pa.array(rows))
    again = run(saved(changed, tmp_path / "people.csv"), folder=tmp_path)
    for name in ("clusters", "pairs", "review", "sample"):
        assert pq.read_table(again / f"{name}.parquet").equals(pq.read_table(done / f"{name}.parquet")), name
    before, after = (json.loads((out / "model.json").read_text("utf-8")) for out in (done, again))
    for model in (before, after):
        model.pop("seconds")
        model.pop("inputs")
    assert before == after


def test_names_of_columns_change_no_cluster(done: Path, people: People, tmp_path: Path) -> None:
    names = {"record_id": "编号", "person_name": "姓名", "cert_no": "a", "birth_date": "b", "phone": "c"}
    config(tmp_path, names)
    renamed = wanted(people).rename_columns([names.get(n, n) for n in wanted(people).column_names])
    assert partition(run(saved(renamed, tmp_path / "p.parquet"), folder=tmp_path)) == partition(done)


def test_linking_files(people: People, tmp_path: Path) -> None:
    """Two files whose ids are unique within each alone: the result says which file a record is of."""
    config(tmp_path)
    table = wanted(people)
    half = table.num_rows // 2
    numbers = pa.array([str(i % half) for i in range(2 * half)])
    parts = [table.slice(start, half).set_column(0, "record_id", numbers.slice(start, half)) for start in (0, half)]
    out = run(*(saved(p, tmp_path / f"{n}.csv") for p, n in zip(parts, "ab", strict=True)), folder=tmp_path)
    clusters = pq.read_table(out / "clusters.parquet")
    assert set(clusters["source"].to_pylist()) == {"a", "b"}
    assert clusters.num_rows == 2 * half
    assert {"left_source", "right_source"} <= set(pq.read_table(out / "pairs.parquet").column_names)
    model = json.loads((out / "model.json").read_text("utf-8"))
    assert model["record_key"] == "source + record id"
    assert model["quality"]["multiplicity"] is None, "each half holds an entity several times"


def test_a_higher_threshold_merges_less(done: Path, people: People, tmp_path: Path) -> None:
    config(tmp_path)
    out = run(saved(wanted(people), tmp_path / "p.parquet"), folder=tmp_path, words={"threshold": 14.0})
    strict = json.loads((out / "model.json").read_text("utf-8"))
    usual = json.loads((done / "model.json").read_text("utf-8"))
    assert strict["clusters"] > usual["clusters"]
    assert strict["thresholds"]["link"] == 14.0


def test_model_is_readable(done: Path) -> None:
    model = json.loads((done / "model.json").read_text("utf-8"))
    assert {"versions", "config", "levels", "passes", "thresholds", "seconds", "quality"} <= model.keys()
    assert {"field", "level", "m", "u", "weight"} <= model["levels"][0].keys()
    assert sum(p["made"] for p in model["passes"]) == model["candidate_pairs"]
    weighed = sum(b["pairs"] for b in model["match_weights"]) + model["contradictory_pairs"]
    assert weighed == model["candidate_pairs"]


def test_report_needs_no_network_and_shows_nobody(done: Path, people: People) -> None:
    text = (done / "report.html").read_text("utf-8")
    page = html.fromstring(text)
    assert not page.xpath("//script | //link | //img | //iframe")
    assert "default-src 'none'" in text
    assert not [a for e in page.iter() for a in ("src", "href") if (e.get(a) or "").startswith("http")]
    assert len(page.xpath("//svg")) > 5
    for name in ("cert_no", "phone", "address", "person_name"):
        values = {v for v in people.records[name].to_pylist() if v and len(v) > 2 and "*" not in v}
        assert not [v for v in values if v in text], name


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--engine", "spark"], "liandao[spark]"),
        (["--engine", "oracle"], "unknown engine 'oracle'"),
        (["--threshold", "lots"], "--threshold"),
        (["--memory-limit", "1MB"], "--memory-limit"),
    ],
)
def test_what_it_refuses(people: People, tmp_path: Path, words: list[str], says: str) -> None:
    path = saved(wanted(people), tmp_path / "p.parquet")
    call = ["match", str(path), "--config", str(config(tmp_path)), "--out", str(tmp_path / "out"), *words]
    ran = CliRunner().invoke(app, call)
    assert isinstance(ran.exception, ConfigurationError)
    assert says in str(ran.exception)
    assert not (tmp_path / "out").exists()


def test_a_failed_run_leaves_the_last_result(people: People, tmp_path: Path) -> None:
    config(tmp_path)
    path = saved(wanted(people), tmp_path / "p.parquet")
    out = run(path, folder=tmp_path)
    before = {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}
    saved(wanted(people).drop_columns(["phone"]), path)
    with pytest.raises(ConfigurationError):
        run(path, folder=tmp_path)
    assert {p: p.read_bytes() for p in out.rglob("*") if p.is_file()} == before


def test_json(people: People, tmp_path: Path) -> None:
    path = saved(wanted(people), tmp_path / "p.parquet")
    call = ["match", str(path), "--config", str(config(tmp_path)), "--out", str(tmp_path / "out"), "--json"]
    ran = CliRunner().invoke(app, call)
    assert ran.exit_code == 0, ran.output
    said = json.loads(ran.stdout)
    assert said["records"] == people.records.num_rows
    assert 0.9 < said["quality"]["precision"]["value"] <= 1


def test_few_records(tmp_path: Path) -> None:
    """One record is a result too; the report says that there is nothing to judge."""
    config(tmp_path)
    row = {"record_id": ["1"], "person_name": ["张三"]} | {n: [None] for n in FIELDS if n != "person_name"}
    table = pa.table({n: pa.array(v, pa.string()) for n, v in row.items()})
    out = run(saved(table, tmp_path / "one.csv"), folder=tmp_path)
    assert pq.read_table(out / "clusters.parquet").num_rows == 1
