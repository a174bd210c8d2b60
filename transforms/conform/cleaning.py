"""Which cleaning each canonical column gets, and the one SQL statement that cleans, types and checks a stream.

The cleaning itself is in ``macros/*.sql``. The statement names declared columns only; patterns of dates, the one thing
that comes from a platform file, are quoted literals.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Double, Table

from schemas.columns import ZONE, meta_of
from schemas.rules import InRegions
from transforms.quality.rowchecks import Check, broken_bits_sql, is_converted, literal, quoted, text_name

TEXT_CLEANERS = {
    "person_name": "clean_name",
    "caller_name": "clean_name",
    "cert_no": "clean_identity_number",
    "phone": "clean_phone",
    "caller_phone": "clean_phone",
    "address": "clean_address",
    "detail_codes": "clean_list",
}
"""Column -> macro, for text that has a canonical form of its own."""

SHIFTS = {"Asia/Shanghai": "INTERVAL 0 HOUR", "UTC": "INTERVAL 8 HOUR"}
"""What a time written without a zone lacks to be Beijing time."""


def cleaner(col: Column[object], zone: str = ZONE, pattern: str | None = None) -> str | None:
    """The SQL expression that turns a column's folded text into its canonical value; None when the text is it already.

    Times come out as Beijing wall clock without a zone. ``pattern``: declared strptime pattern, tried first.
    """
    source = quoted(col.name)
    shift = SHIFTS[zone]
    if isinstance(col.type, DateTime):
        return _patterned(source, pattern, shift, f"clean_moment({source}, {shift})")
    if isinstance(col.type, Date):
        return _patterned(source, pattern, SHIFTS[ZONE], f"clean_date({source}, {shift})", "::DATE")
    for kind, macro in ((BigInteger, "clean_integer"), (Double, "clean_number"), (Boolean, "clean_boolean")):
        if isinstance(col.type, kind):
            return f"{macro}({source})"
    if any(isinstance(rule, InRegions) for rule in meta_of(col).rules):
        return f"clean_region({source})"
    return f"{TEXT_CLEANERS[col.name]}({source})" if col.name in TEXT_CLEANERS else None


def _patterned(source: str, pattern: str | None, shift: str, usual: str, cast: str = "") -> str:
    if pattern is None:
        return usual
    parsed = f"try_strptime({source}, {literal(pattern)})"
    local = f"{parsed} AT TIME ZONE '{ZONE}'" if "%z" in pattern or "%Z" in pattern else f"{parsed} + {shift}"
    return f"coalesce(moment_in_calendar({local}){cast}, {usual})"


def cleaning_sql(
    table: Table, sent: frozenset[str], checks: tuple[Check, ...], zone: str, formats: dict[str, str]
) -> tuple[str, list[str]]:
    """The statement over the relation ``folded`` (``_at`` and the text columns) and the text columns it reads.

    It gives ``_at``, each column that cleaning changes, and ``_broken`` (bits of the broken checks), a row for a row.
    """
    checked = {c.column for c in checks} | {getattr(c.rule, "other", "") for c in checks} | _companions(checks)
    cleaned = {c.name: e for c in table.columns if c.name in sent and (e := cleaner(c, zone, formats.get(c.name)))}
    read = [c for c in table.columns if c.name in sent and (c.name in cleaned or c.name in checked)]
    inner = [f"{cleaned.get(c.name, quoted(c.name))} AS {quoted(c.name)}" for c in read]
    inner += [f"{quoted(c.name)} AS {quoted(text_name(c))}" for c in read if is_converted(c)]
    outer = ["_at", *map(quoted, cleaned), f"{broken_bits_sql(checks)} AS _broken"]
    sql = f"SELECT {', '.join(outer)} FROM (SELECT {', '.join(['_at', *inner])} FROM folded)"  # noqa: S608
    return sql, [c.name for c in read]


def _companions(checks: tuple[Check, ...]) -> set[str]:
    from schemas.rules import ValidIdentityNumber
    from transforms.quality.rowchecks import CERTIFICATE_TYPE

    return {CERTIFICATE_TYPE} if any(isinstance(c.rule, ValidIdentityNumber) for c in checks) else set()
