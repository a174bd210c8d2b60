"""Invented fact tables of a chosen size, for timing measures: no person, no place, only shapes and counts.

Everything follows from the seed. Values are small integers written as text, so that equal tokens mean equal values as
in a real warehouse; people come back to several platforms, values change now and then, some entries are imported.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa

from schemas.codes import attributes


@dataclass(frozen=True, slots=True)
class Size:
    """How large the tables are."""

    platforms: int = 132
    communities: int = 60
    persons: int = 6_000
    forms: int = 45_000
    attributes_per_form: int = 9
    usage_events: int = 300_000
    cases: int = 20_000
    ratings: int = 12_000


WINDOW = (date(2026, 7, 1), date(2026, 9, 30))
HISTORY_START = np.datetime64("2025-04-01T00:00:00")


def _codes(prefix: str, numbers: np.ndarray) -> pa.Array:
    return pa.array(np.char.add(prefix, numbers.astype(np.int64).astype(str)))


def _times(rng: np.random.Generator, n: int, start: np.datetime64, days: int) -> pa.Array:
    seconds = rng.integers(0, days, n) * 86_400 + rng.integers(8 * 3600, 18 * 3600, n)
    moments = (start + seconds.astype("timedelta64[s]")).astype("datetime64[us]")
    return pa.array(moments - np.timedelta64(8, "h"), pa.timestamp("us", tz="UTC"))


def entries(size: Size, rng: np.random.Generator) -> pa.Table:
    """``fact_entry``: forms of about nine attributes each; one value in twelve differs from what was typed before."""
    forms, width = size.forms, size.attributes_per_form
    codes = np.array(list(attributes()))
    person = rng.integers(0, size.persons, forms)
    platform = (size.platforms * rng.random(forms) ** 2).astype(int)
    chosen = np.argsort(rng.random((forms, len(codes))), axis=1)[:, :width].ravel()
    form = np.repeat(np.arange(forms), width)
    record = np.char.add(np.char.add(np.char.add("p", platform.astype(str)), ":form:"), np.arange(forms).astype(str))
    changed = rng.random(form.size) < 1 / 12
    value = person[form] * 1_000 + chosen * 20 + np.where(changed, rng.integers(1, 4, form.size), 0)
    mode = rng.choice(["manual", "prefill_accepted", "import", "api"], size.forms, p=[0.8, 0.1, 0.06, 0.04])
    moment = _times(rng, forms, HISTORY_START, 540)
    return pa.table({
        "entry_id": pa.array(np.char.add(np.char.add(record[form], ":"), codes[chosen])),
        "record_id": pa.array(record[form]),
        "platform_id": _codes("p", platform[form]),
        "attribute_code": pa.array(codes[chosen]),
        "value_token": pa.array(np.char.add("5f0c93e1a7b2d4485f0c93e1a7b2d4485f0c93e1", value.astype(str))),
        "is_variant_spelling": pa.array(rng.random(form.size) < 0.03),
        "mode_code": pa.array(mode[form]),
        "entered_at": moment.take(pa.array(form)),
        "person_id": _codes("person-", person[form]),
    })  # fmt: skip


def usage(size: Size, rng: np.random.Generator) -> pa.Table:
    """``fact_usage``: a log whose busiest platforms have hundreds of times the lines of the idle ones."""
    n = size.usage_events
    platform = (size.platforms * rng.random(n) ** 1.7).astype(int)
    actions = ["create", "update", "approve", "reply", "print", "view", "login", "heartbeat"]
    return pa.table({
        "record_id": _codes("u", np.arange(n)),
        "platform_id": _codes("p", platform),
        "community_code": _codes("4301000", 10_000 + rng.integers(0, size.communities, n)),
        "account_kind_code": pa.array(rng.choice(["worker", "resident", "sync"], n, p=[0.7, 0.2, 0.1])),
        "action_code": pa.array(rng.choice(actions, n)),
        "occurred_at": _times(rng, n, np.datetime64(WINDOW[0]), 92),
        "duration_s": pa.array(rng.exponential(40, n)),
    })  # fmt: skip


def cases_and_ratings(size: Size, rng: np.random.Generator) -> tuple[pa.Table, pa.Table]:
    """``fact_case`` and ``fact_rating``: cases closed in the window, some of them rated."""
    n, rated = size.cases, rng.integers(0, size.cases, size.ratings)
    platform = rng.integers(0, size.platforms, n)
    apply_at = _times(rng, n, np.datetime64(WINDOW[0]), 80)
    close_at = pa.array(apply_at.cast(pa.int64()).to_numpy() + rng.integers(1, 8, n) * 86_400_000_000, pa.int64()).cast(
        pa.timestamp("us", tz="UTC")
    )
    case = pa.table(
        {
            "record_id": _codes("c", np.arange(n)),
            "platform_id": _codes("p", platform),
            "source_key": _codes("n", np.arange(n)),
            "apply_at": apply_at,
            "close_at": close_at,
            "status_code": pa.array(np.full(n, "closed")),
        }
    )
    rating = pa.table(
        {
            "record_id": _codes("r", np.arange(size.ratings)),
            "platform_id": _codes("p", platform[rated]),
            "case_no": _codes("n", rated),
            "stage_code": pa.array(np.full(size.ratings, "close")),
            "level": pa.array(rng.choice([5, 4, 3, 2, 1], size.ratings, p=[0.7, 0.18, 0.07, 0.03, 0.02])),
            "collected_code": pa.array(rng.choice(["self", "face_to_face", "system"], size.ratings, p=[0.6, 0.3, 0.1])),
            "is_default": pa.array(rng.random(size.ratings) < 0.15),
            "detail_codes": pa.array(rng.choice(["510", "517", "510,517"], size.ratings)),
            "rated_at": _times(rng, size.ratings, np.datetime64(WINDOW[0]), 92),
        }
    )
    return case, rating


def dimensions(size: Size) -> dict[str, pa.Table]:
    """The dimensions that measures read: platforms, where they are to be used, the calendar, the attributes."""
    platform = np.arange(size.platforms)
    days = np.arange(np.datetime64("2025-01-01"), np.datetime64("2027-01-01"))
    workday = np.is_busday(days)
    pairs = np.indices((size.platforms, size.communities)).reshape(2, -1)
    catalogue = list(attributes().values())
    return {
        "dim_line": pa.table({"line_id": [f"l{i}" for i in range(27)], "title_zh": [f"条线{i}" for i in range(27)]}),
        "dim_platform": pa.table({
            "platform_id": _codes("p", platform),
            "line_id": _codes("l", platform % 27),
            "has_owner": pa.array(platform % 9 > 0),
            "has_rating": pa.array(platform % 3 > 0),
            "go_live_date": pa.array([date(2020, 1, 1)] * size.platforms),
            "eligible_communities": pa.array(np.full(size.platforms, size.communities)),
        }),
        "dim_platform_community": pa.table({
            "platform_id": _codes("p", pairs[0]), "community_code": _codes("4301000", 10_000 + pairs[1]),
        }),
        "dim_calendar": pa.table({
            "date": pa.array(days), "is_workday": pa.array(workday),
            "month_start_date": pa.array(days.astype("datetime64[M]").astype("datetime64[D]")),
        }),
        "dim_attribute": pa.table({
            "attribute_code": [a.code for a in catalogue], "keystrokes": [a.keys for a in catalogue],
            "shelf_life_days": pa.array([a.shelf_life_days for a in catalogue], pa.int64()),
            "is_eligible": [a.eligible for a in catalogue],
        }),
    }  # fmt: skip


def fill(con: duckdb.DuckDBPyConnection, size: Size, seed: int) -> None:
    """Fill a blank warehouse with tables of ``size``."""
    rng = np.random.default_rng(seed)
    case, rating = cases_and_ratings(size, rng)
    tables = {
        "fact_entry": entries(size, rng),
        "fact_usage": usage(size, rng),
        "fact_case": case,
        "fact_rating": rating,
    }
    for name, rows in {**tables, **dimensions(size)}.items():
        con.register("_rows", rows)
        con.execute(f"INSERT INTO warehouse.{name} BY NAME SELECT * FROM _rows")  # noqa: S608 (declared name)
        con.unregister("_rows")
    con.execute(
        "INSERT INTO warehouse.link_person BY NAME SELECT DISTINCT record_id, person_id, 'certain' AS grade_code,"
        " 0.99 AS confidence FROM warehouse.fact_entry"
    )
