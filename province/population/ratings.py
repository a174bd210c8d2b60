"""Ratings (好差评): what people say of a closed case, and what platforms make of their silence."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from province.population.chance import Bools, Ints, Seconds, Texts, generator, pick, texts, where
from province.population.days import DAY, add_workdays, timestamps
from province.population.forms import delivered_schema, numbered
from province.population.lexicon import words
from province.population.platforms import Platforms
from schemas.tables.intake import RATING

SELF, FACE, CALLBACK, SYSTEM = range(4)
COLLECTED = ("self", "face_to_face", "callback", "system")
STAGES = ("apply", "accept", "close")
CHANNELS = ("wechat", "app", "web", "sms", "alipay", "window", "kiosk", "hotline")
MACHINE_TAGS = "510,517"
"""The fingerprint of a rating robot seen in public code (domain.md B1.2)."""
TAGS = {5: ("501", "505", "510"), 4: ("401", "405", "410"), 3: ("301", "305"), 2: ("201", "207"), 1: ("101", "107")}
SILENT_WORKDAYS = 5


@dataclass(frozen=True, slots=True)
class Rateable:
    """What can be rated: closed cases and closed tickets. ``number``: the case or ticket as the rating calls it;
    ``latent``: level 1 to 5 that the person concerned really thinks."""

    platform: Ints
    number: Texts
    community: Ints
    opened: Seconds
    closed: Seconds
    latent: Ints


@dataclass(frozen=True, slots=True)
class Ratings:
    """Ratings: ``about`` is the row of what is rated; ``stage`` indexes STAGES, ``collected`` COLLECTED."""

    about: Ints
    stage: Ints
    level: Ints
    collected: Ints
    is_default: Bools
    is_machine: Bools
    moment: Seconds

    def take(self, rows: Ints | Bools) -> Ratings:
        """Some of the ratings."""
        return Ratings(*(getattr(self, f.name)[rows] for f in fields(self)))


def make_ratings(seed: int, rateable: Rateable, platforms: Platforms) -> Ratings:
    """Everybody's ratings, by the kind of their platform."""
    rng = generator(seed, "ratings")
    kind = texts([h.rating if "rating" in h.streams else "none" for h in platforms.habits])[rateable.platform]
    asked = np.flatnonzero((kind != "none") & (kind != "machine"))
    share = rng.uniform(0.22, 0.40, len(platforms))
    share[[h.rating == "default_heavy" for h in platforms.habits]] = 0.15
    answered = rng.random(len(asked)) < share[rateable.platform[asked]]
    honest = _answers(rng, rateable, asked[answered], kind)
    silent = asked[~answered & (kind[asked] == "default_heavy")]
    parts = [honest, _defaults(rateable, silent), _machine(rateable, np.flatnonzero(kind == "machine"))]
    ratings = Ratings(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Ratings)))
    return ratings.take(np.lexsort((ratings.moment, rateable.platform[ratings.about])))


def _answers(rng: np.random.Generator, rateable: Rateable, rows: Ints, kind: Texts) -> Ratings:
    """People's own ratings: at closing, and by a quarter of them at acceptance too."""
    twice = rows[rng.random(len(rows)) < 0.25]
    about = np.concatenate([rows, twice])
    stage = np.concatenate([np.full(len(rows), 2), np.full(len(twice), 1)])
    size = len(about)
    collected = pick(rng, (45, 45, 10), size)
    latent = rateable.latent[about]
    # face to face, most people spare the worker who looks at them
    spared = (collected == FACE) & (latent <= 3) & (rng.random(size) < 0.6)
    level = np.where(spared, rng.integers(4, 6, size), latent)
    only_good = kind[about] == "only_satisfied"
    answered = ~only_good | (level >= 3)  # other buttons can't be pressed
    lag = np.select(
        [collected == FACE, collected == SELF],
        [rng.integers(20, 400, size), (np.exp(rng.normal(7.5, 1.4, size))).astype(np.int64)],
        rng.integers(DAY, 6 * DAY, size),
    )
    base = np.where(
        stage == 2, rateable.closed[about], np.minimum(rateable.opened[about] + 1_800, rateable.closed[about])
    )
    no = np.zeros(size, dtype=bool)
    return Ratings(about, stage, level, collected, no, no, base + lag).take(answered)


