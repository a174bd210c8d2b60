"""Projects written by tests: a folder, its files, and the project in use for as long as a test needs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from schemas import project
from tests.conftest import PROJECT

LINE = """\
title:
  zh: 网格
  en: grid
owner:
  org: 某局
schedule: "30 1 * * *"
"""
LOG = """\
title:
  zh: 日志
  en: log
owner:
  org: 某局
go_live: 2024-01-01
access:
  family: http_page
  endpoint: rizhi
streams:
  usage:
    source: api/rizhi
    key: rz_id
    cursor: gxsj
    expect:
      floor: 0
      ceiling: 100
    fields:
      rz_id: source_key
      gxsj: changed_at
      sq: community_code
      zhlx: account_kind_code
      czlx: action_code
      czsj: occurred_at
    codes:
      account_kind_code:
        "1": worker
        "2": resident
    formats:
      occurred_at: "%Y%m%d%H%M%S"
    ignore:
      - bz
"""
"""A platform file in which everything is right."""


@dataclass(frozen=True)
class ProjectFolder:
    """A project in the making."""

    root: Path

    def write(self, name: str, text: str) -> Path:
        """Write one file below the root and read the project's definitions anew."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        project.reload(project.Project(self.root))
        return path


@contextmanager
def project_at(root: Path) -> Iterator[ProjectFolder]:
    """A new project, in use until the block ends."""
    folder = ProjectFolder(root.resolve())
    folder.write("liandao.yml", "format: 1\nname: trial\ntitle:\n  zh: 试用\n  en: trial\n")
    try:
        yield folder
    finally:
        project.use(PROJECT)
