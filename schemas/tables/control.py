"""Control tables: runs, batches, balance, cursors, quarantine, quality results. Written in the same publish as the
data."""

from __future__ import annotations

from schemas.columns import BOOL, FLOAT, INT, TEXT, TIME, Class, Mask, Tier, column, table

RUN = table(
    "ctl_run",
    column("run_id", TEXT, "运行", "run id", nullable=False),
    column("generation", INT, "版本", "generation it published", nullable=False),
    column("started_at", TIME, "开始时间", "start"),
    column("ended_at", TIME, "结束时间", "end of building, before publishing"),
    column("code_version", TEXT, "程序版本", "version of Liandao"),
    column("checksum", TEXT, "内容校验", "content checksum of the generation, control times excluded"),
    zh="运行",
    en="runs",
    tier=Tier.WAREHOUSE,
    key=("run_id",),
    grain="One row is one published run.",
)

RUN_STEP = table(
    "ctl_run_step",
    column("event_id", TEXT, "事件", "event that told of it", nullable=False),
    column("run_id", TEXT, "运行", "run it belongs to; a platform or line that no run read: the run that loaded it"),
    column("step_code", TEXT, "步骤", "read or judge, load, match, measure, publish, report, or run: the whole"),
    column("platform_id", TEXT, "平台", "platform that was read"),
    column("line_id", TEXT, "业务条线", "line that was read or judged"),
    column("started_at", TIME, "开始时间", "start"),
    column("seconds", FLOAT, "用时", "how long it took; null where that is not known", unit="s"),
    column("row_count", INT, "读取行数", "rows taken from the platform"),
    column("refused_count", INT, "未接收行数", "of these, rows quarantined or dropped"),
    column("error_code", TEXT, "错误代码", "why it failed; null where it did not"),
    zh="运行步骤",
    en="steps of runs",
    tier=Tier.WAREHOUSE,
    key=("event_id",),
    grain="One row is one step of a run, or one attempt at one platform or line, of the last 400 days.",
)

BATCH = table(
    "ctl_batch",
    column("batch_id", TEXT, "批次", "batch id", nullable=False),
    column("platform_id", TEXT, "平台", "platform", nullable=False),
    column("stream", TEXT, "数据流", "stream", nullable=False),
    column("run_id", TEXT, "运行", "run that loaded it"),
    column("receipt_path", TEXT, "回执", "landing receipt, relative to the home"),
    column("landed_files", TEXT, "落地文件", "JSON list of path, rows and SHA-256 of each landed file"),
    column("key_field", TEXT, "主键字段", "source field that is the key"),
    column("extracted_rows", INT, "抽取行数", "rows taken from the source"),
    column("landed_rows", INT, "落地行数", "rows landed"),
    column("accepted_rows", INT, "接收行数", "rows accepted"),
    column("quarantined_rows", INT, "隔离行数", "rows quarantined"),
    column("dropped_rows", INT, "剔除行数", "rows dropped by rule"),
    column("inserted_rows", INT, "新增行数", "accepted rows that were new"),
    column("updated_rows", INT, "更新行数", "accepted rows that replaced an older version"),
    column("unchanged_rows", INT, "未变行数", "accepted rows equal to what was held"),
    column("superseded_rows", INT, "被取代行数", "accepted rows older than another version"),
    zh="批次与平衡表",
    en="batches and balance sheet",
    tier=Tier.WAREHOUSE,
    key=("batch_id", "platform_id", "stream"),
    grain="One row is one stream of one platform in one batch, with where every row went.",
)

CURSOR = table(
    "ctl_cursor",
    column("platform_id", TEXT, "平台", "platform", nullable=False),
    column("stream", TEXT, "数据流", "stream", nullable=False),
    column("cursor_json", TEXT, "游标", "cursor after the last loaded batch, JSON of schemas.receipts.Cursor"),
    column("batch_id", TEXT, "批次", "batch it comes from"),
    zh="游标",
    en="cursors",
    tier=Tier.WAREHOUSE,
    key=("platform_id", "stream"),
    grain="One row says how far one stream has been read and published.",
)

