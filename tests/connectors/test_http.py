"""HTTP platforms as they are met: good ones, slow ones, wrong ones. The tables say what becomes of each behaviour."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from connectors.families import http, http_client
from schemas.errors import ContractBroken, LiandaoError, SourceMalformed, SourceRefused, SourceUnreachable
from tests.connectors.conftest import Bench, served, usage_row, usage_rows

PAGE = {"family": "http_page", "paging": {"size": 10}}
CURSOR = {"family": "http_cursor", "paging": {"size": 10, "rows": "rows", "total": "count", "next": "next"}}
QUICK = http_client.HttpLimits(
    read_s=0.5, exchange_s=0.6, retry_s=5, attempts=4, first_wait_s=0.01, page_bytes=1 << 20, pages=60
)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "HttpLimits", lambda: QUICK)


class Shop:
    """A well-behaved platform: rows by change time, `since` inclusive; ``before`` may change it between requests."""

    def __init__(
        self, rows: list[dict[str, Any]], before: Callable[[Shop, int], Response | None] | None = None
    ) -> None:
        self.rows, self.before, self.requests = rows, before, list[dict[str, str]]()
        self.app = Starlette(routes=[Route("/{path:path}", self.answer)])

    async def answer(self, request: Request) -> Response:
        query = dict(request.query_params)
        self.requests.append({**query, "authorization": request.headers.get("authorization", "")})
        if self.before and (other := self.before(self, len(self.requests))):
            return other
        rows = sorted(self.rows, key=lambda r: (r["gxsj"] or "", r["rz_id"]))
        rows = [r for r in rows if (r["gxsj"] or "9") >= query.get("since", "")]
        if "page" in query:
            first = (int(query["page"]) - 1) * int(query["size"])
            return json({"data": {"list": rows[first : first + int(query["size"])], "total": len(rows)}})
        first, size = int(query.get("cursor", 0)), int(query["size"])
        following = str(first + size) if first + size < len(rows) else None
        return json({"rows": rows[first : first + size], "count": len(rows), "next": following})


def json(content: Any, status: int = 200, **headers: str) -> Response:
    return Response(orjson.dumps(content), status, headers, "application/json")


def envelope(rows: list[Any], total: int | None = None) -> dict[str, Any]:
    return {"data": {"list": rows, "total": len(rows) if total is None else total}}


def read(bench: Bench, shop: Shop, access: dict[str, Any] | None = None) -> Any:
    bench.access = access or PAGE
    with served(shop.app) as url:
        bench.endpoint = {"url": url}
        return bench.run()


def keys(count: int) -> list[str]:
    return [f"{n:06d}" for n in range(count)]


@pytest.mark.parametrize("access", [PAGE, CURSOR])
@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 57])
def test_every_row_once(bench: Bench, access: dict[str, Any], count: int) -> None:
    stream = read(bench, Shop(usage_rows(count)), access)
    assert bench.keys(stream) == keys(count)
    assert (stream.extracted, stream.overlap, stream.declared) == (count, 0, count)


@pytest.mark.parametrize("access", [PAGE, CURSOR])
def test_second_run_brings_only_what_is_new(bench: Bench, access: dict[str, Any]) -> None:
    shop = Shop(usage_rows(25))
    read(bench, shop, access)
    assert bench.cursor.value == shop.rows[24]["gxsj"]
    again = read(bench, shop, access)
    assert (again.extracted, again.overlap, again.declared) == (0, 1, 1)
    shop.rows += [usage_row(24, rz_id="late in the same second"), usage_row(40)]
    shop.rows[3] = usage_row(3, shop.rows[-1]["gxsj"])
    assert bench.keys(read(bench, shop, access)) == ["late in the same second", "000003", "000040"]
    assert read(bench, shop, access).extracted == 0


@pytest.mark.parametrize("ties", [10, 25, 40])
def test_more_rows_of_one_second_than_a_page_holds(bench: Bench, ties: int) -> None:
    rows = [usage_row(n, "2026-07-01 00:00:00") for n in range(ties)] + [usage_row(100 + n) for n in range(15)]
    stream = read(bench, Shop(rows))
    assert bench.keys(stream) == [r["rz_id"] for r in rows]
    assert read(bench, Shop(rows)).extracted == 0


def move(first: int) -> Callable[[Shop, int], None]:
    def change(shop: Shop, request: int) -> None:
        if request == 3:
            shop.rows[first] = usage_row(first, "2026-07-01 09:00:00")

    return change


@pytest.mark.parametrize(
    ("name", "change", "found"),
    [
        ("a row read already is edited", move(4), [*keys(45), "000004"]),
        ("a row not read yet is edited", move(40), [*keys(40), *keys(45)[41:], "000040"]),
        ("a row read already is deleted", lambda s, n: n == 3 and s.rows.pop(4) and None, keys(45)),
        ("a row not read yet is deleted", lambda s, n: n == 3 and s.rows.pop(40) and None, [*keys(40), *keys(45)[41:]]),
        (
            "a row is added at the end",
            lambda s, n: (n == 3 and s.rows.append(usage_row(60))) or None,
            [*keys(45), "000060"],
        ),
    ],
)
def test_rows_that_move_while_paging_are_not_lost(bench: Bench, name: str, change: Any, found: list[str]) -> None:
    shop = Shop(usage_rows(45), change)
    assert bench.keys(read(bench, shop)) == found, name
    assert read(bench, Shop(shop.rows)).extracted == 0


def test_rows_of_one_second_that_move_are_noticed(bench: Bench) -> None:
    rows = [usage_row(n, "2026-07-01 00:00:00") for n in range(40)]
    with pytest.raises(SourceUnreachable, match="move while they are paged"):
        read(bench, Shop(rows, move(4)))


WALK = {"cursor": None}


def test_a_stream_without_cursor_is_walked(bench: Bench) -> None:
    bench.stream = WALK
    assert bench.keys(read(bench, Shop(usage_rows(35)))) == keys(35)


@pytest.mark.parametrize("change", [move(4), lambda s, n: (n == 3 and s.rows.append(usage_row(60))) or None])
def test_a_walk_starts_again_when_rows_move(bench: Bench, change: Any) -> None:
    bench.stream = WALK
    shop = Shop(usage_rows(35), change)
    found = bench.keys(read(bench, shop))
    assert sorted(found) == sorted(r["rz_id"] for r in shop.rows)


def test_a_walk_gives_up_when_rows_never_rest(bench: Bench) -> None:
    bench.stream = WALK
    with pytest.raises(SourceUnreachable, match="move while they are paged"):
        read(bench, Shop(usage_rows(35), lambda s, n: s.rows.append(usage_row(100 + n))))


def test_pages_smaller_than_asked_for(bench: Bench) -> None:
    shop = Shop(usage_rows(33))
    bench.access = {"family": "http_page", "paging": {"size": 1000}}

    async def capped(request: Request) -> Response:
        request.scope["query_string"] = request.scope["query_string"].replace(b"size=1000", b"size=7")
        return await Shop.answer(shop, Request(request.scope))

    shop.app = Starlette(routes=[Route("/{path:path}", capped)])
    assert bench.keys(read(bench, shop, bench.access)) == keys(33)


def test_no_total_is_no_harm(bench: Bench) -> None:
    stream = read(bench, Shop(usage_rows(33)), {"family": "http_page", "paging": {"size": 10, "total": None}})
    assert (bench.keys(stream), stream.declared) == (keys(33), None)


def always(answer: Callable[[], Response]) -> Callable[[Shop, int], Response | None]:
    return lambda _shop, _number: answer()


def once(answer: Callable[[], Response]) -> Callable[[Shop, int], Response | None]:
    return lambda _shop, number: answer() if number == 2 else None


async def drip() -> AsyncIterator[bytes]:
    for byte in orjson.dumps(envelope(usage_rows(3))):
        yield bytes([byte])
        await asyncio.sleep(0.02)


async def cut() -> AsyncIterator[bytes]:
    yield b'{"data": {"list": ['
    raise ConnectionResetError


def silence() -> Response:
    async def wait() -> AsyncIterator[bytes]:
        await asyncio.sleep(1.0)
        yield b"{}"

    return StreamingResponse(wait())


def body(raw: bytes, **headers: str) -> Callable[[], Response]:
    return lambda: Response(raw, 200, headers, "application/json")


GOOD = orjson.dumps(envelope(usage_rows(3)))
ZIPPED = {"content-encoding": "gzip"}
RECOVERED = [
    ("429 that says when", lambda: Response(b"", 429, {"Retry-After": "0"})),
    ("503", lambda: Response(b"", 503)),
    ("reset in mid-body", lambda: StreamingResponse(cut())),
    ("silence", silence),
    ("a byte at a time", lambda: StreamingResponse(drip())),
    ("compression cut off once", body(gzip.compress(GOOD)[:-30] + b"x" * 30, **ZIPPED)),
]


@pytest.mark.parametrize(("name", "answer"), RECOVERED, ids=[r[0] for r in RECOVERED])
def test_recovered(bench: Bench, name: str, answer: Callable[[], Response]) -> None:
    assert bench.keys(read(bench, Shop(usage_rows(35), once(answer)))) == keys(35), name


FAILED: list[tuple[str, type[LiandaoError], Callable[[], Response]]] = [
    ("429 for ever", SourceUnreachable, lambda: Response(b"", 429, {"Retry-After": "0"})),
    ("500 for ever", SourceUnreachable, lambda: Response(b"", 500)),
    ("cut for ever", SourceUnreachable, lambda: StreamingResponse(cut())),
    ("a byte at a time for ever", SourceUnreachable, lambda: StreamingResponse(drip())),
    ("compression broken for ever", SourceMalformed, body(b"not gzip", **ZIPPED)),
    ("401", SourceRefused, lambda: Response(b"", 401)),
    ("403", SourceRefused, lambda: Response(b"", 403)),
    ("404", SourceRefused, lambda: Response(b"", 404)),
    ("redirect elsewhere", SourceRefused, lambda: RedirectResponse("http://169.254.169.254/latest/")),
    ("redirect to a file", SourceRefused, lambda: RedirectResponse("file:///etc/hostname")),
    ("an HTML page", SourceMalformed, body(b"<html><body>error</body></html>")),
    ("JSON cut off", SourceMalformed, body(GOOD[:-20])),
    ("nothing", SourceMalformed, body(b"")),
    ("GBK labelled as JSON", SourceMalformed, body('{"data": {"list": [{"a": "张"}]}}'.encode("gb18030"))),
    ("a depth bomb", SourceMalformed, body(b"[" * 100_000)),
    ("a list where an envelope should be", SourceMalformed, body(b"[]")),
    ("no rows in the envelope", SourceMalformed, body(b'{"data": {}}')),
    ("rows that are not objects", SourceMalformed, body(orjson.dumps(envelope([1, 2])))),
    ("a total that is text", SourceMalformed, body(orjson.dumps({"data": {"list": [], "total": "many"}}))),
    ("a page too large", SourceMalformed, body(b" " * (2 << 20) + GOOD)),
    ("the same page for ever", SourceMalformed, body(orjson.dumps(envelope([usage_row(1, "2026-07-01")] * 10, 99)))),
    ("fewer rows than declared", SourceMalformed, body(orjson.dumps(envelope(usage_rows(3), 99)))),
    ("a field nobody mapped", ContractBroken, body(orjson.dumps(envelope([usage_row(1, xin="x")])))),
    ("a mapped field gone", ContractBroken, body(orjson.dumps(envelope([{"rz_id": "1", "gxsj": "2026-07-01"}])))),
]


@pytest.mark.parametrize(("name", "kind", "answer"), FAILED, ids=[f[0] for f in FAILED])
def test_failed_closed(bench: Bench, name: str, kind: type[LiandaoError], answer: Callable[[], Response]) -> None:
    with pytest.raises(kind) as caught:
        read(bench, Shop([], always(answer)))
    assert type(caught.value) is kind, name
    assert "rizhi" in caught.value.where
    assert not list((bench.home / "landing" / "rizhi").iterdir()), "nothing is left behind"


@pytest.mark.parametrize(
    ("code", "kind"), [(500, SourceUnreachable), ("503", SourceUnreachable), (40001, SourceRefused)]
)
def test_a_bad_code_inside_http_200(bench: Bench, code: int | str, kind: type[LiandaoError]) -> None:
    access = {"family": "http_page", "paging": {"code": "code", "ok": 0}}
    with pytest.raises(kind):
        read(bench, Shop([], always(lambda: json({"code": code, "msg": "x", **envelope([])}))), access)
    assert read(bench, Shop([], always(lambda: json({"code": 0, **envelope([])}))), access).extracted == 0


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("a cursor that comes back", [("1", 0), ("2", 10), ("1", 20)]),
        ("a page that comes back", [("1", 0), ("2", 0)]),
        ("cursors without end", [(str(n), n) for n in range(1, 70)]),
    ],
)
def test_loops_are_noticed(bench: Bench, name: str, answers: list[tuple[str, int]]) -> None:
    def answer(_: Shop, number: int) -> Response:
        token, first = answers[number - 1]
        return json({"rows": [usage_row(first + n) for n in range(10)], "count": 1000, "next": token})

    with pytest.raises(SourceMalformed, match="do not add up"):
        assert read(bench, Shop([], answer), CURSOR) is None, name


@pytest.mark.parametrize("rows", [[usage_row(5), usage_row(3)], [usage_row(1)]])
def test_rows_out_of_order_or_too_old_are_noticed(bench: Bench, rows: list[dict[str, Any]]) -> None:
    bench.cursor = type(bench.cursor)("2026-07-01 00:00:02")
    with pytest.raises(SourceMalformed, match="do not add up"):
        read(bench, Shop([], always(lambda: json(envelope(rows)))))


def test_values_arrive_as_they_are_written(bench: Bench) -> None:
    raw = (
        b'\xef\xbb\xbf{"data":{"total":1,"list":[{"rz_id":430102199001010019,"gxsj":"2026-07-01 00:00:00",'
        b'"sq":"007","zhlx":12.50,"czlx":true,"czsj":null}]}}'
    )
    stream = read(bench, Shop([], always(body(raw))))
    row = bench.table(stream).to_pylist()[0]
    assert [row[f] for f in ("rz_id", "sq", "zhlx", "czlx", "czsj")] == [
        "430102199001010019",
        "007",
        "12.50",
        "true",
        None,
    ]
    assert (row["_row"], row["_unit"], row["_unit_row"]) == (0, "rizhi page 1", 0)


def test_numbers_beyond_64_bits_keep_their_digits(bench: Bench) -> None:
    raw = orjson.dumps(envelope([usage_row(1)])).replace(b'"000001"', b"123456789012345678901234")
    assert bench.keys(read(bench, Shop([], always(body(raw))))) == ["123456789012345678901234"]


def test_the_token_is_sent_and_never_shown(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIZHI_TOKEN", "s3cret")
    bench.credentials = {"rizhi": "env:RIZHI_TOKEN"}
    shop = Shop(usage_rows(3))
    read(bench, shop, {**PAGE, "credential": "rizhi"})
    assert {r["authorization"] for r in shop.requests} == {"Bearer s3cret"}
    with pytest.raises(SourceRefused) as caught:
        read(bench, Shop([], always(lambda: Response(b"s3cret", 401))), {**PAGE, "credential": "rizhi"})
    assert "s3cret" not in str(caught.value)


def test_pace_is_kept(bench: Bench) -> None:
    started = time.monotonic()
    read(bench, Shop(usage_rows(35)), {**PAGE, "requests_per_second": 20})
    assert time.monotonic() - started >= 3 / 20


def test_nobody_there(bench: Bench) -> None:
    bench.access, bench.endpoint = PAGE, {"url": "http://127.0.0.1:9"}
    with pytest.raises(SourceUnreachable):
        bench.run()


def without_nulls(shop: Shop, request: int) -> Response | None:
    """A platform that leaves fields out when they are empty."""
    size, page = 10, request - 1
    rows = [{k: v for k, v in r.items() if v is not None} for r in shop.rows[page * size : (page + 1) * size]]
    return json(envelope(rows, len(shop.rows)))


@pytest.mark.parametrize(("optional", "stops"), [([], True), (["sq"], False)])
def test_a_page_without_an_optional_field_anywhere(bench: Bench, optional: list[str], stops: bool) -> None:
    """The second page's rows are all of system accounts, which have no community."""
    bench.stream = {"cursor": None, "optional": optional}
    shop = Shop([usage_row(n, sq=None) if 10 <= n < 20 else usage_row(n) for n in range(25)], without_nulls)
    if stops:
        with pytest.raises(ContractBroken, match="mapped field is missing"):
            read(bench, shop)
        return
    codes = bench.keys(read(bench, shop), "sq")
    assert codes == ["439900001001"] * 10 + [None] * 10 + ["439900001001"] * 5


def test_a_field_that_is_not_optional_may_lack_in_a_row_and_not_in_all(bench: Bench) -> None:
    bench.stream = {"cursor": None}
    shop = Shop([usage_row(n, sq=None if n else "439900001001") for n in range(10)], without_nulls)
    assert bench.keys(read(bench, shop), "sq") == ["439900001001", *[None] * 9]
