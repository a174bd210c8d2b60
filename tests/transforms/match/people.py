"""Invented people with known truth: households, twins, namesakes, and the ways of typing them wrongly.

County codes are unassigned (4399xx), check digits are right, telephones start with the unissued 100.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa

from schemas.arrow import arrow_schema
from schemas.tables.link import PERSON_RECORD

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾"
    "夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华红玉萍建国文辉力小云海燕春秀志永林玲斌波宇浩凯健俊帆雪荣爱梅莉思怡婷鑫欣佳嘉子涵轩"
    "梓晨浩然雨泽一诺欣怡诗琪博文宏达立群少峰晓东光明振华家豪德胜福生金水菊香莲珍凤翠淑惠巧美桃银彩月素琴仁义礼信忠孝长青松柏山川河湖"
)
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
ESTATES = (
    "幸福",
    "阳光",
    "金桂",
    "翠湖",
    "东方",
    "滨江",
    "锦绣",
    "香樟",
    "长岭",
    "白石",
    "枫林",
    "月亮",
    "望城",
    "梅溪",
    "桃花",
    "石桥",
)
SEAT = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Resident:
    """Who somebody is. ``home``: index of the household."""

    number: int
    name: str
    cert_no: str
    sex: str
    birth: date
    phone: str
    address: str
    community: str
    home: int
    parent: int | None = None


@dataclass(frozen=True)
class People:
    """Records in the shape of link_person_record, and the resident behind each record id."""

    records: pa.Table
    truth: dict[str, int]
    residents: list[Resident]
    twins: list[tuple[int, int]]


def identity_number(county: str, birth: date, sequence: int) -> str:
    """A number with a right check digit."""
    body = f"{county}{birth:%Y%m%d}{sequence:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


def make_people(residents: int = 1500, communities: int = 15, seed: int = 1, sloppiness: float = 1.0) -> People:
    """Residents in households and the records that careless platforms keep about them."""
    rng = random.Random(seed)  # noqa: S311
    folk, twins = _population(rng, residents, communities)
    rows: list[dict[str, object]] = []
    truth: dict[str, int] = {}
    for person in folk:
        platforms = rng.sample(range(132), rng.randint(2, 12))
        phone = person.phone
        for platform in platforms:
            if rng.random() < 0.05:
                phone = _telephone(rng)
            record_id = f"p{platform:03d}:form:{rng.getrandbits(48):012x}"
            truth[record_id] = person.number
            rows.append(_record(rng, record_id, platform, replace(person, phone=phone), folk, sloppiness))
    rng.shuffle(rows)
    return People(pa.Table.from_pylist(rows, schema=arrow_schema(PERSON_RECORD)), truth, folk, twins)


def _telephone(rng: random.Random) -> str:
    return f"100{rng.randint(0, 99_999_999):08d}"


def _given(rng: random.Random) -> str:
    return "".join(rng.choice(GIVEN) for _ in range(1 if rng.random() < 0.15 else 2))


def _surname(rng: random.Random) -> str:
    if rng.random() < 0.01:
        return rng.choice(("欧阳", "司马", "上官"))
    return SURNAMES[min(int(rng.paretovariate(0.7)) - 1, len(SURNAMES) - 1)]


def _population(rng: random.Random, size: int, communities: int) -> tuple[list[Resident], list[tuple[int, int]]]:
    folk: list[Resident] = []
    twins: list[tuple[int, int]] = []
    home = 0
    used: set[str] = set()
    while len(folk) < size:
        community = f"4399{rng.randrange(communities) // 20 + 1:02d}001{rng.randrange(communities) + 1:03d}"
        estate = rng.choice(ESTATES) + rng.choice(("小区", "花园", "苑"))
        address = f"{estate}{rng.randint(1, 30)}栋{rng.randint(1, 4)}单元{rng.randint(101, 2804)}室"
        surname, shared = _surname(rng), _telephone(rng)
        for member in range(rng.choice((1, 2, 2, 3, 3, 3, 4, 4, 5, 6))):
            child = member >= 2
            birth = date(2012 if child else 1968, 1, 1) + timedelta(days=rng.randint(-5000, 5000))
            family = surname if member != 1 else _surname(rng)
            phone = shared if child or rng.random() < 0.3 else _telephone(rng)
            born = Resident(
                len(folk),
                family + _given(rng),
                "",
                rng.choice("12"),
                birth,
                phone,
                address,
                community,
                home,
                len(folk) - member if child else None,
            )
            folk.append(_numbered(rng, born, used))
            if child and rng.random() < 0.04:
                stem = born.name[:-1]
                other = stem + rng.choice([c for c in GIVEN if c != born.name[-1]])
                twin = _numbered(rng, replace(born, number=len(folk), name=other), used)
                twins.append((born.number, twin.number))
                folk.append(twin)
        home += 1
    for number in rng.sample(range(len(folk)), max(len(folk) // 100, 1)):
        model = folk[rng.randrange(len(folk))]
        if model.home != folk[number].home:
            folk[number] = _numbered(
                rng, replace(folk[number], name=model.name, birth=model.birth, sex=model.sex), used
            )
    return folk, twins


def _numbered(rng: random.Random, person: Resident, used: set[str]) -> Resident:
    while True:
        sequence = rng.randint(0, 499) * 2 + int(person.sex == "1")
        number = identity_number(person.community[:6], person.birth, sequence)
        if number not in used:
            used.add(number)
            return replace(person, cert_no=number)


def _record(
    rng: random.Random, record_id: str, platform: int, who: Resident, folk: list[Resident], sloppy: float
) -> dict[str, object]:
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