def _defaults(rateable: Rateable, rows: Ints) -> Ratings:
    """Five working days of silence become 满意."""
    day = add_workdays(rateable.closed[rows] // DAY, SILENT_WORKDAYS)
    moment = np.maximum(day * DAY + 300, rateable.closed[rows] + DAY)
    size, yes = len(rows), np.ones(len(rows), dtype=bool)
    return Ratings(rows, np.full(size, 2), np.full(size, 4), np.full(size, SYSTEM), yes, ~yes, moment)


def _machine(rateable: Rateable, rows: Ints) -> Ratings:
    """A script rates every case at every stage: level 5, the same tags, always one hour after closing."""
    about, stage = np.repeat(rows, 3), np.tile(np.arange(3), len(rows))
    size, yes = len(about), np.ones(len(about), dtype=bool)
    moment = rateable.closed[about] + 3_600 + stage
    return Ratings(about, stage, np.full(size, 5), np.full(size, SELF), ~yes, yes, moment)


def rating_table(seed: int, ratings: Ratings, rateable: Rateable, platforms: Platforms, codes: list[str]) -> pa.Table:
    """The rating stream."""
    rng = generator(seed, "rating texts")
    platform, size = rateable.platform[ratings.about], len(ratings.about)
    talks = (rng.random(size) < 0.12) & ~ratings.is_machine & ~ratings.is_default
    good, bad = texts(words()["praises"]), texts(words()["grumbles"])
    said = np.where(ratings.level >= 4, good[rng.integers(0, len(good), size)], bad[rng.integers(0, len(bad), size)])
    by_self = pick(rng, (50, 20, 12, 12, 6), size)
    channel = np.select(
        [ratings.collected == FACE, ratings.collected == CALLBACK], [5 + pick(rng, (80, 20), size), 7], by_self
    )
    known = ratings.collected != SYSTEM
    columns = {
        "platform_id": pa.array(texts(platforms.ids())[platform], pa.string()),
        "source_key": pa.array(rating_keys(ratings, rateable), pa.string()),
        "changed_at": timestamps(ratings.moment),
        "case_no": pa.array(rateable.number[ratings.about], pa.string()),
        "stage_code": pa.array(texts(STAGES)[ratings.stage], pa.string()),
        "level": pa.array(ratings.level, pa.int64()),
        "channel_code": pa.array(where(known, texts(CHANNELS)[channel], None), pa.string()),
        "collected_code": pa.array(texts(COLLECTED)[ratings.collected], pa.string()),
        "is_default": pa.array(ratings.is_default, pa.bool_()),
        "detail_codes": pa.array(_tags(rng, ratings), pa.string()),
        "comment_text": pa.array(where(talks, said, None), pa.string()),
        "community_code": pa.array(texts(codes)[rateable.community[ratings.about]], pa.string()),
        "rated_at": timestamps(ratings.moment),
    }
    schema = delivered_schema(RATING)
    return pa.table([columns[name] for name in schema.names], schema=schema)


def rating_keys(ratings: Ratings, rateable: Rateable) -> Texts:
    """Source keys; ratings are ordered by platform and time."""
    return numbered(rateable.platform[ratings.about], ratings.moment // DAY, "PJ")


def _tags(rng: np.random.Generator, ratings: Ratings) -> Texts:
    out = texts([None] * len(ratings.about))
    drawn = rng.random(len(out))
    for level, codes in TAGS.items():
        rows = np.flatnonzero((ratings.level == level) & (drawn < 0.7) & ~ratings.is_default)
        pairs = texts([f"{a},{b}" for a in codes for b in codes if a < b])
        out[rows] = pairs[rng.integers(0, len(pairs), len(rows))]
    out[ratings.is_machine] = MACHINE_TAGS
    return out
