"""Other spellings of what is true, fields left empty, and entries that somebody made to test a platform."""

from __future__ import annotations

import numpy as np

from province.population import numbers
from province.population.biography import write_address
from province.population.chance import Bools, Ints, pick, texts
from province.population.draft import DROPPED, Draft
from province.population.lexicon import words
from schemas.tables.intake import ATTRIBUTES


def type_variants(rng: np.random.Generator, draft: Draft, typed: Bools) -> None:
    """Other spellings of the same value, everywhere: numbers with spaces or a small x, old 15-digit numbers,
    telephones in groups, dots of other kinds, characters that a keyboard lacks."""
    rows = np.flatnonzero(typed & (draft.trap == "") & (draft.person >= 0)).astype(np.int64)
    _spell_numbers(rng, draft, draft.typed("cert_no", rows))
    _spell_phones(rng, draft, draft.typed("phone", rows))
    _spell_names(rng, draft, draft.typed("person_name", rows))


def _spell_numbers(rng: np.random.Generator, draft: Draft, rows: Ints) -> None:
    number = draft.columns["cert_no"]
    drawn, resident = rng.random(len(rows)), draft.cert_type[rows] == numbers.RESIDENT
    ends_x = np.array([t.endswith("X") for t in number[rows]], dtype=bool)
    century = np.array([len(t) == 18 and t[6:8] == "19" for t in number[rows]], dtype=bool)
    wide = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
    for chosen, spell, trap in (
        (ends_x & (drawn < 0.2), lambda t: t.lower(), "small_x"),
        (resident & century & (drawn > 0.992), numbers.old_number, "old_number"),
        (resident & (drawn > 0.35) & (drawn < 0.354), lambda t: f"{t[:6]} {t[6:14]} {t[14:]}", "spaced_number"),
        (resident & (drawn > 0.36) & (drawn < 0.362), lambda t: t.translate(wide), "wide_number"),
        (resident & (drawn > 0.37) & (drawn < 0.372), lambda t: "'" + t, "quoted_number"),
    ):
        draft.rewrite("cert_no", rows[chosen], [spell(t) for t in number[rows[chosen]]], trap)


def _spell_phones(rng: np.random.Generator, draft: Draft, rows: Ints) -> None:
    phone, drawn = draft.columns["phone"], rng.random(len(rows))
    for low, high, spell in (
        (0.0, 0.05, lambda t: f"{t[:3]} {t[3:7]} {t[7:]}"),
        (0.05, 0.08, lambda t: f"{t[:3]}-{t[3:7]}-{t[7:]}"),
        (0.08, 0.10, lambda t: "+86" + t),
    ):
        chosen = rows[(drawn >= low) & (drawn < high)]
        draft.rewrite("phone", chosen, [spell(t) for t in phone[chosen]])


def _spell_names(rng: np.random.Generator, draft: Draft, rows: Ints) -> None:
    name, drawn = draft.columns["person_name"], rng.random(len(rows))
    rare, dots = set(words()["rare"]), np.array(list("•・.‧"))
    is_rare = np.array([t[-1] in rare for t in name[rows]], dtype=bool)
    dotted = np.array(["·" in t for t in name[rows]], dtype=bool)
    loose = rows[(drawn < 0.012) & ~dotted]
    draft.rewrite(
        "person_name", loose, [f"{t[:1]} {t[1:]}" if len(t) == 2 else t + " " for t in name[loose]], "loose_name"
    )
    other = rows[dotted & (drawn < 0.4)]
    draft.rewrite("person_name", other, [t.replace("·", str(rng.choice(dots))) for t in name[other]], "other_dot")
    lacking = rows[is_rare & (drawn < 0.25)]
    draft.replace(
        "person_name", lacking, [t[:-1] + str(rng.choice(list("?？〇*"))) for t in name[lacking]], "rare_character"
    )


def enter_tests(rng: np.random.Generator, draft: Draft, rows: Ints) -> None:
    """Entries that somebody made to try the platform; a careful intake drops them."""
    names = texts(["测试", "测试人员", "test", "测试001", "张三测试"])
    for attribute in ATTRIBUTES[1:]:
        draft.columns[attribute][rows] = None
    draft.rewrite("person_name", rows, names[rng.integers(0, len(names), len(rows))], "test_record")
    draft.fate[rows] = DROPPED


def blank(rng: np.random.Generator, draft: Draft, share: dict[str, float]) -> None:
    """Fields left empty; ``share``: attribute -> share of forms (others 3 in 100)."""
    for attribute in ATTRIBUTES[1:]:
        empty = rng.random(len(draft)) < share.get(attribute, 0.03)
        draft.columns[attribute][empty & ~draft.prefilled[:, ATTRIBUTES.index(attribute)]] = None


def write_addresses(rng: np.random.Generator, draft: Draft, platform_style: Ints) -> None:
    """Each address in the style that its platform's workers are used to, or now and then in another."""
    rows = np.flatnonzero(np.array([v is not None for v in draft.columns["address"]], dtype=bool)).astype(np.int64)
    usual = platform_style[draft.visits.platform[rows]]
    other = pick(rng, (10, 40, 24, 20, 2, 3, 1), len(rows))
    style = np.where(rng.random(len(rows)) < 0.25, other, usual)
    draft.columns["address"][rows] = write_address(
        draft.lives, draft.people, draft.person[rows], draft.day[rows], style
    )
