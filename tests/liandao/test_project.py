"""A project is found as git finds a repository, read with every mistake told, and owns its home."""

from __future__ import annotations

import itertools
import os
from datetime import date
from pathlib import Path

import pytest
import yaml

from liandao import flow
from liandao.home_file import HOME_FILE, HomeFile
from liandao.outcome import read_outcome
from liandao.project import find_project
from liandao.project_file import load_deployment
from liandao.settings import read_settings
from schemas import project
from schemas.errors import ConfigurationError, LiandaoError
from schemas.project_file import Window
from tests.projects import COMMUNITY, REGIONS, write, write_log, write_project
from warehouse import reader


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is said from outside, and the current folder lies in no project."""
    for name in ("LIANDAO_HOME", "LIANDAO_PROJECT", "LIANDAO_WAREHOUSE", "LIANDAO_WORKERS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_found_upwards_and_through_a_pointer(tmp_path: Path) -> None:
    root = write_project(tmp_path / "clone" / "bureau")
    write(tmp_path / "clone" / ".liandao", "bureau\n")
    (deep := root / "sources" / "grid" / "deep").mkdir()
    assert [find_project(p) for p in (root, deep, tmp_path / "clone", tmp_path)] == [root, root, root, None]


#  what is said | which project | which home
CHOICES = [
    ({}, None, None),
    ({"option": "a"}, "a", "a/home"),
    ({"variable": "a"}, "a", "a/home"),
    ({"option": "a", "variable": "b"}, "a", "a/home"),
    ({"folder": "b"}, "b", "b/home"),
    ({"folder": "b", "option": "a"}, "a", "a/home"),
    ({"home": "b/home"}, "b", "b/home"),
    ({"folder": "a", "home": "b/home"}, "b", "b/home"),
    ({"folder": "a", "home": "elsewhere"}, "a", "elsewhere"),
    ({"home_variable": "elsewhere", "folder": "a"}, "a", "elsewhere"),
]


@pytest.mark.parametrize(("told", "root", "home"), CHOICES)
def test_which_project_and_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, str], root: str | None, home: str | None
) -> None:
    for name in "ab":
        write_project(tmp_path / name, name)
    if "variable" in told:
        monkeypatch.setenv("LIANDAO_PROJECT", str(tmp_path / told["variable"]))
    if "home_variable" in told:
        monkeypatch.setenv("LIANDAO_HOME", str(tmp_path / told["home_variable"]))
    home_option = tmp_path / told["home"] if "home" in told else None
    monkeypatch.chdir(tmp_path / told.get("folder", ""))
    settings = read_settings(home_option, tmp_path / told["option"] if "option" in told else None)
    assert settings.project == (tmp_path / root if root else None)
    assert settings.home == tmp_path / (home or "home")
    assert project.current() == (project.Project(tmp_path / root) if root else None)


def test_settings_say_where_they_come_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_project(tmp_path / "a", settings={"workers": 3, "home": "data"})
    settings = read_settings(project=root)
    assert (settings.workers, settings.home) == (3, root / "data")
    assert settings.origins == {
        "project": "--project", "home": "liandao.yml", "warehouse": "default", "workers": "liandao.yml",
        "reading_minutes": "default",
    }  # fmt: skip
    monkeypatch.setenv("LIANDAO_WORKERS", "5")
    assert (read_settings(project=root).workers, read_settings(project=root).origins["workers"]) == (
        5, "LIANDAO_WORKERS"
    )  # fmt: skip


NO_FOLDERS = ["~nosuchuser/x", "x" * 5000, "/dev/null", "/dev/null/home"]
SPEAKERS = ["--home", "LIANDAO_HOME", "--project", "LIANDAO_PROJECT", "settings.home"]


@pytest.mark.parametrize(("said_by", "path"), [*itertools.product(SPEAKERS, NO_FOLDERS), ("--home", "a\0b")])
def test_what_can_be_no_folder_is_told_with_who_said_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said_by: str, path: str
) -> None:
    root = write_project(tmp_path / "bureau")
    monkeypatch.chdir(root)
    options: dict[str, Path] = {}
    if said_by.startswith("--"):
        options = {said_by.removeprefix("--"): Path(path)}
    elif said_by == "settings.home":
        with (root / "liandao.yml").open("a", encoding="utf-8") as handle:
            handle.write(yaml.safe_dump({"settings": {"home": path}}))
    else:
        monkeypatch.setenv(said_by, path)
    with pytest.raises(ConfigurationError) as caught:
        read_settings(**options)
    assert said_by in caught.value.where
    assert caught.value.next_step


@pytest.mark.parametrize("workers", ["0", "65", "²", "9" * 5000, "-1", "four", "1.5"])
def test_a_number_of_workers_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch, workers: str) -> None:
    monkeypatch.setenv("LIANDAO_WORKERS", workers)
    with pytest.raises(ConfigurationError, match="LIANDAO_WORKERS"):
        read_settings()


def test_a_projects_env_file_is_read_and_never_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_project(tmp_path / "a")
    monkeypatch.setenv("LIANDAO_WORKERS", "7")
    monkeypatch.setenv("LIANDAO_WAREHOUSE", "")  # undone after the test, whatever the file sets
    monkeypatch.delenv("LIANDAO_WAREHOUSE")
    write(root / ".env", "LIANDAO_WORKERS=2\nLIANDAO_WAREHOUSE=postgresql://me@127.0.0.1/w\n")
    settings = read_settings(project=root)
    assert (settings.workers, settings.warehouse_url) == (7, "postgresql://me@127.0.0.1/w")


#  liandao.yml | where | what is said
MISTAKES = [
    ("nam: x", "liandao.yml:5", "did you mean name"),
    ("window: {months: 3, start: 2026-07-01}", "liandao.yml:5", "start and end, or months"),
    ("window: {start: 2026-07-01}", "liandao.yml:5", "belong together"),
    ("window: {start: 2026-09-01, end: 2026-07-01}", "liandao.yml:5", "ends before it starts"),
    ("scope: [Hunan]", "liandao.yml:5", "match"),
    ("credentials: {a: hunter2}", "credentials.a", "must be a reference"),
    ('endpoints: {a: "http://me:hunter2@10.0.0.1"}', "endpoints.a.url", "contains a password"),
    ("settings: {workers: 99}", "liandao.yml:5", "less than or equal to 64"),
    ("title: {zh: 又一个, en: another}", "liandao.yml:5", "stands twice"),
]


@pytest.mark.parametrize(("line", "where", "said"), MISTAKES, ids=[m[0] for m in MISTAKES])
def test_mistakes_are_told_with_their_line(tmp_path: Path, line: str, where: str, said: str) -> None:
    head = "format: 1\nname: bureau\ntitle: {zh: 局, en: bureau}\n\n"
    write(tmp_path / "liandao.yml", f"{head}{line}\n")
    with pytest.raises(ConfigurationError) as caught:
        read_settings(project=tmp_path)
    message = str(caught.value)
    assert where in message
    assert said in message
    assert "hunter2" not in message


@pytest.mark.parametrize("number", [0, -1])
def test_formats_begin_with_one(tmp_path: Path, number: int) -> None:
    root = write_project(tmp_path / "bureau")
    path = root / "liandao.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("format: 1", f"format: {number}"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"liandao\.yml"):
        read_settings(project=root)


def test_a_later_format_is_not_read_by_halves(tmp_path: Path) -> None:
    write(tmp_path / "liandao.yml", "format: 99\nname: bureau\ntitle: {zh: 局, en: bureau}\n")
    with pytest.raises(ConfigurationError, match="has format 99"):
        read_settings(project=tmp_path)


#  window | today | first and last day
WINDOWS = [
    ({"months": 3}, date(2026, 10, 1), date(2026, 7, 1), date(2026, 9, 30)),
    ({"months": 1}, date(2026, 3, 31), date(2026, 2, 1), date(2026, 2, 28)),
    ({"months": 12}, date(2026, 1, 15), date(2025, 1, 1), date(2025, 12, 31)),
    ({"months": 14}, date(2026, 1, 15), date(2024, 11, 1), date(2025, 12, 31)),
    ({"start": "2026-07-01", "end": "2026-07-15"}, date(2027, 1, 1), date(2026, 7, 1), date(2026, 7, 15)),
]


@pytest.mark.parametrize(("told", "today", "first", "last"), WINDOWS)
def test_windows(told: dict[str, object], today: date, first: date, last: date) -> None:
    assert Window.model_validate(told).days(today) == (first, last)


#  scope | communities
SCOPES = [
    ([], [COMMUNITY, "430102001002"]),
    (["43"], [COMMUNITY, "430102001002"]),
    (["430102001"], [COMMUNITY, "430102001002"]),
    (["430102000000"], [COMMUNITY, "430102001002"]),
    ([COMMUNITY], [COMMUNITY]),
    ([COMMUNITY, "4301"], [COMMUNITY, "430102001002"]),
]


@pytest.mark.parametrize(("scope", "communities"), SCOPES)
def test_scope_names_communities_or_what_lies_above(tmp_path: Path, scope: list[str], communities: list[str]) -> None:
    settings = read_settings(project=write_project(tmp_path / "a", scope=scope))
    assert load_deployment(settings.project, settings.home).scope == communities


def test_a_scope_without_communities_is_told(tmp_path: Path) -> None:
    settings = read_settings(project=write_project(tmp_path / "a", scope=["4407"]))
    with pytest.raises(ConfigurationError, match="4407"):
        load_deployment(settings.project, settings.home)


def test_the_homes_addresses_win(tmp_path: Path) -> None:
    root = write_project(tmp_path / "a", endpoints={"log": "file:one", "other": "file:two"})
    write(root / "home" / "deployment.yml", "endpoints: {log: {url: 'file:mine'}}\n")
    settings = read_settings(project=root)
    endpoints = load_deployment(settings.project, settings.home).endpoints
    assert {name: e.url for name, e in endpoints.items()} == {"log": "file:mine", "other": "file:two"}


def test_without_a_project_the_next_step_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        flow.run(read_settings(tmp_path / "home"))
    assert "liandao init" in caught.value.next_step


@pytest.mark.slow
def test_two_projects_side_by_side_share_nothing(tmp_path: Path) -> None:
    homes = {}
    for name, rows in (("east", 5), ("west", 9)):
        root = write_project(tmp_path / name, name, endpoints={"log": "file:drop"})
        write(root / "reference" / "codes.yml", f"account_kind:\n  {name}: [{name}, {name}]\n")
        write_log(root / "home" / "drop", "log_1.csv", rows)
        settings = read_settings(project=root)
        assert flow.run(settings).exit_code == 0
        homes[name] = settings.home
    for name, rows in (("east", 5), ("west", 9)):
        with reader.connect(homes[name]) as con:
            assert con.execute("SELECT count(*) FROM warehouse.fact_usage").fetchall() == [(rows,)]
            codes = con.execute("SELECT code FROM warehouse.dim_code WHERE code IN ('east', 'west')").fetchall()
            assert codes == [(name,)]
        assert HomeFile.read(homes[name] / HOME_FILE).name == name
    keys = {(home / "keys" / "hmac.key").read_bytes() for home in homes.values()}
    assert len(keys) == 2
    with pytest.raises(ConfigurationError, match="belongs to another project"):
        flow.run(read_settings(homes["east"], tmp_path / "west"))


def test_a_home_of_an_earlier_format_is_not_touched(tmp_path: Path) -> None:
    root = write_project(tmp_path / "a")
    (root / "home" / "published").mkdir(parents=True)
    with pytest.raises(ConfigurationError) as caught:
        flow.run(read_settings(project=root))
    assert "liandao migrate --home" in caught.value.next_step, "data, and nothing that says whose they are"
    write(root / "home" / "deployment.yml", "scope: ['430102001001']\nwindow_start: 2026-07-01\n")
    with pytest.raises(LiandaoError) as caught_again:
        flow.run(read_settings(project=root))
    assert caught_again.value.next_step == "liandao migrate"
    assert not (root / "home" / HOME_FILE).exists()


def test_a_home_stays_the_projects_when_both_are_moved(tmp_path: Path) -> None:
    root = write_project(tmp_path / "a", endpoints={"log": "file:drop"})
    from liandao.opening import open_home

    open_home(read_settings(project=root))
    os.rename(root, tmp_path / "moved")
    assert read_settings(tmp_path / "moved" / "home").project == tmp_path / "moved"


@pytest.mark.slow
def test_a_project_without_regions_reads_and_says_what_it_lacks(tmp_path: Path) -> None:
    root = write_project(tmp_path / "a", endpoints={"log": "file:drop"})
    write_log(root / "home" / "drop", "log_1.csv", 4)
    (root / "reference" / "regions.csv").unlink()
    settings = read_settings(project=root)
    outcome = read_outcome(settings.home, flow.run(settings))
    assert (outcome.rows["accepted"], outcome.rows["quarantined"]) == (4, 0)
    assert "liandao regions import" in outcome.notes[0]
    write(root / "reference" / "regions.csv", REGIONS.replace(COMMUNITY, "430102001009"))
    write_log(root / "home" / "drop", "log_2.csv", 3, first=10)
    project.reload(project.current())
    outcome = read_outcome(settings.home, flow.run(settings))
    assert (outcome.rows["accepted"], outcome.rows["quarantined"], outcome.notes) == (0, 3, [])
