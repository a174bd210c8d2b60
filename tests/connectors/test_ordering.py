"""Times in comparable form, as a table."""

from __future__ import annotations

from datetime import datetime, timedelta

import pyarrow as pa
import pytest

from connectors.ordering import like_shape, order_key
from schemas.errors import SourceMalformed

D = "20260701080509"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("2026-07-01 08:05:09", D + "000000000"),
        ("2026/07/01 08:05:09", D + "000000000"),
        ("2026-7-1 8:5:9", D + "000000000"),
        ("2026年7月1日 08:05:09", D + "000000000"),
        ("2026年07月01日 8时5分9秒", D + "000000000"),
        ("20260701080509", D + "000000000"),
        ("2026-07-01T08:05:09+0800", D + "000000000"),
        ("2026-07-01 08:05:09+08", D + "000000000"),
        ("2026-07-01 08:05:09.123456-05", D + "123456000"),
        ("2026-07-01T08:05:09.25+08:00", D + "250000000"),
        ("2026-07-01T08:05:09Z", D + "000000000"),
        ("2026-07-01 08:05:09.123456", D + "123456000"),
        ("2026/07/01 08:05", "20260701080500000000000"),
        ("2026-07-01", "20260701000000000000000"),
        (" 2026-07-01 08:05:09 ", D + "000000000"),
        ("1782893109", D + "000000000"),
        ("1782893109250", D + "250000000"),
        ("01/07/2026", None),
        ("昨天", None),
        ("", None),
        (None, None),
    ],
)
def test_key_of_one_writing(text: str | None, key: str | None) -> None:
    assert order_key(pa.array([text], pa.string())).to_pylist() == [key]
    assert order_key(pa.array(["x", text], pa.string())).to_pylist() == [None, key]


def test_other_orders_need_a_pattern() -> None:
    values = pa.array(["01/07/2026 08:05:09", "02/07/2026 00:00:00", "?"])
    assert order_key(values, "%d/%m/%Y %H:%M:%S").to_pylist() == [D + "0" * 9, "20260702" + "0" * 15, None]


def test_single_digits_sort_by_time_not_by_text() -> None:
    texts = ["2026-9-30 08:00:00", "2026-10-01 08:00:00"]
    keys = order_key(pa.array(texts)).to_pylist()
    assert texts != sorted(texts)
    assert keys == sorted(keys)


def test_several_zones_are_refused() -> None:
    with pytest.raises(SourceMalformed, match="several zones"):
        order_key(pa.array(["2026-07-01T08:00:00+08:00", "2026-07-01T00:00:00Z"]))


def test_shape_for_like() -> None:
    assert like_shape("2026-07-01 08:00:00") == "____-__-__ __:__:__"
    assert like_shape("2026年7月1日%") == "____年_月_日_"


def test_one_shape_throughout_gives_the_same_keys_as_value_by_value() -> None:
    shapes = [
        "%Y-%m-%d %H:%M:%S",
        "%Y/%m/%d %H:%M",
        "%Y年%m月%d日 %H:%M:%S",
        "%Y年%m月%d日%H时%M分%S秒",
        "%Y%m%d%H%M%S",
        "%Y-%m-%dT%H:%M:%S+0800",
        "%Y-%m-%dT%H:%M:%SZ",
        "%Y.%m.%d",
    ]
    moments = [datetime(2026, 9, 30, 23, 59, 50) + timedelta(seconds=7 * n) for n in range(50)]  # noqa: DTZ001
    for shape in shapes:
        texts = [m.strftime(shape) for m in moments]
        alone = [order_key(pa.array([t, None]))[0].as_py() for t in texts]
        assert order_key(pa.array(texts)).to_pylist() == alone, shape
        assert order_key(pa.array(["x", *texts]).slice(1, 20)).to_pylist() == alone[:20], shape
        assert alone == sorted(alone)


@pytest.mark.parametrize(
    "odd", ["2026-07-01 08:05:0x", "1026-07-01 08:05:09", "2026-07-01 08:05", "2026/07/01 08:05:09"]
)
def test_one_odd_value_among_many_is_read_on_its_own(odd: str) -> None:
    texts = ["2026-07-01 08:05:08", odd, "2026-07-01 08:05:10"]
    assert order_key(pa.array(texts)).to_pylist() == [order_key(pa.array([t, None]))[0].as_py() for t in texts]
