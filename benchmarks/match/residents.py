"""Person records of an invented province with known truth, at any size: the input of the matching benchmarks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from province.estate import habits
from province.population.biography import live
from province.population.chance import texts
from province.population.forms import form_keys, form_table, make_forms
from province.population.people import make_people
from province.population.places import choose_communities
from province.population.planted import record_ids
from province.population.platforms import read_platforms
from province.population.rhythm import plant_rhythm
from province.population.visits import make_visits
from province.rendering_text import mask_names, mask_numbers
from schemas.arrow import arrow_schema
from schemas.eligibility import is_village
from schemas.tables.link import PERSON_RECORD

RESIDENTS_PER_COMMUNITY = 100
RECORDS_PER_RESIDENT = 8


def write_records(folder: Path, records: int, seed: int) -> None:
    """Write ``records.parquet`` (link_person_record, about ``records`` rows) and ``truth.parquet`` (record, person).

    Of each form the latest version is kept, and test entries are left out, as a careful intake would.
    """
    folder.mkdir(parents=True, exist_ok=True)
    residents = max(records // RECORDS_PER_RESIDENT, 200)
    codes = choose_communities(seed, max(residents // RESIDENTS_PER_COMMUNITY, 10))
    people = make_people(seed, residents, len(codes))
    lives = live(seed, people, codes, np.array([is_village(c) for c in codes]))
    estate = habits()
    platforms = read_platforms(estate, codes)
    visits = make_visits(seed, people, lives, platforms, plant_rhythm(seed, platforms))
    visits = visits.take(visits.has_form)
    forms = make_forms(seed, visits, people, lives, platforms, codes, form_keys(visits))
    table = form_table(forms, platforms, codes, texts([None] * len(visits)))
    ids = pa.array(record_ids(platforms, visits.platform, "form", forms.keys), pa.string())
    truth = pa.table(
        {
            "record_id": ids,
            "person_id": pa.array(visits.person),
            "is_kept": pa.array((visits.person >= 0) & (forms.draft.fate == "accepted")),
        }
    )
    pq.write_table(truth.filter(truth["is_kept"]).select(["record_id", "person_id"]), folder / "truth.parquet")
    pq.write_table(_masked(_shaped(table), {h.platform_id: h.masks for h in estate}, truth), folder / "records.parquet")


def _shaped(forms: pa.Table) -> pa.Table:
    """The forms in the shape of link_person_record, one row for each key (the latest version)."""
    forms = forms.sort_by([("changed_at", "descending")])
    ids = pc.binary_join_element_wise(forms["platform_id"].cast(pa.string()), "form", forms["source_key"], ":")
    first = np.unique(np.array(ids.to_pylist()), return_index=True)[1]
    columns = {
        "record_id": ids,
        "platform_id": forms["platform_id"].cast(pa.string()),
        "stream": pa.array(["form"] * forms.num_rows),
        "community_code": pc.coalesce(forms["residence_code"], forms["community_code"]),
        "recorded_at": forms["entered_at"],
    }
    schema = arrow_schema(PERSON_RECORD)
    return (
        pa.table([columns.get(n, forms[n] if n in forms.column_names else None) for n in schema.names], schema.names)
        .take(pa.array(first))
        .cast(schema)
    )


def _masked(records: pa.Table, masks: dict[str, tuple[str, ...]], truth: pa.Table) -> pa.Table:
    """Hide what platforms hide, and keep only the records of the truth."""
    kept = truth.filter(truth["is_kept"])["record_id"]
    records = records.filter(pc.is_in(records["record_id"], kept.combine_chunks())).combine_chunks()
    for name, hide in (("person_name", mask_names), ("cert_no", mask_numbers), ("phone", mask_numbers)):
        hiding = pa.array([platform for platform, columns in masks.items() if name in columns], pa.string())
        hidden = pc.is_in(records["platform_id"], hiding)
        column = records[name].combine_chunks()
        masked = pc.if_else(hidden, hide(column), column)
        records = records.set_column(records.column_names.index(name), name, masked)
    return records
