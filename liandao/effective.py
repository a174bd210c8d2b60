"""What is in effect: every setting and definition, with the place that said it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from connectors.vocabularies import PROGRAM as PROGRAM_VOCABULARIES
from liandao.answers.plain import Effective
from liandao.project_file import DEPLOYMENT_FILE, load_deployment, read_deployment_file, read_project
from liandao.settings import DEFAULT, Settings
from schemas.layered_reference import REFERENCE, layered_reference
from schemas.project import PROJECT_FILE, Project
from schemas.yaml_layers import Layer
from schemas.yaml_tree import YamlTree, read_tree
from transforms.measure.load import CATALOGUE

PROGRAM = "program"
REFERENCE_FILES = ("codes.yml", "items.yml", "attributes.yml", "matters.yml")


def effective(settings: Settings) -> list[Effective]:
    """Everything in effect for a project and a home, section by section. Raises ConfigurationError without a project
    and for mistakes in its files."""
    of_files = (_window(settings), _retention(settings), _places(settings), _reference(), _declared(settings))
    return [*_settings(settings), *(entry for section in of_files for entry in section)]


def _settings(settings: Settings) -> Iterator[Effective]:
    values = {
        "project": settings.project,
        "home": settings.home,
        "workers": settings.workers,
        "reading_minutes": settings.reading_minutes,
        "warehouse": settings.warehouse_url or "duckdb",
    }
    for name, value in values.items():
        yield Effective("settings", name, str(value), settings.origins.get(name, DEFAULT))


def _window(settings: Settings) -> Iterator[Effective]:
    deployment = load_deployment(settings.project, settings.home)
    root = settings.project or Path()
    tree, file = read_tree(root / PROJECT_FILE), read_project(root)
    days = f"{deployment.window_start} … {deployment.window_end}"
    yield Effective("window", "window", days, _line(tree, "window", PROJECT_FILE))
    yield Effective("window", "scope", f"{len(deployment.scope)} communities", _line(tree, "scope", PROJECT_FILE))
    for name, number in file.survey.model_dump(exclude_none=True).items():
        yield Effective("window", f"survey.{name}", str(number), _line(tree, "survey", PROJECT_FILE))


def _retention(settings: Settings) -> Iterator[Effective]:
    root = settings.project or Path()
    tree, said = read_tree(root / PROJECT_FILE), read_project(root).retention
    for name, amount in said.model_dump().items():
        kept = "for ever" if amount is None else str(amount)
        stands = name in said.model_fields_set
        origin = f"{PROJECT_FILE}:{tree.line(('retention', name))}" if stands else DEFAULT
        yield Effective("retention", name, kept, origin)


def _places(settings: Settings) -> Iterator[Effective]:
    root = settings.project or Path()
    own, machine = read_project(root), read_deployment_file(settings.home)
    for section in ("endpoints", "credentials"):
        below, above = getattr(own, section), getattr(machine, section)
        for name in sorted(below | above):
            value = (below | above)[name]
            origin = f"{DEPLOYMENT_FILE} of the home" if name in above else PROJECT_FILE
            yield Effective(section, name, value if isinstance(value, str) else value.url, origin)
    for name, channel in sorted(own.notify.under(machine.notify).channels.items()):
        origin = f"{DEPLOYMENT_FILE} of the home" if name in machine.notify.channels else PROJECT_FILE
        yield Effective("notify", name, channel.kind, origin)


def _reference() -> Iterator[Effective]:
    """Each entry of the reference files: of the program, of the project, or merged from both."""
    for name in REFERENCE_FILES:
        whole = layered_reference(name)
        for entry, content in whole.value.items():
            places = [_place(layer, entry) for layer in reversed(whole.layers) if layer.nearest((entry,))[0]]
            yield Effective(f"reference/{name}", entry, _size(content), " + ".join(places))


def _size(content: object) -> str:
    return f"{len(content)} entries" if isinstance(content, dict) and content else str(content)


def _place(layer: Layer, entry: str) -> str:
    return PROGRAM if layer.file.parent == REFERENCE else f"reference/{layer.file.name}:{layer.nearest((entry,))[1]}"


def _line(tree: YamlTree, key: str, name: str) -> str:
    return f"{name}:{tree.line((key,))}" if key in (tree.value or {}) else DEFAULT


def _declared(settings: Settings) -> Iterator[Effective]:
    """What is one file each: vocabularies and measures of both, stream kinds, rules and profiles of the project."""
    project = Project(settings.project or Path())
    for folder, of_the_program in (
        (project.codes, PROGRAM_VOCABULARIES),
        (project.measures, CATALOGUE),
        (project.tables, None),
        (project.rules, None),
        (project.profiles, None),
    ):
        written = {path.stem for path in folder.glob("*.yml")}
        inherited = {path.stem for path in of_the_program.glob("*.yml")} if of_the_program else set()
        for name in sorted(written | inherited):
            own = f"{folder.name}/{name}.yml" + (f" instead of the {PROGRAM}'s" if name in inherited else "")
            yield Effective(folder.name, name, "", own if name in written else PROGRAM)
