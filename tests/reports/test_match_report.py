"""Charts of the matching report are well-formed, escape what they print, and stand for their numbers."""

from __future__ import annotations

import pytest
from lxml import etree
from markupsafe import Markup

from reports import match_charts, match_report
from reports.match_words import level_zh

HOSTILE = '"><script>alert(1)</script>'
SVG = [
    match_charts.weight_distribution([(-3, 5, 0.5), (4, 900, 899.0), (5, 1, 1.0)], [(3.2, HOSTILE)], HOSTILE),
    match_charts.weight_bar(-4.0, 12.0),
    match_charts.trade_off([(0, 0.9, 0.99), (3, 0.99, 0.98), (9, 1.0, 0.9)], 3, HOSTILE),
]


@pytest.mark.parametrize("svg", SVG, ids=["distribution", "bar", "trade_off"])
def test_chart_is_well_formed_and_escaped(svg: Markup) -> None:
    root = etree.fromstring(str(svg))
    assert root.tag == "svg"
    assert "<script" not in str(svg)


def test_nothing_to_draw() -> None:
    assert match_charts.weight_distribution([], [], "") == ""
    assert match_charts.trade_off([(1, 0.5, 0.5)], 1, "") == ""


def test_weight_bars_stand_on_either_side() -> None:
    places = []
    for weight in (-6.0, 6.0):
        (bar,) = etree.fromstring(str(match_charts.weight_bar(weight, 12.0))).iter("rect")
        places.append((float(bar.get("x", 0)), float(bar.get("width", 0))))
    (left, size), (right, same) = places
    assert size == same
    assert left + size == right


@pytest.mark.parametrize(("level", "zh"), [("exact", "完全相同"), ("prefix_6", "前 6 位相同"), ("new", "new")])
def test_levels_in_words(level: str, zh: str) -> None:
    assert level_zh(level) == zh


@pytest.mark.parametrize(
    ("lower", "begins"), [(1.0, "98.0%"), (0.985, "98.0%"), (0.93, "92.0%"), (0.31, "20%"), (0.0, "0%")]
)
def test_axes_of_estimates_begin_below_every_interval(lower: float, begins: str) -> None:
    """Also where nothing is in doubt and every interval is a point."""
    svg = match_report._whiskers([("one", {"value": 1.0, "lower": lower, "upper": 1.0})], "title")
    texts = [text.text for text in etree.fromstring(str(svg)).iter("text")]
    assert texts[0] == begins
    assert texts[4] in {"100%", "100.0%"}
