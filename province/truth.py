"""The planted truth, asked: how many people and matters there are, what was typed twice, who is who.

Nothing but the demo commands and tests reads it, and it reads nothing of the pipeline's: redundant entry is evaluated
here by a statement of its own from the definitions of ``domain.md`` B3.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from schemas.codes import attributes
from schemas.columns import ZONE

REDUNDANCY_SQL = Path(__file__).with_name("truth_redundancy.sql")
SIZES = ((1, 1), (2, 2), (3, 5), (6, 10), (11, 20), (21, 10**9))
"""Classes of cluster size, from and to, by which precision is reported."""


@dataclass(frozen=True, slots=True)
class PlantedTruth:
    """What is so at a moment, for what platforms had delivered by then.

    ``redundant_entries`` of ``manual_entries`` (eligible attributes typed by hand) were redundant across platforms;
    ``satisfied_ratings`` of ``valid_ratings`` (neither default nor made by a system) are of level 3 to 5; among
    all closed cases and tickets the share of people who really are satisfied is ``latent_satisfaction``.
    """

    persons: int
    matters: int
    manual_entries: int
    redundant_entries: int
    redundant_entry_rate: float
    high_use: tuple[str, ...]
    valid_ratings: int
    satisfied_ratings: int
    satisfaction: float
    latent_satisfaction: float


@dataclass(frozen=True, slots=True)
class SizeQuality:
    """Clusters of one class of size: how many, pairs within them, and how many of those are right."""

    least: int
    most: int
    clusters: int
    pairs: int
    right: int
    precision: float


@dataclass(frozen=True, slots=True)
class PairQuality:
    """Pairwise quality of a clustering of records. ``unknown``: links to records that the truth doesn't name."""

    records: int
    clusters: int
    true_clusters: int
    unknown: int
    pairs_found: int
    pairs_true: int
    pairs_right: int
    precision: float
    recall: float
    f1: float
    by_size: tuple[SizeQuality, ...]


def _quiet_engine() -> duckdb.DuckDBPyConnection:
    """An engine that draws no progress bar into what a command prints."""
    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    return con


def planted(folder: Path, as_of: datetime, window: tuple[date, date] | None = None) -> PlantedTruth:
    """The truth at a moment. ``window``: count entries, ratings and closings of these days only (the province's
    own window unless given; holders of a value are looked for in all that came before). Persons and matters are
    all that were delivered by ``as_of``.

    Raises FileNotFoundError when the truth was deleted.
    """
    facts = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    first, last = (date.fromisoformat(day) for day in facts["window"])
    with _quiet_engine() as con:
        _open(con, folder, as_of, window or (first, last))
        manual, redundant = _row(con, REDUNDANCY_SQL.read_text(encoding="utf-8"))
        persons = _row(con, "SELECT count(DISTINCT person_id) FROM record WHERE fate = 'accepted'")[0]
        matters = _row(con, "SELECT count(DISTINCT matter_id) FROM matter_case")[0]
        valid, satisfied = _row(con, "SELECT count(*), count(*) FILTER (level >= 3) FROM rating WHERE is_valid")
        closed, happy = _row(con, "SELECT count(*), count(*) FILTER (latent_level >= 3) FROM closure")
        high = con.execute("SELECT platform_id FROM platform_usage WHERE is_high ORDER BY 1").fetchall()
    return PlantedTruth(
        persons=persons,
        matters=matters,
        manual_entries=manual,
        redundant_entries=redundant,
        redundant_entry_rate=_share(redundant, manual),
        high_use=tuple(p for (p,) in high),
        valid_ratings=valid,
        satisfied_ratings=satisfied,
        satisfaction=_share(satisfied, valid),
        latent_satisfaction=_share(happy, closed),
    )


def redundant_entries(entries: pa.Table, shelf_lives: dict[str, int | None]) -> tuple[int, int]:
    """Manual entries and those among them that are redundant across platforms, for any table of entries.

    ``entries``: person_id, attribute_code, platform_id, value, is_manual, entered_at. ``shelf_lives``: days, None
    for ever.
    """
    with _quiet_engine() as con:
        con.register("entry", entries)
        _shelf_lives(con, shelf_lives)
        con.execute("CREATE TEMP VIEW judged AS SELECT * FROM entry WHERE is_manual")
        manual, redundant = _row(con, REDUNDANCY_SQL.read_text(encoding="utf-8"))
    return manual, redundant


def evaluate_persons(folder: Path, links: pa.Table) -> PairQuality:
    """Compare person clusters (``record_id``, ``person_id``) with the truth, over the records that the links name."""
    return _evaluate(folder / "records.parquet", "person_id", links, "person_id")


def evaluate_matters(folder: Path, links: pa.Table) -> PairQuality:
    """Compare matter clusters (``record_id``, ``matter_id``) with the truth, over the cases that the links name."""
    return _evaluate(folder / "cases.parquet", "matter_id", links, "matter_id")


