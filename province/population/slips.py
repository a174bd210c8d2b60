"""Workers' slips: what goes wrong when people are typed in, one slip at most per form.

The traps are those that the matching specification lists. Each slip is one small function over the rows it happened
to; most forms have none.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from province.population.chance import Bools, Floats, Ints, pick, texts
from province.population.days import iso_date
from province.population.draft import Draft
from province.population.lexicon import swaps, words
from province.population.people import first_of_household
from schemas.tables.intake import ATTRIBUTES

Slip = Callable[[np.random.Generator, Draft, Ints], None]
RATE = 0.05
"""Share of forms with a slip on a platform of middling care."""


def _true_day(draft: Draft, rows: Ints) -> Ints:
    return np.asarray(draft.people.birth[draft.person[rows]])


def confuse_name(rng: np.random.Generator, draft: Draft, rows: Ints) -> None:
    """A homophone, or failing that a character that looks alike, in place of one of the given name."""
    _swap_character(rng, draft, rows, ("homophones",), "homophone")


def misread_name(rng: np.random.Generator, draft: Draft, rows: Ints) -> None:
    """A character that looks alike."""
    _swap_character(rng, draft, rows, ("lookalikes", "homophones"), "lookalike")


def _swap_character(rng: np.random.Generator, draft: Draft, rows: Ints, groups: tuple[str, ...], trap: str) -> None:
    rows, table = draft.typed("person_name", rows), swaps(*groups)
    out = []
    for name, start in zip(draft.columns["person_name"][rows], rng.random(len(rows)), strict=True):
        places = [n for n, c in enumerate(str(name)) if c in table]
        at = places[-1] if places and start < 0.85 else (places[0] if places else -1)
        out.append(
            name if at < 0 else name[:at] + table[name[at]][int(start * 997) % len(table[name[at]])] + name[at + 1 :]
        )
    draft.replace("person_name", rows, texts(out), trap)


def reverse_given_name(rng: np.random.Generator, draft: Draft, rows: Ints) -> None:  # noqa: ARG001
    """The two characters of the given name in the wrong order."""
    rows = draft.typed("person_name", rows)
    old = [str(n) for n in draft.columns["person_name"][rows]]
    draft.replace(
        "person_name",
        rows,
        [n[:-2] + n[-1] + n[-2] if len(n) > 2 and "·" not in n else n for n in old],
        "reversed_name",
    )


def add_remark(rng: np.random.Generator, draft: Draft, rows: Ints) -> None:
    """A remark behind the name: （大）, (已故), （户主）."""
    rows, remarks = draft.typed("person_name", rows), words()["remarks"]
    chosen = rng.integers(0, len(remarks), len(rows))
    draft.rewrite(
        "person_name",
        rows,
        [n + remarks[k] for n, k in zip(draft.columns["person_name"][rows], chosen, strict=True)],
        "remark",
    )


def write_traditional(rng: np.random.Generator, draft: Draft, rows: Ints) -> None:  # noqa: ARG001
    """Traditional or variant characters (another value: the equality of names folds dots and width, not characters)."""
    rows, table = draft.typed("person_name", rows), str.maketrans(words()["traditional"])
    draft.replace(
        "person_name", rows, [str(n).translate(table) for n in draft.columns["person_name"][rows]], "traditional"
    )


def transpose_number(rng: np.random.Generator, draft: Draft, rows: Ints) -> None:
    """Two neighbouring digits of the number in the wrong order."""
    rows = draft.typed("cert_no", rows)
    out = []
    for text, at in zip(draft.columns["cert_no"][rows], rng.integers(6, 16, len(rows)), strict=True):
        spots = [n for n in range(2, len(text) - 2) if text[n] != text[n + 1]] or [0]
        spot = min(spots, key=lambda n: abs(n - at))
        out.append(text[:spot] + text[spot + 1] + text[spot] + text[spot + 2 :])
    draft.replace("cert_no", rows, texts(out), "transposed_number")


def mistype_number(rng: np.random.Generator, draft: Draft, rows: Ints) -> None:
    """One digit of the number wrong."""
    _wrong_digit(rng, draft, rows, "cert_no", "mistyped_number")


def mistype_phone(rng: np.random.Generator, draft: Draft, rows: Ints) -> None:
    """One digit of the telephone wrong."""
    _wrong_digit(rng, draft, rows, "phone", "mistyped_phone")


def _wrong_digit(rng: np.random.Generator, draft: Draft, rows: Ints, attribute: str, trap: str) -> None:
    rows = draft.typed(attribute, rows)
    out = []
    for text, at, by in zip(
        draft.columns[attribute][rows], rng.random(len(rows)), rng.integers(1, 10, len(rows)), strict=True
    ):
        spots = [n for n, c in enumerate(text) if c.isdigit() and n >= 4]
        spot = spots[int(at * len(spots))]
        out.append(text[:spot] + str((int(text[spot]) + int(by)) % 10) + text[spot + 1 :])
    draft.replace(attribute, rows, texts(out), trap)


def drop_digit(rng: np.random.Generator, draft: Draft, rows: Ints) -> None:
    """One digit of the number left out: 17 remain."""
    rows = draft.typed("cert_no", rows)
    spots = rng.integers(6, 17, len(rows))
    old = draft.columns["cert_no"][rows]
    draft.replace("cert_no", rows, [t[:n] + t[n + 1 :] for t, n in zip(old, spots, strict=True)], "digit_dropped")


def use_placeholder(rng: np.random.Generator, draft: Draft, rows: Ints) -> None:
    """A number that only fills the field."""
    rows = draft.typed("cert_no", rows)
    known = texts(["1" * 18, "0" * 18, "999999999999999999", "无"])
    draft.replace("cert_no", rows, known[rng.integers(0, len(known), len(rows))], "placeholder")


def use_head_number(rng: np.random.Generator, draft: Draft, rows: Ints) -> None:  # noqa: ARG001
    """The number of the head of the household, who came to the window, under the member's name."""
    rows = draft.typed("cert_no", rows)
    head = first_of_household(draft.people)[draft.person[rows]]
    draft.replace("cert_no", rows, draft.people.cert_no[head], "one_number_many_names")


