"""``liandao match --update`` and ``liandao explain`` as a user calls them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from liandao.cli import app
from schemas.errors import ConfigurationError
from tests.transforms.match.people import make_people

FIELDS = {"person_name": "person_name_zh", "cert_no": "identity_number", "birth_date": "date", "phone": "phone",
          "address": "address_zh", "sex_code": "category"}  # fmt: skip


def call(*words: object) -> dict[str, object]:
    found = CliRunner().invoke(app, [str(w) for w in words], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    answer: dict[str, object] = json.loads(found.stdout)
    return answer


def clusters(out: Path) -> set[frozenset[str]]:
    table = pq.read_table(out / "clusters.parquet")
    members: dict[str, set[str]] = {}
    for record, cluster in zip(table["record_id"].to_pylist(), table["cluster_id"].to_pylist(), strict=True):
        members.setdefault(cluster, set()).add(record)
    return {frozenset(m) for m in members.values()}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("update")
    table = make_people(residents=500, communities=6, seed=9).records.select(["record_id", *FIELDS])
    fields = ", ".join(f"{name}: {kind}" for name, kind in FIELDS.items())
    (folder / "match.yml").write_text(f"id: record_id\nfields: {{{fields}}}\n", encoding="utf-8")
    cut = table.num_rows - 150
    pq.write_table(table, folder / "all.parquet")
    pq.write_table(table[:cut], folder / "first.parquet")
    pq.write_table(table[cut : cut + 100], folder / "night.parquet")
    pq.write_table(table[cut + 100 :], folder / "morning.parquet")
    return folder


def test_an_update_adds_what_is_new_and_keeps_the_rest(place: Path) -> None:
    out, config = place / "out", ("--config", place / "match.yml", "--json")
    call("match", place / "first.parquet", "--out", out, *config)
    before = clusters(out)
    found = call("match", place / "night.parquet", "--out", out, "--update", *config)
    assert found["arrived"] == 100
    records = pq.read_table(place / "first.parquet").num_rows + 100
    assert found["records"] == records == sum(len(c) for c in clusters(out))
    assert int(str(found["touched"])) < records / 2
    new = set(pq.read_table(place / "night.parquet")["record_id"].to_pylist())
    changes = pq.read_table(out / "changes.parquet")
    changed = set(changes["record_id"].to_pylist())
    assert new <= changed
    after = {record: cluster for cluster in clusters(out) for record in cluster}
    assert all(c <= after[min(c)] for c in before if not c & changed)
    joined = sum(len(c & new) for c in clusters(out) if c - new)
    assert joined > 70, "most people had been there before"
    again = clusters(out)
    call("match", place / "night.parquet", "--out", out, "--update", "--json")  # configured as before
    assert clusters(out) == again
    assert pq.read_table(out / "changes.parquet").num_rows == 0
    gone = place / "gone.txt"
    gone.write_text("\n".join(sorted(new)), encoding="utf-8")
    call("match", place / "morning.parquet", "--out", out, "--update", "--removed", gone, *config)
    assert not any(c & new for c in clusters(out))
    pairs = pq.read_table(out / "pairs.parquet")
    assert not set(pairs["left_id"].to_pylist() + pairs["right_id"].to_pylist()) & new


def test_what_comes_again_unchanged_changes_nothing(place: Path, tmp_path: Path) -> None:
    """Not even pairs between what is touched and what is not."""
    out = tmp_path / "out"
    call("match", place / "all.parquet", "--config", place / "match.yml", "--out", out, "--json")
    before = {name: rows(out, name) for name in ("clusters", "pairs")}
    asked = pq.read_table(out / "review.parquet")
    call("match", place / "night.parquet", "--out", out, "--update", "--json")
    assert {name: rows(out, name) for name in before} == before
    again = pq.read_table(out / "review.parquet")
    assert again["worth"].to_pylist() == pytest.approx(asked["worth"].to_pylist()), "of equal worth, others may be last"


def names(out: Path) -> dict[str, str]:
    table = pq.read_table(out / "clusters.parquet")
    return dict(zip(table["record_id"].to_pylist(), table["cluster_id"].to_pylist(), strict=True))


def test_an_entity_keeps_its_name_over_updates(place: Path, tmp_path: Path) -> None:
    """Whoever comes to it; and what is told as changed is that a record is new, gone, or in another company."""
    out = tmp_path / "out"
    call("match", place / "first.parquet", "--config", place / "match.yml", "--out", out, "--json")
    for night in ("night", "morning"):
        before, groups = names(out), clusters(out)
        call("match", place / f"{night}.parquet", "--out", out, "--update", "--json")
        after, old = names(out), set(before)
        stayed = groups & {cluster & old for cluster in clusters(out)}
        assert len(stayed) > 0.9 * len(groups)
        assert all(before[record] == after[record] for cluster in stayed for record in cluster)
        assert len(set(after.values())) == len(clusters(out)) > 100
        changes = pq.read_table(out / "changes.parquet")
        told = {r for r in old | set(after) if before.get(r) != after.get(r)}
        assert set(changes["record_id"].to_pylist()) == told


def test_further_copies_go_to_the_name_that_was_there(place: Path, tmp_path: Path) -> None:
    table, out = pq.read_table(place / "all.parquet"), tmp_path / "out"
    call("match", place / "all.parquet", "--config", place / "match.yml", "--out", out, "--json")
    before = names(out)
    alone = {name for name, times in Counter(before.values()).items() if times == 1}
    for night in ("a", "~", "m"):
        chosen = table.slice(0, 400)
        ids = pc.binary_join_element_wise(night, chosen["record_id"], "")
        pq.write_table(chosen.set_column(0, "record_id", ids), tmp_path / "copies.parquet")
        call("match", tmp_path / "copies.parquet", "--out", out, "--update", "--json")
        after = names(out)
        assert {record: after[record] for record in before} == before
        copied = chosen["record_id"].to_pylist()
        astray = [record for record in copied if after[night + record] != before[record]]
        assert all(before[record] in alone for record in astray), "bare names, each of which is nobody's"
        assert len(astray) < 10


def rows(out: Path, name: str) -> list[tuple[object, ...]]:
    """Rows of a table in a fixed order, numbers to six places."""
    table = pq.read_table(out / f"{name}.parquet")
    columns = [[round(v, 6) if isinstance(v, float) else v for v in table[n].to_pylist()] for n in table.column_names]
    return sorted(zip(*columns, strict=True), key=repr)


def test_ids_that_are_unique_within_a_source_alone(place: Path, tmp_path: Path) -> None:
    """What arrives is known by source and id as well, even where its ids alone would do."""
    table = pq.read_table(place / "all.parquet").drop_columns(["record_id"])
    half = table.num_rows // 2
    ids = pa.array([str(n % half) for n in range(2 * half)])
    source = pa.array(["a" if n < half else "b" for n in range(2 * half)])
    whole = table[: 2 * half].append_column("id", ids).append_column("platform", source)
    kinds = ", ".join(f"{name}: {kind}" for name, kind in FIELDS.items())
    (tmp_path / "match.yml").write_text(f"id: id\nsource: platform\nfields: {{{kinds}}}\n", encoding="utf-8")
    pq.write_table(whole[:-40], tmp_path / "first.parquet")
    pq.write_table(pa.concat_tables([whole[half : half + 60], whole[-40:]]), tmp_path / "night.parquet")
    out, config = tmp_path / "out", ("--config", tmp_path / "match.yml", "--json")
    call("match", tmp_path / "first.parquet", "--out", out, *config)
    before = rows(out, "pairs")
    found = call("match", tmp_path / "night.parquet", "--out", out, "--update", "--json")
    assert found["records"] == 2 * half
    known = pq.read_table(out / "clusters.parquet").select(["source", "record_id"]).to_pylist()
    assert len({tuple(k.values()) for k in known}) == len(known) == 2 * half
    pairs = pq.read_table(out / "pairs.parquet")
    sides = [tuple(r[n] for n in ("left_source", "left_id", "right_source", "right_id")) for r in pairs.to_pylist()]
    assert len(set(sides)) == len(sides)
    (tmp_path / "gone.txt").write_text("\n".join(f"b\t{n}" for n in range(half - 40, half)), encoding="utf-8")
    one, gone = tmp_path / "one.parquet", tmp_path / "gone.txt"
    pq.write_table(whole[half : half + 1], one)
    assert call("match", one, "--out", out, "--update", "--removed", gone, "--json")["records"] == 2 * half - 40
    assert rows(out, "pairs") == before
    for written in ("a · 1", "a\t1"):
        assert call("explain", written, "b · 1", "--out", out, "--json")["left_id"] == "a\x1f1"
    (tmp_path / "bare.txt").write_text("7\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="unique within their source"):
        call("match", tmp_path / "one.parquet", "--out", out, "--update", "--removed", tmp_path / "bare.txt")


def test_a_night_that_only_takes_away(place: Path, tmp_path: Path) -> None:
    out, gone = tmp_path / "out", tmp_path / "gone.txt"
    call("match", place / "first.parquet", "--config", place / "match.yml", "--out", out, "--json")
    ids = pq.read_table(out / "clusters.parquet")["record_id"].to_pylist()
    gone.write_text(f"{ids[0]}\n{ids[1]}\nnobody\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="can be taken out of a result only"):
        call("match", place / "first.parquet", "--out", out, "--removed", gone)
    empty = tmp_path / "empty.csv"
    empty.write_text("record_id," + ",".join(FIELDS) + "\n", encoding="utf-8")
    found = call("match", empty, "--out", out, "--update", "--removed", gone, "--json")
    assert (found["arrived"], found["removed"], found["records"]) == (0, 2, len(ids) - 2)


def test_an_update_goes_on_as_the_run_before(place: Path, tmp_path: Path) -> None:
    out, night = tmp_path / "out", place / "night.parquet"
    call("match", place / "first.parquet", "--config", place / "match.yml", "--out", out, "--json")
    other = tmp_path / "other.yml"
    other.write_text("id: record_id\nfields: {person_name: person_name_zh}\n", encoding="utf-8")
    for words in (("--config", other), ("--threshold", "0.99"), ("--engine", "spark")):
        with pytest.raises(ConfigurationError, match="goes on as the run before"):
            call("match", night, "--out", out, "--update", *words)
    first = pq.read_table(place / "first.parquet")
    numbered = first.set_column(0, "record_id", pa.array(range(first.num_rows)))
    pq.write_table(numbered, tmp_path / "numbers.parquet")
    call("match", tmp_path / "numbers.parquet", "--config", place / "match.yml", "--out", tmp_path / "n", "--json")
    with pytest.raises(ConfigurationError, match="not identified as those before"):
        call("match", night, "--out", tmp_path / "n", "--update")
    (out / "model.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="another version"):
        call("match", night, "--out", out, "--update")


def test_explaining_a_pair_of_the_results(place: Path) -> None:
    out = place / "explained"
    call("match", place / "all.parquet", "--config", place / "match.yml", "--out", out, "--json")
    together = sorted(max(clusters(out), key=lambda c: (len(c), min(c))))
    told = call("explain", together[0], together[-1], "--out", out, "--json")
    assert told["together"] is True
    assert {f["field"] for f in told["fields"]} == set(FIELDS)  # type: ignore[index, attr-defined]
    numbers = pq.read_table(place / "all.parquet")["cert_no"].to_pylist()
    shown = CliRunner().invoke(app, ["explain", together[0], together[-1], "--out", str(out)]).stdout
    assert "bits" in shown
    assert "归为同一个" in shown
    assert not any(n in shown for n in numbers if n and len(n) > 8 and "*" not in n)


def test_what_cannot_be_updated_says_so(place: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nothing to update"):
        call("match", place / "night.parquet", "--out", tmp_path, "--update", "--config", place / "match.yml")
    with pytest.raises(ConfigurationError, match="nothing was matched"):
        call("explain", "a", "b", "--out", tmp_path)


def test_many_updates_leave_no_splinters(place: Path, tmp_path: Path) -> None:
    """Parts of tables that many updates brought are put together, and nothing is lost between them."""
    out = tmp_path / "out"
    call("match", place / "first.parquet", "--config", place / "match.yml", "--out", out, "--json")
    every = pa.concat_tables([pq.read_table(place / f"{name}.parquet") for name in ("night", "morning")])
    for start in range(0, every.num_rows, 30):
        pq.write_table(every.slice(start, 30), tmp_path / "few.parquet")
        call("match", tmp_path / "few.parquet", "--out", out, "--update", "--json")
    files = [pq.ParquetFile(out / f"{name}.parquet") for name in ("clusters", "pairs", "review")]
    assert [file.num_row_groups for file in files] == [1, 1, 1]
    assert set(names(out)) == set(pq.read_table(place / "all.parquet")["record_id"].to_pylist())


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    """Two files, whose ids are unique within each of them alone, linked; the folder of all."""
    for name, who in (("clinic", ["张伟", "王芳", "李静"]), ("school", ["张伟", "王芳", "赵敏"])):
        days = ["1980-01-02", "1975-06-07", "1990-10-11"]
        pq.write_table(pa.table({"id": ["1", "2", "3"], "name": who, "dob": days}), tmp_path / f"{name}.parquet")
    (tmp_path / "link.yml").write_text("id: id\nfields: {name: person_name_zh, dob: date}\n", encoding="utf-8")
    files = (tmp_path / "clinic.parquet", tmp_path / "school.parquet")
    call("match", *files, "--config", tmp_path / "link.yml", "--out", tmp_path / "out", "--json")
    return tmp_path


def spoken(*words: object) -> str:
    found = CliRunner().invoke(app, [str(w) for w in words], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.output


def test_a_file_that_is_called_otherwise_is_said_to_be_a_new_source(linked: Path) -> None:
    again = linked / "clinic_1124.parquet"
    pq.write_table(pq.read_table(linked / "clinic.parquet"), again)
    told = spoken("match", linked / "school.parquet", "--out", linked / "out", "--update")
    assert "New sources" not in told
    assert "clinic_1124" in spoken("match", again, "--out", linked / "out", "--update").split("New sources:")[1]
    told = spoken("match", again, "--out", linked / "out", "--update")
    assert "New sources" not in told, "it is known by now"


def test_a_night_of_removals_needs_no_file(linked: Path) -> None:
    gone = linked / "gone.txt"
    gone.write_text("clinic\t3\nclinic\t77\nschool · 9\n".replace(" · ", "\t"), encoding="utf-8")
    told = call("match", "--out", linked / "out", "--update", "--removed", gone, "--json")
    assert (told["arrived"], told["removed"], told["records"], told["moved"]) == (0, 1, 5, 0)
    assert told["not_known"] == {"ids": 2, "first": "clinic\x1f77"}
    shown = spoken("match", "--out", linked / "out", "--update", "--removed", gone)
    assert "3 ids to be removed are no record's, first clinic · 3" in " ".join(shown.split())


def test_an_update_counts_who_is_new_and_who_came_again(place: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    call("match", place / "first.parquet", "--config", place / "match.yml", "--out", out, "--json")
    before = names(out)
    both = pa.concat_tables([pq.read_table(place / "night.parquet"), pq.read_table(place / "first.parquet")[:20]])
    pq.write_table(both, tmp_path / "both.parquet")
    told = call("match", tmp_path / "both.parquet", "--out", out, "--update", "--json")
    assert (told["arrived"], told["new"]) == (120, 100)
    assert told["moved"] == sum(names(out)[record] != name for record, name in before.items())


def test_weights_that_few_records_taught_are_not_trusted_for_ever(place: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    pq.write_table(pq.read_table(place / "all.parquet")[:300], tmp_path / "few.parquet")
    call("match", tmp_path / "few.parquet", "--config", place / "match.yml", "--out", out, "--json")
    told = spoken("match", place / "all.parquet", "--out", out, "--update")
    assert "learnt from 300 records" in " ".join(told.split())


def test_explaining_where_ids_are_unique_within_a_source(linked: Path) -> None:
    for a, b in (("clinic · 1", "school · 1"), ("clinic·1", "school\t1")):
        assert call("explain", a, b, "--out", linked / "out", "--json")["together"] is True
    found = CliRunner().invoke(app, ["explain", "1", "2", "--out", str(linked / "out")])
    assert isinstance(found.exception, ConfigurationError)
    assert " · " in str(found.exception.expected)


def test_results_need_a_folder(place: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text("kept", encoding="utf-8")
    found = CliRunner().invoke(app, ["match", str(place / "first.parquet"), "--out", str(file)])
    assert isinstance(found.exception, ConfigurationError)
    assert file.read_text(encoding="utf-8") == "kept"
    nothing = CliRunner().invoke(app, ["match", "--out", str(tmp_path / "out")])
    assert isinstance(nothing.exception, ConfigurationError)
