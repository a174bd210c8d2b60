"""The intake tables that the program brings: what a platform's stream becomes once conformed.

Six stream kinds cover the five fact families of the domain: ``form`` (who typed what, where, when: one row is one
submission,
from which entry events are made), ``case`` (办件), ``rating`` (好差评), ``survey``, ``ticket`` (12345 and grid) and
``usage``. A bureau declares further ones in its project (``tables/``, :mod:`schemas.project_tables`). Every row says
where it was landed, so that it can be traced back and counted.
"""

from __future__ import annotations

from sqlalchemy import Table

from schemas.columns import BOOL, DATE, FLOAT, INT, TEXT, TIME, Class, Cleaning, Mask, Tier, column, table
from schemas.rules import (
    Between,
    Castable,
    DigitsKept,
    InCodes,
    InRegions,
    Matches,
    NotBefore,
    NotTestRecord,
    Required,
    Severity,
    ValidIdentityNumber,
)
from schemas.tables.intake_columns import FLAG_CAST, NOT_ANCIENT, attribute, flag_code, lineage

FORM = table(
    "core_form",
    *lineage(),
    column("case_no", TEXT, "办件编号", "case number on this platform"),
    attribute(
        "person_name",
        TEXT,
        "姓名",
        "person name",
        Required(),
        NotTestRecord(),
        mask=Mask.NAME,
        cleaning=Cleaning.NAME,
    ),
    column("cert_type_code", TEXT, "证件类型", "certificate type", rules=(flag_code("cert_type"),)),
    attribute(
        "cert_no",
        TEXT,
        "证件号码",
        "certificate number",
        DigitsKept(),
        ValidIdentityNumber(),
        mask=Mask.NUMBER,
        klass=Class.SENSITIVE,
        cleaning=Cleaning.IDENTITY_NUMBER,
    ),
    attribute("sex_code", TEXT, "性别", "sex", flag_code("sex")),
    attribute("birth_date", DATE, "出生日期", "date of birth", FLAG_CAST, mask=Mask.YEAR),
    attribute("ethnicity_code", TEXT, "民族", "ethnicity", flag_code("ethnicity")),
    attribute(
        "phone",
        TEXT,
        "联系电话",
        "telephone",
        Matches(severity=Severity.FLAG, pattern=r"1\d{10}|0\d{9,11}"),
        mask=Mask.NUMBER,
        cleaning=Cleaning.PHONE,
    ),
    attribute("address", TEXT, "居住地址", "home address", cleaning=Cleaning.ADDRESS),
    attribute("education_code", TEXT, "文化程度", "education", flag_code("education")),
    attribute("marital_code", TEXT, "婚姻状况", "marital status", flag_code("marital")),
    attribute("political_code", TEXT, "政治面貌", "political affiliation", flag_code("political")),
    attribute("occupation", TEXT, "职业", "occupation"),
    attribute("employer", TEXT, "工作单位", "employer"),
    attribute("household_no", TEXT, "户号", "household number"),
    attribute(
        "household_size",
        INT,
        "家庭人口数",
        "household size",
        FLAG_CAST,
        Between(severity=Severity.FLAG, low=1, high=20),
    ),
    attribute("bank_account", TEXT, "银行账号", "bank account", mask=Mask.DROP, klass=Class.SENSITIVE),
    attribute(
        "monthly_income",
        FLOAT,
        "月收入",
        "monthly income, yuan",
        FLAG_CAST,
        Between(severity=Severity.FLAG, low=0, high=1_000_000),
        klass=Class.SENSITIVE,
    ),
    attribute("health_code", TEXT, "健康状况", "health", flag_code("health"), klass=Class.SENSITIVE),
    attribute("disability_code", TEXT, "残疾等级", "disability grade", flag_code("disability"), klass=Class.SENSITIVE),
    attribute("insurance_code", TEXT, "参保类型", "social insurance type", flag_code("insurance")),
    column(
        "residence_code",
        TEXT,
        "居住地区划",
        "community of residence, 12 digits",
        rules=(InRegions(severity=Severity.FLAG),),
    ),
    column(
        "community_code", TEXT, "录入社区", "community where it was typed, 12 digits", rules=(Required(), InRegions())
    ),
    column("worker_no", TEXT, "录入人员", "worker who typed it", klass=Class.PERSONAL, mask=Mask.DROP),
    column("entered_at", TIME, "录入时间", "time of entry", rules=(Required(), Castable(), NOT_ANCIENT)),
    column("mode_code", TEXT, "录入方式", "mode of entry", rules=(Required(), InCodes(codes="entry_mode"))),
    column(
        "prefilled",
        TEXT,
        "预填字段",
        "attributes accepted from prefill, comma-separated attribute codes",
        definition="as the source writes it, so not in the warehouse tier; mode_code of the entry events says the same",
        mask=Mask.DROP,
    ),
    zh="表单填报",
    en="form submissions",
    tier=Tier.VAULT,
    key=("record_id",),
    stream="form",
    event_time="entered_at",
    grain="One row is one form that a worker submitted about one person on one platform, in its latest version.",
)

