"""Voices: tickets of the hotline and the grids, and answers to the two surveys."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from province.population.biography import Lives
from province.population.chance import Ints, Seconds, Texts, generator, pick, texts, where
from province.population.days import (
    DAY,
    FIRST,
    LAST,
    WINDOW_START,
    add_workdays,
    day_number,
    is_logged_workday,
    office_second,
    timestamps,
)
from province.population.forms import delivered_schema, numbered
from province.population.lexicon import words
from province.population.people import People
from province.population.platforms import Platforms
from province.population.rhythm import Rhythm
from schemas.tables.intake import SURVEY, TICKET

TICKETS_PER_RESIDENT = 0.34
TICKET_WEIGHTS = {"hotline": 10.0, "grid": 4.0}
"""Weight of a line's platforms among those that take tickets (others 1)."""
CATEGORIES = ("request", "consult", "complaint", "suggestion", "report")
FREQUENCIES = ("never", "rarely", "monthly", "weekly", "daily")
ANSWERS_PER_PLATFORM, ANSWERS_OF_RESIDENTS = 15, 1_000


@dataclass(frozen=True, slots=True)
class Tickets:
    """Tickets ordered by platform and time; ``caller``: the name as noted; ``latent``: level the caller really
    thinks."""

    person: Ints
    platform: Ints
    community: Ints
    received: Seconds
    signed: Seconds
    replied: Seconds
    closed: Seconds
    caller: Texts
    phone: Texts
    category: Ints
    latent: Ints
    numbers: Texts


def make_tickets(seed: int, people: People, lives: Lives, platforms: Platforms) -> Tickets:
    """Grown-ups call; most give their name, some are only 张先生; days off are no obstacle."""
    rng = generator(seed, "tickets")
    carriers = np.flatnonzero(platforms.serving("ticket"))
    size = int(len(people) * TICKETS_PER_RESIDENT) if len(carriers) else 0
    grown = np.flatnonzero((people.age(day_number(FIRST)) >= 18) & (people.age(day_number(FIRST)) < 85))
    person = rng.choice(grown, size)
    day = rng.integers(day_number(FIRST), day_number(LAST) - 12, size)
    alive = day < people.death[person]
    person, day = person[alive], day[alive]
    size, community = len(person), lives.community(people, person, day)
    weights = [TICKET_WEIGHTS.get(platforms.habits[c].line_id, 1.0) for c in carriers]
    platform = carriers[pick(rng, weights, size)]
    allowed = platforms.eligible[platform, community] & (day < platforms.retired[platform])
    order = np.flatnonzero(allowed)
    order = order[np.lexsort((day[order], platform[order]))]
    person, day, platform, community = person[order], day[order], platform[order], community[order]
    received = day * DAY + rng.integers(7 * 3600, 22 * 3600, len(order))
    return _handled(rng, people, lives, person, platform, community, received)


def _handled(
    rng: np.random.Generator,
    people: People,
    lives: Lives,
    person: Ints,
    platform: Ints,
    community: Ints,
    received: Seconds,
) -> Tickets:
    size, day = len(person), received // DAY
    signed = received + rng.integers(120, 5_400, size)
    replied = add_workdays(day, np.minimum(rng.geometric(0.4, size), 9)) * DAY + office_second(rng, size)
    name = lives.values["person_name"].at(person, day)
    polite = texts([n[:1] + ("先生" if s == 1 else "女士") for n, s in zip(name, people.sex[person], strict=True)])
    return Tickets(
        person=person,
        platform=platform,
        community=community,
        received=received,
        signed=signed,
        replied=np.maximum(replied, signed + 600),
        closed=np.maximum(replied, signed + 600) + rng.integers(600, DAY, size),
        caller=np.where(rng.random(size) < 0.04, polite, name),
        phone=where(rng.random(size) < 0.97, lives.values["phone"].at(person, day), None),
        category=pick(rng, (36, 28, 22, 6, 8), size),
        latent=np.array((1, 2, 3, 4, 5))[pick(rng, (6, 7, 15, 32, 40), size)],
        numbers=numbered(platform, day, "GD"),
    )