def swap_day_and_month(rng: np.random.Generator, draft: Draft, rows: Ints) -> None:  # noqa: ARG001
    """Day and month of birth exchanged, where that is a date."""
    rows = draft.typed("birth_date", rows)
    old = [str(t) for t in draft.columns["birth_date"][rows]]
    draft.replace(
        "birth_date",
        rows,
        [f"{t[:5]}{t[8:]}-{t[5:7]}" if t[8:] <= "12" else f"{t[:5]}01-01" for t in old],
        "day_month_swapped",
    )


def default_birthday(rng: np.random.Generator, draft: Draft, rows: Ints) -> None:  # noqa: ARG001
    """1 January of the year of birth."""
    rows = draft.typed("birth_date", rows)
    draft.replace(
        "birth_date", rows, [f"{str(t)[:5]}01-01" for t in draft.columns["birth_date"][rows]], "new_year_birthday"
    )


def lunar_birthday(rng: np.random.Generator, draft: Draft, rows: Ints) -> None:
    """The lunar date typed as if it were solar: three to seven weeks early."""
    rows = draft.typed("birth_date", rows)
    day = _true_day(draft, rows) - rng.integers(21, 50, len(rows))
    draft.replace("birth_date", rows, iso_date(day).astype(object), "lunar_birthday")


def use_worker_phone(rng: np.random.Generator, draft: Draft, rows: Ints) -> None:
    """The worker's own telephone in the resident's record."""
    rows = draft.typed("phone", rows)
    worker = draft.visits.community[rows] * 3 + rng.integers(0, 3, len(rows))
    draft.replace("phone", rows, [f"14400{w % 1_000_000:06d}" for w in worker * 7 + 900_000], "worker_phone")


def leave_all_but_name(rng: np.random.Generator, draft: Draft, rows: Ints) -> None:  # noqa: ARG001
    """Nothing but the name (and the community) was filled in."""
    for attribute in ATTRIBUTES[1:]:
        draft.columns[attribute][rows] = None
    draft.cert_type[rows] = None
    draft.trap[rows] = "name_only"


def wrong_code(rng: np.random.Generator, draft: Draft, rows: Ints) -> None:  # noqa: ARG001
    """The wrong sex ticked."""
    rows = draft.typed("sex_code", rows)
    other = {"1": "2", "2": "1"}
    draft.replace("sex_code", rows, [other[str(t)] for t in draft.columns["sex_code"][rows]], "wrong_sex")


SLIPS: tuple[tuple[Slip, float], ...] = (
    (confuse_name, 14),
    (misread_name, 7),
    (reverse_given_name, 3),
    (add_remark, 8),
    (write_traditional, 6),
    (transpose_number, 12),
    (mistype_number, 10),
    (drop_digit, 2),
    (use_placeholder, 4),
    (use_head_number, 2),
    (swap_day_and_month, 7),
    (default_birthday, 8),
    (lunar_birthday, 3),
    (wrong_code, 3),
    (mistype_phone, 9),
    (use_worker_phone, 9),
    (leave_all_but_name, 4),
)


def make_slips(rng: np.random.Generator, draft: Draft, sloppiness: Floats, typed: Bools) -> None:
    """Let slips happen, more often where work is careless (``sloppiness`` per form, 0 to 1); changes the draft."""
    happens = typed & (rng.random(len(draft)) < RATE * (0.3 + 1.4 * sloppiness)) & (draft.person >= 0)
    rows = np.flatnonzero(happens).astype(np.int64)
    which = pick(rng, [weight for _, weight in SLIPS], len(rows))
    for number, (slip, _) in enumerate(SLIPS):
        slip(rng, draft, rows[which == number])
