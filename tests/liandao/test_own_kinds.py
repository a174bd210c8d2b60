"""A bureau's own tables, rules, measure and code list through the whole flow; nothing of them in the next project."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from connectors.registry import load_registry
from liandao import flow, ingest, steps
from liandao.cli import app
from liandao.settings import Settings
from loopback.postgresql import PostgresServer
from reports.wording import reason
from schemas import project
from schemas.catalogue import PROGRAM_TABLES, tables
from schemas.codes import code_lists
from schemas.errors import ConfigurationError
from schemas.project_rules import project_rules
from schemas.streams import stream_tables
from schemas.tables.intake import PROGRAM_STREAMS
from tests.conftest import PROJECT
from tests.schemas.own_project import (
    FILES,
    FORM,
    INSPECTION,
    VISIT,
    fill_inspections,
    fill_visits,
    in_use,
    numbered,
    write_project,
)
from transforms.measure.load import load_measures
from warehouse import postgres, reader
from warehouse.audit import audit, balance_sheet
from warehouse.checksum import table_checksums

pytestmark = pytest.mark.slow

VISITS = [
    {"djb": "F1"},
    {"zj": "否", "sy": "帮扶"},
    {"sc": "半天"},  # flagged: no number
    {"sc": "0"},  # quarantined by the project's rule, which the table's would only have flagged
    {"sy": "闲聊"},  # a topic of no list
    {"jssj": "2026-07-01 08:00:00"},  # ends before it starts
    {"zfr": "测试"},  # a test record
]
INSPECTIONS: list[dict[str, Any]] = [{}, {"jg": "不合格", "df": "41"}, {"df": "101"}, {"cs": "C1"}, {"jg": "一般"}]


@dataclass(frozen=True)
class Ran:
    """The project after its first run, and the PostgreSQL store that it was copied to."""

    root: Path
    url: str
    done: flow.RunDone

    @property
    def home(self) -> Path:
        return self.root / "home"

    def rows(self, text: str) -> list[tuple[Any, ...]]:
        """The rows of a query on what is published."""
        with reader.connect(self.home) as con:
            return con.execute(text).fetchall()


def settings_of(root: Path) -> Settings:
    return Settings(root / "home", None, 1, root.resolve())


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    root = write_project(tmp_path_factory.mktemp("own"))
    fill_visits(root, numbered(VISIT, *VISITS), numbered(FORM, {}, {"dh": "12900000001"}))
    fill_inspections(root, "07", numbered(INSPECTION, *INSPECTIONS))
    server = PostgresServer()
    with in_use(root):
        try:
            server.start()
            yield Ran(root, server.address, flow.run(replace(settings_of(root), warehouse_url=server.address)))
        finally:
            server.stop()


@pytest.fixture(autouse=True)
def in_the_project(ran: Ran) -> None:
    """A test may have used another project."""
    project.use(ran.root)


@pytest.fixture
def copied(ran: Ran, tmp_path: Path) -> Iterator[Path]:
    """A copy of the project with its home, to go on in."""
    root = Path(shutil.copytree(ran.root, tmp_path / "copy", symlinks=True))
    with in_use(root):
        yield root


def test_the_run_is_clean(ran: Ran) -> None:
    assert (ran.done.exit_code, ran.done.failed, ran.done.stopped) == (0, {}, [])


def test_rows_rest_masked_in_the_warehouse(ran: Ran) -> None:
    visits = ran.rows("""SELECT source_key, visitor_name, contact_phone, topic_code, minutes, is_at_home,
        cert_no_token IS NOT NULL FROM warehouse.fact_visit ORDER BY ALL""")
    assert visits == [
        ("V1", "欧**", "139****0001", "1", 30, True, True),
        ("V2", "欧**", "139****0001", "2", 30, False, True),
        ("V3", "欧**", "139****0001", "1", None, True, True),
    ]
    persons = ran.rows("SELECT person_id FROM warehouse.link_person WHERE record_id = 'home_care:form:F1'")
    assert ran.rows("SELECT person_id FROM warehouse.fact_visit WHERE source_key = 'V1'") == persons != []
    assert ran.rows("SELECT source_key, result_code, score FROM warehouse.fact_inspection ORDER BY 1") == [
        ("J1", "pass", 88.5), ("J2", "fail", 41.0),
    ]  # fmt: skip
    assert ran.rows("SELECT code, title_zh FROM warehouse.dim_code WHERE list_name = 'visit_topic' ORDER BY 1") == [
        ("1", "入户宣传"), ("2", "困难帮扶"),
    ]  # fmt: skip


def test_every_other_row_is_set_aside_with_its_reason(ran: Ran) -> None:
    assert ran.rows("SELECT source_key, disposition_code, reason_code FROM vault.ctl_quarantine ORDER BY 1") == [
        ("J3", "quarantine", "INSPECTION.SCORE.RANGE"),
        ("J4", "quarantine", "INSPECTION.SITE_NO.PATTERN"),
        ("J5", "quarantine", "INSPECTION.RESULT_CODE.CODE"),
        ("V4", "quarantine", "VISIT.MINUTES.RANGE"),
        ("V5", "quarantine", "VISIT.TOPIC_CODE.CODE"),
        ("V6", "quarantine", "VISIT.ENDED_AT.ORDER"),
        ("V7", "drop", "VISIT.VISITOR_NAME.TEST_RECORD"),
    ]
    flags = "SELECT reason_code, row_count FROM warehouse.ctl_quality_flag WHERE disposition_code = 'flag' ORDER BY 1"
    assert ran.rows(flags) == [("FORM.PHONE.NETWORK", 1), ("VISIT.MINUTES.CAST", 1)]
    judged = "SELECT DISTINCT check_id FROM warehouse.ctl_quality_result WHERE check_id LIKE '%NETWORK'"
    assert ran.rows(judged) == [("FORM.PHONE.NETWORK",)]


def test_every_row_is_accounted_for(ran: Ran) -> None:
    assert audit(ran.home) == []
    names = ("platform_id", "stream", "extracted", "accepted", "quarantined", "dropped", "inserted")
    assert [tuple(s[n] for n in names) for s in balance_sheet(ran.home)] == [
        ("home_care", "form", 2, 2, 0, 0, 2),
        ("home_care", "visit", 7, 3, 3, 1, 3),
        ("site_checks", "inspection", 5, 2, 3, 0, 2),
    ]


def answer(ran: Ran, *words: str) -> Any:
    done = CliRunner().invoke(app, [*words, "--json", "--project", str(ran.root)])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_the_command_line_speaks_of_them(ran: Ran) -> None:
    (figure,) = answer(ran, "metrics", "HN_01")
    assert (figure["value"], figure["numerator"], figure["denominator"]) == (2 / 3, 2, 3)
    assert [f["grain_key"] for f in answer(ran, "metrics", "HN_01", "--grain", "platform")] == ["home_care"]
    assert "HN_01" in {rule["measure_id"] for rule in answer(ran, "metrics", "--rules")}
    balance = answer(ran, "balance")
    assert balance["balanced"]
    assert {s["stream"] for s in balance["streams"]} == {"form", "visit", "inspection"}


def test_the_pages_show_them(ran: Ran) -> None:
    portal, dictionary, care, checks = (
        (ran.home / "reports" / name).read_text(encoding="utf-8")
        for name in ("index.html", "dictionary.html", "platforms/home_care.html", "platforms/site_checks.html")
    )
    own = portal[portal.index('<section id="own">') :]
    assert "入户走访到访率" in own
    assert "66.7%" in own
    assert "家中有人的走访 ÷ 全部走访" in own
    for name in ("core_visit", "fact_visit", "core_inspection", "fact_inspection"):
        section = dictionary[dictionary.index(f'<section id="{name}">') :].split("</section>")[0]
        assert "本项目 project" in section.split("</h2>")[0]
    form = dictionary[dictionary.index('<section id="core_form">') :].split("</section>")[0]
    assert "手机号段不存在（NETWORK flag，本项目 project）" in form
    assert "本项目 project" not in form.split("</h2>")[0]
    assert "HN_01" in dictionary[dictionary.index('<section id="measures">') :]
    assert "走访记录·时长" in care
    assert "走访时长不可信" in care
    assert "入户走访到访率" in care
    assert "场所检查" in checks
    assert not [page for page in (portal, dictionary, care, checks) if "欧阳试" in page or "老人独居" in page]


def test_the_postgresql_store_is_the_same(ran: Ran) -> None:
    with reader.connect(ran.home) as con:
        assert postgres.checksums(ran.url) == table_checksums(con)
    with psycopg.connect(ran.url) as con:
        con.execute(f"SET ROLE {postgres.ANALYST}")
        assert con.execute("SELECT count(*) FROM warehouse.fact_visit").fetchone() == (3,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            con.execute("SELECT * FROM vault.core_visit")


def unify(root: Path, *platforms: str) -> None:
    """The steps of a run in this process."""
    settings = settings_of(root)
    ingested = [ingest.ingest_platform(settings, p) for p in platforms]
    for line_id in {i.line_id for i in ingested}:
        assert ingest.gate_line(settings, line_id).passed
    for step in flow.UNIFY:
        step(settings, "r2")


WEATHER = """          weather:
            type: text
            title:
              zh: 天气
              en: weather
          remark_text:
