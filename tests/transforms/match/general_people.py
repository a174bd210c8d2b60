"""Invented people of an invented town: households of a census, and articles of a shop; typed twice or thrice."""

from __future__ import annotations

import random

import pyarrow as pa

CENSUS = {
    "first_name": "person_name",
    "last_name": "person_name",
    "date_of_birth": "date",
    "street_number": "number",
    "street_name": "address",
    "sex": "category",
}
ARTICLES = {"title": "text", "price": "number"}
"""What the columns of the tables hold."""


def _words(text: str) -> list[str]:
    return text.split()


GIVEN = _words(
    "Ava Ben Carla Dora Emil Fay Gus Hana Ivo Jana Karl Lena Milo Nora Otto Petra Quinn Rosa Sven Tilda "
    "Ugo Vera Willem Xenia Yves Zora Anton Berta Conrad Delia Edgar Flora Gerda Hugo Ilse Jonas Klara Leo "
    "Mona Nils Olga Paul Rita Stan"
)
FAMILY = _words(
    "Abel Brandt Castell Dahl Eklund Farrow Garrick Holm Ivers Jessen Kestrel Lindqvist Marlow Norrby "
    "Oakes Pell Quist Rand Salter Thorne Upton Vale Wexler Yarrow Zeller Ashdown Birch Cole Draper Ellery "
    "Finch Grange Hale Ingram"
)
STREETS = ["Mill Lane", "High Street", "Station Road", "Park Avenue", "Church Street", "Bridge Road", "Dock Street"]


def typo(rng: random.Random, text: str) -> str:
    """One letter lost, doubled or exchanged."""
    if len(text) < 3:
        return text
    at = rng.randrange(len(text) - 1)
    return rng.choice((text[:at] + text[at + 1 :], text[:at] + text[at] + text[at:], _exchanged(text, at)))


def _exchanged(text: str, at: int) -> str:
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def census(households: int, seed: int = 5, noise: float = 0.08) -> tuple[pa.Table, list[int]]:
    """Members of households, listed two or three times, and who each row is."""
    rng = random.Random(seed)  # noqa: S311
    rows: list[dict[str, object]] = []
    truth: list[int] = []
    person = 0
    for _ in range(households):
        family = rng.choice(FAMILY) + rng.choice(("", "", "son", "er"))
        number, street = str(rng.randint(1, 400)), rng.choice(STREETS)
        for _ in range(rng.randint(1, 5)):
            own = {
                "first_name": rng.choice(GIVEN) + rng.choice(("", "", "a", "e")),
                "last_name": family,
                "date_of_birth": f"{rng.randint(1, 28):02d}/{rng.randint(1, 12):02d}/{rng.randint(1930, 2020)}",
                "street_number": number,
                "street_name": street,
                "sex": rng.choice("FM"),
            }
            for _ in range(rng.choice((2, 2, 3))):
                rows.append({k: _noisy(rng, v, noise) for k, v in own.items()})
                truth.append(person)
            person += 1
    return _table(rows, truth, rng)


def _noisy(rng: random.Random, value: str, noise: float) -> str | None:
    chance = rng.random()
    return None if chance < noise / 4 else typo(rng, value) if chance < noise else value


def articles(count: int, seed: int = 6) -> tuple[pa.Table, list[int]]:
    """Articles of a shop, some listed again by another seller, and which article each row is."""
    rng = random.Random(seed)  # noqa: S311
    rows: list[dict[str, object]] = []
    truth: list[int] = []
    for article in range(count):
        words = [rng.choice(("Sonara", "Canto", "Nikora")), f"{rng.choice('ABCDEFGH')}{rng.randint(100, 9999)}"]
        words += rng.sample(("camera", "compact", "silver", "zoom", "kit", "black", "charger"), 3)
        price = round(rng.lognormvariate(4.5, 0.8), 2)
        for copy in range(rng.choice((1, 2))):
            left_out = rng.choice((words[0], *words[2:])) if copy else ""
            title = [w for w in words if w != left_out]
            now = round(price * rng.choice((1, 1, 1, 0.95)), 2) if copy else price
            rows.append({"title": " ".join(title), "price": now})
            truth.append(article)
    return _table(rows, truth, rng)


def _table(rows: list[dict[str, object]], truth: list[int], rng: random.Random) -> tuple[pa.Table, list[int]]:
    order = rng.sample(range(len(rows)), len(rows))
    table = pa.Table.from_pylist([{"rec_id": f"r{i:06d}", **rows[i]} for i in order])
    return table, [truth[i] for i in order]
