"""The county of ``examples/county`` brought to life: every platform served as its file says, with rows written by hand.

What each stream should come to stands in :data:`FATES`, counted by a person.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import xlsxwriter
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from loopback.postgresql import PostgresServer
from tests.connectors.conftest import served
from tests.servers import SshStage

EXAMPLE = Path(__file__).parents[2] / "examples" / "county"
SHORE, VIEW, WILLOW, BRIDGE = "439901001001", "439901001002", "439901100201", "439901100202"
WANG, LI = "439901195003124516", "439901196807229027"
"""Numbers of two residents who do not exist: an unassigned county, right check digits."""

FATES = {
    #                       landed, accepted, quarantined, dropped
    ("allowance", "form"): (5, 3, 1, 1),
    ("rescue", "form"): (3, 3, 0, 0),
    ("rescue", "case"): (2, 2, 0, 0),
    ("hall", "case"): (3, 3, 0, 0),
    ("hall", "rating"): (3, 2, 1, 0),
    ("hotline", "ticket"): (2, 2, 0, 0),
    ("patrol", "usage"): (7, 7, 0, 0),
    ("archive", "form"): (2, 2, 0, 0),
    ("register", "form"): (2, 2, 0, 0),
    ("survey", "survey"): (2, 2, 0, 0),
}

HEADINGS = "序号,姓名,身份证号,性别,联系电话,住址,银行卡号,社区代码,录入方式,备注,经办人,经办时间,修改时间"
RECIPIENTS = [
    ("0001", "王秀英", WANG, "女", "13900000001", "江畔路3号2栋501室", "6222001", SHORE, "手工", ""),
    ("0002", "李建国", LI, "男", "13900000002", "柳溪镇柳溪村4组", "6222002", WILLOW, "手工", "低保户"),
    ("0003", "赵玉兰", "", "女", "", "柳溪镇石桥村1组", "", BRIDGE, "导入", ""),
    ("0004", "孙大海", "", "男", "", "", "", "439901999999", "手工", "社区代码有误"),
    ("0005", "测试", "", "男", "", "", "", SHORE, "手工", ""),
]
ALLOWANCE = "\r\n".join([HEADINGS, *(",".join((*row, "张", *["03/07/2026 09:10:00"] * 2)) for row in RECIPIENTS), ""])

APPLICATIONS = [
    {"applyNo": f"A{n}", "caseNo": f"J{n}", "applicant": name, "idNumber": number, "mobile": phone,
     "homeAddress": home, "familySize": "2", "income": "1200.5", "region": area, "clerk": "刘会计",
     "createdAt": f"2026-07-1{n} 09:00:00", "updatedAt": f"2026-07-1{n} 09:00:00", "inputMode": mode}
    for n, name, number, phone, home, area, mode in [
        (1, "王秀英", WANG, "13900000001", "江畔路3号2栋501室", SHORE, "HAND"),
        (2, "李建国", LI, "13900000002", "柳溪镇柳溪村4组", WILLOW, "HAND"),
        (3, "周桂芳", "", "13900000003", "石桥村2组", BRIDGE, "SHARED"),
    ]
]  # fmt: skip
CASES = [
    {"caseNo": f"J{n}", "applyNo": f"A{n}", "item": "DB01", "region": area, "channel": channel,
     "appliedAt": f"2026-07-1{n} 09:00:00", "acceptedAt": f"2026-07-1{n} 10:00:00", "promisedOn": "2026-08-01",
     "finishedAt": finished, "state": state, "updatedAt": f"2026-07-2{n} 09:00:00", "tenant": "x"}
    for n, area, channel, finished, state in [
        (1, SHORE, "1", "2026-07-21 09:00:00", "DONE"),
        (2, WILLOW, "2", "", "ACCEPTED"),
    ]
]  # fmt: skip
OPERATIONS = [
    {"id": n, "region": "" if n == 7 else (SHORE, VIEW, WILLOW)[n % 3], "user": f"grid{n % 3}",
     "userKind": "machine" if n == 7 else "grid", "module": "visit", "action": ("add", "edit", "look")[n % 3],
     "at": f"2026-08-0{n}T01:30:00", "seconds": 40 + n}
    for n in range(1, 8)
]  # fmt: skip
HALL = f"""
CREATE SCHEMA hall;
CREATE TABLE hall.t_project (project_no text, item_code text, area_code text, channel text, apply_time timestamp,
    finish_time timestamp, status text, updated_at timestamp);
