"""A bureau's project with stream kinds, rules, a code list and a measure of its own, and two platforms to read.

``visit`` (走访) comes from a database, together with forms that it refers to; ``inspection`` (检查) from CSV files.
Everybody is invented.
"""

from __future__ import annotations

import csv
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from schemas import project
from schemas.project import Project
from tests.conftest import PROJECT

Row = dict[str, Any]
COMMUNITY = "430102001001"
FILES = {
    "liandao.yml": """
        format: 1
        name: own
        title:
          zh: 某局
          en: a bureau
        window:
          start: 2026-07-01
          end: 2026-09-30
        endpoints:
          visits: sqlite:source/visits.db
          inspections: file:source/inspections
    """,
    "tables/visit.yml": """
        title:
          zh: 走访记录
          en: home visits
        grain: One row is one visit of a worker to a home.
        event_time: started_at
        refers_to:
          form: form_key
        columns:
          form_key:
            type: text
            title:
              zh: 登记表
              en: form it follows
          visitor_name:
            type: text
            title:
              zh: 走访人
              en: visitor
            class: personal
            mask: name
            cleaning: name
            rules:
              - required
              - not_test
          contact_phone:
            type: text
            title:
              zh: 联系电话
              en: telephone
            class: personal
            mask: number
            cleaning: phone
          cert_no:
            type: text
            title:
              zh: 证件号码
              en: certificate number
            class: sensitive
            mask: token
            cleaning: identity_number
            rules:
              - identity_number
              - digits_kept
          topic_code:
            type: text
            title:
              zh: 走访事由
              en: topic
            rules:
              - required
              - codes: visit_topic
          community_code:
            type: text
            title:
              zh: 社区
              en: community
            rules:
              - required
              - region
          minutes:
            type: integer
            title:
              zh: 时长
              en: length
            unit: min
            rules:
              - between:
                  low: 0
                  high: 600
                severity: flag
          started_at:
            type: time
            title:
              zh: 开始时间
              en: start
            rules:
              - required
              - between:
                  low: 2015-01-01
          ended_at:
            type: time
            title:
              zh: 结束时间
              en: end
            rules:
              - not_before: started_at
          next_date:
            type: date
            title:
              zh: 下次走访
              en: next visit
          is_at_home:
            type: yes_no
            title:
              zh: 在家
              en: somebody was at home
          remark_text:
            type: text
            title:
              zh: 备注
              en: remark
            class: personal
            mask: drop
    """,
    "tables/inspection.yml": """
        title:
          zh: 场所检查
          en: inspections
        grain: One row is one inspection of one site.
        event_time: inspected_date
        columns:
          site_no:
            type: text
            title:
              zh: 场所编号
              en: number of the site
            rules:
              - required
              - matches: "CS\\\\d{4}"
          result_code:
            type: text
            title:
              zh: 检查结果
              en: result
            rules:
              - codes: inspection_result
          score:
            type: number
            title:
              zh: 得分
              en: score
            rules:
              - between:
                  low: 0
                  high: 100
          inspected_date:
            type: date
            title:
              zh: 检查日期
              en: day of the inspection
            rules:
              - required
    """,
    "reference/codes.yml": """
        visit_topic:
          "1": [入户宣传, information]
          "2": [困难帮扶, help]
        inspection_result:
          pass: [合格, passed]
          fail: [不合格, failed]
    """,
    "rules/form.yml": """
        # beside the program's own FORM.PHONE.PATTERN
        phone:
          - matches: "1[3-9]\\\\d{9}|0\\\\d{9,11}"
            id: NETWORK
            severity: flag
            zh: 手机号段不存在
            en: is a number of a telephone network
    """,
    "rules/visit.yml": """
        # in the place of the table's VISIT.MINUTES.RANGE
        minutes:
          - between:
              low: 1
              high: 600
            zh: 走访时长不可信
            en: lasted between a minute and ten hours
    """,
    "measures/HN_01.yml": """
        id: HN_01
        title:
          zh: 入户走访到访率
          en: share of visits that met somebody
        definition:
          zh: 家中有人的走访 ÷ 全部走访
          en: visits with somebody at home / all visits
        source: 某局
        rule_version: "1"
        unit: ratio
        direction: higher_is_better
        grains: [province, platform]
        window: window
        steps:
          - sql: HN_01_met.sql
    """,
    "measures/HN_01_met.sql": """
        -- One row is the share of visits in the window that met somebody, in all or on one platform.
        SELECT CASE GROUPING(platform_id) WHEN 1 THEN 'province' ELSE 'platform' END AS grain,
            coalesce(platform_id, 'all') AS grain_key,
            count(*) FILTER (is_at_home) AS numerator, count(*) AS denominator,
            ratio(count(*) FILTER (is_at_home), count(*)) AS value
        FROM warehouse.fact_visit
        WHERE started_at >= day_start($window_start) AND started_at < day_after($window_end)
        GROUP BY GROUPING SETS ((), (platform_id))
    """,
    "sources/civil/_line.yml": """
        title:
          zh: 民政
          en: civil affairs
        owner:
          org: 民政局
        schedule: "30 1 * * *"
    """,
    "sources/civil/home_care.yml": """
        title:
          zh: 入户走访
          en: home visits
        owner:
          org: 民政局
        go_live: 2024-01-01
        access:
          family: sql
          endpoint: visits
        streams:
          visit:
            source: zf
            key: bh
            cursor: gxsj
            expect:
              floor: 0
              ceiling: 100000
            fields:
              bh: source_key
              gxsj: changed_at
              djb: form_key
              zfr: visitor_name
              dh: contact_phone
              zjhm: cert_no
              sy: topic_code
              sq: community_code
              sc: minutes
              kssj: started_at
              jssj: ended_at
              xc: next_date
              zj: is_at_home
              bz: remark_text
            codes:
              topic_code:
                宣传: "1"
                帮扶: "2"
          form:
            source: djb
            key: bh
            expect:
              floor: 0
              ceiling: 100000
            fields:
              bh: source_key
              xm: person_name
              dh: phone
              sq: community_code
              sj: entered_at
            constants:
              mode_code: manual
    """,
    "sources/market/_line.yml": """
        title:
          zh: 市场监管
          en: market regulation
        owner:
          org: 市场监管局
        schedule: "30 2 * * *"
    """,
    "sources/market/site_checks.yml": """
        title:
          zh: 场所检查
          en: site checks
        owner:
          org: 市场监管局
        go_live: 2024-01-01
        access:
          family: folder_files
          endpoint: inspections
          format:
            type: csv
        streams:
          inspection:
            source: jc_*.csv
            key: bh
            expect:
              floor: 0
              ceiling: 100000
            fields:
              bh: source_key
              cs: site_no
              jg: result_code
              df: score
              rq: inspected_date
            codes:
              result_code:
                合格: pass
                不合格: fail
    """,
}
"""What a person writes: path in the project -> text."""


