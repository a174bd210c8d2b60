"""How Chinese records are mistyped: by sound, by shape, by key, by habit. Arrays of texts in, arrays of texts out."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from pypinyin import Style, lazy_pinyin

Ints = NDArray[np.int64]
Texts = NDArray[np.str_]

SHAPES = (
    "伟纬 强弘 军车 杰然 明朋 刚钢 辉挥 鹏朋 波坡 斌武 宇字 浩洁 健建 俊峻 帆机 "
    "峰锋蜂 国园 东车 海梅 林材 翔祥 晖辉 正止 毅殷 恒桓 松板 柏伯 根恨 钧钩 铭锦 "
    "睿容 芳芬 娜挪 敏繁 静净 丽雨 艳绝 娟捐 霞露 秀季 玲铃 桂挂 英芙 兰半 梅海 "
    "燕蒸 红江 云去 莉荆 萍苹 雪雷 琳彬 婷停 慧惠 颖颍 欣掀 佳住 琪棋 瑶谣 倩情 "
    "蕾雷 薇微 琴瑟 凤风 珍诊 淑椒 玉王 莲连 荷何 妍研 彤丹 诗侍 梦林 雅稚 萱宣 "
    "王玉 李季 陈阵 杨扬 黄寅 赵起 徐余 朱未 胡湖 何河 罗岁 宋宗 许评 邓郑 曹曾 "
    "田由 董重 于干 蒋将 余佘 杜社 程逞 任仕 沈枕 卢户 陆际 汪江 金全 石右 贾买 "
    "夏复 白自 熊能 秦泰 邱丘 尹伊 段殷 雷雪 侯候 龙尤 史吏 陶淘 毛手 郝赦 邵召 "
    "万方 严产 武斌 莫暮 孔扎 汤场"
)
"""Characters that look alike, in groups."""

FORMS = (
    "张張 刘劉 陈陳 杨楊 黄黃 赵趙 吴吳 孙孫 马馬 罗羅 郑鄭 谢謝 许許 韩韓 冯馮 "
    "邓鄧 肖蕭 萧蕭 蒋蔣 叶葉 苏蘇 吕呂 卢盧 钟鍾 谭譚 陆陸 范範 贾賈 韦韋 邹鄒 "
    "闫閆 龙龍 贺賀 顾顧 龚龔 万萬 钱錢 严嚴 汤湯 伟偉 强強 军軍 杰傑 涛濤 刚剛 "
    "辉輝 鹏鵬 华華 飞飛 凯凱 帆颿 峰峯 国國 东東 晖暉 兴興 钧鈞 铭銘 锋鋒 泽澤 "
    "轩軒 静靜 丽麗 艳艷 兰蘭 红紅 云雲 洁潔 颖穎 瑶瑤 凤鳳 珍珎 诗詩 梦夢 学學 "
    "庆慶 绍紹 启啟 贵貴 莲蓮 荣榮 群羣 翠翆 柏栢 恒恆 德徳"
)
"""Simplified, then traditional or variant, in pairs."""

KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
FUZZY = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("ang", "an"), ("eng", "en"), ("ing", "in"), ("h", "f"))


@dataclass(frozen=True, slots=True)
class Substitutes:
    """For each character (code point, ascending) what it is mistyped as: ``values[starts[i]:starts[i + 1]]``."""

    keys: Ints
    starts: Ints
    values: Ints

    def draw(self, rng: np.random.Generator, codes: Ints) -> Ints:
        """A substitute for each character, itself where there is none."""
        at = np.minimum(np.searchsorted(self.keys, codes), len(self.keys) - 1)
        count = np.where(self.keys[at] == codes, self.starts[at + 1] - self.starts[at], 0)
        chosen = self.starts[at] + (rng.random(len(codes)) * count).astype(np.int64)
        return np.where(count > 0, self.values[np.minimum(chosen, len(self.values) - 1)], codes)


def substitutes(choices: dict[str, set[str]]) -> Substitutes:
    """From character -> the characters it becomes."""
    kept = {ord(c): sorted(ord(o) for o in others if o != c) for c, others in sorted(choices.items())}
    kept = {c: others for c, others in kept.items() if others}
    counts = np.cumsum([0, *(len(others) for others in kept.values())])
    return Substitutes(np.array(list(kept)), counts, np.array([o for others in kept.values() for o in others]))


def common_characters() -> list[str]:
    """The 3,755 of GB 2312's first level."""
    codes = (bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    return [c for c in (code.decode("gb2312", "ignore") for code in codes) if c]


def by_sound(*, with_tone: bool) -> Substitutes:
    """Characters of the same tonal syllable, or of the same syllable in another tone."""
    characters = common_characters()
    plain = lazy_pinyin(characters)
    toned = lazy_pinyin(characters, style=Style.TONE3)
    same, wide = _groups(characters, toned), _groups(characters, plain)
    if with_tone:
        return substitutes({c: same[t] for c, t in zip(characters, toned, strict=True)})
    return substitutes({c: wide[p] - same[t] for c, p, t in zip(characters, plain, toned, strict=True)})


def by_key() -> Substitutes:
    """Characters whose syllable is one neighbouring key, or one confused sound, away."""
    characters = common_characters()
    plain = lazy_pinyin(characters)
    groups = _groups(characters, plain)
    near = {p: [g for g in _slips(p) if g in groups] for p in groups}
    return substitutes({c: set().union(*(groups[g] for g in near[p])) for c, p in zip(characters, plain, strict=True)})


def by_shape() -> Substitutes:
    """Characters that look alike."""
    choices: dict[str, set[str]] = {}
    for group in SHAPES.split():
        for c in group:
            choices.setdefault(c, set()).update(group)
    return substitutes(choices)


def by_form() -> Substitutes:
    """Simplified characters written in their traditional or variant form."""
    return substitutes({pair[0]: {pair[1]} for pair in FORMS.split()})


def replace_one(rng: np.random.Generator, names: Texts, first: Ints, by: Substitutes) -> Texts:
    """Replace one character of each name at or after position ``first``."""
    width = names.dtype.itemsize // 4
    codes = names.copy().view(np.uint32).reshape(-1, width).astype(np.int64)
    length = np.char.str_len(names)
    at = np.minimum(first + (rng.random(len(names)) * (length - first)).astype(np.int64), length - 1)
    rows = np.arange(len(names))
    codes[rows, at] = by.draw(rng, codes[rows, at])
    return codes.astype(np.uint32).view(f"U{width}").reshape(-1)


def replace_all(rng: np.random.Generator, names: Texts, by: Substitutes) -> Texts:
    """Replace every character that has a substitute (a typist who writes traditional characters)."""
    width = names.dtype.itemsize // 4
    codes = names.copy().view(np.uint32).astype(np.int64)
    return by.draw(rng, codes).astype(np.uint32).view(f"U{width}").reshape(-1)


def change_digit(rng: np.random.Generator, values: Texts, low: int, high: int) -> Texts:
    """Another digit at one position of each value, between ``low`` and ``high`` (excluded)."""
    codes, rows, at = _digits(rng, values, low, high)
    codes[rows, at] = 48 + (codes[rows, at] - 48 + rng.integers(1, 10, len(values))) % 10
    return codes.astype(np.uint32).view(values.dtype).reshape(-1)


def swap_digits(rng: np.random.Generator, values: Texts, low: int, high: int) -> Texts:
    """Two neighbouring characters of each value change places."""
    codes, rows, at = _digits(rng, values, low, high - 1)
    codes[rows, at], codes[rows, at + 1] = codes[rows, at + 1].copy(), codes[rows, at].copy()
    return codes.astype(np.uint32).view(values.dtype).reshape(-1)


def _digits(rng: np.random.Generator, values: Texts, low: int, high: int) -> tuple[Ints, Ints, Ints]:
    codes = np.ascontiguousarray(values).copy().view(np.uint32).reshape(len(values), -1).astype(np.int64)
    return codes, np.arange(len(values)), rng.integers(low, high, len(values))


def _groups(characters: list[str], keys: list[str]) -> dict[str, set[str]]:
    groups: dict[str, set[str]] = {}
    for c, key in zip(characters, keys, strict=True):
        groups.setdefault(key, set()).add(c)
    return groups


def _slips(syllable: str) -> set[str]:
    slips = {syllable[:i] + n + syllable[i + 1 :] for i, c in enumerate(syllable) for n in _neighbours(c)}
    for (one, other), back in product(FUZZY, (False, True)):
        old, new = (other, one) if back else (one, other)
        slips |= {new + syllable[len(old) :]} if syllable.startswith(old) else set()
        slips |= {syllable[: -len(old)] + new} if syllable.endswith(old) else set()
    return slips - {syllable}


def _neighbours(key: str) -> str:
    row = next((row for row in KEYS if key in row), key)
    at = row.index(key)
    return row[max(at - 1, 0) : at] + row[at + 1 : at + 2]
