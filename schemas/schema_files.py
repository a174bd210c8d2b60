"""Write the published JSON Schemas of what a project says besides its platforms: ``python -m schemas.schema_files``.

An editor that knows them completes keys and marks mistakes while settings, lines, tables, rules, measures and the
calendar are written; a test keeps the files current.
"""

from __future__ import annotations

from pydantic import BaseModel

from schemas.calendar import CalendarFile
from schemas.events import EventLine
from schemas.json_schema import FOLDER, text_of, titled
from schemas.measure_file import MeasureFile
from schemas.platform_file import LineFile
from schemas.project_file import DeploymentFile, ProjectFile
from schemas.rule_file import RuleFile
from schemas.table_file import TableFile

PUBLISHED: dict[str, tuple[str, type[BaseModel]]] = {
    "project_file.schema.json": ("Liandao project file (liandao.yml)", ProjectFile),
    "deployment_file.schema.json": ("Liandao deployment.yml of a home", DeploymentFile),
    "line_file.schema.json": ("Liandao line of business (_line.yml)", LineFile),
    "calendar.schema.json": ("Liandao calendar", CalendarFile),
    "table_file.schema.json": ("Liandao table file", TableFile),
    "rule_file.schema.json": ("Liandao file of row rules", RuleFile),
    "measure_file.schema.json": ("Liandao measure file", MeasureFile),
    "event.schema.json": ("Liandao event (a line of events/*.jsonl of a home)", EventLine),
}
"""File -> its title and the shape it describes."""


def schema_text(name: str) -> str:
    """What a published file has to be."""
    title, model = PUBLISHED[name]
    return text_of(titled(title, model.model_json_schema()))


if __name__ == "__main__":
    for file_name in PUBLISHED:
        (FOLDER / file_name).write_text(schema_text(file_name), encoding="utf-8")
