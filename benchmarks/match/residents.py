"""Residents of an invented province with known truth, at any size: what its platforms took in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.match.clean import fold_names, fold_numbers, fold_phones, stated_birth_and_sex, with_derived
from province.estate import habits
from province.population.biography import live
from province.population.chance import texts
from province.population.forms import form_keys, form_table, make_forms
from province.population.people import People, make_people
from province.population.places import choose_communities
from province.population.planted import record_ids
from province.population.platforms import read_platforms
from province.population.rhythm import plant_rhythm
from province.population.visits import make_visits
from province.rendering_text import mask_names, mask_numbers
from schemas.regions import is_village

RESIDENTS_PER_COMMUNITY = 100
RECORDS_PER_RESIDENT = 8


def make_residents(folder: Path, records: int, seed: int) -> None:
    """Write ``records.parquet`` (about ``records`` rows) and ``truth.parquet`` into ``folder``.

    Of each form the latest version is kept, and test entries are left out, as a careful intake would.
    """
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
    kept = (visits.person >= 0) & (forms.draft.fate == "accepted")
    ids = pa.array(record_ids(platforms, visits.platform, "form", forms.keys), pa.string()).filter(pa.array(kept))
    twins, namesakes = _groups(people)
    person = visits.person[kept]
    truth = pa.table({"record_id": ids, "entity_id": person, "twins": twins[person], "namesakes": namesakes[person]})
    records_table = _masked(_latest(table, ids), {h.platform_id: h.masks for h in estate})
    pq.write_table(truth, folder / "truth.parquet")
    pq.write_table(with_derived(_cleaned(records_table)), folder / "records.parquet")


def _groups(people: People) -> tuple[np.ndarray, np.ndarray]:
    """Per person: the pair of twins and the group of same name and birthday it belongs to, -1 for none."""
    twins = np.where(people.twin_of >= 0, people.twin_of, -1)
    twins[people.twin_of[people.twin_of >= 0]] = people.twin_of[people.twin_of >= 0]
    key = np.char.add(people.names.full.astype(str), people.birth.astype(str))
    _, group, count = np.unique(key, return_inverse=True, return_counts=True)
    return twins, np.where(count[group] > 1, group, -1)


def _latest(forms: pa.Table, kept: pa.Array) -> pa.Table:
    """One row for each key (the latest version) of the records kept."""
    forms = forms.sort_by([("changed_at", "descending")])
    ids = pc.binary_join_element_wise(forms["platform_id"].cast(pa.string()), "form", forms["source_key"], ":")
    first = np.unique(np.array(ids.to_pylist()), return_index=True)[1]
    place = pc.coalesce(forms["residence_code"], forms["community_code"]).cast(pa.string())
    forms = forms.append_column("record_id", ids).append_column("community", place).take(pa.array(first))
    return forms.filter(pc.is_in(forms["record_id"], kept)).combine_chunks()


def _masked(records: pa.Table, masks: dict[str, tuple[str, ...]]) -> pa.Table:
    """Hide what platforms hide."""
    platform = records["platform_id"].cast(pa.string())
    for name, hide in (("person_name", mask_names), ("cert_no", mask_numbers), ("phone", mask_numbers)):
        hiding = pa.array([platform_id for platform_id, columns in masks.items() if name in columns], pa.string())
        column = records[name].combine_chunks().cast(pa.string())
        masked = pc.if_else(pc.is_in(platform, hiding).combine_chunks(), hide(column), column)
        records = records.set_column(records.column_names.index(name), name, masked)
    return records


def _cleaned(records: pa.Table) -> pa.Table:
    number = fold_numbers(records["cert_no"])
    birth, sex = stated_birth_and_sex(number)
    typed = records["birth_date"].combine_chunks().cast(pa.string())
    code = records["sex_code"].combine_chunks().cast(pa.string())
    return pa.table(
        {
            "record_id": records["record_id"],
            "source": records["platform_id"].cast(pa.string()),
            "name": fold_names(records["person_name"]),
            "id_no": number,
            "birth_date": pc.coalesce(typed, birth),
            "sex": pc.coalesce(pc.if_else(pc.is_in(code, pa.array(["1", "2"])), code, None), sex),
            "phone": fold_phones(records["phone"]),
            "address": records["address"].cast(pa.string()),
            "community": records["community"],
        }
    )
