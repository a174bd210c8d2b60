"""Words: what speaks for and against two cases being one matter, for a person to read."""

from __future__ import annotations

from dataclasses import dataclass

from transforms.match.matters.evidence import RESPECTS

RELATION_WORDS = {
    "same_matter": ("同一事件的不同办件", "parts of one matter"),
    "duplicate": ("重复办件", "applied for twice"),
    "reapplied": ("撤回或不予受理后重新申请", "applied for again after it was withdrawn or refused"),
    "parent": ("一件事的子办件", "part of a composite case"),
    "transfer": ("转办", "transferred"),
    "reopen": ("重新办理", "reopened"),
    "joint": ("联办", "handled jointly"),
    "lawful_sequence": ("依法先后办理,不是重复", "a lawful sequence, no duplicate"),
    "batch": ("批量受理中的不同办件", "different cases of one batch"),
    "number_reused": ("两个平台使用了同一编号,不是同一事件", "two platforms used one number; not one matter"),
    "other_matter": ("不是同一事件", "not one matter"),
}
"""Relation -> (zh, en), as ``later is … of first``."""

LEVEL_WORDS = {
    "person": {
        "same": ("同一申请人", "the same applicant"),
        "household_applies": ("同一家庭的成员,该类事项以家庭申请", "members of one household, which applies as one"),
        "household": ("同一家庭的成员", "members of one household"),
        "other": ("不同的申请人", "different applicants"),
    },
    "item": {
        "same": ("同一事项", "the same item"),
        "same_class": ("同一类事项", "items of one class"),
        "sequence": ("依法可先后申请的事项", "items that may lawfully follow each other"),
        "other": ("不同类事项", "items of different classes"),
    },
    "days": {
        "same_day": ("同日申请", "applied for on one day"),
        "within_5": ("相隔不超过5个工作日", "at most 5 working days apart"),
        "within_window": ("在该类事项的期限内", "within the window of the class"),
        "within_two_windows": ("超出期限,但不超过两倍", "beyond the window, within twice of it"),
        "later": ("相隔很久", "far apart"),
    },
    "object": {
        "same": ("同一标的", "the same object"),
        "same_place": ("同一地点", "the same place"),
        "other_place": ("不同地点", "different places"),
        "other": ("不同标的", "different objects"),
    },
    "community": {
        "same": ("同一社区", "the same community"),
        "same_township": ("同一街道或乡镇", "the same township"),
        "other": ("不同街道或乡镇", "different townships"),
    },
    "number": {
        "same_project": ("项目编号相同", "one project number"),
        "same_case_no": ("办件编号相同", "one case number"),
    },
    "title": {"alike": ("标题相近", "titles alike"), "unlike": ("标题不同", "titles unlike")},
    "link": {
        "stated": ("平台注明了关联", "the platform states the link"),
        "stated_elsewhere": ("注明的关联办件在另一平台", "the case that is named is on another platform"),
    },
}
"""Respect -> level -> (zh, en)."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One respect in words. ``bits``: what its level is worth before anything is counted once (None for a shared
    number, which is worth what the numbers of the home have proved to be)."""

    respect: str
    level: str
    zh: str
    en: str
    bits: float | None


def explain_levels(levels: str) -> list[Reason]:
    """The reasons in a pair's ``levels`` text (``respect=level …`` of link_matter_pair), unknown ones left out."""
    reasons = []
    for part in levels.split():
        respect, level = part.split("=")
        if level != "null":
            bits = {known.name: known.bits for known in RESPECTS[respect]}[level]
            zh, en = LEVEL_WORDS[respect][level]
            reasons.append(Reason(respect, level, zh, en, None if respect == "number" else round(bits, 2)))
    return reasons
