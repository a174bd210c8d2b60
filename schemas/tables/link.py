"""Link tables: what matching found. They rest in the vault, except the surrogates' own dimension."""

from __future__ import annotations

from schemas.columns import DATE, FLOAT, INT, TEXT, TIME, Class, Mask, Tier, column, table

PERSON_RECORD = table(
    "link_person_record",
    column("record_id", TEXT, "记录标识", "record id", nullable=False),
    column("platform_id", TEXT, "平台", "platform id"),
    column("stream", TEXT, "数据流", "stream it came from (form or ticket)"),
    column("person_name", TEXT, "姓名", "canonical name", klass=Class.PERSONAL, mask=Mask.NAME),
    column("cert_type_code", TEXT, "证件类型", "certificate type"),
    column("cert_no", TEXT, "证件号码", "canonical certificate number", klass=Class.SENSITIVE, mask=Mask.NUMBER),
    column("sex_code", TEXT, "性别", "sex"),
    column("birth_date", DATE, "出生日期", "date of birth", klass=Class.PERSONAL, mask=Mask.YEAR),
    column("phone", TEXT, "电话", "telephone", klass=Class.PERSONAL, mask=Mask.NUMBER),
    column("address", TEXT, "地址", "address", klass=Class.PERSONAL, mask=Mask.DROP),
    column("community_code", TEXT, "社区", "community (residence, else place of entry)"),
    column("recorded_at", TIME, "记录时间", "time of entry"),
    zh="人员记录",
    en="person records",
    tier=Tier.VAULT,
    key=("record_id",),
    grain="One row is the identity part of one accepted form or ticket: what matching compares.",
)

PERSON_LINK = table(
    "link_person",
    column("record_id", TEXT, "记录标识", "record id", nullable=False),
    column("person_id", TEXT, "人员标识", "person surrogate, stable over runs", nullable=False),
    column("grade_code", TEXT, "匹配等级", "certain, probable, possible or single (no other record)"),
    column("confidence", FLOAT, "置信度", "probability that the record belongs to its cluster"),
    zh="人员归并",
    en="person clusters",
    tier=Tier.WAREHOUSE,
    key=("record_id",),
    grain="One row says which person a person record belongs to.",
)

MATTER_LINK = table(
    "link_matter",
    column("record_id", TEXT, "办件记录", "case record id", nullable=False),
    column("matter_id", TEXT, "事件标识", "matter surrogate, stable over runs", nullable=False),
    column("person_id", TEXT, "人员标识", "applicant"),
    column("matter_class_code", TEXT, "事项类别", "class of matter"),
    column("role_code", TEXT, "角色", "first, part, duplicate, reopened or transferred"),
    zh="事件归并",
    en="matter clusters",
    tier=Tier.WAREHOUSE,
    key=("record_id",),
    grain="One row says which matter a case belongs to and as what.",
)

MATTER_PAIR = table(
    "link_matter_pair",
    column("left_id", TEXT, "左办件", "case record id", nullable=False),
    column("right_id", TEXT, "右办件", "case record id, greater than left", nullable=False),
    column(
        "first_id",
        TEXT,
        "在前办件",
        "which of the two came first",
        definition="by time of application; where a link is stated, the case that is named",
    ),
    column("match_weight", FLOAT, "匹配权重", "sum of prior and evidence", unit="bit"),
    column("match_probability", FLOAT, "匹配概率", "probability that the two are one matter"),
    column("grade_code", TEXT, "匹配等级", "certain, probable, possible or no"),
    column(
        "relation_code",
        TEXT,
        "关系",
        "what the later case is to the first",
        definition="same_matter, duplicate, reapplied, parent, transfer, reopen, joint; not one matter: "
        "lawful_sequence, batch, number_reused, other_matter (judged so). Of a possible pair: what it would be",
    ),
    column("levels", TEXT, "比较等级", "level of agreement in each respect, as respect=level pairs"),
    zh="办件配对",
    en="scored pairs of cases",
    tier=Tier.VAULT,
    key=("left_id", "right_id"),
    grain="One row is one pair of cases scored possible or better, told apart by name, or judged by a person.",
)