PLATFORM_STATE = table(
    "ctl_platform_state",
    column("platform_id", TEXT, "平台", "platform", nullable=False),
    column("is_stale", BOOL, "数据陈旧", "the last attempt failed; what is here is older"),
    column("last_success_at", TIME, "上次成功", "end of the last batch loaded"),
    column("error_code", TEXT, "错误代码", "error of the last attempt"),
    column("error_text", TEXT, "错误说明", "its message, without values"),
    zh="平台状态",
    en="platform state",
    tier=Tier.WAREHOUSE,
    key=("platform_id",),
    grain="One row says how fresh one platform's data are.",
)

QUARANTINE = table(
    "ctl_quarantine",
    column("platform_id", TEXT, "平台", "platform", nullable=False),
    column("stream", TEXT, "数据流", "stream", nullable=False),
    column("batch_id", TEXT, "批次", "batch", nullable=False),
    column("landed_row", INT, "落地行号", "row in the landed batch", nullable=False),
    column("source_unit", TEXT, "来源单元", "page, file or query"),
    column("source_unit_row", INT, "单元内行号", "row within the unit"),
    column("source_key", TEXT, "来源主键", "key in the source, if readable"),
    column("disposition_code", TEXT, "处置", "quarantine or drop"),
    column("reason_code", TEXT, "原因代码", "first rule broken: TABLE.COLUMN.RULE"),
    column("reason_codes", TEXT, "全部原因", "every rule broken, comma-separated"),
    column("raw_row", TEXT, "原始行", "the landed row as JSON", klass=Class.SENSITIVE, mask=Mask.DROP),
    zh="隔离与剔除",
    en="quarantined and dropped rows",
    tier=Tier.VAULT,
    key=("platform_id", "stream", "batch_id", "landed_row"),
    grain="One row is one landed row that was set aside, and why.",
)

QUALITY_RESULT = table(
    "ctl_quality_result",
    column("gate_id", TEXT, "闸门", "gate run", nullable=False),
    column("line_id", TEXT, "业务条线", "line", nullable=False),
    column("table_name", TEXT, "表", "canonical table", nullable=False),
    column(
        "check_id",
        TEXT,
        "检查",
        "stable id of the expectation: TABLE.COLUMN.RULE or a table-level name",
        nullable=False,
    ),
    column("dimension", TEXT, "质量维度", "dimension of GB/T 36344"),
    column("severity_code", TEXT, "级别", "stop or warn"),
    column("expectation_type", TEXT, "期望", "Great Expectations type"),
    column("success", BOOL, "通过", "passed"),
    column("element_count", INT, "样本数", "elements evaluated (B)"),
    column("unexpected_count", INT, "不符合数", "elements that broke it"),
    column("unexpected_rate", FLOAT, "不符合率", "unexpected / evaluated", unit="ratio"),
    column("observed_value", TEXT, "观测值", "aggregate observed (never a value of a record)"),
    zh="质量结果",
    en="quality results",
    tier=Tier.WAREHOUSE,
    key=("gate_id", "line_id", "table_name", "check_id"),
    grain="One row is one expectation on one table of one line in one gate run.",
)

QUALITY_FLAG = table(
    "ctl_quality_flag",
    column("batch_id", TEXT, "批次", "batch", nullable=False),
    column("platform_id", TEXT, "平台", "platform", nullable=False),
    column("stream", TEXT, "数据流", "stream", nullable=False),
    column("reason_code", TEXT, "原因代码", "rule: TABLE.COLUMN.RULE", nullable=False),
    column("disposition_code", TEXT, "处置", "flag, quarantine or drop"),
    column("row_count", INT, "行数", "rows"),
    zh="规则命中",
    en="rule hits",
    tier=Tier.WAREHOUSE,
    key=("batch_id", "platform_id", "stream", "reason_code"),
    grain="One row counts one rule's hits in one stream of one batch.",
)

SETTING = table(
    "ctl_setting",
    column("name", TEXT, "名称", "name", nullable=False),
    column("value", TEXT, "值", "value"),
    zh="运行参数",
    en="settings",
    tier=Tier.WAREHOUSE,
    key=("name",),
    grain="One row is one setting that figures depend on (window, scope size); rule versions stand in mart_measure.",
)
