"""Words of matching in Chinese: kinds, levels, reasons, causes, stages. An unknown word stands for itself."""

from __future__ import annotations

KINDS = {
    "person_name_zh": "中文姓名",
    "person_name": "姓名（拉丁）",
    "identity_number": "证件号码",
    "phone": "电话",
    "date": "日期",
    "address_zh": "中文地址",
    "address": "地址（拉丁）",
    "category": "类别",
    "number": "数值",
    "text": "文本",
    "identifier": "编号",
    "source": "来源",
}
LEVELS = {
    "null": "缺失",
    "exact": "完全相同",
    "equal": "相同",
    "variant": "异体或简繁",
    "same_tones": "同音同调",
    "same_sounds": "同音",
    "near_sounds": "近音",
    "alike": "形似或近似",
    "very_alike": "很相似",
    "given": "仅名相同",
    "one_character": "差一字",
    "masked": "可见位相符",
    "masked_before_end": "可见位与末四位相符",
    "surname": "仅姓相同",
    "family": "仅姓相同",
    "different": "不同",
    "equal_valid": "相同且有效",
    "equal_invalid": "相同但无效",
    "one_edit": "差一处",
    "contradiction": "互相矛盾",
    "one_digit": "差一位",
    "transposed": "两位颠倒",
    "day_month_swapped": "日月颠倒",
    "first_of_january": "缺省为一月一日",
    "lunar": "农历当公历",
    "same_year": "同年",
    "same_dwelling": "同一住处",
    "same_place": "同一地点",
    "similar": "相似",
    "close": "很接近",
    "near": "接近",
    "half": "一半相同",
    "initial": "首字母相同",
    "nickname": "昵称",
    "part": "部分相同",
    "swapped": "次序颠倒",
    "related": "相关",
    "same_number": "同门牌",
    "same_street": "同街道",
    "other_unit": "单元不同",
    "same_words": "用词相同",
    "contained": "包含",
    "step": "相差一级",
    "same_code": "型号相同",
    "same_source": "同一来源",
}
REASONS = {"weak_link": "勉强归并", "near_miss": "险些归并", "forbidden": "仅因号码不同而未归并"}
REASONS_EN = {
    "weak_link": "joined on little",
    "near_miss": "kept apart by little",
    "forbidden": "only two numbers differ",
}
CAUSES = {
    "refused": ("比较过但未归并", "compared and left apart"),
    "copies": ("内容相同但信息太少", "equal records that say too little"),
    "weak": ("权重过低未保留", "candidates too weak to keep"),
    "never_compared": ("分块未覆盖（捕获再捕获下限）", "never compared (capture-recapture, lower bound)"),
    "say_too_little": ("信息太少而落单（另一种估计）", "alone for saying too little (another estimate of all)"),
}
STAGES = {
    "normalise": "规范化",
    "collapse": "合并相同",
    "block": "分块",
    "compare": "比较",
    "estimate": "估计",
    "score": "评分",
    "cluster": "聚类",
    "repair": "修复",
}


def level_zh(name: str) -> str:
    """A comparison level in Chinese."""
    if name.startswith("prefix_"):
        return f"前 {name.removeprefix('prefix_')} 位相同"
    return LEVELS.get(name, name)
