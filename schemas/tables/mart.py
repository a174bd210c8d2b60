"""Measure tables. Every figure stands in ``mart_figure``; the other marts hold what figures are made of.

One row of ``mart_entry_class``, ``mart_rating_class`` or ``mart_usage_community`` says of one fact how the rules
judged it, so that every figure can be followed down to the rows it counts. Each table is written by one step of one
measure file.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column

from schemas.columns import BOOL, DATE, FLOAT, INT, TEXT, TIME, Tier, column, table


def _platform(name: str = "platform_id", zh: str = "平台", en: str = "platform") -> Column[Any]:
    return column(name, TEXT, zh, en, nullable=False)


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

ENTRY_CLASS = table(
    "mart_entry_class",
    column("entry_id", TEXT, "录入标识", "entry id", nullable=False),
    _platform(),
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
    _platform(),
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
    _platform("holder_platform_id", "已有平台", "platform that held the value"),
    _platform("receiver_platform_id", "重复录入平台", "platform where it was typed again"),
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
    _platform("left_platform_id", "平台甲", "platform"),
    _platform("right_platform_id", "平台乙", "the other platform, greater by id"),
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

USAGE_COMMUNITY = table(
    "mart_usage_community",
    _platform(),
    column("community_code", TEXT, "社区", "eligible community, 12 digits", nullable=False),
    column("month_start_date", DATE, "月份", "first day of the month", nullable=False),
    column("active_days", INT, "活跃工作日", "working days with an effective transaction", unit="days"),
    column("events", INT, "有效业务量", "effective transactions on working days"),
    zh="平台社区活跃",
    en="activity by platform, community and month",
    tier=Tier.WAREHOUSE,
    key=("platform_id", "community_code", "month_start_date"),
    grain="One row is one month of one platform in one eligible community that used it.",
)

USAGE_MONTH = table(
    "mart_usage_month",
    _platform(),
    column("month_start_date", DATE, "月份", "first day of the month", nullable=False),
    column("working_days", INT, "工作日数", "working days of the month within the window", unit="days"),
    column("active_days", INT, "活跃社区日", "community-days with an effective transaction"),
    column(
        "penetration",
        FLOAT,
        "社区日渗透率 π",
        "active community-days / (eligible communities x working days)",
        unit="ratio",
    ),
    zh="平台月度使用",
    en="use by platform and month",
    tier=Tier.WAREHOUSE,
    key=("platform_id", "month_start_date"),
    grain="One row is one month of one platform, months without use included.",
)

USAGE_LOG = table(
    "mart_usage_log",
    _platform(),
    column("log_lines", INT, "日志行数", "lines of its log in the window, of any kind"),
    column("effective_events", INT, "有效业务量", "effective transactions in the window, any community, any day"),
    column("outside_events", INT, "范围外业务量", "of them in communities where it is not to be used"),
    column("last_effective_date", DATE, "最近业务日", "day of the last effective transaction, before the window too"),
    column(
        "log_completeness", FLOAT, "日志完整率", "worst month's share of working days with any log line", unit="ratio"
    ),
    zh="平台日志",
    en="platform logs",
    tier=Tier.WAREHOUSE,
    key=("platform_id",),
    grain="One row says how much of one platform's log there is.",
)

USAGE_ESTIMATE = table(
    "mart_usage_estimate",
    column("part", TEXT, "量", "reach or penetration", nullable=False),
    column("grain", TEXT, "粒度", "platform", nullable=False),
    column("grain_key", TEXT, "对象", "platform id", nullable=False),
    column("value", FLOAT, "值", "the quantity", unit="ratio"),
    column("numerator", FLOAT, "分子", "numerator"),
    column("denominator", FLOAT, "分母", "denominator"),
    column("lower", FLOAT, "下限", "lower end of its 95% interval, bootstrap over communities"),
    column("upper", FLOAT, "上限", "upper end"),
    zh="使用量估计",
    en="usage estimates",
    tier=Tier.WAREHOUSE,
    key=("part", "grain", "grain_key"),
    grain="One row is one quantity of use of one platform with its interval.",
)

USAGE_PLATFORM = table(
    "mart_usage_platform",
    _platform(),
    column("class_code", TEXT, "使用等级", "high, medium, low, seasonal, zombie or insufficient"),
    column("class_zh", TEXT, "使用等级名称", "高频, 中频, 低频, 季节性, 僵尸 or 数据不足"),
    column("eligible_communities", INT, "适用社区数", "communities where it is to be used"),
    column("working_days", INT, "工作日数", "working days of the window", unit="days"),
    column("active_communities", INT, "活跃社区数", "eligible communities with an effective transaction"),
    column("active_days", INT, "活跃社区日", "community-days with an effective transaction"),
    column("reach", FLOAT, "覆盖率 a", "active / eligible communities", unit="ratio"),
    column(
        "frequency", FLOAT, "使用频率 f", "mean share of working days active, over active communities", unit="ratio"
    ),
    column(
        "penetration",
        FLOAT,
        "社区日渗透率 π",
        "active community-days / (eligible communities x working days)",
        unit="ratio",
    ),
    column("reach_lower", FLOAT, "覆盖率下限", "lower end of the 95% interval of reach"),
    column("penetration_lower", FLOAT, "渗透率下限", "lower end of the 95% interval of penetration"),
    column("penetration_upper", FLOAT, "渗透率上限", "upper end of the 95% interval of penetration"),
    column("intensity", FLOAT, "强度 t", "effective transactions per eligible community and working day"),
    column(
        "concentration", FLOAT, "集中度 g", "share of transactions from the busiest 5% of communities (at least one)"
    ),
    column("persistent_months", INT, "持续月数 s", "months whose penetration reaches the lower threshold"),
    column("best_month_penetration", FLOAT, "最高月渗透率", "penetration of the best month"),
    column("median_month_penetration", FLOAT, "中位月渗透率", "median of the months' penetration"),
    column("events", INT, "有效业务量", "effective transactions in eligible communities on working days"),
    column("last_effective_date", DATE, "最近业务日", "day of the last effective transaction"),
    column("log_completeness", FLOAT, "日志完整率", "worst month's share of working days with any log line"),
    column("is_retired", BOOL, "已停用", "retired on or before the last day of the window"),
    column("has_owner", BOOL, "有责任人", "a responsible office is named"),
    column(
        "is_held", BOOL, "滞后保留", "high only because it was high before and has not stayed below the exit threshold"
    ),
    column("is_pareto", BOOL, "帕累托集", "among the busiest platforms that together make up 80% of transactions"),
    zh="平台使用",
    en="use of platforms",
    tier=Tier.WAREHOUSE,
    key=("platform_id",),
    grain="One row is one platform's use in the window and its class.",
)

USAGE_CURVE = table(
    "mart_usage_curve",
    column("theta", FLOAT, "阈值 θ", "threshold of penetration", nullable=False),
    column("platforms", INT, "平台数 N(θ)", "platforms high-use by the whole rule at this threshold"),
    column("platforms_point", INT, "点估计平台数", "the same on point estimates instead of lower bounds"),
    column("survey_platforms", INT, "调查平台数", "high-use platforms of the 2022/23 survey (54), not comparable"),
    zh="高频阈值曲线",
    en="threshold curve",
    tier=Tier.WAREHOUSE,
    key=("theta",),
    grain="One row says how many platforms would be high-use at one threshold.",
)

USAGE_HISTORY = table(
    "mart_usage_history",
    _platform(),
    column("window_start", DATE, "起", "first day of the window", nullable=False),
    column("window_end", DATE, "止", "last day of the window", nullable=False),
    column("class_code", TEXT, "使用等级", "class in that window"),
    column("penetration", FLOAT, "社区日渗透率 π", "penetration in that window", unit="ratio"),
    zh="使用等级历史",
    en="history of use classes",
    tier=Tier.WAREHOUSE,
    key=("platform_id", "window_start", "window_end"),
    grain="One row is one platform's class in one window; earlier windows are what hysteresis looks back to.",
)

USAGE_SURVEY = table(
    "mart_usage_survey",
    _platform(),
    column("respondents", INT, "受访人数", "workers who answered about it"),
    column("frequent_respondents", INT, "经常使用人数", "of them, those who use it daily or weekly"),
    column("frequent_share", FLOAT, "经常使用占比", "frequent / respondents", unit="ratio"),
    column("lower", FLOAT, "下限", "lower end of its 95% Wilson interval"),
    column("upper", FLOAT, "上限", "upper end"),
    column("is_frequent", BOOL, "问卷高频", "most respondents use it at least weekly"),
    column("is_high", BOOL, "日志高频", "high-use by the log"),
    zh="问卷与日志",
    en="survey beside log",
    tier=Tier.WAREHOUSE,
    key=("platform_id",),
    grain="One row compares what workers say about one platform with what its log says.",
)

RATING_CLASS = table(
    "mart_rating_class",
    column("record_id", TEXT, "评价记录", "rating record id", nullable=False),
    _platform(),
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
    _platform(),
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
