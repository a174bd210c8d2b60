"""The matcher on a small province: persons and matters against what was planted."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from province.estate import habits
from province.population import Population, populate
from province.truth import evaluate_matters, evaluate_persons
from schemas.columns import ZONE
from transforms.match.matters import match_matters
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
    SELECT * EXCLUDE (person_id), l.person_id
    FROM (SELECT *, platform_id || ':case:' || source_key AS record_id, platform_id || ':form:' || form_key AS form_id,
              NULL AS person_id
          FROM "case" QUALIFY row_number() OVER (PARTITION BY platform_id, source_key ORDER BY changed_at DESC) = 1) c
    LEFT JOIN (SELECT record_id AS form_id, person_id FROM link) l USING (form_id)
"""


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
        matters = match_matters(con.sql(CASES).to_arrow_table(), None, KEY).links
    found = evaluate_persons(folder, persons.links)
    assert found.records > 5_000
    assert found.precision >= 0.99
    assert found.recall >= 0.97
    assert all(size.precision >= 0.95 for size in found.by_size if size.pairs > 100)
    found = evaluate_matters(folder, matters)
    assert min(found.precision, found.recall) >= 0.98
