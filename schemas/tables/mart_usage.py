"""Marts of use: activity, logs, estimates with intervals, the class of each platform, curve, history, survey."""

from __future__ import annotations

from schemas.columns import BOOL, DATE, FLOAT, INT, TEXT, Tier, column, table
from schemas.tables.mart_columns import platform

USAGE_COMMUNITY = table(
    "mart_usage_community",
    platform(),
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
    platform(),
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
    platform(),
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
    platform(),
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
    column("survey_platforms", INT, "调查平台数", "high-use platforms of the project's survey, if any; not comparable"),
    zh="高频阈值曲线",
    en="threshold curve",
    tier=Tier.WAREHOUSE,
    key=("theta",),
    grain="One row says how many platforms would be high-use at one threshold.",
)

USAGE_HISTORY = table(
    "mart_usage_history",
    platform(),
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
    platform(),
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
