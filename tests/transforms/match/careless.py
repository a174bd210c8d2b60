"""Careless workers: one record of one resident, typed with the slips that the tests ask for."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.transforms.match.residents import ESTATES, GIVEN, Resident

SEAT = ZoneInfo("Asia/Shanghai")
HOMOPHONES = {
    "伟": "玮",
    "芳": "方",
    "静": "敬",
    "丽": "莉",
    "强": "墙",
    "娟": "鹃",
    "涛": "滔",
    "明": "铭",
    "霞": "侠",
    "英": "瑛",
    "华": "桦",
    "红": "虹",
    "辉": "晖",
    "建": "健",
    "志": "智",
    "玲": "铃",
    "斌": "彬",
    "宇": "雨",
    "浩": "皓",
    "俊": "骏",
    "欣": "新",
    "佳": "嘉",
    "晨": "辰",
    "峰": "锋",
    "晓": "小",
    "珍": "真",
    "凤": "奉",
    "金": "今",
    "青": "清",
    "林": "琳",
}
TRADITIONAL = {
    "张": "張",
    "刘": "劉",
    "陈": "陳",
    "杨": "楊",
    "黄": "黃",
    "赵": "趙",
    "吴": "吳",
    "孙": "孫",
    "马": "馬",
    "罗": "羅",
    "伟": "偉",
    "丽": "麗",
    "静": "靜",
    "军": "軍",
    "华": "華",
    "红": "紅",
    "国": "國",
    "兰": "蘭",
    "云": "雲",
    "泽": "澤",
}


def type_record(
    rng: random.Random, record_id: str, platform: int, who: Resident, folk: list[Resident], sloppy: float
) -> dict[str, object]:
    """One record in the shape of link_person_record; ``sloppy`` scales the slips."""

    def happens(rate: float) -> bool:
        return rng.random() < rate * sloppy

    careless = rng.random() < 0.03 * sloppy
    community = who.community if rng.random() < 0.95 else who.community[:9] + f"{rng.randint(1, 15):03d}"
    return {
        "record_id": record_id,
        "platform_id": f"p{platform:03d}",
        "stream": "form",
        "person_name": _mistype_name(rng, who.name) if happens(0.08) else who.name,
        "cert_type_code": "111",
        "cert_no": None if careless or rng.random() < 0.12 else _number(rng, who, folk),
        "sex_code": None
        if careless or rng.random() < 0.3
        else ({"1": "2", "2": "1"}[who.sex] if happens(0.005) else who.sex),
        "birth_date": None
        if careless or rng.random() < 0.4
        else (_mistype_date(rng, who.birth) if happens(0.05) else who.birth),
        "phone": None if careless or rng.random() < 0.25 else _phone(rng, who),
        "address": None if careless or rng.random() < 0.4 else _address(rng, who.address),
        "community_code": community,
        "recorded_at": datetime(2026, 7, 1, tzinfo=SEAT) + timedelta(minutes=rng.randint(0, 100_000)),
    }


def _number(rng: random.Random, who: Resident, folk: list[Resident]) -> str:
    roll = rng.random()
    digits = list(who.cert_no)
    at = rng.randrange(17)
    if roll < 0.02:
        digits[at] = str((int(digits[at]) + rng.randint(1, 9)) % 10)
    elif roll < 0.03 and at < 16:
        digits[at], digits[at + 1] = digits[at + 1], digits[at]
    elif roll < 0.05:
        return who.cert_no[:6] + "********" + who.cert_no[14:]
    elif roll < 0.06:
        return who.cert_no[:3] + "***********" + who.cert_no[14:]
    elif roll < 0.065 and who.birth.year < 2000:
        return who.cert_no[:6] + who.cert_no[8:17]
    elif roll < 0.07:
        return who.cert_no.lower()
    elif roll < 0.075:
        return "111111111111111111"
    elif roll < 0.08 and who.parent is not None:
        return folk[who.parent].cert_no
    return "".join(digits)


def _phone(rng: random.Random, who: Resident) -> str:
    roll = rng.random()
    if roll < 0.02:
        return who.phone[:3] + "****" + who.phone[7:]
    if roll < 0.04:
        at = rng.randrange(3, 11)
        return who.phone[:at] + str((int(who.phone[at]) + 1) % 10) + who.phone[at + 1 :]
    if roll < 0.05:
        return f"100000{who.community[-5:]}"
    return who.phone


def _address(rng: random.Random, address: str) -> str:
    roll = rng.random()
    if roll < 0.1:
        return address.replace("栋", "幢").replace("室", "")
    if roll < 0.2:
        return "测试市示范区" + address
    if roll < 0.25:
        return rng.choice(ESTATES) + f"村{rng.randint(1, 20)}组{rng.randint(1, 99)}号"
    return address


def _mistype_name(rng: random.Random, name: str) -> str:
    kind = rng.randrange(8)
    if kind == 0:
        return "".join(TRADITIONAL.get(c, c) for c in name)
    if kind in (1, 2):
        return name[0] + "".join(HOMOPHONES.get(c, c) for c in name[1:])
    if kind == 3:
        return name + rng.choice(("(大)", "（已迁出）", "（户主）"))
    if kind == 4:
        return name[0] + "*" * (len(name) - 1)
    if kind == 5:
        return " ".join(name)
    if kind == 6:
        return name[:-1] + "?"
    return name[:-1] + rng.choice(GIVEN)


def _mistype_date(rng: random.Random, born: date) -> date:
    kind = rng.randrange(4)
    if kind == 0 and born.day <= 12:
        return born.replace(month=born.day, day=born.month)
    if kind == 1:
        return born.replace(month=1, day=1)
    if kind == 2:
        return born - timedelta(days=rng.randint(20, 48))
    return born.replace(day=born.day % 28 + 1)
