"""The shape of a measure file: one YAML file under ``transforms/measure/catalogue/``, or under ``measures/`` of a
project, makes a measure exist.

The file's name is the measure's id. Beside it stand its SQL files: each is one SELECT whose first comment says what
one row means. A step's SELECT either fills one mart table (``writes``) or, by default, gives figures: rows with
``grain``, ``grain_key``, ``value`` and any of ``part``, ``numerator``, ``denominator``, ``lower``, ``upper``,
``note``. What is the same for all figures of a measure (id, rule version, window, unit) is added when they are
stored.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.platform_file import Name, Strict, Title
from schemas.project import current
from schemas.typed_yaml import yaml_files

MeasureId = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$", max_length=30)]
"""``M`` and a number for the program's; a bureau's own as it likes, such as ``HN_01``."""
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]+\.sql$")]
TableName = Annotated[str, StringConstraints(pattern=r"^mart_[a-z0-9_]+$")]
FunctionName = Literal["bootstrap:clustered_ratio", "connect:rank_connections"]
"""Functions of ``transforms.measure`` that a step may hand its rows to."""
Grain = Literal["province", "line", "platform", "month"]
Direction = Literal["higher_is_better", "lower_is_better", "neither"]
Value = int | float | str | list[str] | None
"""None: not said, for a quantity that only a project can know."""

FIGURES = "mart_figure"


def project_measure_ids() -> list[str]:
    """The ids of the measures that the project in use declares, by the names of their files."""
    project = current()
    return [path.stem for path in yaml_files(project.measures)] if project else []


class Parameter(Strict):
    """One number or list that the rule depends on, bound in SQL as ``$name``."""

    value: Value
    zh: str
    en: str
    unit: str = ""


class Part(Strict):
    """A further quantity of the same measure, stored as ``id.part``."""

    title: Title
    unit: str
    direction: Direction = "neither"
    note: Title | None = None


class Step(Strict):
    """One SQL file and where its rows go.

    ``then``: ``module:function`` of ``transforms.measure``, called with the rows (Arrow) and the parameters, whose
    Arrow table is stored in their place. ``needs``: mart tables that other steps of this run must have filled.
    ``previous``: mart tables read as earlier runs left them. ``keeps_other_windows``: only the rows of this run's
    window are replaced.
    """

    sql: FileName
    then: FunctionName | None = None
    writes: TableName = FIGURES
    needs: tuple[TableName, ...] = ()
    previous: tuple[TableName, ...] = ()
    keeps_other_windows: bool = False


class MeasureFile(Strict):
    """A whole measure file. ``checks``: SQL files that must return no row once all steps have run."""

    id: MeasureId
    title: Title
    definition: Title
    source: str
    rule_version: Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)*$")]
    unit: str
    direction: Direction
    grains: list[Grain] = Field(min_length=1)
    window: Literal["window", "window_end", "history"]
    """Which days count: those of the window, the state on its last day, or everything up to it."""
    note: Title | None = None
    parameters: dict[Name, Parameter] = Field(default_factory=dict)
    parts: dict[Name, Part] = Field(default_factory=dict)
    steps: list[Step] = Field(min_length=1)
    checks: tuple[FileName, ...] = ()

    @model_validator(mode="after")
    def _window_is_reserved(self) -> Self:
        taken = {"window_start", "window_end"} & set(self.parameters)
        if taken:
            raise ValueError(f"parameters {sorted(taken)} are bound for every measure and cannot be declared")
        return self
