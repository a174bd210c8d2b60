"""``match.yml``: what a user says about a table, checked; and the MatchConfig that follows from it and the data.

    id: rec_id
    source: platform                 # optional
    fields:
      name: person_name_zh           # a kind
      born: {kind: date, order: dmy} # or a kind with options

Everything else is optional and replaces what would be derived: passes, anchors, household, implies, exclusive,
certain_field, thresholds, duplicate_free.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from difflib import get_close_matches
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, field_validator, model_validator
from pydantic import Field as Item

from schemas.errors import ConfigurationError
from transforms.match.compare import KINDS, kind_of
from transforms.match.compare.date_text import guess_order
from transforms.match.config import Field, Household, MatchConfig, Pass
from transforms.match.derive.defaults import derive, free_sources
from transforms.match.derive.tables import as_text, encoded
from transforms.match.normalise import READERS
from transforms.match.texts import encode

MOST_FIELDS = 15
"""Fields that the engine's packed patterns hold, next to the source."""
OWN_KINDS = [word for word in KINDS if word != "source"]


def options_of(kind: str) -> list[str]:
    """Names of the options that a kind takes."""
    return [name for name in inspect.signature(KINDS[kind]).parameters if name not in ("args", "kwargs")]


def near(word: str, words: Sequence[str]) -> str:
    """What was probably meant by a word, or what there is to choose from."""
    alike = get_close_matches(word, words, 1)
    return f"did you mean {alike[0]}?" if alike else f"expected one of {', '.join(words)}" if words else "it has none"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldSettings(_Part):
    """One field: its kind, the kind's options, and expected shares of levels among matches (``m``)."""

    model_config = ConfigDict(extra="allow", frozen=True)
    kind: str
    m: dict[str, float] = Item(default_factory=dict)

    @property
    def options(self) -> dict[str, object]:
        """Options of the kind."""
        extra = {name: _frozen(name, value) for name, value in (self.model_extra or {}).items()}
        return extra | ({"m": dict(self.m)} if self.m else {})

    @model_validator(mode="after")
    def _is_known(self) -> FieldSettings:
        if self.kind not in OWN_KINDS:
            raise ValueError(f"no such kind: {self.kind}; {near(self.kind, OWN_KINDS)}")
        known = options_of(self.kind)
        wrong = [name for name in self.model_extra or {} if name not in known]
        if wrong:
            raise ValueError(f"{self.kind} has no option {', '.join(wrong)}; {near(wrong[0], known)}")
        levels = [level.name for level in kind_of(self.kind, self.options | {"m": {}}).levels]
        wrong = [name for name in self.m if name not in levels]
        if wrong:
            raise ValueError(f"{self.kind} has no level {', '.join(wrong)}; its levels: {', '.join(levels)}")
        return self


class PassSettings(_Part):
    """A blocking pass: features written ``field.feature``."""

    features: tuple[str, ...] = Item(min_length=1)
    refine: tuple[str, ...] = ()
    max_block: int = Item(default=100, ge=2)
    training: bool = False


class HouseholdSettings(_Part):
    """What members of a household share (columns of one address joined by ' + '), and what is lent within."""

    features: tuple[str, ...] = Item(min_length=1)
    lends: dict[str, float] = Item(default_factory=dict)


class Thresholds(_Part):
    """Match weights in bits (log2 of the odds); ``link_probability`` may be given instead of ``link``."""

    link: float | None = None
    link_probability: float | None = Item(default=None, gt=0, lt=1)
    possible: float | None = None
    certain: float | None = None
    copies: float | None = None

    @model_validator(mode="after")
    def _are_weights(self) -> Thresholds:
        for name in ("link", "certain"):
            if 0.5 < (getattr(self, name) or 0) < 1:
                raise ValueError(f"{name} is a match weight in bits; a probability is written as link_probability")
        return self

    def weights(self) -> dict[str, float]:
        """Those that were given, as MatchConfig calls them."""
        given = {f"{name}_weight": getattr(self, name) for name in ("link", "possible", "certain", "copies")}
        if self.link_probability is not None:
            given["link_weight"] = math.log2(self.link_probability / (1 - self.link_probability))
        return {name: weight for name, weight in given.items() if weight is not None}


