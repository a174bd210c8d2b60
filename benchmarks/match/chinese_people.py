"""Invented Chinese households: names, birthdays, numbers, telephones and addresses as they really are, before typing.

Everything is invented: county codes 4399xx are unassigned, telephones begin with 144, the city of 连岛 is nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Texts = NDArray[np.str_]

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于"
    "蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛"
    "闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
COMPOUND = ("欧阳", "司马", "上官", "诸葛", "令狐", "皇甫")
MEN = (
    "伟强磊军勇杰涛明超刚辉鹏华飞波斌宇浩凯健俊帆峰建国文志平东海林龙翔晨晖"
    "亮正兴旺德成康毅恒松柏根生福贵祥瑞霖钧铭锋鑫泽睿轩"
)
WOMEN = (
    "芳娜敏静丽艳娟霞秀玲桂英兰梅燕红云莉萍洁雪琳婷慧颖欣怡佳琪瑶倩蕾薇月"
    "琴凤珍翠淑华玉春香菊莲荷蓉芬巧妍彤诗涵梦雅萱"
)
GENERATIONS = "文志国建永家世德光明宗立学庆天承绍启"
TOWNS = ("望海", "青礁", "白沙", "石埠", "南澳", "北屿", "云台", "渔湾", "临港", "长滩")
STREETS = ("海滨", "人民", "建设", "解放", "学府", "朝阳", "文化", "新港", "灯塔", "环岛")
ESTATES = ("锦绣家园", "安居小区", "滨海花园", "幸福里", "阳光城", "望潮苑", "东方名邸", "桂花园")
VILLAGES = (
    "东山", "西湾", "前进", "红旗", "下洋", "上塘", "石桥", "竹林", "大埔", "小岙", "新田", "古井", "松坡", "柳溪",
)  # fmt: skip
OLD_VILLAGES = dict(zip(VILLAGES[:4], ("东头", "西头", "跃进", "卫东"), strict=True))
HEAD, SPOUSE, CHILD, ELDER = range(4)
ROLES = ((HEAD,), (HEAD, SPOUSE), (HEAD, SPOUSE, CHILD), (HEAD, SPOUSE, CHILD, CHILD),
         (HEAD, SPOUSE, CHILD, CHILD, ELDER), (HEAD, SPOUSE, CHILD, CHILD, ELDER, ELDER))  # fmt: skip
SIZES = (0.14, 0.22, 0.27, 0.2, 0.11, 0.06)
TWINS, STRANGERS, MOVERS, NEW_NUMBERS = 0.06, 0.004, 0.15, 0.3
TODAY = np.datetime64("2026-10-01")
WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
CHECK = np.array(list("10X98765432"))


@dataclass(frozen=True, slots=True)
class Households:
    """Arrays of one entry per person. ``phones`` and ``addresses`` have two columns: before and after a change (equal
    where nothing changed). ``twins`` and ``namesakes``: number of the group or -1."""

    household: Ints
    role: Ints
    sex: Ints
    surname: Texts
    given: Texts
    birth: NDArray[np.datetime64]
    number: Texts
    phones: Texts
    addresses: Texts
    twins: Ints
    namesakes: Ints

    def __len__(self) -> int:
        return len(self.household)


def make_households(rng: np.random.Generator, people: int) -> Households:
    """Invent about ``people`` people in households."""
    household, role = _members(rng, people)
    head = np.searchsorted(household, household)
    twins = _twins(rng, household, role)
    sex = _sexes(rng, role, head)
    birth = _births(rng, role, head)
    elder = twins >= 0
    birth[elder] = birth[twins[elder]]
    surname, given = _names(rng, role, sex, head)
    namesakes = _strangers(rng, role, sex, (surname, given, birth))
    return Households(
        household,
        role,
        sex,
        surname,
        given,
        birth,
        _numbers(rng, household, birth, sex),
        _phones(rng, role, head, birth),
        _addresses(rng, household),
        twins,
        namesakes,
    )


def _members(rng: np.random.Generator, people: int) -> tuple[Ints, Ints]:
    sizes = rng.choice(len(ROLES), people, p=SIZES)
    sizes = sizes[: int(np.searchsorted(np.cumsum(sizes + 1), people)) + 1]
    role = np.concatenate([ROLES[s] for s in sizes])
    return np.repeat(np.arange(len(sizes)), sizes + 1), role


def _twins(rng: np.random.Generator, household: Ints, role: Ints) -> Ints:
    """Some second children are born with the first: the group is the first one's index."""
    pair = (role[1:] == CHILD) & (role[:-1] == CHILD) & (household[1:] == household[:-1])
    first = np.flatnonzero(pair & (rng.random(len(pair)) < TWINS))
    group = np.full(len(role), -1)
    group[first], group[first + 1] = first, first
    return group


def _sexes(rng: np.random.Generator, role: Ints, head: Ints) -> Ints:
    sex = rng.integers(1, 3, len(role))
    sex[role == HEAD] = np.where(rng.random((role == HEAD).sum()) < 0.8, 1, 2)
    spouse = role == SPOUSE
    sex[spouse] = 3 - sex[head[spouse]]
    return sex


def _births(rng: np.random.Generator, role: Ints, head: Ints) -> NDArray[np.datetime64]:
    age = rng.integers(25 * 365, 75 * 365, len(role))
    own = age[head]
    age = np.select(
        [role == SPOUSE, role == CHILD, role == ELDER],
        [own + rng.integers(-1800, 1800, len(role)), own - rng.integers(22, 35, len(role)) * 365,
         own + rng.integers(22, 32, len(role)) * 365],
        age,
    )  # fmt: skip
    return TODAY - np.clip(age + rng.integers(0, 365, len(role)), 20, 98 * 365).astype("timedelta64[D]")


