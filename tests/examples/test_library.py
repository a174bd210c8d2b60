"""``liandao.open`` and the notebook that shows it, on the example's warehouse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

import liandao
from liandao.library import Home
from schemas.errors import ConfigurationError, LiandaoError
from tests.examples.conftest import Lived, answer

pytestmark = pytest.mark.slow
NOTEBOOK = Path(__file__).parents[2] / "examples" / "warehouse.ipynb"


@pytest.fixture(scope="module")
def home(lived: Lived) -> Iterator[Home]:
    with liandao.open(lived.root) as opened:
        yield opened


def test_a_project_and_its_home_open_the_same(lived: Lived, home: Home) -> None:
    with liandao.open(lived.root / "home") as same:
        assert same.settings.home == home.settings.home
        assert same.tables() == home.tables()


def test_figures_are_those_of_the_command(lived: Lived, home: Home) -> None:
    told = answer(lived.root, "metrics")
    frame = home.figures()
    assert list(frame["measure_id"]) == [figure["measure_id"] for figure in told]
    assert frame["value"].tolist() == pytest.approx([figure["value"] for figure in told], nan_ok=True)
    assert set(home.figures(grain="platform")["grain"]) == {"platform"}


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda h: h.table("fact_from"), "fact_form"),
        (lambda h: h.figures("M111"), "M11"),
        (lambda h: h.figures(grain="platfrom"), "platform"),
    ],
)
def test_unknown_names_are_told_with_what_was_meant(home: Home, ask: Any, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        ask(home)
    assert words in str(caught.value)


def test_times_are_beijing_times(home: Home) -> None:
    frame = home.sql("SELECT occurred_at FROM fact_usage ORDER BY 1")
    assert str(frame["occurred_at"].dt.tz) == "Asia/Shanghai"
    assert frame["occurred_at"].iloc[0].hour == 9  # 01:30 UTC at the source


@pytest.mark.parametrize(
    "query",
    ["SELECT * FROM vault.core_form", "SELECT * FROM read_text('/etc/hostname')", "CREATE TABLE t AS SELECT 1"],
)
def test_there_is_no_way_beyond_the_warehouse_tier(home: Home, query: str) -> None:
    with pytest.raises(duckdb.Error):
        home.sql(query)


def test_nothing_published_is_told(tmp_path: Path) -> None:
    with pytest.raises(LiandaoError):
        liandao.open(tmp_path)
    with pytest.raises(ConfigurationError, match="no such folder"):
        liandao.open(tmp_path / "nowhere")


def test_the_notebook_runs(lived: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANDAO_PROJECT", str(lived.root))
    names: dict[str, Any] = {}
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)  # noqa: S102 - our own notebook
    assert len(names["pairs"]) >= 3
    assert names["cases"]["cases"].sum() == 5
    assert any(field.weight > 5 for field in names["explanation"].fields)