def _open(con: duckdb.DuckDBPyConnection, folder: Path, as_of: datetime, window: tuple[date, date]) -> None:
    """Views of what can be seen: entry, judged, record, matter_case, rating, closure, platform_usage."""
    con.execute(f"SET TimeZone = '{ZONE}'")
    con.execute("SET VARIABLE as_of = $1::TIMESTAMPTZ", [as_of.isoformat()])
    con.execute("SET VARIABLE first_day = $1::DATE", [window[0]])
    con.execute("SET VARIABLE last_day = $1::DATE", [window[1]])
    _shelf_lives(con, {a.code: a.shelf_life_days for a in attributes().values()})
    for view, name, seen, counted in (
        ("entry", "entries", "visible_at", None),
        ("record", "records", "visible_at", None),
        ("matter_case", "cases", "visible_at", None),
        ("rating", "ratings", "rated_at", "rated_at"),
        ("closure", "closures", "closed_at", "closed_at"),
    ):
        con.register(f"{view}_file", con.read_parquet(str(folder / f"{name}.parquet")))
        within = f" AND {counted}::DATE BETWEEN getvariable('first_day') AND getvariable('last_day')" if counted else ""
        con.execute(
            f"CREATE TEMP VIEW {view} AS SELECT * FROM {view}_file WHERE {seen} <= getvariable('as_of'){within}"  # noqa: S608
        )
    con.execute(
        "CREATE TEMP VIEW judged AS SELECT * FROM entry"
        " WHERE is_manual AND entered_at::DATE BETWEEN getvariable('first_day') AND getvariable('last_day')"
    )
    con.register("platform_usage", con.read_parquet(str(folder / "usage.parquet")))


def _shelf_lives(con: duckdb.DuckDBPyConnection, days: dict[str, int | None]) -> None:
    con.register(
        "shelf_life",
        pa.table(
            {
                "attribute_code": pa.array(list(days), pa.string()),
                "shelf_life_days": pa.array([36_500 if d is None else d for d in days.values()], pa.int32()),
            }
        ),
    )


def _evaluate(file: Path, truth_column: str, links: pa.Table, link_column: str) -> PairQuality:
    """Pairs are counted from group sizes, so a cluster of any size costs one row."""
    with _quiet_engine() as con:
        con.register("truth_file", con.read_parquet(str(file)))
        con.register("link", links)
        con.execute(
            "CREATE TEMP TABLE cell AS"  # noqa: S608
            f" SELECT l.{link_column} AS found, t.{truth_column} AS truly, count(*) AS n"
            " FROM link l JOIN truth_file t ON t.record_id = l.record_id"
            f" WHERE t.{truth_column} IS NOT NULL GROUP BY ALL"
        )
        records, right = _row(
            con, "SELECT coalesce(sum(n), 0)::BIGINT, coalesce(sum(n * (n - 1) // 2), 0)::BIGINT FROM cell"
        )
        clusters, found = _row(con, _PAIRS.format(by="found"))
        true_clusters, true = _row(con, _PAIRS.format(by="truly"))
        unknown = _row(con, "SELECT count(*) FROM link ANTI JOIN truth_file USING (record_id)")[0]
        by_size = tuple(_of_size(con, least, most) for least, most in SIZES)
    precision, recall = _share(right, found, 1.0), _share(right, true, 1.0)
    return PairQuality(
        records=records,
        clusters=clusters,
        true_clusters=true_clusters,
        unknown=unknown,
        pairs_found=found,
        pairs_true=true,
        pairs_right=right,
        precision=precision,
        recall=recall,
        f1=_share(2 * precision * recall, precision + recall),
        by_size=by_size,
    )


_PAIRS = (
    "SELECT count(*), coalesce(sum(s * (s - 1) // 2), 0)::BIGINT"
    " FROM (SELECT sum(n)::BIGINT AS s FROM cell GROUP BY {by})"
)


def _of_size(con: duckdb.DuckDBPyConnection, least: int, most: int) -> SizeQuality:
    clusters, pairs, right = _row(
        con,
        "SELECT count(*), coalesce(sum(s * (s - 1) // 2), 0)::BIGINT, coalesce(sum(r), 0)::BIGINT"
        " FROM (SELECT sum(n)::BIGINT AS s, sum(n * (n - 1) // 2)::BIGINT AS r FROM cell GROUP BY found)"
        " WHERE s BETWEEN $1 AND $2",
        [least, most],
    )
    return SizeQuality(least, most, clusters, pairs, right, _share(right, pairs, 1.0))


def _row(con: duckdb.DuckDBPyConnection, sql: str, values: list[Any] | None = None) -> tuple[Any, ...]:
    row = con.execute(sql, values).fetchone()
    if row is None:
        raise ValueError("the statement gave no row")
    return row


def _share(part: float, whole: float, empty: float = 0.0) -> float:
    return part / whole if whole else empty
