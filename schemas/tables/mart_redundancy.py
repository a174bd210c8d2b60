"""Marts of redundant entry: every entry judged, counts by class, the matrix of platforms, connections ranked."""

from __future__ import annotations

from schemas.columns import BOOL, FLOAT, INT, TEXT, TIME, Tier, column, table
from schemas.tables.mart_columns import platform

ENTRY_CLASS = table(
    "mart_entry_class",
    column("entry_id", TEXT, "录入标识", "entry id", nullable=False),
    platform(),
    column("attribute_code", TEXT, "属性", "attribute"),
    column("person_id", TEXT, "人员标识", "person surrogate"),
    column("entered_at", TIME, "录入时间", "time of entry"),
    column(
        "class_code",
        TEXT,
        "类别",
        "intra, cross, conflict, first; or why it is not judged",
        definition="intra: its own platform held the value; cross: another did (跨平台); conflict: only other values "
        "were held; first: nothing was held. Not judged: confirmed (prefill accepted), not_typed (other modes), "
        "excluded (not in the shared catalogue), unmatched (no person)",
    ),
    column("is_variant", BOOL, "写法变体", "a cross-platform repeat that was spelt otherwise than its canonical value"),
    column("holder_count", INT, "已有平台数", "other platforms that held the value just before"),
    column("holders", TEXT, "已有平台", "those platforms, comma-separated, the one that recorded it first in front"),
    column(
        "epoch_no",
        INT,
        "值期",
        "numbers the value epochs of one person's attribute",
        definition="an epoch begins with an entry whose value no platform held just before; it ends when none holds it",
    ),
    column("is_current", BOOL, "现值", "the last its platform recorded of this person's attribute"),
    column("is_sure", BOOL, "确定", "a repeat that stands even if doubtful person links are not believed"),
    column("is_possible", BOOL, "可能", "a repeat, or not one only because its person is in doubt"),
    zh="录入分类",
    en="entries by class",
    tier=Tier.WAREHOUSE,
    key=("entry_id",),
    grain="One row is one entry event with its class, judged against what every platform held just before it.",
)

REDUNDANCY_CLASS = table(
    "mart_redundancy_class",
    platform(),
    column("attribute_code", TEXT, "属性", "attribute", nullable=False),
    column("class_code", TEXT, "类别", "class of entry, as in mart_entry_class", nullable=False),
    column("entries", INT, "录入数", "entries"),
    column("variants", INT, "变体数", "of them spelt otherwise"),
    zh="录入分类汇总",
    en="entries by platform, attribute and class",
    tier=Tier.WAREHOUSE,
    key=("platform_id", "attribute_code", "class_code"),
    grain="One row counts the window's entries of one attribute on one platform in one class.",
)

REDUNDANCY_MATRIX = table(
    "mart_redundancy_matrix",
    platform("holder_platform_id", "已有平台", "platform that held the value"),
    platform("receiver_platform_id", "重复录入平台", "platform where it was typed again"),
    column("first_holder_entries", INT, "最早持有", "repeats attributed whole to the holder that recorded it first"),
    column("fractional_entries", FLOAT, "均摊", "repeats shared equally among the k platforms that held it"),
    column("any_holder_entries", INT, "任一持有", "repeats that this platform could have supplied (does not add up)"),
    column("any_holder_seconds", FLOAT, "可省秒数", "typing time of those, average typist", unit="s"),
    zh="重复录入矩阵",
    en="redundancy matrix",
    tier=Tier.WAREHOUSE,
    key=("holder_platform_id", "receiver_platform_id"),
    grain="One row is one ordered pair of platforms: what the second typed although the first held it.",
)

CONNECTION = table(
    "mart_connection",
    platform("left_platform_id", "平台甲", "platform"),
    platform("right_platform_id", "平台乙", "the other platform, greater by id"),
    column("pair_entries", INT, "单独可省录入", "repeats avoided if only these two were connected"),
    column("pair_hours", FLOAT, "单独可省工时", "their typing time, average typist", unit="h"),
    column("rank", INT, "连通次序", "place in the greedy order; empty beyond the last ranked"),
    column("marginal_entries", INT, "新增可省录入", "repeats avoided beyond those of all better-ranked connections"),
    column("marginal_hours", FLOAT, "新增可省工时", "their typing time", unit="h"),
    column("cumulative_share", FLOAT, "累计占比", "share of all repeats avoided up to this rank", unit="ratio"),
    zh="连通排序",
    en="connections ranked",
    tier=Tier.WAREHOUSE,
    key=("left_platform_id", "right_platform_id"),
    grain="One row is one pair of platforms that could be connected and what that saves, alone and beyond better ones.",
)