INSERT INTO hall.t_project VALUES
    ('P1', '430100000101', '{SHORE}', '1', '2026-07-11 08:30', '2026-07-20 17:00', '3', '2026-07-20 17:00'),
    ('P2', '430100000801', '{WILLOW}', '2', '2026-08-02 11:00', NULL, '1', '2026-08-02 11:00'),
    ('P3', '430100001201', '{BRIDGE}', '1', '2026-08-03 09:00', '2026-08-03 09:40', '3', '2026-08-03 09:40');
CREATE TABLE hall.t_evaluate (eval_id bigint, project_no text, stage text, score int, mode text, is_default int,
    remark text, area_code text, eval_time timestamp);
INSERT INTO hall.t_evaluate VALUES
    (1, 'P1', '3', 5, '1', 0, '办得快', '{SHORE}', '2026-07-21 08:00'),
    (2, 'P3', '3', 5, '9', 1, NULL, '{BRIDGE}', '2026-08-10 00:00'),
    (3, 'P3', '3', 9, '1', 0, NULL, '{BRIDGE}', '2026-08-11 00:00');
CREATE ROLE reader LOGIN PASSWORD 'only-for-tests';
GRANT USAGE ON SCHEMA hall TO reader;
GRANT SELECT ON ALL TABLES IN SCHEMA hall TO reader;
"""
TICKETS = f"""<?xml version="1.0" encoding="utf-8"?>
<tickets>
 <ticket><ticketNo>G1</ticketNo><caller>周桂芳</caller><phone>13900000003</phone><area>{BRIDGE}</area><kind>投诉</kind>
  <content>路灯不亮</content><received>2026-07-30 20:15:00</received><signed>2026-07-30 20:40:00</signed>
  <replied>2026-07-31 09:00:00</replied><closed>2026-08-02 10:00:00</closed><state>已办结</state>
  <updated>2026-08-02 10:00:00</updated></ticket>
 <ticket><ticketNo>G2</ticketNo><caller></caller><phone>13900000009</phone><area>{SHORE}</area><kind>咨询</kind>
  <content>医保缴费</content><received>2026-08-05 08:00:00</received><signed></signed><replied></replied>
  <closed></closed><state>办理中</state><updated>2026-08-05 08:00:00</updated></ticket>
