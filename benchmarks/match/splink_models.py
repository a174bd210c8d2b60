"""What Splink is told about each set: its library's own comparisons, in the way of its tutorials and examples.

Names get NameComparison (Jaro-Winkler levels, term frequencies), birth dates DateOfBirthComparison, numbers edit
distances; FEBRL follows Splink's own FEBRL examples. Chinese names get what a careful user would write by hand: exact,
same toneless pinyin, Jaro-Winkler on pinyin. Columns that contain one another (community and address) share one
comparison, as Splink's guide asks. Where DuckDB has a slow and a fast function for the same purpose, the fast one is
used (Levenshtein up to 2 holds a transposition; Damerau's costs four times as much). Nothing here was tuned on the
truth; the threshold is (see ``splink_side.sweep``).
"""

from __future__ import annotations

from dataclasses import dataclass

import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import block_on

Rules = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class SplinkModel:
    """``blocking`` makes the pairs that are scored; ``sure`` are the deterministic rules (with their assumed
    ``recall``) from which the prior comes; ``training`` are the blocking rules of expectation maximisation.
    ``is_link``: two files, neither holding anybody twice."""

    comparisons: tuple[object, ...]
    blocking: Rules
    sure: Rules
    recall: float
    training: Rules
    is_link: bool = False


def _chinese_name() -> object:
    return cl.CustomComparison(
        output_column_name="name",
        comparison_levels=[
            cll.NullLevel("name"),
            cll.ExactMatchLevel("name", term_frequency_adjustments=True),
            cll.ExactMatchLevel("name_pinyin", term_frequency_adjustments=True),
            cll.JaroWinklerLevel("name_pinyin", 0.92),
            cll.JaroWinklerLevel("name_pinyin", 0.8),
            cll.ExactMatchLevel("surname_pinyin"),
            cll.ElseLevel(),
        ],
    )


def _identity_number() -> object:
    return cl.CustomComparison(
        output_column_name="id_no",
        comparison_levels=[
            cll.NullLevel("id_no"),
            cll.ExactMatchLevel("id_full"),
            cll.LevenshteinLevel("id_full", 1),
            cll.LevenshteinLevel("id_full", 2),
            # One side is masked: what both show agrees.
            cll.And(
                cll.CustomLevel("id_full_l is null or id_full_r is null", "One is masked"),
                cll.ExactMatchLevel("id_head"),
                cll.ExactMatchLevel("id_tail"),
            ),
            cll.ElseLevel(),
        ],
    )


def _place(*, has_community: bool) -> object:
    levels = [
        cll.NullLevel("address"),
        # Frequencies of addresses help it where there is no community, and not where there is one.
        cll.ExactMatchLevel("address", term_frequency_adjustments=not has_community),
        cll.JaroWinklerLevel("address", 0.92),
    ]
    if has_community:
        levels[0] = cll.And(cll.NullLevel("address"), cll.NullLevel("community"))
        levels.append(cll.ExactMatchLevel("community"))
    return cl.CustomComparison(output_column_name="address", comparison_levels=[*levels, cll.ElseLevel()])


def _chinese(*, has_community: bool) -> SplinkModel:
    here = (block_on("name_pinyin", "community"),) if has_community else ()
    return SplinkModel(
        comparisons=(
            _chinese_name(),
            _identity_number(),
            cl.DateOfBirthComparison("birth_date", input_is_string=True),
            cl.ExactMatch("sex"),
            cl.LevenshteinAtThresholds("phone", 1).configure(term_frequency_adjustments=True),
            _place(has_community=has_community),
        ),
        blocking=(
            block_on("id_full"),
            block_on("name_pinyin", "birth_date"),
            block_on("name_pinyin", "phone"),
            block_on("name_pinyin", "address"),
            *here,
            block_on("birth_date", "phone"),
            block_on("birth_date", "address"),
            block_on("surname_pinyin", "phone"),
            block_on("surname_pinyin", "birth_date"),
            block_on("id_tail", "surname_pinyin", "birth_date"),
        ),
        sure=(block_on("id_full", "name"), block_on("name", "birth_date", "phone")),
        recall=0.6,
        training=(block_on("name_pinyin", "birth_date"), block_on("id_full"), block_on("phone", "sex")),
    )


