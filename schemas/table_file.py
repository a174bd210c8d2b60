"""The shape of a table file: one YAML file under a project's ``tables/`` makes a stream kind exist.

The file's name is the kind; its rows rest in ``core_<kind>`` of the vault and, masked, in ``fact_<kind>`` of the
warehouse. What is said here is all that is needed: columns that say where a row was landed are added.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from schemas.columns import Class, Cleaning, Mask
from schemas.platform_file import Strict, Title
from schemas.rule_file import RuleEntry

NAME, GRAIN = r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", r"^One row is .+\.$"


def check_name(name: str) -> str:
    """The name itself; raises ValueError unless it can be that of a kind or a column."""
    if not re.fullmatch(NAME, name):
        raise ValueError("a name is lower-case letters, digits and single underscores, and begins with a letter")
    return name


def _check_grain(sentence: str) -> str:
    if not re.fullmatch(GRAIN, sentence):
        raise ValueError("says what one row is, in an English sentence: One row is ….")
    return sentence


KindName = Annotated[str, AfterValidator(check_name), Field(max_length=40, json_schema_extra={"pattern": NAME})]
ColumnName = Annotated[str, AfterValidator(check_name), Field(max_length=50, json_schema_extra={"pattern": NAME})]
Grain = Annotated[str, AfterValidator(_check_grain), Field(json_schema_extra={"pattern": GRAIN})]
Type = Literal["text", "integer", "number", "yes_no", "date", "time"]


class ColumnFile(Strict):
    """One column. ``mask`` is how it appears in the warehouse, needed where the class is personal or sensitive;
    ``cleaning`` brings names, numbers, telephones, addresses and lists of codes into their canonical form."""

    type: Type
    title: Title
    definition: str = ""
    unit: str = ""
    klass: Class = Field(default=Class.INTERNAL, alias="class")
    mask: Mask | None = None
    cleaning: Cleaning | None = None
    rules: list[RuleEntry] = Field(default_factory=list)


class References(Strict):
    """Columns that hold a key of another stream of the same platform. ``case``: a case number, which brings the case's
    ``matter_id`` into the fact; ``form``: the key of a form, which brings its ``person_id``."""

    case: ColumnName | None = None
    form: ColumnName | None = None


class TableFile(Strict):
    """A whole table file. ``grain``: what one row is, as a sentence; ``event_time``: the column that says when the
    event itself was."""

    title: Title
    grain: Grain
    event_time: ColumnName
    columns: dict[ColumnName, ColumnFile] = Field(min_length=1)
    refers_to: References = References()