ENTRY_EVENT = table(
    "core_entry_event",
    column("entry_id", TEXT, "录入标识", "entry id", nullable=False, definition="record_id ':' attribute_code"),
    column("record_id", TEXT, "表单记录", "form record", nullable=False),
    column("landed_row", INT, "落地行号", "row of the form in the landed batch, from 0",
           definition="tells apart the entries of two versions of one form that came in one batch"),
    column("platform_id", TEXT, "平台", "platform id", nullable=False, rules=(Required(),)),
    column("attribute_code", TEXT, "属性", "attribute", nullable=False, rules=(InCodes(codes="attribute"),)),
    column("value_raw", TEXT, "原值", "value as typed", klass=Class.SENSITIVE, mask=Mask.DROP),
    column(
        "value",
        TEXT,
        "规范值",
        "canonical value",
        klass=Class.SENSITIVE,
        mask=Mask.TOKEN,
        definition="equal tokens mean equal values under the attribute's equality; attributes never share a token",
    ),
    column("is_variant_spelling", BOOL, "写法变体", "raw text differs from the canonical value"),
    column("mode_code", TEXT, "录入方式", "mode of entry", rules=(Required(), InCodes(codes="entry_mode"))),
    column("entered_at", TIME, "录入时间", "time of entry", rules=(Required(),)),
    column("community_code", TEXT, "录入社区", "community where it was typed"),
    column("case_no", TEXT, "办件编号", "case number on this platform"),
    zh="字段录入",
    en="entry events",
    tier=Tier.VAULT,
    key=("entry_id",),
    grain="One row is one attribute of one person, typed (or prefilled, imported) once in one form.",
)

CASE = table(
    "core_case",
    *lineage(),
    column("form_key", TEXT, "申请表单", "source key of the form that opened it"),
    column("item_code", TEXT, "事项编码", "item code", rules=(Required(), InCodes(codes="item"))),
    column("community_code", TEXT, "受理社区", "accepting community", rules=(Required(), InRegions())),
    column("channel_code", TEXT, "渠道", "channel", rules=(InCodes(severity=Severity.FLAG, codes="channel"),)),
    column("apply_at", TIME, "申请时间", "time of application", rules=(Required(), Castable(), NOT_ANCIENT)),
    column(
        "accept_at",
        TIME,
        "受理时间",
        "time of acceptance",
        rules=(FLAG_CAST, NotBefore(severity=Severity.FLAG, other="apply_at")),
    ),
    column("promise_date", DATE, "承诺办结日", "promised date", rules=(FLAG_CAST,)),
    column(
        "close_at",
        TIME,
        "办结时间",
        "time of closing",
        rules=(FLAG_CAST, NotBefore(severity=Severity.QUARANTINE, other="apply_at")),
    ),
    column("status_code", TEXT, "办件状态", "status", rules=(Required(), InCodes(codes="case_status"))),
    column("parent_case_no", TEXT, "关联办件", "case it is linked to on this platform"),
    column("link_code", TEXT, "关联类型", "kind of link", rules=(InCodes(severity=Severity.FLAG, codes="case_link"),)),
    zh="办件",
    en="cases",
    tier=Tier.VAULT,
    key=("record_id",),
    stream="case",
    event_time="apply_at",
    grain="One row is one case (办件) on one platform, in its latest version; source_key is the case number.",
)

RATING = table(
    "core_rating",
    *lineage(),
    column("case_no", TEXT, "办件编号", "case rated", rules=(Required(severity=Severity.FLAG),)),
    column(
        "stage_code", TEXT, "评价环节", "stage rated", rules=(InCodes(severity=Severity.FLAG, codes="rating_stage"),)
    ),
    column(
        "level",
        INT,
        "评价等级",
        "level, 5 very satisfied to 1 very dissatisfied",
        rules=(Required(), Castable(), Between(low=1, high=5)),
    ),
    column("channel_code", TEXT, "渠道", "channel", rules=(InCodes(severity=Severity.FLAG, codes="channel"),)),
    column("collected_code", TEXT, "采集方式", "how it was collected", rules=(Required(), InCodes(codes="collected"))),
    column("is_default", BOOL, "默认评价", "made by a rule because nobody answered", rules=(Required(), Castable())),
    column("detail_codes", TEXT, "评价标签", "detail tags, comma-separated", cleaning=Cleaning.LIST),
    column("comment_text", TEXT, "评价内容", "comment", klass=Class.PERSONAL, mask=Mask.DROP),
    column("community_code", TEXT, "社区", "community", rules=(InRegions(severity=Severity.FLAG),)),
    column("rated_at", TIME, "评价时间", "time of rating", rules=(Required(), Castable(), NOT_ANCIENT)),
    zh="好差评",
    en="ratings",
    tier=Tier.VAULT,
    key=("record_id",),
    stream="rating",
    event_time="rated_at",
    grain="One row is one rating of one case at one stage (一次一评).",
)

