"""Operation logs of the window and after: work as planted, and everything that looks like work and isn't."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from province.population.chance import Ints, Seconds, Texts, generator, pick, texts
from province.population.days import (
    DAY,
    WINDOW_START,
    day_number,
    is_logged_workday,
    logged_days,
    office_second,
    timestamps,
)
from province.population.forms import Forms, delivered_schema
from province.population.platforms import Platforms
from province.population.rhythm import Rhythm
from schemas.tables.intake import USAGE

ACTIONS = ("create", "update", "approve", "reply", "print", "view", "login", "clock_in", "heartbeat", "sync", "import")
CREATE, UPDATE, APPROVE, REPLY, PRINT, VIEW, LOGIN, CLOCK_IN, HEARTBEAT, SYNC, IMPORT = range(len(ACTIONS))
WORKER, SYSTEM, SYNC_ACCOUNT, TEST = range(4)
KINDS = ("worker", "system", "sync", "test")
FUNCTIONS = {
    CREATE: "登记办理",
    UPDATE: "信息维护",
    APPROVE: "审核审批",
    REPLY: "回复处理",
    PRINT: "证明打印",
    VIEW: "查询统计",
    LOGIN: "登录",
    CLOCK_IN: "签到",
    HEARTBEAT: "心跳",
    SYNC: "数据同步",
    IMPORT: "批量导入",
}
BOT_EVENTS_PER_DAY = 1.3
"""Events of synchronising accounts per community and day, days off included."""


@dataclass(frozen=True, slots=True)
class Events:
    """Log lines; ``community`` is -1 where there is none; ``worker``: 0 to 3, which of a community's workers."""

    platform: Ints
    community: Ints
    moment: Seconds
    action: Ints
    kind: Ints
    worker: Ints
    duration: Ints

    def take(self, rows: Ints) -> Events:
        """Some of the events."""
        return Events(*(getattr(self, f.name)[rows] for f in fields(self)))


def make_events(seed: int, platforms: Platforms, rhythm: Rhythm, forms: Forms) -> Events:
    """Every log line that was kept, ordered by platform and time."""
    rng = generator(seed, "usage")
    parts = [
        _work(rng, rhythm),
        _created(rng, forms),
        _glances(rng, rhythm),
        _heartbeats(platforms),
        _bots(rng, platforms),
        _clock_ins(rng, platforms),
        _tests(rng, platforms),
    ]
    events = Events(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Events)))
    day = events.moment // DAY - day_number(WINDOW_START)
    kept = rhythm.logged[events.platform, day] & platforms.serving("usage")[events.platform]
    order = np.flatnonzero(kept)
    return events.take(order[np.lexsort((events.moment[order], events.platform[order]))])


def _events(
    rng: np.random.Generator,
    platform: Ints,
    community: Ints,
    day: Ints,
    action: Ints,
    kind: int = WORKER,
    longest: int = 600,
    second: Seconds | None = None,
) -> Events:
    size = len(platform)
    moment = (day_number(WINDOW_START) + day) * DAY + (office_second(rng, size) if second is None else second)
    worker = (platform + rng.integers(0, 2, size)) % 4
    duration = rng.integers(5 if longest > 5 else 0, longest, size)
    return Events(platform, community, moment, action, np.full(size, kind, dtype=np.int64), worker, duration)


def _work(rng: np.random.Generator, rhythm: Rhythm) -> Events:
    """One transaction or more wherever a platform is in use."""
    platform, community, day = (axis.astype(np.int64) for axis in np.nonzero(rhythm.active))
    often = 1 + rng.poisson(0.3, len(platform))
    platform, community, day = (np.repeat(axis, often) for axis in (platform, community, day))
    action = pick(rng, (30, 38, 12, 10, 10), len(platform))
    return _events(rng, platform, community, day, action)


def _created(rng: np.random.Generator, forms: Forms) -> Events:
    """The line that each form of the window left when a worker entered it."""
    visits = forms.visits
    rows = np.flatnonzero((forms.mode == 0) & (visits.day >= day_number(WINDOW_START)))
    chosen, size = visits.take(rows), len(rows)
    worker = np.array([int(w[-1]) for w in forms.worker[rows]], dtype=np.int64)
    action, kind = np.full(size, CREATE, dtype=np.int64), np.full(size, WORKER, dtype=np.int64)
    return Events(chosen.platform, chosen.community, chosen.moment, action, kind, worker, rng.integers(60, 900, size))


def _glances(rng: np.random.Generator, rhythm: Rhythm) -> Events:
    """Log-ins and passing looks on days of use."""
    platform, community, day = (axis.astype(np.int64) for axis in np.nonzero(rhythm.active))
    chosen = rng.random(len(platform)) < 0.22
    platform, community, day = platform[chosen], community[chosen], day[chosen]
    action = np.where(rng.random(len(platform)) < 0.5, VIEW, LOGIN)
    return _events(rng, platform, community, day, action, longest=30)