def _lean(*, has_community: bool) -> SplinkModel:
    """The least that still matches: few cheap comparisons and few blocking rules, for whoever wants speed above all."""
    here = (block_on("name_pinyin", "community"),) if has_community else ()
    return SplinkModel(
        comparisons=(
            cl.JaroWinklerAtThresholds("name_pinyin", [0.92]).configure(term_frequency_adjustments=True),
            cl.LevenshteinAtThresholds("id_full", 1),
            cl.LevenshteinAtThresholds("birth_date", 1),
            cl.ExactMatch("sex"),
            cl.ExactMatch("phone"),
            cl.ExactMatch("community" if has_community else "address"),
        ),
        blocking=(
            block_on("id_full"),
            block_on("name_pinyin", "birth_date"),
            block_on("name_pinyin", "phone"),
            *here,
            block_on("surname_pinyin", "phone"),
        ),
        sure=(block_on("id_full", "name"), block_on("name", "birth_date", "phone")),
        recall=0.6,
        training=(block_on("name_pinyin", "birth_date"), block_on("id_full")),
    )


def _febrl(*, is_link: bool) -> SplinkModel:
    swapped = "l.given_name = r.surname and l.surname = r.given_name and l.date_of_birth = r.date_of_birth"
    return SplinkModel(
        comparisons=(
            cl.NameComparison("given_name"),
            cl.NameComparison("surname"),
            cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d"),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("address_1", [0.9, 0.8]).configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]),
        ),
        blocking=(
            block_on("given_name", "surname"),
            block_on("date_of_birth"),
            block_on("soc_sec_id"),
            block_on("state", "address_1"),
            block_on("street_number", "address_1"),
            block_on("postcode"),
        ),
        sure=(block_on("soc_sec_id"), block_on("given_name", "surname", "date_of_birth"), swapped),
        recall=0.9,
        training=(block_on("date_of_birth"), block_on("postcode")),
        is_link=is_link,
    )


def _street() -> object:
    """Number and name in one comparison: they are not independent, and what a household shares must not count twice."""
    near = cll.JaroWinklerLevel("street_name", 0.9)
    return cl.CustomComparison(
        output_column_name="street",
        comparison_levels=[
            cll.And(cll.NullLevel("street_number"), cll.NullLevel("street_name")),
            cll.And(cll.ExactMatchLevel("street_number"), cll.ExactMatchLevel("street_name")),
            cll.And(cll.ExactMatchLevel("street_number"), near),
            cll.ExactMatchLevel("street_name"),
            cll.ExactMatchLevel("street_number"),
            cll.ElseLevel(),
        ],
    )


def _age() -> object:
    return cl.CustomComparison(
        output_column_name="age",
        comparison_levels=[
            cll.NullLevel("age"),
            cll.ExactMatchLevel("age"),
            cll.CustomLevel("abs(try_cast(age_l as int) - try_cast(age_r as int)) <= 1", "Within a year"),
            cll.CustomLevel("abs(try_cast(age_l as int) - try_cast(age_r as int)) <= 5", "Within five years"),
            cll.ElseLevel(),
        ],
    )


def _census(*, has_birth: bool) -> SplinkModel:
    born = cl.DateOfBirthComparison("date_of_birth", input_is_string=True)
    birth = "date_of_birth" if has_birth else "age"
    return SplinkModel(
        comparisons=(
            cl.NameComparison("first_name"),
            cl.NameComparison("last_name"),
            cl.ExactMatch("middle_initial").configure(term_frequency_adjustments=True),
            born if has_birth else _age(),
            _street(),
            cl.ExactMatch("unit_number"),
            cl.ExactMatch("sex"),
        ),
        blocking=(
            block_on("first_name", "last_name"),
            block_on("date_of_birth") if has_birth else block_on("first_name", "age"),
            block_on("last_name", "street_number"),
            block_on("first_name", "street_name"),
            block_on("street_number", "street_name"),
            block_on("substr(first_name, 1, 3)", "substr(last_name, 1, 4)"),
        ),
        sure=(
            block_on("first_name", "last_name", birth, *([] if has_birth else ["street_name"])),
            block_on("first_name", birth, "street_number", "street_name"),
        ),
        recall=0.7,
        training=(
            block_on("first_name", "last_name"),
            block_on("date_of_birth") if has_birth else block_on("street_number", "street_name"),
        ),
    )


MODELS = {
    "residents": lambda: _chinese(has_community=True),
    "chinese": lambda: _chinese(has_community=False),
    "residents-lean": lambda: _lean(has_community=True),
    "chinese-lean": lambda: _lean(has_community=False),
    "febrl3": lambda: _febrl(is_link=False),
    "febrl4": lambda: _febrl(is_link=True),
    "census": lambda: _census(has_birth=True),
    "census-age": lambda: _census(has_birth=False),
}
