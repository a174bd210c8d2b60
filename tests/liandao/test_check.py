"""``liandao check`` ends as the platform answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from liandao.cli import app
from schemas.errors import PlatformFileError
from tests.liandao.calling import assert_shaped
from tests.projects import LINE, PLATFORM, PLATFORM_FILE, write, write_log, write_project


@pytest.mark.parametrize(
    ("url", "words", "exit_code", "checks"),
    [
        ("file:nowhere", ["--offline"], 0, []),
        ("http://127.0.0.1/", [], 2, ["reachable"]),
        ("file:nowhere", [], None, ["reachable"]),
        (None, [], 2, ["reachable"]),
        (None, ["--offline"], 0, []),
    ],
)
def test_exit_code(tmp_path: Path, url: str | None, words: list[str], exit_code: int | None, checks: list[str]) -> None:
    root = write_project(tmp_path, endpoints={"log": url} if url else {})
    ran = CliRunner().invoke(app, ["check", PLATFORM, "--json", "--project", str(root), *words])
    assert ran.exit_code == exit_code if exit_code is not None else ran.exit_code in (1, 3)
    streams = json.loads(ran.stdout)["streams"]
    assert [s["check"] for s in streams][:1] == checks
    assert all(s["passed"] is (s["error"] is None) for s in streams)


def test_a_file_is_checked_in_its_own_project(tmp_path: Path) -> None:
    path = write_project(tmp_path) / "sources" / "grid" / f"{PLATFORM}.yml"
    ran = CliRunner().invoke(app, ["check", str(path), "--offline", "--json"])
    assert (ran.exit_code, json.loads(ran.stdout)["line_id"]) == (0, "grid")


def check(*words: str) -> tuple[int, Any]:
    ran = CliRunner().invoke(app, ["check", *words, "--json"])
    data = json.loads(ran.stdout)
    assert_shaped("check", data)
    return ran.exit_code, data


def test_every_file_is_checked_and_a_wrong_one_keeps_none_from_it(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    good = "sources/grid/patrol_log.yml"
    more = {
        "codes/kinds.yml": "list: account_kind\nvalues:\n  甲: worker\n",
        "codes/wrong.yml": "list: account_kind\nvalues:\n  甲: workr\n",
        "profiles/vendor.yml": "timezone: UTC\n",
        "profiles/wrong.yml": "timzone: UTC\n",
        "profiles/other.yaml": "timezone: UTC\n",
        "sources/grid/bad.yml": "title: [\n",
        "sources/stray.yml": "",
        "sources/civil/patrol_log.yml": (root / good).read_text(encoding="utf-8"),
    }
    for name, text in more.items():
        write(root / name, text)
    code, answer = check("--project", str(root))
    assert code == 2
    assert {f["file"]: f["ok"] for f in answer["files"]} == {
        "liandao.yml": True, "reference/regions.csv": True, "codes/kinds.yml": True, "codes/wrong.yml": False,
        "profiles/other.yaml": False, "profiles/vendor.yml": True, "profiles/wrong.yml": False,
        "sources/stray.yml": False,
        "sources/civil/_line.yml": False, "sources/civil/patrol_log.yml": True,
        "sources/grid/_line.yml": True, "sources/grid/bad.yml": False, good: False,
    }  # fmt: skip
    said = {f["file"]: "\n".join(f["error"] or []) for f in answer["files"]}
    for name, sentence in {
        "codes/wrong.yml": "did you mean worker",
        "profiles/wrong.yml": "did you mean timezone",
        "profiles/other.yaml": "would not be read",
        "sources/stray.yml": "in no line's folder",
        good: "same platform",
    }.items():
        assert sentence in said[name]
    ran = CliRunner().invoke(app, ["check", "--project", str(root)])
    assert "13 个文件 files, 7 有误 wrong" in ran.stdout
    assert all(sentence in ran.stderr for sentence in ("did you mean worker", "did you mean timezone"))


def test_an_endpoint_without_an_address_is_told_and_the_homes_counts(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    code, answer = check("--project", str(root))
    assert (code, answer["without_address"]) == (0, [PLATFORM])
    assert "没有地址" in CliRunner().invoke(app, ["check", "--project", str(root)]).stdout
    write(root / "home" / "deployment.yml", "endpoints:\n  log: file:data\n")
    code, answer = check("--project", str(root))
    assert (code, answer["without_address"]) == (0, [])
    assert {"file": "home/deployment.yml", "ok": True, "error": None} in answer["files"]
    write(root / "home" / "deployment.yml", "endpionts: {}\n")
    code, answer = check("--project", str(root))
    assert code == 2
    assert [f["file"] for f in answer["files"] if not f["ok"]] == ["home/deployment.yml"]


def test_a_project_in_which_all_is_right(tmp_path: Path) -> None:
    assert check("--project", str(write_project(tmp_path, endpoints={"log": "file:data"}))) == (
        0,
        {
            "files": [
                {"file": name, "ok": True, "error": None}
                for name in (
                    "liandao.yml", "reference/regions.csv", "sources/grid/_line.yml", f"sources/grid/{PLATFORM}.yml",
                )
            ],
            "without_floor": [],
            "without_address": [],
        },
    )


@pytest.mark.parametrize(
    ("name", "text", "right"),
    [
        ("codes/kinds.yml", "list: account_kind\nvalues:\n  甲: worker\n", True),
        ("codes/kinds.yml", "list: account_knd\nvalues:\n  甲: worker\n", False),
        ("profiles/vendor.yml", "timezone: UTC\n", True),
        ("profiles/vendor.yml", "timezone: CET\n", False),
        ("sources/grid/_line.yml", LINE, True),
        ("sources/grid/_line.yml", "title: a\n", False),
    ],
)
def test_a_profile_a_vocabulary_and_a_line_are_checked_as_such(
    tmp_path: Path, name: str, text: str, right: bool
) -> None:
    root = write_project(tmp_path)
    write(root / name, text)
    ran = CliRunner().invoke(app, ["check", str(root / name)])
    assert isinstance(ran.exception, PlatformFileError) is not right
    assert (ran.exit_code == 0) is right


#  go_live | retired | expect | told
FLOORS = [
    ("2024-01-01", None, "", True),
    ("2024-01-01", None, "    expect:\n      ceiling: 5\n", True),
    ("2024-01-01", None, "    expect:\n      floor: 0\n", False),
    ("2024-01-01", None, "    expect:\n      floor: 5 per week\n", False),
    ("2024-01-01", "2025-01-01", "", False),
    ("2099-01-01", None, "", False),
]


@pytest.mark.parametrize(("go_live", "retired", "expect", "told"), FLOORS)
def test_a_stream_in_use_without_a_floor_is_told(
    tmp_path: Path, go_live: str, retired: str | None, expect: str, told: bool
) -> None:
    root = write_project(tmp_path)
    text = PLATFORM_FILE.replace("    expect:\n      floor: 0\n      ceiling: 1000\n", expect)
    text = text.replace("2024-01-01", go_live + (f"\nretired: {retired}" if retired else ""))
    write(root / "sources/grid/patrol_log.yml", text)
    told_names = [f"{PLATFORM}.usage"] if told else []
    assert check("--project", str(root))[1]["without_floor"] == told_names
    assert check(PLATFORM, "--offline", "--project", str(root))[1]["without_floor"] == told_names


def test_expectations_are_proposed_ready_to_paste(tmp_path: Path) -> None:
    root = write_project(tmp_path, endpoints={"log": "file:drop"})
    write_log(root / "home" / "drop", "log_1.csv", 40)
    ran = CliRunner().invoke(app, ["check", PLATFORM, "--expect", "--project", str(root)])
    assert ran.exit_code == 0
    proposed = yaml.safe_load(ran.stdout)
    assert proposed == {"streams": {"usage": {"expect": {"floor": 20, "ceiling": 160}}}}
    assert "# sources/grid/patrol_log.yml: liandao check --expect patrol_log" in ran.stdout
    assert "全量 40 行 rows in full" in ran.stdout
    assert not (root / "home" / "landing").exists()
    pasted = PLATFORM_FILE.replace("      floor: 0\n      ceiling: 1000\n", "      floor: 20\n      ceiling: 160\n")
    write(root / "sources/grid/patrol_log.yml", pasted)
    assert check(PLATFORM, "--project", str(root))[0] == 0


def test_expectations_of_a_platform_that_answers_otherwise(tmp_path: Path) -> None:
    root = write_project(tmp_path, endpoints={"log": "file:drop"})
    write(root / "home" / "drop" / "log_1.csv", "id,area\n1,2\n")
    code, answer = check(PLATFORM, "--expect", "--project", str(root))
    assert code == 1
    assert answer["streams"][0]["floor"] is None
    assert "a mapped field is missing" in "\n".join(answer["streams"][0]["error"])


def test_a_broken_platform_is_told_by_its_id(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    write(root / "sources/grid/patrol_log.yml", "title: 1\n")
    ran = CliRunner().invoke(app, ["check", PLATFORM, "--project", str(root)])
    assert isinstance(ran.exception, PlatformFileError)
    assert CliRunner().invoke(app, ["platforms", "--project", str(root)]).exit_code == 0


def test_what_a_run_would_refuse_the_check_refuses(tmp_path: Path) -> None:
    """A pattern that no name matches: 0 rows, below a floor; the names that are there are told."""
    root = write_project(tmp_path, endpoints={"log": "file:drop"})
    path = root / "sources" / "grid" / f"{PLATFORM}.yml"
    write(path, PLATFORM_FILE.replace("floor: 0", "floor: 1"))
    write_log(root / "home" / "drop", "LOG_0.CSV", 3)
    code, answer = check(PLATFORM, "--project", str(root))
    assert code == 1
    (rows,) = [s for s in answer["streams"] if s["check"] == "rows"]
    assert not rows["passed"]
    assert "LOG_0.CSV" in rows["detail"]
    assert "log_*.csv" in rows["detail"]
    write(path, PLATFORM_FILE)
    code, answer = check(PLATFORM, "--project", str(root))
    assert (code, [s["passed"] for s in answer["streams"]]) == (0, [True, True, True])


def test_a_file_where_a_folder_is_meant_is_told(tmp_path: Path) -> None:
    root = write_project(tmp_path, endpoints={"log": "file:drop/log_0.csv"})
    write_log(root / "home" / "drop", "log_0.csv", 3)
    ran = CliRunner().invoke(app, ["check", PLATFORM, "--project", str(root)])
    assert ran.exit_code == 3
    assert "that of a file" in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("name", "line", "told"),
    [
        ("sources/stray.yml", LINE, "no line's folder"),
        ("sources/civil/stray.yml", None, "_line.yml"),
        ("sources/civil/stray.yml", "title: civil\n", "_line.yml"),
        ("sources/civil/stray.yml", LINE, None),
    ],
)
def test_a_file_is_right_where_a_run_would_read_it(
    tmp_path: Path, name: str, line: str | None, told: str | None
) -> None:
    root = write_project(tmp_path)
    write(root / name, PLATFORM_FILE)
    if line is not None:
        write(root / "sources" / "civil" / "_line.yml", line)
    ran = CliRunner().invoke(app, ["check", str(root / name), "--offline"])
    if told is None:
        assert ran.exit_code == 0
    else:
        assert isinstance(ran.exception, PlatformFileError)
        assert told in str(ran.exception)


def test_a_file_in_another_encoding_is_told_as_that(tmp_path: Path) -> None:
    root = write_project(tmp_path)
    path = root / "sources" / "grid" / f"{PLATFORM}.yml"
    path.write_bytes(PLATFORM_FILE.encode("gb18030"))
    ran = CliRunner().invoke(app, ["check", str(path), "--offline"])
    assert isinstance(ran.exception, PlatformFileError)
    assert "UTF-8" in ran.exception.message
    assert "byte" in ran.exception.found
