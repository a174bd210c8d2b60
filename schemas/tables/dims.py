"""Dimensions: what the facts refer to."""

from __future__ import annotations

from schemas.columns import BOOL, DATE, FLOAT, INT, TEXT, Tier, column, table

LINE = table(
    "dim_line",
    column("line_id", TEXT, "业务条线", "line of business", nullable=False),
    column("title_zh", TEXT, "名称", "title in Chinese"),
    column("title_en", TEXT, "英文名称", "title in English"),
    column("owner_org", TEXT, "主管部门", "department in charge"),
    zh="业务条线",
    en="lines of business",
    tier=Tier.WAREHOUSE,
    key=("line_id",),
    grain="One row is one line of business.",
)

PLATFORM = table(
    "dim_platform",
    column("platform_id", TEXT, "平台", "platform id", nullable=False),
    column("line_id", TEXT, "业务条线", "line of business"),
    column("title_zh", TEXT, "名称", "title in Chinese"),
    column("title_en", TEXT, "英文名称", "title in English"),
    column("owner_org", TEXT, "主管部门", "owning department"),
    column("has_owner", BOOL, "有责任人", "a responsible office is named"),
    column("go_live_date", DATE, "上线日期", "date of going live"),
    column("retired_date", DATE, "停用日期", "date of retirement"),
    column("family", TEXT, "接入方式", "family of access"),
    column("has_rating", BOOL, "有评价功能", "serves a rating stream"),
    column("eligible_communities", INT, "适用社区数", "communities in scope where it is to be used"),
    zh="服务平台",
    en="platforms",
    tier=Tier.WAREHOUSE,
    key=("platform_id",),
    grain="One row is one service platform.",
)

PLATFORM_COMMUNITY = table(
    "dim_platform_community",
    column("platform_id", TEXT, "平台", "platform id", nullable=False),
    column("community_code", TEXT, "社区", "community, 12 digits", nullable=False),
    zh="平台适用社区",
    en="eligible communities",
    tier=Tier.WAREHOUSE,
    key=("platform_id", "community_code"),
    grain="One row says that a platform is to be used in a community (the denominator of reach).",
)

REGION = table(
    "dim_region",
    column("region_code", TEXT, "区划代码", "region code, 12 digits", nullable=False),
    column("version_no", INT, "版本序号", "number of the version among those of its code, from 1", nullable=False),
    column("name_zh", TEXT, "名称", "name"),
    column("level", TEXT, "层级", "province, city, county, township or community"),
    column("parent_code", TEXT, "上级代码", "parent region"),
    column("kind_code", TEXT, "村居类型", "village or residents' committee", definition="of communities only"),
    column(
        "kind_source_code",
        TEXT,
        "类型来源",
        "whether the kind was stated in the table or derived from the code",
        definition="the 10th digit: 2, 3 and 5 to 9 are villages or what is like one",
    ),
    column("valid_from_date", DATE, "启用日期", "first day on which it is valid; empty means always before"),
    column("valid_to_date", DATE, "停用日期", "last day on which it is valid; empty means open"),
    column("successor_codes", TEXT, "后继区划", "what the closed one became: codes, with shares where they are known"),
    column("is_latest", BOOL, "最新版本", "the last version of its code", nullable=False),
    column(
        "is_in_scope",
        BOOL,
        "在接入范围",
        "community connected so far",
        definition="true of one version of a code at most: the one valid at the end of the window",
    ),
    zh="行政区划",
    en="regions",
    tier=Tier.WAREHOUSE,
    key=("region_code", "version_no"),
    grain="One row is one version of one region of the project's table, valid from its first day to its last.",
)

REGION_SUCCESSOR = table(
    "dim_region_successor",
    column("region_code", TEXT, "区划代码", "region that was closed, renamed or moved", nullable=False),
    column("version_no", INT, "版本序号", "its version that ended", nullable=False),
    column("successor_code", TEXT, "后继区划代码", "region that it went on as", nullable=False),
    column("successor_version_no", INT, "后继版本序号", "version of the successor", nullable=False),
    column("changed_date", DATE, "变更日期", "first day after the version that ended", nullable=False),
    column("share", FLOAT, "份额", "part that went to this successor; empty when nobody says", unit="share"),
    zh="区划沿革",
    en="successors of regions",
    tier=Tier.WAREHOUSE,
    key=("region_code", "version_no", "successor_code"),
    grain="One row says that a version of a region went on as a version of a region: several for a split.",
)

ITEM = table(
    "dim_item",
    column("item_code", TEXT, "事项编码", "item code", nullable=False),
    column("title_zh", TEXT, "事项名称", "title"),
    column("matter_class_code", TEXT, "事项类别", "class of matter"),
    column(
        "window_working_days",
        INT,
        "同一事项时限",
        "window within which two applications are one matter",
        unit="working days",
    ),
    zh="事项",
    en="items",
    tier=Tier.WAREHOUSE,
    key=("item_code",),
    grain="One row is one item (事项).",
)

ATTRIBUTE = table(
    "dim_attribute",
    column("attribute_code", TEXT, "属性", "attribute", nullable=False),
    column("title_zh", TEXT, "名称", "title in Chinese"),
    column("title_en", TEXT, "英文名称", "title in English"),
    column("shelf_life_days", INT, "有效期", "shelf life; empty means for ever", unit="days"),
    column("keystrokes", INT, "击键数", "keystrokes to type it"),
    column("is_eligible", BOOL, "计入重复录入", "counts in the denominator of redundant entry"),
    zh="共享目录属性",
    en="attributes of the shared catalogue",
    tier=Tier.WAREHOUSE,
    key=("attribute_code",),
    grain="One row is one attribute that a worker types about a person.",
)

CALENDAR = table(
    "dim_calendar",
    column("date", DATE, "日期", "date", nullable=False),
    column("is_workday", BOOL, "工作日", "working day by the State Council calendar, shifted days included"),
    column("month_start_date", DATE, "月份", "first day of its month"),
    column("workday_no", INT, "工作日序号", "working days up to and including this date in the table"),
    zh="工作日历",
    en="calendar",
    tier=Tier.WAREHOUSE,
    key=("date",),
    grain="One row is one day in Beijing time.",
)

CODE = table(
    "dim_code",
    column("list_name", TEXT, "代码表", "code list", nullable=False),
    column("code", TEXT, "代码", "code", nullable=False),
    column("title_zh", TEXT, "名称", "title in Chinese"),
    column("title_en", TEXT, "英文名称", "title in English"),
    zh="代码",
    en="codes",
    tier=Tier.WAREHOUSE,
    key=("list_name", "code"),
    grain="One row is one code of one list.",
)
