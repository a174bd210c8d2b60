"""Where people live: communities picked from the real region table, and addresses in them as people write them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from province.population.chance import Ints, Texts, generator, texts
from province.population.lexicon import words
from province.regions import regions
from schemas.regions import is_village

HOST_CITIES = ("4331", "4301", "4307", "4308", "4312", "4306", "4303", "4313", "4304", "4310", "4302", "4309", "4305")
"""Cities in the order they are connected: first those that the platforms for few communities are made for."""
STYLES = 7
"""Ways of writing one address; see :func:`_write`."""


@dataclass(frozen=True, slots=True)
class Place:
    """One community with the names above it."""

    code: str
    city: str
    county: str
    township: str
    name: str
    is_village: bool


def choose_communities(seed: int, count: int) -> list[str]:
    """12-digit codes of ``count`` communities, sorted: about six per county, two in five residents' committees."""
    rng = generator(seed, "communities")
    hosts = _counties(rng, max(4, min(24, round(count / 6))))
    chosen: list[str] = []
    for turn in range(count):
        lap, host = divmod(turn, len(hosts))
        pool = hosts[host][0 if (lap + host) % 5 in (1, 3) else 1]
        chosen.append(pool.pop() if pool else next(p for host in hosts for p in host if p).pop())
    return sorted(chosen)


def _counties(rng: np.random.Generator, count: int) -> list[tuple[list[str], list[str]]]:
    """Per host county: its residents' committees and its villages in random order."""
    waiting = {city: [c for c in _by_county() if c.startswith(city)] for city in HOST_CITIES}
    hosts: list[tuple[list[str], list[str]]] = []
    for turn in range(count):
        counties = waiting[HOST_CITIES[turn % len(HOST_CITIES)]]
        if counties:
            residents, villages = _by_county()[counties.pop(int(rng.integers(0, len(counties))))]
            hosts.append(([str(c) for c in rng.permutation(residents)], [str(c) for c in rng.permutation(villages)]))
    return hosts


@cache
def _by_county() -> dict[str, tuple[list[str], list[str]]]:
    """County prefix -> residents' committees and villages (the real ones: no parks, farms and prisons)."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    for region in regions().values():
        if region.level == "community" and region.code[9] in "02" and "虚拟" not in region.zh:
            found.setdefault(region.code[:6], ([], []))[is_village(region.code)].append(region.code)
    return {county: pair for county, pair in found.items() if min(map(len, pair)) >= 12}


def place(code: str) -> Place:
    """A community's names, from the region table."""
    table = regions()
    city, county, township = (table[code[:digits].ljust(12, "0")].zh for digits in (4, 6, 9))
    return Place(code, city, county, township, _short(table[code].zh), is_village(code))


def _short(name: str) -> str:
    for tail in ("村民委员会", "村委会", "居民委员会", "居委会"):
        if name.endswith(tail):
            stem, ending = name.removesuffix(tail), "村" if tail.startswith("村") else "社区"
            return stem if stem.endswith(("村", "社区")) else stem + ending
    return name


def write_addresses(seed: int, purpose: str, codes: list[str], community: Ints) -> Texts:
    """Addresses of households in every style: array of shape (households, STYLES). ``community`` indexes ``codes``."""
    rng = generator(seed, "addresses", purpose)
    numbers = rng.integers(1, 40, (len(community), 4))
    names = rng.integers(0, 10_000, (len(community), 2))
    known = [place(code) for code in codes]
    out = np.empty((len(community), STYLES), dtype=object)
    for row, index in enumerate(community):
        out[row] = _write(known[index], numbers[row].tolist(), names[row].tolist())
    return out


def _write(where: Place, numbers: list[int], names: list[int]) -> Texts:
    """One address in its styles: full; with # and with 幢 for 栋; with Chinese numerals; without the province; from the
    community on; with capital numerals."""
    number, building, unit, room = numbers[0] * 4 - 1, numbers[1] % 24 + 1, numbers[2] % 4 + 1, numbers[3] % 18 + 1
    above = f"{where.city}{where.county}{where.township}{where.name}"
    if where.is_village:
        ends = [
            f"{n}组{number * 3 + room}号" for n in (building, building, building, numeral(building), capital(building))
        ]
    else:
        roads, estates = words()["roads"], words()["estates"]
        street = f"{roads[names[0] % len(roads)]}{number}号{estates[names[1] % len(estates)]}"
        blocks = (f"{building}栋", f"{building}#", f"{building}幢", f"{numeral(building)}栋", f"{capital(building)}栋")
        ends = [f"{street}{block}{unit}单元{room}{unit:02d}室" for block in blocks]
    full = [f"湖南省{above}{end}" for end in ends]
    return texts([*full[:4], f"{above}{ends[0]}", f"{where.name}{ends[0]}", full[4]])


def numeral(number: int, digits: str = "零一二三四五六七八九", ten: str = "十") -> str:
    """A number below 100 in Chinese numerals: 23 is 二十三."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else ("" if tens == 1 else digits[tens]) + ten
    return head + (digits[ones] if ones or not tens else "")


def capital(number: int) -> str:
    """A number below 100 in the capital numerals used against forgery: 23 is 贰拾叁."""
    return numeral(number, "零壹贰叁肆伍陆柒捌玖", "拾")
