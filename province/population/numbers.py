"""Numbers that name people: resident identity numbers (GB 11643), permits, passports, telephones, bank accounts.

Nothing here can belong to a real person: county codes 4399xx are unassigned, permits carry sequence numbers or country
codes that no register uses, and mobile numbers start with 1440, which is not given to telephones.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from province.population.chance import Days, Ints, Texts, rank_within, texts
from province.population.days import compact_date

WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
CHECK_DIGITS = np.array(list("10X98765432"), dtype=object)
RESIDENT, PASSPORT, FOREIGNER, HMT = "111", "414", "553", "810"


def check_digits(bodies: npt.NDArray[np.str_]) -> Texts:
    """The check digit (MOD 11-2) of each 17-digit body."""
    digits = bodies.astype("U17").view("U1").reshape(len(bodies), 17).astype(np.int64)
    return np.asarray(CHECK_DIGITS[(digits * WEIGHTS).sum(axis=1) % 11])


def with_check_digit(bodies: Texts) -> Texts:
    """18-character numbers from 17-digit bodies."""
    if not len(bodies):
        return bodies
    return np.asarray(bodies + check_digits(bodies.astype("U17")))


def resident_numbers(rng: np.random.Generator, counties: Ints, births: Days, sexes: Ints) -> Texts:
    """Identity numbers. ``counties``: 1 to 99, the last two digits of 4399xx; ``sexes``: 1 male (odd), 2 female (even).

    People of one county, birthday and sex get consecutive sequence numbers of their parity in order of position, so
    that twins who stand side by side get neighbouring ones.
    """
    groups = (counties * 100_000 + births) * 2 + (sexes == 1)
    _, group = np.unique(groups, return_inverse=True)
    start = rng.integers(0, 120, group.max(initial=0) + 1)[group]
    sequence = 2 * (start + rank_within(group)) + 10 + (sexes == 1)
    bodies = texts([f"4399{c:02d}{d}{s:03d}" for c, d, s in zip(counties, compact_date(births), sequence, strict=True)])
    return with_check_digit(bodies)


def hmt_permits(rng: np.random.Generator, births: Days) -> Texts:
    """Residence permits for HK, Macao and Taiwan residents: 81-83 0000, birthday, sequence 990-999, check digit."""
    place, sequence = rng.integers(81, 84, len(births)), rng.integers(990, 1000, len(births))
    return with_check_digit(
        texts([f"{p}0000{d}{s}" for p, d, s in zip(place, compact_date(births), sequence, strict=True)])
    )


def foreigner_permits(rng: np.random.Generator, births: Days) -> Texts:
    """Foreigners' permanent residence cards of 2023: 9, place 43, country 999 (unassigned), birthday, sequence,
    check."""
    sequence = rng.integers(100, 1000, len(births))
    return with_check_digit(texts([f"943999{d}{s}" for d, s in zip(compact_date(births), sequence, strict=True)]))


def passports(rng: np.random.Generator, size: int) -> Texts:
    """Passport numbers: a letter pair that no country uses and seven digits."""
    return texts([f"ZX{n:07d}" for n in rng.integers(0, 10_000_000, size)])


def mobiles(rng: np.random.Generator, size: int) -> Texts:
    """Mobile numbers 1440 and seven digits, no two alike."""
    return texts([f"1440{n:07d}" for n in rng.choice(10_000_000, size, replace=False)])


def bank_accounts(rng: np.random.Generator, size: int) -> Texts:
    """Account numbers of a bank that does not exist: 629999 and 13 digits."""
    return texts([f"629999{n:013d}" for n in rng.integers(0, 10**13, size)])


def old_number(number: str) -> str:
    """The 15-digit form of an 18-digit identity number: no century, no check digit."""
    return number[:6] + number[8:17]