def ticket_table(seed: int, tickets: Tickets, platforms: Platforms, codes: list[str]) -> pa.Table:
    """The ticket stream."""
    rng = generator(seed, "ticket texts")
    said = texts(words()["complaints"])
    columns = {
        "platform_id": pa.array(texts(platforms.ids())[tickets.platform], pa.string()),
        "source_key": pa.array(tickets.numbers, pa.string()),
        "changed_at": timestamps(tickets.closed),
        "caller_name": pa.array(tickets.caller, pa.string()),
        "caller_phone": pa.array(tickets.phone, pa.string()),
        "community_code": pa.array(texts(codes)[tickets.community], pa.string()),
        "category_code": pa.array(texts(CATEGORIES)[tickets.category], pa.string()),
        "content_text": pa.array(said[rng.integers(0, len(said), len(tickets.person))], pa.string()),
        "received_at": timestamps(tickets.received),
        "signed_at": timestamps(tickets.signed),
        "replied_at": timestamps(tickets.replied),
        "closed_at": timestamps(tickets.closed),
        "status_code": pa.array(texts(["closed"] * len(tickets.person)), pa.string()),
    }
    schema = delivered_schema(TICKET)
    return pa.table([columns[name] for name in schema.names], schema=schema)


def survey_table(seed: int, platforms: Platforms, rhythm: Rhythm, codes: list[str]) -> pa.Table:
    """Answers of workers (how often they use each platform) and of residents (how satisfied they are with one)."""
    hosts = np.flatnonzero(platforms.serving("survey"))
    schema = delivered_schema(SURVEY)
    if not len(hosts):
        return schema.empty_table()
    workers = _worker_answers(generator(seed, "survey of use"), platforms, rhythm, codes)
    residents = _resident_answers(generator(seed, "survey of satisfaction"), platforms, codes)
    usage_host = next((h for h in hosts if "usage" in platforms.habits[h].platform_id), hosts[-1])
    tables = []
    for host, kind, answers in ((usage_host, "usage", workers), (hosts[0], "satisfaction", residents)):
        size = len(answers["moment"])
        order = np.argsort(answers["moment"], kind="stable")
        moment = answers["moment"][order].astype(np.int64)
        keys = numbered(np.zeros(size, dtype=np.int64), moment // DAY, kind[:1].upper())
        own = {
            "platform_id": texts([platforms.habits[host].platform_id] * size),
            "source_key": keys,
            "survey_code": texts([kind] * size),
            **{name: values[order] for name, values in answers.items() if name != "moment"},
        }
        columns = {name: pa.array(values, schema.field(name).type) for name, values in own.items()}
        columns |= {name: timestamps(moment) for name in ("changed_at", "answered_at")}
        tables.append(pa.table([columns[name] for name in schema.names], schema=schema))
    return pa.concat_tables(tables)


def _answered(rng: np.random.Generator, size: int) -> Seconds:
    start = day_number(WINDOW_START) + 46
    return (start + rng.integers(0, 33, size)) * DAY + office_second(rng, size)


def _worker_answers(
    rng: np.random.Generator, platforms: Platforms, rhythm: Rhythm, codes: list[str]
) -> dict[str, np.ndarray]:
    pairs = [
        (p, c)
        for p in range(len(platforms))
        for c in rng.permutation(np.flatnonzero(platforms.eligible[p]))[:ANSWERS_PER_PLATFORM]
    ]
    platform, community = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    size = len(platform)
    use = rhythm.active[:, :, is_logged_workday()].mean(axis=2)[platform, community]
    step = np.searchsorted([0.002, 0.02, 0.13, 0.55], use, side="right")
    step = np.clip(step + rng.integers(-1, 2, size) * (rng.random(size) < 0.25), 0, 4)
    mood = np.clip(np.round(rng.normal(3.2, 0.9, size)), 1, 5).astype(np.int64)
    return {
        "about_platform_id": texts(platforms.ids())[platform],
        "respondent_code": texts(["worker"] * size),
        "collected_code": texts(["self"] * size),
        "frequency_code": texts(FREQUENCIES)[step],
        "level": mood,
        "community_code": texts(codes)[community],
        "duration_s": rng.integers(25, 400, size),
        "moment": _answered(rng, size),
    }


def _resident_answers(rng: np.random.Generator, platforms: Platforms, codes: list[str]) -> dict[str, np.ndarray]:
    size = ANSWERS_OF_RESIDENTS
    serves = np.array([bool(h.items) for h in platforms.habits], dtype=np.float64)
    platform = pick(rng, serves + 1e-9, size)
    face = rng.random(size) < 0.5
    level = np.array((1, 2, 3, 4, 5))[pick(rng, (4, 8, 18, 38, 32), size)]
    return {
        "about_platform_id": texts(platforms.ids())[platform],
        "respondent_code": texts(["elderly", "adult", "organisation"])[pick(rng, (35, 55, 10), size)],
        "collected_code": np.where(face, "face_to_face", "self").astype(object),
        "frequency_code": texts([None] * size),
        "level": np.where(face & (level < 5) & (rng.random(size) < 0.4), level + 1, level),
        "community_code": texts(codes)[rng.integers(0, len(codes), size)],
        "duration_s": rng.integers(15, 900, size),
        "moment": _answered(rng, size),
    }