</tickets>
"""
ARCHIVE = [
    ("E1", "王秀英", "439***********4516", "2", "1950-03-12", "13900000001", "江畔路3号", "3", SHORE, "陈医生"),
    ("E2", "李建国", "439***********9027", "1", "1968-07-22", "13900000002", "柳溪村4组", "1", WILLOW, "陈医生"),
]
REGISTER = [
    ["登记编号", "姓名", "身份证号", "学历", "电话", "工作单位", "社区代码", "登记人", "登记时间"],
    ["JY01", "李建国", LI, "初中", "13900000002", "县粮站", WILLOW, "何燕", "2026-07-08 09:00:00"],
    ["JY02", "吴晓峰", "", "高中", "13900000004", "", VIEW, "何燕", "2026-07-09 09:00:00"],
]
ANSWERS = f"""\
answer_id|about|frequency|score|region|seconds|answered_at
S1|hall|1|5|{SHORE}|35|2026-09-01 10:00:00
S2|archive|3|3|{WILLOW}|41|2026-09-01 10:30:00
"""


@contextmanager
def county(folder: Path) -> Iterator[Path]:
    """A copy of the example project whose platforms answer for as long as the context lasts; yields its folder."""
    root, home = folder / "county", folder / "county" / "home"
    shutil.copytree(EXAMPLE, root)
    (home / "secrets").mkdir(parents=True)
    with ExitStack() as stack:
        endpoints = {
            "allowance": _files(home, "allowance", {"gljt_202607.csv": ALLOWANCE.encode("gb18030")}),
            "survey": _files(home, "survey", {"dcwj_2026.csv": b"\xef\xbb\xbf" + ANSWERS.encode()}),
            "register": _register(home),
            "archive": _archive(home),
            "hall": _hall(home, stack),
            "exchange": _exchange(home),
            **_http(home, stack),
        }
        credentials = {"rescue_token": "file:secrets/rescue_token"}
        text = yaml.safe_dump({"endpoints": endpoints, "credentials": credentials})
        (home / "deployment.yml").write_text(text, encoding="utf-8")
        yield root


def _secret(home: Path, name: str, text: str) -> None:
    path = home / "secrets" / name
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def _files(home: Path, name: str, contents: dict[str, bytes]) -> dict[str, str]:
    (home / "drop" / name).mkdir(parents=True)
    for file, data in contents.items():
        (home / "drop" / name / file).write_bytes(data)
    return {"url": f"file:drop/{name}"}


def _register(home: Path) -> dict[str, str]:
    endpoint = _files(home, "register", {})
    with xlsxwriter.Workbook(str(home / "drop" / "register" / "就业登记_202607.xlsx")) as book:
        sheet = book.add_worksheet("登记")
        sheet.write(0, 0, "示例县就业登记台账（2026年7月）")
        for number, row in enumerate(REGISTER, start=1):
            for place, value in enumerate(row):
                sheet.write_string(number, place, value)
    return endpoint


def _archive(home: Path) -> dict[str, str]:
    with sqlite3.connect(home / "archive.db") as con:
        con.execute(
            "CREATE TABLE t_ehr (archive_id TEXT, full_name TEXT, id_no TEXT, gender TEXT, dob TEXT, tel TEXT,"
            " addr TEXT, health TEXT, org_region TEXT, doctor TEXT, created_at TEXT, updated_at TEXT)"
        )
        stamp = "2026-07-02 08:00:00"
        rows = [(*row, stamp, stamp) for row in ARCHIVE]
        con.executemany("INSERT INTO t_ehr VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    con.close()
    return {"url": "sqlite:archive.db"}


def _hall(home: Path, stack: ExitStack) -> dict[str, str]:
    server = PostgresServer()
    stack.callback(server.stop)
    server.start()
    with psycopg.connect(server.address) as con:
        con.execute(HALL)
    _secret(home, "hall_reader", "reader:only-for-tests")
    return {"url": f"postgresql://127.0.0.1:{server.port}/postgres", "schema_name": "hall"}


def _exchange(home: Path) -> dict[str, str]:
    stage = SshStage(home / "sftp")
    (home / "sftp" / "out").mkdir(parents=True)
    (home / "sftp" / "out" / "gd_20260805.xml").write_text(TICKETS, encoding="utf-8")
    _secret(home, "exchange_sftp", "reader:p:w")
    return {"url": f"sftp://127.0.0.1:{stage.port}/out", "host_key": stage.host_key}


def _http(home: Path, stack: ExitStack) -> dict[str, dict[str, str]]:
    for name in ("rescue_token", "patrol_token"):
        _secret(home, name, f"secret-of-{name}")
    routes = [
        Route("/rescue/api/v2/applications", _pages(APPLICATIONS)),
        Route("/rescue/api/v2/cases", _pages(CASES)),
        Route("/patrol/v1/operations", _scroll),
    ]
    address = stack.enter_context(served(Starlette(routes=routes)))
    return {name: {"url": f"{address}/{name}"} for name in ("rescue", "patrol")}


def _pages(rows: list[dict[str, Any]]) -> Any:
    async def answer(request: Request) -> JSONResponse:
        if request.headers.get("authorization") != "Bearer secret-of-rescue_token":
            return JSONResponse({"code": "401", "data": None})
        words = request.query_params
        size, page = int(words["pageSize"]), int(words["pageNo"])
        newer = [r for r in rows if r["updatedAt"] >= words.get("updatedAfter", "")]
        listed = newer[(page - 1) * size : page * size]
        return JSONResponse({"code": "200", "data": {"list": listed, "total": len(newer)}})

    return answer


async def _scroll(request: Request) -> JSONResponse:
    if request.headers.get("authorization") != "Bearer secret-of-patrol_token":
        return JSONResponse({}, status_code=401)
    words = request.query_params
    start, size = int(words.get("cursor") or 0), int(words["limit"])
    following = str(start + size) if start + size < len(OPERATIONS) else None
    return JSONResponse({"items": OPERATIONS[start : start + size], "meta": {"next": following}})
