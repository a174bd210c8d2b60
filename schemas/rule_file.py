"""The shape of a row rule as people write it: in ``tables/<name>.yml`` beside its column, or in ``rules/<kind>.yml``
for a column of any intake table.

A rule is a mapping with one key that says its kind (:data:`KINDS`) and any of ``severity``, ``id``, ``zh``, ``en``; a
kind that needs no more than its name may stand alone (``- required``). The id is the last part of the reason code
``TABLE.COLUMN.ID`` and by default that of the kind: two rules of one kind on one column need ids.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, GetJsonSchemaHandler, RootModel, StringConstraints, field_validator, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from schemas.platform_file import Name, Strict
from schemas.rules import (
    Between,
    Castable,
    DigitsKept,
    InCodes,
    InRegions,
    Matches,
    NotBefore,
    NotTestRecord,
    Required,
    Rule,
    Severity,
    ValidIdentityNumber,
)

RuleId = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$", max_length=40)]
Bound = float | str
KINDS: dict[str, type[Rule]] = {
    "required": Required,
    "castable": Castable,
    "codes": InCodes,
    "region": InRegions,
    "between": Between,
    "matches": Matches,
    "not_before": NotBefore,
    "identity_number": ValidIdentityNumber,
    "digits_kept": DigitsKept,
    "not_test": NotTestRecord,
}
"""Key in a file -> the rule it makes."""
_ARGUMENTS = {"codes": "codes", "matches": "pattern", "not_before": "other"}


class Bounds(Strict):
    """``low <= value <= high``; either end may be left out. Numbers, or days such as 2015-01-01."""

    low: Bound | None = None
    high: Bound | None = None

    @field_validator("low", "high", mode="before")
    @classmethod
    def _day_as_text(cls, value: Any) -> Any:
        """YAML reads an unquoted day as a date."""
        return value.isoformat() if isinstance(value, date) else value

    @model_validator(mode="after")
    def _some_end(self) -> Self:
        if self.low is None and self.high is None:
            raise ValueError("give low, high or both")
        return self


class RuleEntry(Strict):
    """One rule. ``codes``: name of a code list; ``matches``: a regular expression for the whole value; ``not_before``:
    another column of the row; ``severity`` by default quarantine (flag for identity_number, drop for not_test)."""

    required: Literal[True] | None = None
    castable: Literal[True] | None = None
    codes: Name | None = None
    region: Literal[True] | None = None
    between: Bounds | None = None
    matches: str | None = None
    not_before: str | None = None
    identity_number: Literal[True] | None = None
    digits_kept: Literal[True] | None = None
    not_test: Literal[True] | None = None
    severity: Severity | None = None
    id: RuleId | None = None
    zh: str | None = None
    en: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _name_alone(cls, value: Any) -> Any:
        """``- required`` is short for ``- required: true``."""
        return {value: True} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """What an editor is told knows the short form too."""
        return {"anyOf": [{"enum": [k for k in KINDS if k not in _ARGUMENTS and k != "between"]}, handler(core)]}

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if len(self._kinds()) != 1:
            raise ValueError(f"a rule is of one kind: {', '.join(KINDS)}")
        return self

    def _kinds(self) -> list[str]:
        return [name for name in KINDS if getattr(self, name) is not None]

    @property
    def kind(self) -> str:
        """The key that says what is asked."""
        return self._kinds()[0]

    def rule(self) -> Rule:
        """The rule itself."""
        said = {"severity": self.severity, "name": self.id, "zh": self.zh, "en": self.en}
        words: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
        if self.kind in _ARGUMENTS:
            words[_ARGUMENTS[self.kind]] = getattr(self, self.kind)
        if self.between is not None:
            words |= {"low": self.between.low, "high": self.between.high}
        return KINDS[self.kind](**words)


class RuleFile(RootModel[dict[str, Annotated[list[RuleEntry], Field(min_length=1)]]]):
    """A whole ``rules/<kind>.yml``: column -> its further rules. The file's name is the stream kind."""
