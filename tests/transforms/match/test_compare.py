"""Comparison levels, kind by kind, as tables."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.match.people import identity_number
from transforms.match.compare import KINDS, compare_pairs, kind_of
from transforms.match.compare.edits import INDEL, SAME, SUBSTITUTION, TRANSPOSITION, edit_between
from transforms.match.compare.identity_number import IdentityNumber
from transforms.match.compare.kind import Kind

OWN = identity_number("439901", date(1976, 3, 12), 272)
OTHER = identity_number("439901", date(1976, 3, 12), 274)
SWAPPED = OWN[:9] + OWN[10] + OWN[9] + OWN[11:]


def level(kind: Kind, left: object, right: object) -> str:
    """Name of the level of two values, 'null' if it says nothing."""
    values = pa.array([left, right], pa.date32() if isinstance(left, date) else pa.string())
    row = np.arange(2, dtype=np.int32)
    there, back = (compare_pairs([kind], [kind.read(values)], row[[i]], row[[1 - i]])[0, 0] for i in (0, 1))
    assert there == back
    found = there
    return "null" if found == 0 else kind.levels[found - 1].name


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("男", "M", "equal"),
        ("male", "男性", "equal"),
        ("F", "女", "equal"),
        ("女", "m", "different"),
        ("m", "M", "equal"),
        ("1", "男", "different"),
    ],
)
def test_words_for_one_thing_are_one(left: str, right: str, expected: str) -> None:
    assert level(kind_of("category", {}), left, right) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("张伟", "张伟", "exact"),
        ("张伟", " 张 伟", "exact"),
        ("张伟", "张伟（户主）", "exact"),
        ("张伟", "張偉", "variant"),
        ("阿依古丽·买买提", "阿依古丽•买买提", "exact"),
        ("肖红", "萧红", "variant"),
        ("李玲", "李铃", "same_tones"),
        ("李静", "李晶", "same_sounds"),
        ("张伟", "ZHANG WEI", "same_sounds"),
        ("陈晨", "陈成", "near_sounds"),
        ("王小明", "王明小", "alike"),
        ("刘洁", "刘浩", "alike"),
        ("张子涵", "张子萱", "one_character"),
        ("李伟", "李宇伟", "one_character"),
        ("涂清鸣", "徐清鸣", "given"),
        ("张*", "张子涵", "masked"),
        ("张先生", "张子涵", "masked"),
        ("张子?", "张子涵", "masked"),
        ("李*", "张子涵", "different"),
        ("张伟", "张军", "surname"),
        ("张伟", "李军", "different"),
        ("孙春敏之子", "罗根伟", "null"),
        ("孙春敏之子", "孙春敏之子", "exact"),
        ("未知", "张伟", "null"),
        (None, "张伟", "null"),
    ],
)
def test_names(left: str, right: str, expected: str) -> None:
    assert level(kind_of("person_name_zh", {}), left, right) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (OWN, OWN, "equal_valid"),
        (OWN, OWN.lower(), "equal_valid"),
        (OWN, OWN[:6] + OWN[8:17], "equal_valid"),
        (OWN, SWAPPED, "one_edit"),
        (OWN, OWN[:-1], "one_edit"),
        (OWN, OWN[:3] + "*" * 11 + OWN[-4:], "masked_before_end"),
        (OWN[:6] + "*" * 8 + OWN[-4:], OWN[:3] + "*" * 11 + OWN[-4:], "masked_before_end"),
        (OWN, OWN[:14] + "****", "masked"),
        (OWN, OWN[:6] + "*" * 9 + OWN[-3:], "masked"),
        (OWN, OWN[:15] + "000", "masked"),
        (OTHER, OWN[:3] + "*" * 11 + OWN[-4:], "different"),
        (OWN, OTHER, "contradiction"),
        (OWN, "E12345678", "different"),
        (OWN, "1" * 18, "null"),
        (OWN, "", "null"),
    ],
)
def test_identity_numbers(left: str, right: str, expected: str) -> None:
    assert level(kind_of("identity_number", {}), left, right) == expected


@pytest.mark.parametrize(
    ("number", "is_valid"),
    [
        ("11010519491231002X", True),
        ("440524188001010014", False),
        ("130503670401001", True),
        ("130503196704010016", True),
        ("810000199408230021", True),
        ("830000199201300022", True),
        (OWN, True),
        (OWN[:17] + ("0" if OWN[17] != "0" else "1"), False),
        (identity_number("999901", date(1980, 1, 1), 12), True),
        (identity_number("009901", date(1980, 1, 1), 12), False),
        (identity_number("439901", date(2099, 1, 1), 12), False),
    ],
)
def test_validity(number: str, is_valid: bool) -> None:
    """Samples of GB 11643-1999 and of the residence permits; nobody born in 1880 is alive."""
    column = IdentityNumber().read(pa.array([number]))
    assert bool(column.parts["is_valid"][0]) is is_valid


def test_known_address_is_pluggable() -> None:
    """A stricter predicate makes a number of an unassigned county invalid."""
    strict = IdentityNumber(known_address=lambda codes: codes == 430101)
    assert not strict.read(pa.array([OWN])).parts["is_valid"][0]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (date(1980, 5, 3), date(1980, 5, 3), "equal"),
        (date(1980, 5, 3), date(1980, 3, 5), "day_month_swapped"),
        (date(1980, 5, 3), date(1930, 5, 3), "one_digit"),
        (date(1980, 5, 13), date(1980, 5, 31), "one_digit"),
        (date(1980, 5, 3), date(1980, 1, 1), "first_of_january"),
        (date(1980, 5, 3), date(1980, 3, 28), "lunar"),
        (date(1980, 5, 3), date(1980, 11, 28), "same_year"),
        (date(1980, 5, 3), date(1975, 11, 28), "different"),
        (date(1980, 5, 3), None, "null"),
        (date(1980, 5, 3), date(1840, 5, 3), "null"),
    ],
)
def test_dates(left: date, right: date | None, expected: str) -> None:
    assert level(kind_of("date", {}), left, right) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("10012345678", "+86 100-1234-5678", "equal"),
        ("10012345678", "10012345679", "one_digit"),
        ("10012345678", "100****5678", "masked"),
        ("10012345678", "100****5679", "different"),
        ("10012345678", "10087654321", "different"),
        ("10012345678", "00000000000", "null"),
        ("10012345678", "12", "null"),
    ],
)
def test_phones(left: str, right: str, expected: str) -> None:
    assert level(kind_of("phone", {}), left, right) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("幸福里3栋2单元501室", "幸福里3幢2单元501室", "equal"),
        ("幸福里三栋2单元501室", "幸福里3#楼2单元501室", "equal"),
        ("测试省试验市幸福里3栋2单元501室", "幸福里3栋2单元501室", "equal"),
        ("幸福里3栋2单元501室", "幸福小区3栋2单元501", "different"),
        ("幸福里小区3栋2单元501室", "幸福里3栋2单元501", "same_dwelling"),
        ("幸福里3栋2单元501室", "幸福里7栋1单元102室", "same_place"),
        ("喻家坳村10组382号", "双峰村7组285号", "different"),
        ("幸福里3栋", None, "null"),
    ],
)
def test_addresses(left: str, right: str | None, expected: str) -> None:
    assert level(kind_of("address_zh", {}), left, right) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("430102001001", "430102001001", "equal"),
        ("430102001001", "430102001002", "prefix_9"),
        ("430102001001", "430102002001", "prefix_6"),
        ("430102001001", "430103002001", "different"),
        ("430102001001", "0", "null"),
    ],
)
def test_categories(left: str, right: str, expected: str) -> None:
    assert level(kind_of("category", {"unknown": ("0",), "prefixes": (9, 6)}), left, right) == expected


TEXTS = {
    "person_name_zh": st.text("张王李伟芳静子涵萱*?·先生之子ZHANGW （大）", max_size=6),
    "identity_number": st.text("0123459X*", min_size=14, max_size=19) | st.sampled_from([OWN, OTHER, SWAPPED]),
    "phone": st.text("0123456789*- ", max_size=13),
    "address_zh": st.text("幸福里小区栋单元室组号市区县0123三", max_size=14),
    "category": st.text("0123", max_size=3),
}


@pytest.mark.parametrize("word", sorted(TEXTS))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_comparison_is_symmetric(word: str, data: st.DataObject) -> None:
    """Swapping two values changes no level, in a pair or in the kind's own comparison."""
    kind = KINDS[word]()
    left, right = data.draw(TEXTS[word]), data.draw(TEXTS[word])
    column = kind.read(pa.chunked_array([[left, right]], pa.string()))
    rows = np.array([0]), np.array([1])
    assert compare_pairs([kind], [column], *rows) == compare_pairs([kind], [column], *rows[::-1])
    a, b = column.codes[:1], column.codes[1:]
    if a[0] >= 0 and b[0] >= 0 and a[0] != b[0]:
        assert kind.compare(column, a, b) == kind.compare(column, b, a)


@settings(max_examples=150, deadline=None)
@given(st.text("abc", min_size=1, max_size=5), st.text("abc", min_size=1, max_size=5))
def test_the_edit_between_agrees_with_a_plain_search(left: str, right: str) -> None:
    """The kernel finds exactly what trying every edit finds."""
    edits = {
        INDEL: {left[:i] + left[i + 1 :] for i in range(len(left))}
        | {left[:i] + c + left[i:] for i in range(len(left) + 1) for c in "abc"},
        SUBSTITUTION: {left[:i] + c + left[i + 1 :] for i in range(len(left)) for c in "abc"},
        TRANSPOSITION: {left[:i] + left[i + 1] + left[i] + left[i + 2 :] for i in range(len(left) - 1)},
    }
    width = 6
    a, b = (np.array([t], dtype=f"U{width}").view(np.uint32) for t in (left, right))
    possible = {SAME} if left == right else {kind for kind, reached in edits.items() if right in reached}
    found = edit_between(a, b)
    assert found in possible if possible else found > INDEL
