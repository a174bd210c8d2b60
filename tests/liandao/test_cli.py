"""The command line itself: what it imports, its help in both languages, its version, and what the shell completes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from liandao.commands.table import COMMANDS, VARIABLES
from liandao.lazy import EXIT_CODES, load
from liandao.names import SHELLS
from schemas import errors
from tests.liandao.calling import Call

ROOT = Path(__file__).parents[2]
HEAVY = ("duckdb", "numpy", "pandas", "pyarrow", "rich", "sqlalchemy")
CALL = "from liandao.cli import main; main()"
WRITE = "lambda: print(*sys.modules, file=open(os.environ['MODULES_OF'], 'w'))"
PROBE = f"import atexit, os, sys; atexit.register({WRITE}); {CALL}"


def modules_of(tmp_path: Path, *words: str, **env: str) -> set[str]:
    """What a process of the command line has imported when it ends."""
    names = tmp_path / "modules"
    command = [sys.executable, "-c", PROBE, *words]
    environment = os.environ | env | {"MODULES_OF": str(names)}
    subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    return set(names.read_text().split())


@pytest.mark.parametrize(
    ("words", "allowed"),
    [("--help", ""), ("-h", ""), ("--version", ""), ("", "pydantic"), ("metrcs --json", "pydantic")],
)
def test_help_and_version_import_no_command_and_nothing_heavy(tmp_path: Path, words: str, allowed: str) -> None:
    """``allowed``: typer itself imports it where a word is to be understood."""
    modules = modules_of(tmp_path, *words.split())
    assert "liandao.cli" in modules
    assert {m for m in modules if m in (*HEAVY, "pydantic", "yaml")} <= {allowed}
    assert {m for m in modules if m.startswith("liandao.commands.")} == {"liandao.commands.table"}


@pytest.mark.parametrize("command", [c.name for c in COMMANDS])
def test_the_help_of_a_command_imports_its_module_and_nothing_heavy(tmp_path: Path, command: str) -> None:
    modules = modules_of(tmp_path, command, "-h")
    assert modules.isdisjoint(HEAVY)
    (target,) = (c.target for c in COMMANDS if c.name == command)
    imported = {m for m in modules if m.startswith("liandao.commands.")} - {"liandao.commands.table"}
    assert imported == {target.partition(":")[0]}


@pytest.mark.parametrize(
    "words", ["me", "metrics --", "metrics M", "check h", "platforms --line h", "review list --kind "]
)
@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion_imports_nothing_heavy(tmp_path: Path, words: str, shell: str) -> None:
    asked = {"bash": "COMP_WORDS", "zsh": "_TYPER_COMPLETE_ARGS"}[shell]
    env = {"_LIANDAO_COMPLETE": f"complete_{shell}", asked: f"liandao {words}"}
    modules = modules_of(tmp_path, **env, COMP_CWORD=str(len(words.split(" "))))
    assert modules.isdisjoint(HEAVY)


def test_a_command_without_its_extra_says_what_to_install() -> None:
    probe = f"import sys; sys.modules['starlette'] = None; {CALL}"
    command = [sys.executable, "-c", probe, "demo", "--help", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert json.loads(done.stderr)["next"] == "pip install 'liandao[demo]'"


def test_version(call: Call) -> None:
    called = call("--version")
    assert called.exit_code == 0
    assert called.out.startswith(f"liandao {version('liandao')} (Python 3.")
    assert f"DuckDB {version('duckdb')}" in called.out


def test_help_without_a_word_is_a_usage_error(call: Call) -> None:
    bare, asked = call(), call("-h")
    assert (bare.exit_code, bare.out, bare.messages) == (2, "", asked.out)
    assert asked.exit_code == 0


def parts() -> dict[str, Any]:
    """Every command and subcommand as it is typed."""
    commands = {}
    for listed in COMMANDS:
        command = load(listed)
        commands[listed.name] = command
        commands |= {f"{listed.name} {name}": inner for name, inner in getattr(command, "commands", {}).items()}
    return commands


@pytest.mark.parametrize("name", parts())
def test_help_is_in_both_languages(call: Call, name: str) -> None:
    shown = [call(*name.split(), option) for option in ("-h", "--help")]
    assert [s.exit_code for s in shown] == [0, 0]
    assert shown[0].out == shown[1].out
    command = parts()[name]
    assert f"Usage: liandao {name}" in shown[0].out
    for text in (command.help, *(p.help for p in command.params)):
        assert re.search(r"[一-鿿]", text), text
        assert re.search(r"[A-Za-z]{3}", text), text


def test_the_list_of_commands_shows_whole_sentences(call: Call) -> None:
    shown = " ".join(call("-h").out.split())
    for listed in COMMANDS:
        assert f"{listed.name} {listed.help}" in shown
    assert "..." not in shown.split("Commands:")[1]


def test_variables_are_shown_where_they_apply(call: Call) -> None:
    shown = {name: call(*name.split(), "-h").out for name in parts()}
    overall = call("-h").out
    for variable in VARIABLES:
        assert variable in overall
        of_commands = [name for name, text in shown.items() if variable in text]
        assert of_commands or variable == "LIANDAO_DEBUG", variable
    assert "LIANDAO_WORKERS" in shown["run"]
    assert "LIANDAO_REVIEWER" in shown["review decide"]
    homes = {name for name, text in shown.items() if "--home" in text and "LIANDAO_HOME" not in text}
    assert homes == {"restore"}, "its home is a new folder, never the one that is in use"


def test_every_variable_that_the_program_reads_is_shown() -> None:
    rooms = ("liandao", "connectors", "transforms", "warehouse", "reports", "schemas", "province", "dags")
    texts = (path.read_text(encoding="utf-8") for room in rooms for path in (ROOT / room).rglob("*.py"))
    read = {name for text in texts for name in re.findall(r"""["'](LIANDAO_[A-Z_]+)["']""", text)}
    assert read == set(VARIABLES)


def test_every_exit_code_of_an_error_is_told() -> None:
    kinds = [k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, errors.LiandaoError)]
    assert {str(k.exit_code) for k in kinds} <= set(EXIT_CODES)
    codes = [k.code for k in kinds]
    assert len(codes) == len(set(codes))


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A folder for PATH in which ``liandao`` is this program."""
    path = tmp_path / "bin" / "liandao"
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\ncd {ROOT} && exec {sys.executable} -c '{CALL}' \"$@\"\n")
    path.chmod(0o755)
    return path.parent


@pytest.mark.parametrize(
    ("words", "least", "no"),
    [
        ("me", {"metrics"}, {"match"}),
        ("metrics --", {"--grain", "--home", "--json"}, {"--line"}),
        ("metrics M0", {"M01", "M03"}, {"M11"}),
        ("metrics --grain p", {"province", "platform"}, {"line"}),
        ("check hot", {"hotline"}, {"health"}),
        ("platforms --line he", {"health"}, {"hotline"}),
        ("demo --down hotline,hotl", {"hotline,hotline"}, {"hotline"}),
        ("review li", {"list"}, {"log"}),
        ("review list --kind ''", {"person", "matter"}, set()),
        ("review decide a b s", {"same"}, {"unsure"}),
        ("match --engine s", {"spark"}, {"duckdb"}),
        ("schema review l", {"list", "log"}, {"decide"}),
        ("completion ''", set(SHELLS), set()),
    ],
)
def test_bash_completes(program: Path, words: str, least: set[str], no: set[str]) -> None:
    script = f"""
        source <(liandao completion bash)
        COMP_WORDS=(liandao {words}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
        _liandao_completion liandao
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    county = str(ROOT / "examples" / "county")
    env = os.environ | {"PATH": f"{program}:{os.environ['PATH']}", "LIANDAO_PROJECT": county}
    done = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, check=True)
    offered = set(done.stdout.split())
    assert done.stderr == ""
    assert least <= offered
    assert not no & offered


@pytest.mark.parametrize(
    ("env", "line"),
    [
        ({"_LIANDAO_COMPLETE": "complete_zsh"}, '"metrics":"{help}"'),
        ({"_LIANDAO_COMPLETE": "complete_fish", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}, "metrics\t{help}"),
    ],
    ids=["zsh", "fish"],
)
def test_other_shells_are_told_what_a_command_does(env: dict[str, str], line: str) -> None:
    asked = os.environ | env | {"_TYPER_COMPLETE_ARGS": "liandao me"}
    done = subprocess.run([sys.executable, "-c", CALL], cwd=ROOT, env=asked, capture_output=True, text=True, check=True)
    (listed,) = (c for c in COMMANDS if c.name == "metrics")
    assert line.format(help=listed.help) in done.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_the_lines_for_a_shell_ask_this_program(call: Call, shell: str) -> None:
    called = call("completion", shell)
    assert called.exit_code == 0
    assert "_LIANDAO_COMPLETE" in called.out