def _heartbeats(platforms: Platforms) -> Events:
    """One a day and platform from the system itself, without community: the sign that the log was kept."""
    days = len(logged_days())
    platform, day = np.repeat(np.arange(len(platforms)), days), np.tile(np.arange(days), len(platforms))
    nothing, zero = np.full(len(day), -1, dtype=np.int64), np.zeros(len(day), dtype=np.int64)
    moment = (day_number(WINDOW_START) + day) * DAY + 300 + platform
    return Events(platform, nothing, moment, zero + HEARTBEAT, zero + SYSTEM, zero, zero)


def _bots(rng: np.random.Generator, platforms: Platforms) -> Events:
    """Synchronising accounts write in every community on every day and night, under all the names of work."""
    platform, community = _cells(platforms, "bot")
    days, often = len(logged_days()), max(1, round(BOT_EVENTS_PER_DAY * len(logged_days())))
    platform, community = np.repeat(platform, often), np.repeat(community, often)
    action = np.array((SYNC, CREATE, UPDATE, IMPORT))[pick(rng, (50, 25, 15, 10), len(platform))]
    day, second = rng.integers(0, days, len(platform)), rng.integers(0, DAY, len(platform))
    return _events(rng, platform, community, day, action, SYNC_ACCOUNT, longest=2, second=second)


def _clock_ins(rng: np.random.Generator, platforms: Platforms) -> Events:
    """Everybody logs in and signs on, every working day, and looks for a second."""
    platform, community = _cells(platforms, "clock_in")
    workdays = np.flatnonzero(is_logged_workday())
    size = len(platform) * len(workdays)
    platform, community = np.repeat(platform, len(workdays)), np.repeat(community, len(workdays))
    day, there = np.tile(workdays, size // max(1, len(workdays))), rng.random(size) < 0.97
    platform, community, day = platform[there], community[there], day[there]
    action = np.array((CLOCK_IN, LOGIN, VIEW))[pick(rng, (55, 35, 10), len(platform))]
    return _events(rng, platform, community, day, action, longest=2)


def _cells(platforms: Platforms, usage: str) -> tuple[Ints, Ints]:
    chosen = np.array([h.usage == usage for h in platforms.habits])
    platform, community = np.nonzero(platforms.eligible & chosen[:, None])
    return platform.astype(np.int64), community.astype(np.int64)


def _tests(rng: np.random.Generator, platforms: Platforms) -> Events:
    """Test accounts create things on a few platforms."""
    platform = np.repeat(np.flatnonzero([h.usage in ("low", "zombie") for h in platforms.habits]), 8)
    size, some = len(platform), np.asarray(platforms.eligible.any(axis=1))
    platform = platform[some[platform]]
    community = np.array([int(np.flatnonzero(platforms.eligible[p])[0]) for p in platform], dtype=np.int64)
    day = rng.integers(0, len(logged_days()), size)[: len(platform)]
    action = np.full(len(platform), CREATE, dtype=np.int64)
    return _events(rng, platform.astype(np.int64), community, day, action, TEST)


def usage_table(events: Events, platforms: Platforms, codes: list[str]) -> pa.Table:
    """The usage stream."""
    size = len(events.platform)
    starts = np.searchsorted(events.platform, np.arange(len(platforms)))
    serial = pa.array(np.arange(size) - starts[events.platform] + 1).cast(pa.string())
    named = texts([*codes, None])
    columns = {
        "platform_id": _coded(texts(platforms.ids()), events.platform),
        "source_key": pa.compute.utf8_lpad(serial, 9, "0"),
        "changed_at": timestamps(events.moment),
        "community_code": _coded(named, events.community % len(named)),
        "account_no": _accounts(events, codes),
        "account_kind_code": _coded(texts(KINDS), events.kind),
        "function_code": _coded(texts([FUNCTIONS[n] for n in range(len(ACTIONS))]), events.action),
        "action_code": _coded(texts(ACTIONS), events.action),
        "occurred_at": timestamps(events.moment),
        "duration_s": pa.array(events.duration.astype(np.float64)),
    }
    schema = delivered_schema(USAGE)
    return pa.table([columns[name] for name in schema.names], schema=schema)


def _coded(values: Texts, index: Ints) -> pa.Array:
    return pa.array(values, pa.string()).take(pa.array(index))


def _accounts(events: Events, codes: list[str]) -> pa.Array:
    """Workers' accounts are their worker numbers, as on forms; machines have one account each."""
    workers = [f"W{code[2:]}{n}" for code in codes for n in range(4)]
    named = texts([*workers, "system", "sync_api", "test01"])
    machine = len(workers) + events.kind - 1
    return _coded(named, np.where(events.kind == WORKER, events.community * 4 + events.worker, machine))
