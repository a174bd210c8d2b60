"""``liandao migrate``: bring a home and a project of an earlier version up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from liandao.options import OUT, HomeOption, JsonOption, ProjectOption, answer
from liandao.project import find_project, usable
from liandao.settings import named_home
from schemas.errors import ConfigurationError
from schemas.project import PROJECT_FILE


def migrate(
    home: HomeOption = None,
    project: ProjectOption = None,
    sources: Annotated[
        Path | None, typer.Option(help="旧程序的平台文件目录 The former program's connectors/sources.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Bring up what an earlier version made; what is up to date already is left as it is."""
    from liandao.answers.plain import Migrated
    from liandao.migrate import home_format, migrate_home

    root = usable(project, "--project") if project else find_project() or Path().resolve()
    place = named_home(home)[0] or root / "home"
    if not place.is_dir():
        raise ConfigurationError("there is no home here", where=str(place), next_step="name it: --home DIR")
    if project is None and not (root / PROJECT_FILE).is_file() and home_format(place) == 1:
        raise ConfigurationError(
            "a home of version 0.1.0 needs a project to belong to",
            where=str(place),
            next_step="liandao migrate --home HOME --project NEW_FOLDER --sources OLD_PROGRAM/connectors/sources",
        )
    done = migrate_home(place, root, sources)
    data = Migrated(str(place), str(root), home_format(place), done)
    answer(as_json, data, lambda: _show(done))


def _show(done: list[str]) -> None:
    for sentence in done or ["无需迁移 nothing to do"]:
        OUT.print(f"✓ {sentence}", markup=False)