def _names(rng: np.random.Generator, role: Ints, sex: Ints, head: Ints) -> tuple[Texts, Texts]:
    weight = 1 / np.arange(1, len(SURNAMES) + 1) ** 0.7
    surname = rng.choice(np.array(list(SURNAMES)), len(role), p=weight / weight.sum()).astype("U2")
    compound = rng.random(len(role)) < 0.006
    surname[compound] = rng.choice(np.array(COMPOUND), int(compound.sum()))
    inherits = (role == CHILD) | ((role == ELDER) & (sex == 1))
    surname = np.where(inherits, surname[head], surname)
    second = np.where(sex == 1, _characters(rng, MEN, len(role)), _characters(rng, WOMEN, len(role)))
    first = np.where(sex == 1, _characters(rng, MEN, len(role)), _characters(rng, WOMEN, len(role)))
    shared = (role == CHILD) & (rng.random(len(role)) < 0.35)  # siblings with one generation's character
    first = np.where(shared, _characters(rng, GENERATIONS, len(role))[head], first)
    return surname, np.where(rng.random(len(role)) < 0.16, second, np.char.add(first, second)).astype("U2")


def _characters(rng: np.random.Generator, characters: str, size: int) -> Texts:
    weight = 1 / np.arange(1, len(characters) + 1) ** 0.5
    return rng.choice(np.array(list(characters)), size, p=weight / weight.sum())


def _strangers(
    rng: np.random.Generator, role: Ints, sex: Ints, shared: tuple[Texts, Texts, NDArray[np.datetime64]]
) -> Ints:
    """Give some heads the name and birthday of an unrelated one; then number all groups of one name and birthday."""
    for own in (1, 2):
        heads = rng.permutation(np.flatnonzero((role == HEAD) & (sex == own)))
        count = int(len(heads) * STRANGERS)
        for values in shared:
            values[heads[:count]] = values[heads[count : 2 * count]]
    surname, given, birth = shared
    key = np.char.add(np.char.add(surname, given), birth.astype(str))
    _, group, size = np.unique(key, return_inverse=True, return_counts=True)
    return np.where(size[group] > 1, group, -1)


def _numbers(rng: np.random.Generator, household: Ints, birth: NDArray[np.datetime64], sex: Ints) -> Texts:
    """Identity numbers after GB 11643 with unassigned county codes, each held by one person."""
    county = (439901 + household % 40).astype(str)
    days = np.char.replace(birth.astype("datetime64[D]").astype(str), "-", "")
    place = np.char.add(county, days)
    order = np.lexsort((rng.random(len(place)), place))
    within = np.arange(len(place)) - np.searchsorted(place[order], place[order])
    sequence = np.empty(len(place), dtype=np.int64)
    sequence[order] = within * 7 + rng.integers(0, 7, len(place))
    serial = np.char.zfill(((sequence % 499) * 2 + (sex == 1)).astype(str), 3)
    body = np.char.add(place, serial)
    digits = body.astype("U17").view(np.uint32).reshape(-1, 17).astype(np.int64) - 48
    return np.char.add(body, CHECK[(digits @ WEIGHTS) % 11])


def _phones(rng: np.random.Generator, role: Ints, head: Ints, birth: NDArray[np.datetime64]) -> Texts:
    """Adults have their own; minors and some elders give the head's. Some changed their number."""
    drawn = rng.integers(0, 10**8, (len(role), 2))
    phones = np.char.add("144", np.char.zfill(drawn.astype(str), 8))
    lent = ((TODAY - birth).astype(int) < 16 * 365) | ((role == ELDER) & (rng.random(len(role)) < 0.4))
    phones = np.where(lent[:, None], phones[head], phones)
    stays = rng.random(len(role)) >= NEW_NUMBERS
    phones[stays, 1] = phones[stays, 0]
    return phones


def _addresses(rng: np.random.Generator, household: Ints) -> Texts:
    """One address for a household, or two where it moved; half in town, half in villages."""
    count = int(household[-1]) + 1
    both = np.stack([_places(rng, count), _places(rng, count)], axis=1)
    stays = rng.random(count) >= MOVERS
    both[stays, 1] = both[stays, 0]
    return both[household]


def _places(rng: np.random.Generator, count: int) -> Texts:
    town = np.char.add(np.char.add("湖东省连岛市", rng.choice(TOWNS, count)), "区")
    road = np.char.add(np.char.add(rng.choice(STREETS, count), "路"), _number(rng, 200, count, "号"))
    flat = np.char.add(_number(rng, 30, count, "栋"), _number(rng, 4, count, "单元"))
    door = rng.integers(1, 19, count) * 100 + rng.integers(1, 5, count)
    flat = np.char.add(flat, np.char.add(door.astype(str), "室"))
    urban = np.char.add(np.char.add(town, road), np.char.add(rng.choice(ESTATES, count), flat))
    village = np.char.add(np.char.add(town, rng.choice(TOWNS, count)), np.char.add("镇", rng.choice(VILLAGES, count)))
    house = np.char.add(_number(rng, 20, count, "组"), _number(rng, 120, count, "号"))
    rural = np.char.add(np.char.add(village, "村"), house)
    return np.where(rng.random(count) < 0.5, urban, rural)


def _number(rng: np.random.Generator, highest: int, count: int, unit: str) -> Texts:
    return np.char.add(rng.integers(1, highest + 1, count).astype(str), unit)
