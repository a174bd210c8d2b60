"""Measure tables. Every figure stands in ``mart_figure``; the other marts hold what figures are made of.

Each row of ``mart_entry_class``, ``mart_rating_class`` or ``mart_usage_community`` says how the rules judged a fact, or
one cell of facts, so that every figure can be followed down to the rows it counts. Each table is written by one step
of one measure file; the modules imported here declare them, one module per subject.
"""

from __future__ import annotations

from schemas.columns import DATE, FLOAT, TEXT, Tier, column, table
from schemas.tables import mart_redundancy, mart_satisfaction, mart_usage

__all__ = ["FIGURE", "MEASURE", "mart_redundancy", "mart_satisfaction", "mart_usage"]

FIGURE = table(
    "mart_figure",
    column(
        "measure_id",
        TEXT,
        "指标",
        "measure id, as in the measure catalogue",
        nullable=False,
        definition="a measure that states several quantities names the further ones id.part, such as M26.top2",
    ),
    column("rule_version", TEXT, "规则版本", "version of the rule", nullable=False),
    column("grain", TEXT, "粒度", "province, line, platform, month …", nullable=False),
    column("grain_key", TEXT, "对象", "which one; 'all' for the province", nullable=False),
    column("window_start", DATE, "起", "first day"),
    column("window_end", DATE, "止", "last day"),
    column("value", FLOAT, "值", "the figure; empty when it can't be computed or the cell is too small to show"),
    column("numerator", FLOAT, "分子", "numerator"),
    column("denominator", FLOAT, "分母", "denominator"),
    column("lower", FLOAT, "下限", "lower end of the interval: 95% unless the note says otherwise"),
    column("upper", FLOAT, "上限", "upper end of the interval"),
    column("unit", TEXT, "单位", "unit"),
    column("note", TEXT, "说明", "what to know when quoting it"),
    zh="指标值",
    en="figures",
    tier=Tier.WAREHOUSE,
    key=("measure_id", "grain", "grain_key"),
    grain="One row is one figure with its rule, numerator, denominator and interval.",
)

MEASURE = table(
    "mart_measure",
    column("measure_id", TEXT, "指标", "measure id, with its part", nullable=False),
    column("title_zh", TEXT, "名称", "title in Chinese"),
    column("title_en", TEXT, "英文名称", "title in English"),
    column("definition_zh", TEXT, "定义", "definition in Chinese"),
    column("definition_en", TEXT, "英文定义", "definition in English"),
    column("unit", TEXT, "单位", "unit"),
    column("direction_code", TEXT, "方向", "higher or lower is better, or neither"),
    column("grains", TEXT, "粒度", "grains it is published at, comma-separated"),
    column("rule_version", TEXT, "规则版本", "version of the rule"),
    column("parameters", TEXT, "参数", "parameters of the rule as run, JSON"),
    column("source", TEXT, "出处", "where the rule comes from"),
    zh="指标目录",
    en="catalogue of measures",
    tier=Tier.WAREHOUSE,
    key=("measure_id",),
    grain="One row is one declared figure and the rule that made it, parameters as they were in this run.",
)