def write_project(root: Path, changes: Mapping[str, str | None] | None = None) -> Path:
    """Write the project; ``changes``: path -> another text, or None for a file that is not there."""
    for name, text in (FILES | dict(changes or {})).items():
        path = root / name
        path.unlink(missing_ok=True)
        if text is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedented(text), encoding="utf-8")
    (root / "reference").mkdir(exist_ok=True)
    shutil.copy(PROJECT / "reference" / "regions.csv", root / "reference")
    return root


def dedented(text: str) -> str:
    """The text of a file without the margin that it has in a test."""
    lines = text.strip("\n").splitlines()
    margin = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
    return "\n".join(line[margin:] for line in lines).rstrip() + "\n"


@contextmanager
def in_use(root: Path) -> Iterator[Path]:
    """Work in the project at ``root``, read anew, and in the tests' own again afterwards."""
    project.reload(Project(root.resolve()))
    try:
        yield root
    finally:
        project.use(PROJECT)


VISIT: Row = {
    "bh": "V1", "gxsj": "2026-07-01 12:00:00", "djb": None, "zfr": "欧阳试", "dh": "13900000001",
    "zjhm": "439901199001010011", "sy": "宣传", "sq": COMMUNITY, "sc": "30", "kssj": "2026-07-01 09:00:00",
    "jssj": "2026-07-01 09:30:00", "xc": "2026-08-01", "zj": "是", "bz": "老人独居",
}  # fmt: skip
FORM: Row = {"bh": "F1", "xm": "欧阳试", "dh": "13900000001", "sq": COMMUNITY, "sj": "2026-07-01 08:00:00"}
INSPECTION: Row = {"bh": "J1", "cs": "CS0001", "jg": "合格", "df": "88.5", "rq": "2026-07-03"}


def numbered(base: Row, *changes: Row) -> list[Row]:
    """One row for each change of a base row; keys counted on from the base's."""
    letter = str(base["bh"])[0]
    return [base | {"bh": f"{letter}{n}"} | change for n, change in enumerate(changes, 1)]


def fill_visits(root: Path, visits: Iterable[Row], forms: Iterable[Row] = ()) -> None:
    """Put rows into the database that ``home_care`` reads."""
    path = root / "home" / "source" / "visits.db"
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as con, con:
        for name, base, rows in (("zf", VISIT, visits), ("djb", FORM, forms)):
            con.execute(f"CREATE TABLE IF NOT EXISTS {name} ({', '.join(base)})")
            places = ", ".join(f":{column}" for column in base)
            con.executemany(f"INSERT INTO {name} VALUES ({places})", list(rows))


def fill_inspections(root: Path, name: str, inspections: Iterable[Row]) -> None:
    """Write a file that ``site_checks`` reads."""
    path = root / "home" / "source" / "inspections" / f"jc_{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(INSPECTION))
        writer.writeheader()
        writer.writerows(inspections)
