"""Measure tables. Every figure stands in ``mart_figure``; the other marts hold what figures are made of."""

from __future__ import annotations

from schemas.columns import DATE, FLOAT, TEXT, Tier, column, table

FIGURE = table(
    "mart_figure",
    column("measure_id", TEXT, "指标", "measure id, as in the measure catalogue", nullable=False),
    column("rule_version", TEXT, "规则版本", "version of the rule", nullable=False),
    column("grain", TEXT, "粒度", "province, line, platform, platform_pair …", nullable=False),
    column("grain_key", TEXT, "对象", "which one; 'all' for the province", nullable=False),
    column("window_start", DATE, "起", "first day"),
    column("window_end", DATE, "止", "last day"),
    column("value", FLOAT, "值", "the figure; empty when it can't be computed"),
    column("numerator", FLOAT, "分子", "numerator"),
    column("denominator", FLOAT, "分母", "denominator"),
    column("lower", FLOAT, "下限", "lower end of the 95% interval"),
    column("upper", FLOAT, "上限", "upper end of the 95% interval"),
    column("unit", TEXT, "单位", "unit"),
    column("note", TEXT, "说明", "what to know when quoting it"),
    zh="指标值",
    en="figures",
    tier=Tier.WAREHOUSE,
    key=("measure_id", "grain", "grain_key"),
    grain="One row is one figure with its rule, numerator, denominator and interval.",
)