SURVEY = table(
    "core_survey_response",
    *lineage(),
    column("survey_code", TEXT, "调查", "survey", rules=(Required(), InCodes(codes="survey"))),
    column("about_platform_id", TEXT, "被评平台", "platform it is about", rules=(Required(),)),
    column("respondent_code", TEXT, "受访者类别", "kind of respondent", rules=(InCodes(codes="respondent"),)),
    column("collected_code", TEXT, "采集方式", "how it was collected", rules=(InCodes(codes="collected"),)),
    column(
        "frequency_code",
        TEXT,
        "使用频率",
        "how often they use it",
        rules=(InCodes(severity=Severity.FLAG, codes="frequency"),),
    ),
    column(
        "level", INT, "满意等级", "level, 5 to 1", rules=(FLAG_CAST, Between(severity=Severity.FLAG, low=1, high=5))
    ),
    column("community_code", TEXT, "社区", "community", rules=(Required(), InRegions())),
    column("duration_s", INT, "答题时长", "answering time", unit="s", rules=(FLAG_CAST,)),
    column("answered_at", TIME, "作答时间", "time of answer", rules=(Required(), Castable(), NOT_ANCIENT)),
    zh="问卷作答",
    en="survey responses",
    tier=Tier.VAULT,
    key=("record_id",),
    stream="survey",
    event_time="answered_at",
    grain="One row is one respondent's answer about one platform in one survey.",
)

TICKET = table(
    "core_ticket",
    *lineage(),
    column(
        "caller_name",
        TEXT,
        "诉求人",
        "caller's name",
        klass=Class.PERSONAL,
        mask=Mask.DROP,
        rules=(NotTestRecord(),),
        cleaning=Cleaning.NAME,
    ),
    column(
        "caller_phone",
        TEXT,
        "诉求人电话",
        "caller's telephone",
        klass=Class.PERSONAL,
        mask=Mask.DROP,
        cleaning=Cleaning.PHONE,
    ),
    column("community_code", TEXT, "社区", "community", rules=(Required(), InRegions())),
    column("category_code", TEXT, "诉求类别", "category", rules=(Required(), InCodes(codes="ticket_category"))),
    column("content_text", TEXT, "诉求内容", "what was asked", klass=Class.PERSONAL, mask=Mask.DROP),
    column("received_at", TIME, "登记时间", "time received", rules=(Required(), Castable(), NOT_ANCIENT)),
    column("signed_at", TIME, "签收时间", "time signed for", rules=(FLAG_CAST,)),
    column(
        "replied_at",
        TIME,
        "答复时间",
        "time of reply",
        rules=(FLAG_CAST, NotBefore(severity=Severity.FLAG, other="received_at")),
    ),
    column("closed_at", TIME, "办结时间", "time closed", rules=(FLAG_CAST,)),
    column("status_code", TEXT, "状态", "status", rules=(Required(), InCodes(codes="case_status"))),
    zh="工单",
    en="tickets",
    tier=Tier.VAULT,
    key=("record_id",),
    stream="ticket",
    event_time="received_at",
    grain="One row is one ticket of a hotline or a grid, in its latest version.",
)

USAGE = table(
    "core_usage_event",
    *lineage(),
    column(
        "community_code",
        TEXT,
        "社区",
        "community of the account",
        definition="empty for system accounts and heartbeats",
        rules=(InRegions(),),
    ),
    column("account_no", TEXT, "账号", "account", klass=Class.PERSONAL, mask=Mask.TOKEN),
    column("account_kind_code", TEXT, "账号类别", "kind of account", rules=(Required(), InCodes(codes="account_kind"))),
    column("function_code", TEXT, "功能", "function used"),
    column("action_code", TEXT, "动作", "action", rules=(Required(), InCodes(codes="action"))),
    column("occurred_at", TIME, "发生时间", "time of the event", rules=(Required(), Castable(), NOT_ANCIENT)),
    column(
        "duration_s",
        FLOAT,
        "时长",
        "duration",
        unit="s",
        rules=(FLAG_CAST, Between(severity=Severity.FLAG, low=0, high=86400)),
    ),
    zh="平台使用",
    en="usage events",
    tier=Tier.VAULT,
    key=("record_id",),
    stream="usage",
    event_time="occurred_at",
    grain="One row is one line of a platform's operation log.",
)

PROGRAM_STREAMS: dict[str, Table] = {t.info["meta"].stream: t for t in (FORM, CASE, RATING, SURVEY, TICKET, USAGE)}
"""The stream kinds that the program brings, with the canonical table that each fills. Those of the project in use are
among :func:`schemas.streams.stream_tables`."""

ATTRIBUTES: tuple[str, ...] = tuple(c.name for c in FORM.columns if c.info["meta"].attribute)
"""Attribute codes: the columns of ``core_form`` that a worker types about a person."""
