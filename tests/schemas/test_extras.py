"""An extra brings what ``pyproject.toml`` lists for it; where it is absent, the command that mends it is told."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import MissingExtra
from schemas.extras import EXTRAS, require_extra
from warehouse import reader

PROJECT: dict[str, Any] = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]


def name_of(requirement: str) -> str:
    return re.split(r"[^\w-]", requirement, maxsplit=1)[0]


def brought_by(extra: str) -> set[str]:
    """Distributions of an extra, and of the extras that it names."""
    wanted = PROJECT["optional-dependencies"][extra]
    further = [e for r in wanted if r.startswith("liandao[") for e in r.split("[")[1].rstrip("]").split(",")]
    return {name_of(r) for r in wanted if not r.startswith("liandao[")}.union(*map(brought_by, further))


@pytest.mark.parametrize("extra", EXTRAS)
def test_modules_are_named_as_the_distributions_of_the_extra(extra: str) -> None:
    assert {module.replace("_", "-") for module in EXTRAS[extra]} == brought_by(extra)


def test_the_core_brings_no_server_no_driver_and_no_test_tool() -> None:
    core = {name_of(r) for r in PROJECT["dependencies"]}
    assert core & brought_by("demo") == set()
    assert core & brought_by("test") == set()
    assert core & brought_by("dev") == set()


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment with none of the extras."""
    modules = {m for names in EXTRAS.values() for m in names}
    there = importlib.util.find_spec
    monkeypatch.setattr("schemas.extras.find_spec", lambda name: None if name in modules else there(name))


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("extra", EXTRAS)
def test_what_is_missing_is_named_with_the_command_that_installs_it(extra: str) -> None:
    with pytest.raises(MissingExtra) as caught:
        require_extra(extra, "an option")
    assert caught.value.next_step == f"pip install 'liandao[{extra}]'"
    assert caught.value.expected == ", ".join(EXTRAS[extra])
    assert caught.value.exit_code == 2


@pytest.mark.usefixtures("bare")
def test_the_store_asks_for_its_drivers_before_a_server_is_asked() -> None:
    with pytest.raises(MissingExtra, match=r"liandao\[postgresql\]"):
        reader.postgres("postgresql://127.0.0.1/none")
