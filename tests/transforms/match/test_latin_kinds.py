"""Comparison levels of the general kinds, as tables; what must hold for all of them, as properties."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import ConfigurationError
from transforms.match.compare import KINDS, compare_pairs, kind_of
from transforms.match.compare.date_text import date_digits, guess_order


def level(word: str, left: str | None, right: str | None, **options: object) -> str:
    """Name of the level of two values, 'null' if it says nothing; the same both ways."""
    kind = kind_of(word, options)
    column = kind.read(pa.array([left, right], pa.string()))
    found = compare_pairs([kind], [column], np.array([0, 1], np.int32), np.array([1, 0], np.int32))[0]
    assert found[0] == found[1]
    return "null" if found[0] == 0 else kind.levels[found[0] - 1].name


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("Smith", " smith", "exact"),
        ("Zoë", "ZOE", "exact"),
        ("O'Brien", "OBrien", "exact"),
        ("Dr. José Müller Jr.", "Jose Muller", "exact"),
        ("Smith, John", "John Smith", "exact"),
        ("Bob", "Robert", "nickname"),
        ("Bob Smith", "Robert Smith", "nickname"),
        ("Mitchell", "Mitchel", "same_sounds"),
        ("Philips", "Filips", "same_sounds"),
        ("Marshall", "Marshakl", "close"),
        ("Mary Ann", "Maryann", "close"),
        ("Smith John", "John Smith", "swapped"),
        ("John A Smith", "John Smith", "part"),
        ("Garcia Lopez", "Garcia", "part"),
        ("J", "John", "initial"),
        ("J Smith", "John Smith", "initial"),
        ("Mary Jones", "Mary Smith", "given"),
        ("Peter Smith", "John Smith", "family"),
        ("Jane Smith", "John Smith", "family"),
        ("green", "brown", "different"),
        ("J", "K", "different"),
        ("unknown", "brown", "null"),
        (None, "brown", "null"),
    ],
)
def test_person_names(left: str, right: str, expected: str) -> None:
    assert level("person_name", left, right) == expected


def test_short_forms_can_be_left_out() -> None:
    assert level("person_name", "Bob", "Robert", nicknames=False) != "nickname"


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("12 High Street", "12 high st.", "equal"),
        ("145th st", "145th Street", "equal"),
        ("7", "07", "equal"),
        ("12 High Street", "12 hgih st", "close"),
        ("pridham street", "pridhamp street", "close"),
        ("Flat 3, 12 High Street", "12 High Street", "close"),
        ("12 High Street Ely", "12 High Street", "close"),
        ("3/12 High Street", "Unit 4 12 High St", "other_unit"),
        ("12 High Street", "14 high st", "one_digit"),
        ("7", "8", "one_digit"),
        ("12 High Street", "235 high st", "same_street"),
        ("12 Oak rd", "12 High Street", "same_number"),
        ("hoseason street", "gundulu place", "different"),
        ("none", "gundulu place", "null"),
    ],
)
def test_addresses(left: str, right: str, expected: str) -> None:
    assert level("address", left, right) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("12", "12.0", "equal"),
        ("€1,200.50", "1200.5", "equal"),
        ("12", "13", "step"),
        ("1200", "1205", "near"),
        ("1200", "1300", "close"),
        ("1200", "2200", "one_edit"),
        ("12", "70", "different"),
        ("x", "1", "null"),
    ],
)
def test_numbers(left: str, right: str, expected: str) -> None:
    assert level("number", left, right) == expected


def test_tolerances_of_numbers() -> None:
    assert level("number", "100", "104", absolute=5) == "step"
    assert level("number", "100", "104", absolute=0, relative=0.05) == "near"


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("Acme Limited", "ACME Ltd.", "equal"),
        ("江苏苏美达有限责任公司", "江苏苏美达有限公司", "equal"),
        ("red box large", "large red box", "same_words"),
        ("Harbor Logistics Systems", "Harbour Logistics Systems", "very_alike"),
        ("宏大贸易有限公司", "长沙市宏大贸易有限公司", "contained"),
        ("Camera DSC-W80 black", "W80 compact camera kit", "same_code"),
        ("上海宏大贸易有限公司", "上海宏达贸易有限公司", "alike"),
        ("北京华信", "上海宏达贸易有限公司", "different"),
        ("不详", "上海宏达贸易有限公司", "null"),
    ],
)
def test_texts(left: str, right: str, expected: str) -> None:
    assert level("text", left, right) == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("786-77-6454", "786776454", "equal"),
        ("786776454", "786776455", "one_edit"),
        ("786776454", "786776544", "transposed"),
        ("5304218", "5304299", "half"),
        ("5304218", "1224567", "different"),
        ("000000", "1224567", "null"),
    ],
)
def test_identifiers(left: str, right: str, expected: str) -> None:
    assert level("identifier", left, right) == expected


@pytest.mark.parametrize(
    ("check", "left", "right", "expected"),
    [
        (None, "5304218", "5304219", "contradiction"),
        ("luhn", "4111111111111111", "5500000000000004", "contradiction"),
        ("luhn", "4111111111111111", "4111111111111112", "one_edit"),
        ("gtin", "4006381333931", "5901234123457", "contradiction"),
        ("uscc", "91350100M000100Y43", "91350100M000100Y44", "one_edit"),
    ],
)
def test_exclusive_identifiers_contradict_if_valid(check: str | None, left: str, right: str, expected: str) -> None:
    assert level("identifier", left, right, exclusive=True, check=check) == expected


def test_unknown_check() -> None:
    with pytest.raises(ConfigurationError, match="no such check"):
        kind_of("identifier", {"check": "magic"})


def test_duplicate_free_sources_contradict_themselves() -> None:
    assert level("source", "a", "a", duplicate_free=("a",)) == "same_source"
    assert level("source", "b", "b", duplicate_free=("a",)) == "null"
    assert level("source", "a", "b", duplicate_free=("a", "b")) == "null"


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("1980-05-03", "ymd", "19800503"),
        ("19800503", "mdy", "19800503"),
        ("1980/5/3", "ymd", "19800503"),
        ("1980年5月3日", "ymd", "19800503"),
        ("1980-05-03 10:20:00", "ymd", "19800503"),
        ("3 May 1980", "ymd", "19800503"),
        ("05-Dec-1980", "ymd", "19801205"),
        ("03/05/1980", "dmy", "19800503"),
        ("03/05/1980", "mdy", "19800305"),
        ("03051980", "dmy", "19800503"),
        ("07/71/1958", "mdy", "19580771"),
        ("soon", "ymd", None),
    ],
)
def test_date_texts(text: str, order: str, expected: str | None) -> None:
    assert date_digits(pa.array([text]), order).to_pylist() == [expected]


def test_order_of_dates_is_found() -> None:
    assert guess_order(pa.array(["03/05/1980", "05/31/1981"])) == "mdy"
    assert guess_order(pa.array(["1981-02-03", None])) == "ymd"


def test_impossible_days_keep_their_digits() -> None:
    assert level("date", "07/71/1958", "07/11/1958", order="mdy") == "one_digit"


def test_expected_shares_can_be_given() -> None:
    kind = kind_of("person_name", {"m": {"exact": 0.5}})
    assert kind.levels[0].m == 0.5
    assert kind_of("person_name", {}).levels[0].m != 0.5


WORDS = ("person_name", "address", "number", "text", "identifier")
TEXTS = st.lists(st.none() | st.text("aAbé O'19-.张伟/ ", max_size=12), min_size=2, max_size=12)


@pytest.mark.parametrize("word", WORDS)
@settings(max_examples=25, deadline=None)
@given(values=TEXTS)
def test_levels_are_symmetric_and_features_stable(word: str, values: list[str | None]) -> None:
    """Neither the order of two values nor what else is in the column matters."""
    kind = kind_of(word, {})
    column, backwards = kind.read(pa.array(values, pa.string())), kind.read(pa.array(values[::-1], pa.string()))
    left, right = (side.astype(np.int32) for side in np.triu_indices(len(values), 1))
    found = compare_pairs([kind], [column], left, right)
    assert np.array_equal(found, compare_pairs([kind], [column], right, left))
    mirrored = len(values) - 1 - left, len(values) - 1 - right
    assert np.array_equal(found, compare_pairs([kind], [backwards], *mirrored))
    assert found.max(initial=0) <= len(kind.levels)
    for name in column.features:
        keys = column.feature(name)
        assert np.array_equal(keys, backwards.feature(name)[::-1])
        assert keys.min(initial=0) >= -1


@pytest.mark.parametrize("word", KINDS)
def test_nothing_is_read_from_nothing(word: str) -> None:
    for values in ([], [None, None], ["", None]):
        column = kind_of(word, {}).read(pa.array(values, pa.string()))
        assert column.size == 0
        assert (column.codes == -1).all()
