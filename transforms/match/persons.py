"""Persons: the engine configured for ``link_person_record``, its findings as the declared link tables."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from schemas.arrow import arrow_schema
from schemas.tables.link import PERSON_RECORD
from transforms.match.arrays import Codes
from transforms.match.compare.identity_number import IdentityNumber, stated_in
from transforms.match.compare.person_name_zh import sex_in_title
from transforms.match.config import Field, Household, MatchConfig, Pass
from transforms.match.engine import Matched, match
from transforms.match.identity import NO_PAST, PERSON, Past, stable_ids
from transforms.match.results.outputs import links_table, pairs_table, persons_table
from transforms.match.results.review import questions, queue
from transforms.match.texts import encode

NAME, NUMBER, BIRTH, SEX, PHONE, ADDRESS, COMMUNITY = (
    "person_name",
    "cert_no",
    "birth_date",
    "sex_code",
    "phone",
    "address",
    "community_code",
)

PERSONS = MatchConfig(
    record_id="record_id",
    fields=(
        Field(NAME, "person_name_zh"),
        Field(NUMBER, "identity_number"),
        Field(BIRTH, "date"),
        Field(SEX, "category", {"unknown": ("0", "9")}),
        Field(PHONE, "phone"),
        Field(ADDRESS, "address_zh"),
        Field(COMMUNITY, "category", {"prefixes": (9, 6)}),
    ),
    passes=(
        Pass(("cert_no.number",), refine=("person_name.merged",), max_block=400, is_training=True),
        Pass(("person_name.sounds", "birth_date.date"), refine=("community_code.value",), is_training=True),
        Pass(("person_name.sounds", "phone.number"), refine=("community_code.value",), is_training=True),
        Pass(("phone.number", "person_name.surname_sound"), refine=("person_name.merged",), max_block=100),
        Pass(("phone.number", "person_name.last_sound"), refine=("person_name.merged",), max_block=100),
        Pass(("phone.number", "birth_date.date")),
        Pass(("person_name.merged", "birth_date.unordered"), refine=("community_code.value",)),
        Pass(
            ("person_name.merged", "birth_date.year"), refine=("community_code.value", "sex_code.value"), max_block=100
        ),
        Pass(("person_name.merged", "birth_date.month_day"), refine=("community_code.value",), max_block=100),
        Pass(("person_name.sounds", "community_code.value"), refine=("birth_date.year",), max_block=100),
        Pass(("person_name.sounds", "address.address"), max_block=100),
        Pass(("person_name.sounds", "address.dwelling"), max_block=100),
        Pass(("birth_date.date", "community_code.value"), refine=("person_name.surname_sound",), max_block=60),
        Pass(("birth_date.date", "address.address"), max_block=60),
        Pass(("birth_date.date", "person_name.surname"), refine=("community_code.value",), max_block=60),
        Pass(("cert_no.tail12",), max_block=60),
        Pass(("cert_no.ends6",), refine=("person_name.surname_sound",), max_block=60),
        Pass(("cert_no.head12", "person_name.surname_sound"), refine=("person_name.merged",), max_block=60),
        Pass(("cert_no.digits", "person_name.surname_sound"), max_block=60),
        Pass(("cert_no.last4", "person_name.merged"), max_block=60),
        Pass(("cert_no.last4", "person_name.surname", "community_code.value"), max_block=60),
    ),
    anchors=(
        ("cert_no.valid", "person_name.surname_sound"),
        ("cert_no.valid", "birth_date.date", "sex_code.value"),
        ("person_name.sounds", "birth_date.date", "phone.number"),
        ("person_name.sounds", "birth_date.date", "community_code.value"),
        ("person_name.sounds", "phone.number"),
        ("person_name.sounds", "address.address"),
    ),
    household=Household(features=("phone.number", "address.address"), lends={NUMBER: 0.005}),
    exclusive="cert_no.valid",
    implies={NUMBER: (BIRTH, SEX), ADDRESS: (COMMUNITY,)},
    certain_field=NUMBER,
)
"""How person records are matched. Weights are learnt from the data; this says what to compare and where to look."""


@dataclass(frozen=True, slots=True)
class PersonMatch:
    """Tables of ``schemas.tables.link``: link_person, link_person_pair, link_review, dim_person; the readable model."""

    links: pa.Table
    pairs: pa.Table
    review: pa.Table
    persons: pa.Table
    model: dict[str, object]


def match_persons(
    records: pa.Table,
    previous: pa.Table | None,
    key: bytes,
    constraints: pa.Table | None = None,
    past: Past = NO_PAST,
    config: MatchConfig = PERSONS,
) -> PersonMatch:
    """Find which person records are one person.

    ``records``: columns of link_person_record. ``previous``: link_person of the last generation, from which persons
    keep their ids. ``key``: the home's key for surrogates. ``constraints``: decisions in force
    (:data:`transforms.match.decisions.CONSTRAINT`). ``past``: ids beyond the last generation. The order of rows changes
    nothing.
    """
    records = prepared(records)
    found = match(records, config, constraints)
    asked = questions(records.column("record_id").combine_chunks(), found, config)
    return person_match(records, found, asked, previous, key, past)


def person_match(
    records: pa.Table, found: Matched, asked: pa.Table, previous: pa.Table | None, key: bytes, past: Past
) -> PersonMatch:
    """The findings on all ``records`` (as :func:`prepared`) as declared tables; ``asked``: all questions."""
    record_ids = records.column("record_id").combine_chunks()
    ids = stable_ids(record_ids, found.cluster_of, previous, "person_id", key, PERSON, past)
    links = links_table(record_ids, ids, found)
    return PersonMatch(
        links=links,
        pairs=pairs_table(record_ids, found),
        review=queue(asked, len(record_ids)),
        persons=persons_table(records, links, found.cluster_of, ids),
        model=found.report,
    )


def prepared(records: pa.Table) -> pa.Table:
    """Person records (columns of link_person_record) as they are matched: in order, with what their numbers state."""
    return with_stated_in_number(in_order(records.select(PERSON_RECORD.columns.keys())))


def in_order(records: pa.Table) -> pa.Table:
    """Records in the order of their ids, in the declared types."""
    return by_id(records.cast(arrow_schema(PERSON_RECORD)))


def by_id(rows: pa.Table) -> pa.Table:
    """Rows of one record each in the order of record ids."""
    ids = rows.column("record_id").combine_chunks()
    if len(ids) > 1 and pc.any(pc.greater(ids[:-1], ids[1:])).as_py():
        rows = rows.take(pc.sort_indices(ids))
    return rows.combine_chunks()


def with_stated_in_number(records: pa.Table) -> pa.Table:
    """Fill missing birth dates and sexes with what the record's own valid number (or title of address) states."""
    if not records.num_rows:
        return records
    for name in (NAME, NUMBER):
        records = records.set_column(records.column_names.index(name), name, _encoded(records.column(name)))
    numbers, distinct = encode(records.column(NUMBER))
    names, called = encode(records.column(NAME))
    birth, sex = (stated.take(_rows(numbers)) for stated in stated_in(IdentityNumber().read(distinct)))
    title = sex_in_title(called).take(_rows(names))
    for name, stated in ((BIRTH, birth), (SEX, sex), (SEX, title)):
        filled = pc.coalesce(records.column(name), pa.chunked_array([stated]))
        records = records.set_column(records.column_names.index(name), name, filled)
    return records


def _encoded(values: pa.ChunkedArray) -> pa.Array:
    """Values as a dictionary, which is what they are read through, here and in normalising."""
    return values.combine_chunks().dictionary_encode()


def _rows(codes: Codes) -> pa.Array:
    return pa.array(codes, mask=codes < 0)
