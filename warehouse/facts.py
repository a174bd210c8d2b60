"""Facts: the masked copies of the core tables, carrying surrogates in place of identity.

One statement per fact table, generated from its ``schemas.facts.FactSource``: which columns, masked how, is declared
there and nowhere else. Facts are derived in full in each generation, because a surrogate may change without its row
changing.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Column

from schemas import ddl
from schemas.columns import Mask, meta_of
from schemas.facts import FactSource, Surrogate, fact_column_name
from schemas.streams import fact_sources, stream_tables
from warehouse.build import Build
from warehouse.queries import guarded, query
from warehouse.tokens import make_tokens

REFERRED = "LEFT JOIN {core} AS {of} ON {of}.platform_id = c.platform_id AND {of}.source_key = c.{column}"
LINKED = "LEFT JOIN warehouse.link_{kind} AS {kind} ON {kind}.record_id = {record}"
"""How a fact table finds a surrogate. Every join meets a key, so that no row is doubled."""
MASKS = {Mask.NAME: "mask_name", Mask.NUMBER: "mask_number", Mask.YEAR: "mask_year"}


def build_facts(build: Build, key: bytes) -> dict[str, int]:
    """Fill every fact table of the warehouse tier from the vault; returns rows by table. Call after matching.

    ``key``: the home's HMAC key for tokens.
    """
    with guarded("facts"):
        build.con.execute(query("masks"))
        return {source.fact.name: _fill(build, source, key) for source in fact_sources()}


def _fill(build: Build, source: FactSource, key: bytes) -> int:
    joins = [join for surrogate in source.surrogates for join in _joins(surrogate)]
    tokened = [c for c in source.core.columns if meta_of(c).mask is Mask.TOKEN]
    tokens = {col.name: f"token_{number}" for number, col in enumerate(tokened)}
    for col in tokened:
        into, value = tokens[col.name], f"c.{ddl.identifier(col.name)}"
        make_tokens(build.con, key, ddl.qualified(source.core), _purpose(source, col), value, into)
        joins.append(f"LEFT JOIN {into} ON {into}.purpose = {_purpose(source, col)} AND {into}.value = {value}")
    kept = [c for c in source.core.columns if meta_of(c).mask is not Mask.DROP]
    expressions = [_masked(c, tokens) for c in kept] + [f"{_kind(s)}.{s.name}" for s in source.surrogates]
    names = [fact_column_name(c) for c in kept] + [s.name for s in source.surrogates]
    fact = ddl.qualified(source.fact)
    build.con.execute(query("truncate", table=fact))
    text = query(
        "fill_fact",
        fact=fact,
        core=ddl.qualified(source.core),
        columns=", ".join(map(ddl.identifier, names)),
        expressions=", ".join(expressions),
        joins=" ".join(joins),
    )
    filled = build.con.execute(text).fetchone()
    return int(filled[0]) if filled else 0


def _masked(col: Column[object], tokens: Mapping[str, str]) -> str:
    mask, name = meta_of(col).mask, f"c.{ddl.identifier(col.name)}"
    if mask is Mask.TOKEN:
        return f"{tokens[col.name]}.token"
    return f"{MASKS[mask]}({name})" if mask in MASKS else name


def _purpose(source: FactSource, col: Column[object]) -> str:
    """Tokens of entry values are kept apart by attribute, others by column."""
    by_attribute = source.fact.name == "fact_entry" and col.name == "value"
    return "c.attribute_code" if by_attribute else f"'{col.name}'"


def _joins(surrogate: Surrogate) -> list[str]:
    kind, of = _kind(surrogate), f"{surrogate.of}_referred"
    if surrogate.of == "record":
        return [LINKED.format(kind=kind, record=f"c.{surrogate.column}")]
    core, column = ddl.qualified(stream_tables()[surrogate.of]), ddl.identifier(surrogate.column)
    referred = REFERRED.format(core=core, of=of, column=column)
    return [referred, LINKED.format(kind=kind, record=f"{of}.record_id")]


def _kind(surrogate: Surrogate) -> str:
    return surrogate.name.removesuffix("_id")
