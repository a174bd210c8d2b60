"""Charts are well-formed, escape what they print, and stand for their numbers."""

from __future__ import annotations

import pytest
from lxml import etree
from markupsafe import Markup

from reports import charts

HOSTILE = '"><script>alert(1)</script>'
SVG = [
    charts.threshold_curve([(0.1, 30), (0.2, 17), (0.5, 8)], 0.2, 17, 20, 40, HOSTILE),
    charts.threshold_curve([(0.1, 8), (0.2, 5)], 0.2, 5, None, 9, HOSTILE),
    charts.threshold_curve([(0.1, 0), (0.2, 0)], 0.2, 0, None, 0, HOSTILE),
    charts.heatmap(["甲", HOSTILE], [[0, 3], [1, 0]], "矩阵"),
    charts.whiskers([(HOSTILE, 0.9, 0.8, 0.95)], "区间", low=0.7, high=1.0),
    charts.fates(90, 8, 2, HOSTILE),
]


NAMES = ["curve", "curve without a survey", "curve of no platform", "heatmap", "whiskers", "fates"]


@pytest.mark.parametrize("svg", SVG, ids=NAMES)
def test_chart_is_well_formed_and_escaped(svg: Markup) -> None:
    root = etree.fromstring(str(svg))
    assert root.tag == "svg"
    assert "<script" not in str(svg)
    assert not {a for e in root.iter() for a in e.attrib if a in ("href", "src") or a.startswith("on")}


def test_whisker_stands_at_its_value() -> None:
    root = etree.fromstring(str(charts.whiskers([("甲", 0.85, 0.7, 1.0)], "区间", low=0.7, high=1.0)))
    (line,) = [e for e in root.iter("line") if e.get("stroke") == charts.ACCENT]
    (dot,) = root.iter("circle")
    left, right = float(line.get("x1")), float(line.get("x2"))
    assert float(dot.get("cx")) == pytest.approx((left + right) / 2, abs=0.1)


@pytest.mark.parametrize(("counts", "bars"), [((90, 8, 2), 3), ((5, 0, 0), 1), ((0, 0, 0), 0)])
def test_fates_draw_what_there_is(counts: tuple[int, int, int], bars: int) -> None:
    svg = str(charts.fates(*counts, "去向"))
    assert svg.count("<rect") == bars


def test_heatmap_shades_grow_with_the_number() -> None:
    root = etree.fromstring(str(charts.heatmap(["甲", "乙"], [[0, 100], [25, 0]], "矩阵")))
    shades = [e.get("fill") for e in root.iter("rect")]
    assert shades == ["#f4f6f8", "rgba(23,105,170,1.000)", "rgba(23,105,170,0.540)", "#f4f6f8"]