MATTER_REVIEW = table(
    "link_matter_review",
    column("left_id", TEXT, "左办件", "case record id", nullable=False),
    column("right_id", TEXT, "右办件", "case record id", nullable=False),
    column("match_weight", FLOAT, "匹配权重", "match weight", unit="bit"),
    column("match_probability", FLOAT, "匹配概率", "match probability"),
    column("reason_code", TEXT, "待核原因", "why a person is asked"),
    column("worth", FLOAT, "价值", "cases whose matter would change with the answer"),
    zh="待核办件队列",
    en="review queue of cases",
    tier=Tier.VAULT,
    key=("left_id", "right_id"),
    grain="One row is one grey pair of cases that a person is asked about.",
)

TICKET_LINK = table(
    "link_ticket",
    column("record_id", TEXT, "工单记录", "ticket record id", nullable=False),
    column("ticket_group_id", TEXT, "诉求标识", "surrogate of what it is about, stable over runs", nullable=False),
    column("person_id", TEXT, "人员标识", "caller"),
    column(
        "role_code",
        TEXT,
        "角色",
        "first, repeat or asked_again",
        definition="repeat: an earlier ticket about it was still open (一事多单); asked_again: it was closed",
    ),
    zh="工单归并",
    en="ticket groups",
    tier=Tier.WAREHOUSE,
    key=("record_id",),
    grain="One row says what a ticket is about, together with which others, and as what.",
)

TICKET_PAIR = table(
    "link_ticket_pair",
    column("left_id", TEXT, "左工单", "ticket record id", nullable=False),
    column("right_id", TEXT, "右工单", "ticket record id, greater than left", nullable=False),
    column("match_weight", FLOAT, "匹配权重", "sum of prior and evidence", unit="bit"),
    column("match_probability", FLOAT, "匹配概率", "probability that the two are about one thing"),
    column("grade_code", TEXT, "匹配等级", "certain (judged so), probable, possible or no (judged so)"),
    column("levels", TEXT, "比较等级", "level of agreement in each respect, as respect=level pairs"),
    zh="工单配对",
    en="scored pairs of tickets",
    tier=Tier.VAULT,
    key=("left_id", "right_id"),
    grain="One row is one pair of tickets of one caller or telephone scored possible or better.",
)

PERSON_PAIR = table(
    "link_person_pair",
    column("left_id", TEXT, "左记录", "record id", nullable=False),
    column("right_id", TEXT, "右记录", "record id, greater than left", nullable=False),
    column("match_weight", FLOAT, "匹配权重", "sum of log2 Bayes factors and prior", unit="bit"),
    column("match_probability", FLOAT, "匹配概率", "probability that the two are one"),
    column("grade_code", TEXT, "匹配等级", "certain, probable or possible"),
    column("levels", TEXT, "比较等级", "comparison level of each field, as field=level pairs"),
    zh="候选配对",
    en="scored pairs",
    tier=Tier.VAULT,
    key=("left_id", "right_id"),
    grain="One row is one pair of distinct identities (a representative record of each) scored possible or better.",
)

REVIEW = table(
    "link_review",
    column("left_id", TEXT, "左记录", "record id", nullable=False),
    column("right_id", TEXT, "右记录", "record id", nullable=False),
    column("match_weight", FLOAT, "匹配权重", "match weight", unit="bit"),
    column("match_probability", FLOAT, "匹配概率", "match probability"),
    column("reason_code", TEXT, "待核原因", "why a person is asked"),
    column("worth", FLOAT, "价值", "entries whose person would change with the answer"),
    zh="待核队列",
    en="review queue",
    tier=Tier.VAULT,
    key=("left_id", "right_id"),
    grain="One row is one grey pair that a person is asked about.",
)

PERSON = table(
    "dim_person",
    column("person_id", TEXT, "人员标识", "person surrogate", nullable=False),
    column("record_count", INT, "记录数", "records in the cluster"),
    column("platform_count", INT, "平台数", "platforms that hold the person"),
    column("sex_code", TEXT, "性别", "sex most often stated"),
    column("birth_year", INT, "出生年", "year of birth most often stated", unit="year"),
    column("community_code", TEXT, "社区", "community most often stated"),
    column("weakest_confidence", FLOAT, "最低置信度", "lowest confidence in the cluster"),
    zh="人员",
    en="persons",
    tier=Tier.WAREHOUSE,
    key=("person_id",),
    grain="One row is one person found by matching.",
)
