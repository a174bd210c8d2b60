"""How a table is declared: SQLAlchemy Core columns that carry title, definition, unit, class, mask and rules.

Everything else (Arrow schemas, DDL, row checks, Great Expectations suites, masked copies, the data dictionary) is
derived from these declarations and from nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Double, MetaData, String, Table

from schemas.rules import Rule

METADATA = MetaData()

TEXT = String()
INT = BigInteger()
FLOAT: Double[float] = Double()
BOOL = Boolean()
DATE = Date()
TIME = DateTime(timezone=True)
"""A moment in Beijing time with its zone (Asia/Shanghai)."""

ZONE = "Asia/Shanghai"


class Class(StrEnum):
    """Class of a column after GB/T 43697-2024 and PIPL; decides who may see it."""

    PUBLIC = "public"
    INTERNAL = "internal"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"


class Tier(StrEnum):
    """Where a table rests. A ``core_`` table of the vault appears in the warehouse only as its masked ``fact_``
    copy."""

    VAULT = "vault"
    WAREHOUSE = "warehouse"


class Mask(StrEnum):
    """How a personal column appears in the warehouse tier."""

    DROP = "drop"
    """Not there at all."""
    NAME = "name"
    """First character, then one star for each other character."""
    NUMBER = "number"
    """First three and last four characters kept, the rest stars; an identity number keeps its first three and last
    four."""
    YEAR = "year"
    """A date becomes 1 January of its year."""
    TOKEN = "token"  # noqa: S105
    """HMAC-SM3 under the home's key, purpose-bound; column renamed to ``<name>_token``."""


class Cleaning(StrEnum):
    """What a text is, where conform has a canonical form for it (``transforms/conform/macros``)."""

    NAME = "name"
    IDENTITY_NUMBER = "identity_number"
    PHONE = "phone"
    ADDRESS = "address"
    LIST = "list"
    """Codes in any order, between commas."""


@dataclass(frozen=True, slots=True)
class Meta:
    """What a column carries besides its type (``column.info["meta"]``)."""

    zh: str
    en: str
    definition: str = ""
    unit: str = ""
    klass: Class = Class.INTERNAL
    mask: Mask | None = None
    rules: tuple[Rule, ...] = ()
    attribute: bool = False
    """True when a worker types it about a person: conform makes an entry event of it."""
    cleaning: Cleaning | None = None


@dataclass(frozen=True, slots=True)
class TableMeta:
    """What a table carries (``table.info["meta"]``). ``stream`` names the stream kind that it is filled from, and
    ``event_time`` the column that says when the event itself was: a source without a time of change has only this, so
    ``changed_at`` is then taken from it (a constant would be a lie), and it may be the cursor too."""

    zh: str
    en: str
    grain: str
    """What one row means, in one English sentence."""
    tier: Tier
    key: tuple[str, ...]
    """The columns that identify a row; the content checksum and the engine comparison sort by them."""
    stream: str | None = None
    event_time: str | None = None


def column(
    name: str,
    type_: Any,
    zh: str,
    en: str,
    *,
    definition: str = "",
    unit: str = "",
    klass: Class = Class.INTERNAL,
    mask: Mask | None = None,
    rules: tuple[Rule, ...] = (),
    attribute: bool = False,
    cleaning: Cleaning | None = None,
    nullable: bool = True,
) -> Column[Any]:
    """Declare one column; personal and sensitive columns must say how they are masked."""
    if klass in (Class.PERSONAL, Class.SENSITIVE) and mask is None:
        raise ValueError(f"column {name}: class {klass} needs a mask")
    meta = Meta(zh, en, definition, unit, klass, mask, rules, attribute, cleaning)
    return Column(name, type_, nullable=nullable, info={"meta": meta})


def table(
    name: str,
    *columns: Column[Any],
    zh: str,
    en: str,
    grain: str,
    tier: Tier,
    key: tuple[str, ...],
    stream: str | None = None,
    event_time: str | None = None,
    metadata: MetaData = METADATA,
) -> Table:
    """Declare one table and register it in ``metadata``: the program's own unless told."""
    missing = [k for k in key if k not in {c.name for c in columns}]
    if missing:
        raise ValueError(f"table {name}: key columns not declared: {missing}")
    return Table(name, metadata, *columns, info={"meta": TableMeta(zh, en, grain, tier, key, stream, event_time)})


def meta_of(col: Column[Any]) -> Meta:
    """The declaration behind a column."""
    meta: Meta = col.info["meta"]
    return meta


def table_meta(tab: Table) -> TableMeta:
    """The declaration behind a table."""
    meta: TableMeta = tab.info["meta"]
    return meta
