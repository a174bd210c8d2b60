"""Invented residents: households, twins, namesakes of one birthday.

County codes are unassigned (4399xx), check digits are right, telephones start with the unissued 100.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾"
    "夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华红玉萍建国文辉力小云海燕春秀志永林玲斌波宇浩凯健俊帆雪荣爱梅莉思怡婷鑫欣佳嘉子涵轩"
    "梓晨浩然雨泽一诺欣怡诗琪博文宏达立群少峰晓东光明振华家豪德胜福生金水菊香莲珍凤翠淑惠巧美桃银彩月素琴仁义礼信忠孝长青松柏山川河湖"
)
ESTATES = tuple(a + b for a in "幸阳金翠东滨锦香" for b in "福光桂湖")


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


def identity_number(county: str, birth: date, sequence: int) -> str:
    """A number with a right check digit."""
    body = f"{county}{birth:%Y%m%d}{sequence:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


def telephone(rng: random.Random) -> str:
    """A number of a range that nobody was given."""
    return f"100{rng.randint(0, 99_999_999):08d}"


def _given(rng: random.Random) -> str:
    return "".join(rng.choice(GIVEN) for _ in range(1 if rng.random() < 0.15 else 2))


def _surname(rng: random.Random) -> str:
    if rng.random() < 0.01:
        return rng.choice(("欧阳", "司马", "上官"))
    return SURNAMES[min(int(rng.paretovariate(0.7)) - 1, len(SURNAMES) - 1)]


def invent_residents(rng: random.Random, size: int, communities: int) -> tuple[list[Resident], list[tuple[int, int]]]:
    """At least ``size`` residents, and which of them are twins."""
    folk: list[Resident] = []
    twins: list[tuple[int, int]] = []
    home = 0
    used: set[str] = set()
    while len(folk) < size:
        community = f"4399{rng.randrange(communities) // 20 + 1:02d}001{rng.randrange(communities) + 1:03d}"
        estate = rng.choice(ESTATES) + rng.choice(("小区", "花园", "苑"))
        address = f"{estate}{rng.randint(1, 30)}栋{rng.randint(1, 4)}单元{rng.randint(101, 2804)}室"
        surname, shared = _surname(rng), telephone(rng)
        for member in range(rng.choice((1, 2, 2, 3, 3, 3, 4, 4, 5, 6))):
            child = member >= 2
            birth = date(2012 if child else 1968, 1, 1) + timedelta(days=rng.randint(-5000, 5000))
            family = surname if member != 1 else _surname(rng)
            phone = shared if child or rng.random() < 0.3 else telephone(rng)
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
