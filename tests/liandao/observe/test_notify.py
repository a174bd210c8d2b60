"""Who is told what: once, when something changes, and when it is well again; whatever becomes of a channel."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import yaml

from connectors.deployment import Secret
from liandao import ingest
from liandao.attempts import record_success
from liandao.home import now
from liandao.observe.ending import end_run
from liandao.observe.events import read_events
from liandao.observe.notify import notify
from liandao.observe.notify.channels import send
from liandao.observe.notify.message import Message, Told
from liandao.observe.notify.problems import Problem
from liandao.settings import Settings
from schemas.errors import LiandaoError
from schemas.notify_file import RobotChannel
from tests.liandao.calling import Call, assert_shaped
from tests.liandao.observe.conftest import AWAY
from tests.liandao.observe.listeners import SECRET, Listener, listening, mail_server
from tests.projects import write_log

SUBJECT = f"platform:{AWAY}"
HTTP = {"kind": "webhook", "address": "hook"}


@pytest.fixture
def web() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


def configure(settings: Settings, monkeypatch: pytest.MonkeyPatch, addresses: dict[str, str], **notify: Any) -> None:
    """Channels of the home; each credential is a variable that holds an address."""
    for name, address in addresses.items():
        monkeypatch.setenv(f"TEST_{name.upper()}", address)
    credentials = {name: f"env:TEST_{name.upper()}" for name in addresses}
    text = yaml.safe_dump({"credentials": credentials, "notify": notify})
    (settings.home / "deployment.yml").write_text(text, encoding="utf-8")


def test_a_problem_is_told_once_with_what_waits_and_what_to_run(
    bureau: Settings, run_ids: list[str], web: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(bureau, monkeypatch, {"hook": web.address}, channels={"duty": HTTP})
    home, run_id = bureau.home, run_ids[-1]
    (home / "away").rename(home / AWAY)
    write_log(home / AWAY, "log_9.csv", 2, first=90)
    ingest.ingest_platform(bureau, AWAY)  # two rows that no run has published
    (home / AWAY).rename(home / "away")
    with pytest.raises(LiandaoError):
        ingest.ingest_platform(bureau, AWAY)
    assert [(d.channel, d.problems, d.error) for d in notify(bureau, run_id)] == [("duty", 1, None)]
    assert notify(bureau, run_id) == []
    ((_, _, told),) = web.came
    (problem,) = told["problems"]
    assert (problem["subject"], problem["is_new"], problem["rows_waiting"]) == (SUBJECT, True, 2)
    assert problem["next"] == f"liandao check {AWAY}"
    assert "待入库 2 行" in told["text"]
    assert f"下一步：liandao check {AWAY}" in told["text"]
    assert problem["last_success"] < problem["since"]

    known = json.loads((home / "notify" / "duty.json").read_text(encoding="utf-8"))
    long_ago = Told((now() - timedelta(days=8)).isoformat(), known["codes"])
    long_ago.write(home / "notify" / "duty.json")
    assert len(notify(bureau, run_id)) == 1, "a problem that stays is told again after seven days"
    assert web.came[-1][2]["problems"][0] == problem | {"is_new": False}, "and since when stays"

    record_success(home, AWAY, None)
    (delivery,) = notify(bureau, run_id)
    assert (delivery.problems, delivery.recovered) == (0, 1)
    assert web.came[-1][2]["recovered"] == [SUBJECT]
    assert notify(bureau, run_id) == []
    kinds = [e["kind"] for e in read_events(home) if e["kind"].startswith("message")]
    assert kinds == ["message.sent"] * 3


@pytest.mark.parametrize(
    ("answer", "found"),
    [((500, {}, {}), "HTTP 500"), ((302, {}, {"Location": "OTHER"}), "HTTP 302")],
    ids=["broken", "redirect"],
)
def test_a_channel_that_fails_is_an_event_and_is_tried_again(
    bureau: Settings, web: Listener, monkeypatch: pytest.MonkeyPatch, answer: Any, found: str
) -> None:
    configure(bureau, monkeypatch, {"hook": web.address}, channels={"duty": HTTP})
    with listening() as other:
        status, body, headers = answer
        web.answer = status, body, dict.fromkeys(headers, other.address)
        (failed,) = end_run(bureau, None)
        assert other.came == [], "a redirect is not followed"
    assert failed.error is not None
    assert failed.error.found == found
    assert web.address not in str(failed.error), "the address holds a token"
    assert [e["error_code"] for e in read_events(bureau.home) if e["kind"] == "message.failed"] == ["LD-5001"]
    web.answer = (200, {}, {})
    assert [d.error for d in end_run(bureau, None)] == [None]


def test_a_channel_that_hangs_costs_the_deadline_and_no_other_channel(
    bureau: Settings, web: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.trickle = True
    with listening() as other:
        addresses = {"hook": web.address, "other": other.address}
        channels = {"slow": HTTP, "duty": HTTP | {"address": "other"}, "dead": HTTP | {"address": "nowhere"}}
        configure(bureau, monkeypatch, addresses, channels=channels, deadline_seconds=1)
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # nobody's: the address alone says where it goes
        told = {d.channel: d.error for d in end_run(bureau, None)}
        assert web.trickled < 100, "not even half of what it would have said"
        assert len(other.came) == 1
    assert told["duty"] is None
    assert told["slow"] is not None
    assert "too long" in told["slow"].message
    assert told["dead"] is not None
    assert told["dead"].where == "credentials.nowhere"


def test_each_kind_of_channel_takes_a_test_message(
    bureau: Settings, web: Listener, monkeypatch: pytest.MonkeyPatch, call: Call
) -> None:
    with mail_server() as (port, mailbox):
        addresses = {n: f"{web.address}/{n}?access_token=t" for n in ("dingtalk", "feishu", "wecom")}
        signed = {name: {"kind": name, "address": name, "secret": "sign"} for name in ("dingtalk", "feishu")}
        mail = {"kind": "email", "host": "127.0.0.1", "port": port, "tls": "none", "sender": "a@b.c", "to": ["d@e.f"]}
        channels = signed | {"wecom": {"kind": "wecom", "address": "wecom"}, "mail": mail}
        unsigned = {"unsigned": {"kind": "feishu", "address": "feishu", "secret": "wrong"}}
        secrets = {"sign": SECRET, "wrong": "another"}
        configure(bureau, monkeypatch, addresses | secrets, channels=channels | unsigned)
        for name in channels:
            done = call("notify", "--test", name, "--json", "--project", bureau.project)
            assert (done.exit_code, done.data[0]["sent"]) == (0, True), done.data
            assert_shaped("notify", done.data)
        ((sender, receivers, came),) = mailbox.came
    listed = [row for row in call("config", "--json", "--project", bureau.project).data if row["section"] == "notify"]
    assert {row["name"]: row["value"] for row in listed} == {
        name: channel["kind"] for name, channel in (channels | unsigned).items()
    }
    assert (sender, receivers, came["Subject"]) == ("a@b.c", ["d@e.f"], "【连岛】bureau：测试消息")
    assert "测试消息" in came.get_content()
    refused = call("notify", "--test", "unsigned", "--project", bureau.project)
    assert refused.exit_code == 1
    assert "19021" in refused.out
    assert call("notify", "--test", "nobody", "--project", bureau.project).exit_code == 2


def test_a_province_that_is_away_is_one_message_that_fits(web: Listener) -> None:
    since = now()
    problems = [
        Problem(f"platform:p{n:03d}", "LD-2001", since, f"某某服务平台{n}号", since, 10**6, f"liandao check p{n:03d}")
        for n in range(132)
    ]
    message = Message("某省", "r1", problems, frozenset(p.subject for p in problems), ["platform:x", "run"])
    send(RobotChannel(kind="wecom", address="a"), message, lambda _: Secret(f"{web.address}/wecom"), "group")
    text = web.came[0][2]["markdown"]["content"]
    assert text.startswith("【连岛】某省：132 项问题，已恢复 2 项")
    assert "平台无法连接 LD-2001：132 项" in text
    assert "另有 120 项" in text
    assert "liandao platforms" in text