"""


def test_a_table_may_grow_between_two_runs(copied: Path) -> None:
    """The bureau brings in one field more; only what is new is read, and what was read before is empty there."""
    changes: dict[str, str | None] = {
        "tables/visit.yml": FILES["tables/visit.yml"].replace("          remark_text:\n", WEATHER),
        "sources/civil/home_care.yml": FILES["sources/civil/home_care.yml"].replace(
            "              bz: remark_text\n", "              bz: weather\n"
        ),
    }
    later = {"gxsj": "2026-07-02 12:00:00"}
    rows = [VISIT | {"bh": "V8", "bz": "雨"} | later, VISIT | {"bh": "V2", "sc": "45", "bz": "晴"} | later]
    fill_visits(copied, rows)
    with in_use(write_project(copied, changes)):
        unify(copied, "home_care")
        with reader.connect(copied / "home") as con:
            found = con.execute("SELECT source_key, minutes, weather FROM warehouse.fact_visit ORDER BY 1").fetchall()
            fates = con.execute(
                "SELECT landed_rows, inserted_rows, updated_rows FROM warehouse.ctl_batch WHERE stream = 'visit'"
                " ORDER BY batch_id DESC LIMIT 1"
            ).fetchone()
        assert found == [("V1", 30, None), ("V2", 45, "晴"), ("V3", None, None), ("V8", 30, "雨")]
        assert fates == (2, 1, 1)
        assert audit(copied / "home") == []


GONE: dict[str, str | None] = {"tables/inspection.yml": None, "sources/market/site_checks.yml": None}


def test_a_table_with_rows_does_not_go_without_a_word(copied: Path) -> None:
    """Told before anything is read; nothing is lost, and putting it back heals everything."""
    with in_use(write_project(copied, GONE)):
        with pytest.raises(ConfigurationError, match="core_inspection: 2 rows"):
            flow.run(settings_of(copied))
        with pytest.raises(ConfigurationError, match="core_inspection: 2 rows"):
            steps.load(settings_of(copied), "r2")
    stopped = {"tables/inspection.yml": FILES["tables/inspection.yml"]}
    with in_use(write_project(copied, GONE | stopped)):
        unify(copied, "home_care")
        with reader.connect(copied / "home") as con:
            assert con.execute("SELECT count(*) FROM warehouse.fact_inspection").fetchone() == (2,)
        assert audit(copied / "home") == []


def test_a_wrong_measure_stops_a_run_before_it_reads(copied: Path) -> None:
    wrong = {"measures/HN_01_met.sql": FILES["measures/HN_01_met.sql"].replace("is_at_home", "is_away")}
    landed = sorted((copied / "home" / "landing").rglob("*.parquet"))
    with in_use(write_project(copied, wrong)), pytest.raises(ConfigurationError, match="is_away"):
        flow.run(settings_of(copied))
    assert sorted((copied / "home" / "landing").rglob("*.parquet")) == landed


OTHER: dict[str, str | None] = {
    "liandao.yml": FILES["liandao.yml"].replace("name: own", "name: other"),
    "tables/visit.yml": None,
    "rules/visit.yml": None,
    "rules/form.yml": None,
    "measures/HN_01.yml": None,
    "measures/HN_01_met.sql": None,
    "sources/civil/home_care.yml": None,
    "sources/civil/_line.yml": None,
    "reference/codes.yml": "inspection_result:\n  good: [好, good]\n",
    "tables/inspection.yml": FILES["tables/inspection.yml"].replace("score:", "points:").replace("CS\\\\d{4}", "XX.*"),
    "sources/market/site_checks.yml": FILES["sources/market/site_checks.yml"]
    .replace("df: score", "df: points")
    .replace("合格: pass", "合格: good")
    .replace("                不good\n", "")
    .replace("                不合格: fail\n", ""),
}
"""Another bureau, whose kind of the same name has another column, list and rule."""


def test_the_next_project_in_the_process_shares_nothing(tmp_path: Path) -> None:
    root = write_project(tmp_path / "other", OTHER)
    fill_inspections(root, "07", numbered(INSPECTION, {"cs": "XX1"}, {"cs": "CS0001"}, {"cs": "XX2", "jg": "不合格"}))
    with in_use(root):
        assert set(stream_tables()) - set(PROGRAM_STREAMS) == {"inspection"}
        unify(root, "site_checks")
        with reader.connect(root / "home") as con:
            held = {name for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
            found = con.execute("SELECT source_key, result_code, points FROM warehouse.fact_inspection").fetchall()
            aside = con.execute("SELECT source_key, reason_codes FROM vault.ctl_quarantine ORDER BY 1").fetchall()
            ids = {m for (m,) in con.execute("SELECT measure_id FROM warehouse.mart_figure").fetchall()}
        assert held - set(PROGRAM_TABLES) == {"core_inspection", "fact_inspection"}
        assert found == [("J1", "good", 88.5)]
        assert aside == [("J2", "INSPECTION.SITE_NO.PATTERN"), ("J3", "INSPECTION.RESULT_CODE.CODE")]
        assert "HN_01" not in ids
        pages = "".join(p.read_text(encoding="utf-8") for p in (root / "home" / "reports").rglob("*.html"))
        assert not [w for w in ("core_visit", "HN_01", "NETWORK", "走访", 'id="own"') if w in pages]


def test_the_tests_own_project_has_nothing_of_either() -> None:
    project.use(PROJECT)
    assert list(tables()) == list(PROGRAM_TABLES)
    assert set(stream_tables()) == set(PROGRAM_STREAMS)
    assert project_rules() == {}
    assert "HN_01" not in load_measures()
    assert not {"visit_topic", "inspection_result"} & set(code_lists())
    assert reason("FORM.PHONE.NETWORK").where == ""
    assert load_registry(PROJECT / "sources").platforms == {}
