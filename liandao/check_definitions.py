"""Every file of a project besides those about platforms, checked: settings, addresses, reference tables, stream
kinds, rules, measures. Platform files rest on them, so they are judged first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from connectors.checking import FileCheck
from liandao.project_file import DEPLOYMENT_FILE, read_deployment_file, read_project
from schemas import codes
from schemas.calendar import project_days
from schemas.errors import ConfigurationError
from schemas.matters import matter_rules
from schemas.project import PROJECT_FILE, Project
from schemas.project_rules import project_rules
from schemas.streams import stream_tables
from transforms.measure.verify import verify_own_measures


def check_definitions(project: Project, home: Path) -> list[FileCheck]:
    """Each file that is there, and what is wrong with it; of a folder that is read whole, the first mistake."""
    return [check for files, load in _groups(project, home) if files for check in _checked(files, load)]


def _groups(project: Project, home: Path) -> list[tuple[list[Path], Callable[[], object]]]:
    reference = {
        "codes.yml": codes.code_lists,
        "attributes.yml": codes.attributes,
        "items.yml": codes.items,
        "matters.yml": matter_rules,
        "calendar.yml": project_days,
        "regions.csv": codes.region_table,
        "regions.csv.gz": codes.region_table,
    }
    return [
        ([project.root / PROJECT_FILE], lambda: read_project(project.root)),
        ([p for p in [home / DEPLOYMENT_FILE] if p.is_file()], lambda: read_deployment_file(home)),
        *(
            ([project.reference / name], load)
            for name, load in reference.items()
            if (project.reference / name).is_file()
        ),
        (sorted(project.tables.glob("*.yml")), stream_tables),
        (sorted(project.rules.glob("*.yml")), project_rules),
        (sorted(project.measures.glob("*.yml")), verify_own_measures),
    ]


def _checked(files: list[Path], load: Callable[[], object]) -> list[FileCheck]:
    try:
        load()
    except ConfigurationError as error:
        wrong = next((f for f in files if str(f) in error.where or f.stem in error.where), files[0])
        return [FileCheck(file, error if file == wrong else None) for file in files]
    return [FileCheck(file, None) for file in files]