class Settings(_Part):
    """``match.yml``. ``duplicate_free``: sources in which no entity occurs twice (true: all; auto: found out)."""

    id: str
    source: str | None = None
    fields: dict[str, FieldSettings] = Item(min_length=1, max_length=MOST_FIELDS)
    passes: tuple[PassSettings, ...] | None = None
    anchors: tuple[tuple[str, ...], ...] | None = None
    household: HouseholdSettings | Literal[False] | None = None
    implies: dict[str, tuple[str, ...]] | None = None
    exclusive: str | Literal[False] | None = None
    certain_field: str | Literal[False] | None = None
    thresholds: Thresholds = Thresholds()
    duplicate_free: bool | Literal["auto"] | tuple[str, ...] = False

    @field_validator("fields", mode="before")
    @classmethod
    def _words(cls, fields: object) -> object:
        if not isinstance(fields, dict):
            return fields
        return {name: {"kind": kind} if isinstance(kind, str) else kind for name, kind in fields.items()}

    @field_validator("passes", mode="before")
    @classmethod
    def _lists(cls, passes: object) -> object:
        if not isinstance(passes, list):
            return passes
        return [{"features": rule} if isinstance(rule, list) else rule for rule in passes]

    @model_validator(mode="after")
    def _agrees(self) -> Settings:
        features = [f for rule in self.passes or () for f in (*rule.features, *rule.refine)]
        features += [f for anchor in self.anchors or () for f in anchor]
        if self.household:
            features += [f for written in self.household.features for f in written.split(" + ")]
        features += [self.exclusive] if self.exclusive else []
        named = [f.partition(".")[0] for f in features]
        named += [self.certain_field] if self.certain_field else []
        named += [n for source, targets in (self.implies or {}).items() for n in (source, *targets)]
        wrong = sorted({name for name in named if name not in self.fields})
        if wrong:
            raise ValueError(f"not among fields: {', '.join(wrong)}")
        if self.id in self.fields or (self.source is not None and self.source in self.fields):
            raise ValueError("id and source can't be fields too")
        return self

    @property
    def columns(self) -> list[str]:
        """The columns that are read; no other ever is."""
        return [self.id, *([self.source] if self.source else []), *self.fields]

    def prepare(self, table: pa.Table) -> pa.Table:
        """Only the columns that are read, all as text (:func:`transforms.match.derive.tables.as_text`); all but the
        record id dictionary-encoded, so that each distinct value is read once from here on.

        Raises ConfigurationError naming the columns that are missing or can't be text.
        """
        missing = [name for name in self.columns if name not in table.column_names]
        if missing:
            raise ConfigurationError(
                f"the input has no column {', '.join(missing)}",
                where="match.yml, fields",
                expected=", ".join(table.column_names[:30]),
                next_step="correct the names in match.yml",
            )
        with ThreadPoolExecutor(READERS) as pool:
            plain = pool.submit(as_text, table.column(self.id), self.id)
            others = list(pool.map(lambda name: encoded(table.column(name), name), self.columns[1:]))
            return pa.table([plain.result(), *others], names=self.columns)

    def to_match_config(self, table: pa.Table) -> MatchConfig:
        """The configuration for a prepared table: what is not said is derived from the kinds and the values."""
        if self.source is None and self.duplicate_free:
            raise ConfigurationError(
                "duplicate_free needs a source", where="match.yml", expected="source, or several input files"
            )
        fields = tuple(_field(name, part, table) for name, part in self.fields.items())
        if self.source is not None and self.duplicate_free is not False:
            fields = (*fields, *self._source_field(table, fields))
        config = derive(table, self.id, fields) if self.passes is None or self.anchors is None else _bare(self, fields)
        return replace(config, **self._overrides())

    def _source_field(self, table: pa.Table, fields: tuple[Field, ...]) -> tuple[Field, ...]:
        """The source as a field; none if no source is free of duplicates, so that it says nothing."""
        source = str(self.source)
        free = self.duplicate_free
        if free == "auto":
            free = free_sources(table, self.id, fields, source)
        elif free is True:
            free = tuple(sorted(str(v) for v in pc.unique(table.column(source)).to_pylist() if v is not None))
        return (Field(source, "source", {"duplicate_free": free}),) if free else ()

    def _overrides(self) -> dict[str, Any]:
        given: dict[str, Any] = dict(self.thresholds.weights())
        if self.passes is not None:
            given["passes"] = tuple(Pass(p.features, p.refine, p.max_block, p.training) for p in self.passes)
        if self.household is not None:
            home = self.household
            given["household"] = Household(home.features, dict(home.lends)) if home else None
        for name in ("anchors", "implies"):
            if getattr(self, name) is not None:
                given[name] = getattr(self, name)
        for name in ("exclusive", "certain_field"):
            if getattr(self, name) is not None:
                given[name] = getattr(self, name) or None
        return given


def _bare(settings: Settings, fields: tuple[Field, ...]) -> MatchConfig:
    """What is left when passes and anchors are given: nothing has to be found out from the data."""
    number = next((f.name for f in fields if f.kind == "identity_number"), None)
    return MatchConfig(
        settings.id, fields, (), (), exclusive=f"{number}.valid" if number else None, certain_field=number
    )


def _field(name: str, part: FieldSettings, table: pa.Table) -> Field:
    options = part.options
    if part.kind == "date" and "order" not in options:
        options["order"] = guess_order(encode(table.column(name))[1])
    return Field(name, part.kind, options)


def _frozen(name: str, value: object) -> object:
    """Lists as tuples; codes that say nothing as text, as the values are (YAML reads 0 as a number)."""
    if not isinstance(value, list):
        return value
    return tuple(str(v) if name == "unknown" else v for v in value)
