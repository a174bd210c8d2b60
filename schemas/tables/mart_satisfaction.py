"""Marts of satisfaction: every rating judged, and each platform's ratings beside its closed cases."""

from __future__ import annotations

from schemas.columns import BOOL, FLOAT, INT, TEXT, Tier, column, table
from schemas.tables.mart_columns import platform

RATING_CLASS = table(
    "mart_rating_class",
    column("record_id", TEXT, "评价记录", "rating record id", nullable=False),
    platform(),
    column("level", INT, "评价等级", "level, 5 to 1"),
    column("class_code", TEXT, "类别", "valid, default (made because nobody answered) or system"),
    column("is_storm", BOOL, "环节连评", "every stage of one case rated alike within minutes"),
    column("is_constant_lag", BOOL, "固定时差", "the platform's ratings follow the closing by one and the same lag"),
    column("is_burst", BOOL, "同秒批量", "several ratings of one platform in one second"),
    column("is_early", BOOL, "先评后结", "closing rated before the case was closed"),
    column("is_uniform", BOOL, "标签雷同", "nearly all of the platform's ratings carry one level and one set of tags"),
    column("is_machine", BOOL, "疑似机评", "enough of these fingerprints together"),
    zh="评价分类",
    en="ratings by class",
    tier=Tier.WAREHOUSE,
    key=("record_id",),
    grain="One row is one rating of the window with its class and fingerprints; flagged ones stay.",
)

SATISFACTION_PLATFORM = table(
    "mart_satisfaction_platform",
    platform(),
    column("valid_ratings", INT, "有效评价数", "ratings that are neither default nor made by the system"),
    column("level_5", INT, "非常满意", "valid ratings of level 5"),
    column("level_4", INT, "满意", "valid ratings of level 4"),
    column("level_3", INT, "基本满意", "valid ratings of level 3"),
    column("level_2", INT, "不满意", "valid ratings of level 2"),
    column("level_1", INT, "非常不满意", "valid ratings of level 1"),
    column("default_ratings", INT, "默认评价数", "ratings made because nobody answered"),
    column("system_ratings", INT, "系统评价数", "ratings made by the system"),
    column("machine_ratings", INT, "疑似机评数", "valid ratings with the fingerprints of a machine"),
    column("closed_cases", INT, "办结件数", "cases and tickets closed in the window"),
    column("rated_cases", INT, "已评件数", "of them, those with a valid rating"),
    column(
        "orphan_ratings", INT, "无办件评价", "valid ratings whose case is not among the platform's cases and tickets"
    ),
    column(
        "asked_ratings", INT, "检验评价数", "valid ratings of the last months that the only-satisfied finding rests on"
    ),
    column("peer_bad_rate", FLOAT, "同类差评率", "share of levels 1 and 2 on all other platforms", unit="ratio"),
    column("silence_probability", FLOAT, "无差评概率", "chance of no bad rating at the peers' rate"),
    column("is_only_satisfied", BOOL, "疑似仅能满意", "no bad rating although that is all but impossible"),
    column("is_machine", BOOL, "疑似机评平台", "most valid ratings have the fingerprints of a machine"),
    zh="平台满意度",
    en="satisfaction by platform",
    tier=Tier.WAREHOUSE,
    key=("platform_id",),
    grain="One row is one platform's ratings and closed cases in the window.",
)
