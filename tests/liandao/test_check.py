"""``liandao check`` ends as the platform answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connectors.registry import load_registry
from liandao.cli import app

PLATFORM = next(p for p in load_registry().platforms.values() if p.file.access.family == "folder_files")
DEPLOYMENT = """
endpoints: {{{endpoint}: {{url: "{url}"}}}}
scope: ["430102001001"]
window_start: 2026-07-01
window_end: 2026-09-30
"""


@pytest.mark.parametrize(
    ("url", "words", "exit_code", "checks"),
    [
        ("file:nowhere", ["--offline"], 0, []),
        ("http://127.0.0.1/", [], 2, ["reachable"]),
        ("file:nowhere", [], None, ["reachable"]),
    ],
)
def test_exit_code(tmp_path: Path, url: str, words: list[str], exit_code: int | None, checks: list[str]) -> None:
    text = DEPLOYMENT.format(endpoint=PLATFORM.file.access.endpoint, url=url)
    (tmp_path / "deployment.yml").write_text(text, encoding="utf-8")
    ran = CliRunner().invoke(app, ["check", PLATFORM.platform_id, "--json", "--home", str(tmp_path), *words])
    assert ran.exit_code == exit_code if exit_code is not None else ran.exit_code in (1, 3)
    streams = json.loads(ran.stdout)["streams"]
    assert [s["check"] for s in streams][:1] == checks
    assert all(s["passed"] is (s["error"] is None) for s in streams)
