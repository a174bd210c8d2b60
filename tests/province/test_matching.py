"""The matcher on a small province: persons and matters against what was planted."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from province.estate import habits
from province.population import Population, populate
from province.truth import evaluate_matters, evaluate_persons
from schemas.columns import ZONE
from transforms.match.matters import MatterMatch, match_matters
from transforms.match.persons import match_persons

KEY = b"k" * 32

RECORDS = """
    SELECT platform_id || ':form:' || source_key AS record_id, platform_id, 'form' AS stream, person_name,
        cert_type_code, cert_no, sex_code, birth_date, phone, address,
        coalesce(residence_code, community_code) AS community_code, entered_at AS recorded_at
    FROM form QUALIFY row_number() OVER (PARTITION BY platform_id, source_key ORDER BY changed_at DESC) = 1
    UNION ALL
    SELECT platform_id || ':ticket:' || source_key, platform_id, 'ticket', caller_name, NULL, NULL, NULL, NULL,
        caller_phone, NULL, community_code, received_at
    FROM ticket WHERE caller_name IS NOT NULL OR caller_phone IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY platform_id, source_key ORDER BY changed_at DESC) = 1
"""
CASES = """
    SELECT c.* EXCLUDE (person_id), l.person_id, h.household_no, h.address
    FROM (SELECT *, platform_id || ':case:' || source_key AS record_id, platform_id || ':form:' || form_key AS form_id,
              NULL AS person_id
          FROM "case" QUALIFY row_number() OVER (PARTITION BY platform_id, source_key ORDER BY changed_at DESC) = 1) c
    LEFT JOIN (SELECT record_id AS form_id, person_id FROM link) l USING (form_id)
    LEFT JOIN (SELECT platform_id || ':form:' || source_key AS form_id, household_no, address FROM form
               QUALIFY row_number() OVER (PARTITION BY platform_id, source_key ORDER BY changed_at DESC) = 1) h
        USING (form_id)
"""

REPEATED = ("duplicate", "reopened", "transferred")
APART = ("lawful_sequence", "batch", "number_reused")


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> tuple[Population, Path]:
    population, folder = populate(habits(), 11, 900, 9), tmp_path_factory.mktemp("truth")
    population.write_truth(folder)
    return population, folder


def test_persons_and_matters(province: tuple[Population, Path]) -> None:
    population, folder = province
    with duckdb.connect() as con:
        con.execute(f"SET TimeZone = '{ZONE}'")
        for name in ("form", "ticket", "case"):
            con.register(name, population.streams[name])
        persons = match_persons(con.sql(RECORDS).to_arrow_table(), None, KEY)
        con.register("link", persons.links)
        matters = match_matters(con.sql(CASES).to_arrow_table(), None, KEY)
    found = evaluate_persons(folder, persons.links)
    assert found.records > 5_000
    assert found.precision >= 0.99
    assert found.recall >= 0.97
    assert all(size.precision >= 0.95 for size in found.by_size if size.pairs > 100)
    found = evaluate_matters(folder, matters.links)
    assert found.precision >= 0.999
    assert found.recall >= 0.98
    _judge_relations(folder, matters)


def _judge_relations(folder: Path, matters: MatterMatch) -> None:
    """Planted roles are found; what a name tells apart is never one matter; the queue stays short."""
    with duckdb.connect() as con:
        con.register("truth", con.read_parquet(str(folder / "cases.parquet")))
        con.register("link", matters.links)
        con.register("pair", matters.pairs)
        agreed = "avg((l.role_code = t.role_code)::INT) FROM link l JOIN truth t USING (record_id)"
        (roles,) = con.execute(f"SELECT {agreed} WHERE t.role_code IN {REPEATED}").fetchone() or (0,)
        wrong = con.execute(
            "SELECT relation_code FROM pair"
            " JOIN truth a ON a.record_id = left_id JOIN truth b ON b.record_id = right_id"
            f" WHERE (relation_code IN {APART}) = (a.matter_id = b.matter_id) AND grade_code <> 'possible'"
        ).fetchall()
    assert roles >= 0.95
    assert len(wrong) <= 0.002 * matters.pairs.num_rows
    assert matters.review.num_rows <= 0.02 * matters.links.num_rows
