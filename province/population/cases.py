"""Cases (办件): how each application went on, how it is linked, and how satisfied the applicant really is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from province.population.chance import Bools, Days, Floats, Ints, Seconds, Texts, generator, pick, texts, where
from province.population.days import DAY, LAST, WINDOW_END, add_workdays, dates, day_number, office_second, timestamps
from province.population.forms import delivered_schema, numbered
from province.population.matters import PART, REOPENED, TRANSFERRED, item_codes
from province.population.platforms import Platforms
from province.population.visits import Visits
from schemas.tables.intake import CASE

APPLIED, ACCEPTED, CLOSED, WITHDRAWN, REJECTED = range(5)
STATUSES = ("applied", "accepted", "closed", "withdrawn", "rejected")
LINKS = {PART: "parent", REOPENED: "reopen", TRANSFERRED: "transfer"}
CHANNELS = ("window", "web", "app", "wechat", "kiosk", "alipay")
FIRST_CLOCK = (day_number(WINDOW_END) + 1) * DAY - 1
"""The province's clock at first: what happens later reaches the platforms day by day."""
END = (day_number(LAST) + 1) * DAY - 1
SATISFACTION = (3.0, 5.0, 11.0, 30.0, 51.0)
"""Weights of levels 1 to 5 at middling quality: what people really think once a case is closed."""


@dataclass(frozen=True, slots=True)
class Cases:
    """Cases in the order of ``visits``. ``accepted`` and ``closed`` are moments (``closed`` only where ``is_closed``);
    ``latent``: level 1 to 5 that the applicant really thinks; ``parent``: row of the case it is linked to, or -1."""

    visits: Visits
    numbers: Texts
    parent: Ints
    accepted: Seconds
    closed: Seconds
    promised: Days
    status: Ints
    channel: Ints
    latent: Ints

    @property
    def is_closed(self) -> Bools:
        """Closed by the end of the period."""
        return np.asarray(self.status == CLOSED)


def make_cases(seed: int, visits: Visits, platforms: Platforms) -> Cases:
    """Let every visit with an item take its course. Takes all visits; ``parent`` becomes the row among cases."""
    rng = generator(seed, "cases")
    rows = np.flatnonzero(visits.item >= 0)
    place = np.full(len(visits) + 1, -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    chosen = visits.take(rows)
    size, parent = len(rows), place[chosen.parent]
    accepted = chosen.moment + np.where(
        rng.random(size) < 0.7, rng.integers(60, 1_800, size), rng.integers(3_600, 20_000, size)
    )
    worked = np.minimum(rng.geometric(0.32, size) - 1, 15)
    closed = add_workdays(accepted // DAY, worked) * DAY + office_second(rng, size)
    closed = np.maximum(closed, accepted + rng.integers(300, 3_600, size))
    status = np.array((CLOSED, ACCEPTED, APPLIED, WITHDRAWN, REJECTED))[pick(rng, (92, 3, 1, 2, 2), size)]
    status, closed = _close_linked(chosen, parent, status, closed, accepted)
    status = np.where((status == CLOSED) & (closed > END), ACCEPTED, status)
    promised = add_workdays(chosen.day, rng.integers(5, 21, size))
    latent = _latent(rng, chosen, platforms, worked)
    channel = pick(rng, (70, 8, 8, 8, 4, 2), size)
    numbers = numbered(chosen.platform, chosen.day, "43")
    return Cases(chosen, numbers, parent, np.minimum(accepted, END), closed, promised, status, channel, latent)


def _close_linked(
    visits: Visits, parent: Ints, status: Ints, closed: Seconds, accepted: Seconds
) -> tuple[Ints, Seconds]:
    """A case that is reopened or transferred was closed before."""
    rows = np.flatnonzero((parent >= 0) & np.isin(visits.role, (REOPENED, TRANSFERRED)))
    status, closed = status.copy(), closed.copy()
    status[parent[rows]] = CLOSED
    latest = np.maximum(visits.moment[rows] - 1_800, accepted[parent[rows]] + 60)
    closed[parent[rows]] = np.minimum(closed[parent[rows]], latest)
    return status, closed


def _latent(rng: np.random.Generator, visits: Visits, platforms: Platforms, worked: Ints) -> Ints:
    """What applicants think: better platforms and quicker ones please more; 88 to 96 in a hundred are satisfied."""
    quality = rng.uniform(0.6, 1.5, len(platforms))
    quality[[h.rating == "only_satisfied" for h in platforms.habits]] *= 1.4
    weights = np.tile(np.array(SATISFACTION), (len(visits), 1))
    bad = quality[visits.platform] * np.where(worked > 4, 1.4, 0.9)
    weights[:, :2] *= bad[:, None]
    edges: Floats = np.cumsum(weights, axis=1)
    drawn = rng.random(len(visits)) * edges[:, -1]
    return np.asarray((edges <= drawn[:, None]).sum(axis=1) + 1, dtype=np.int64)


def case_table(cases: Cases, platforms: Platforms, codes: list[str], form_keys: Texts) -> pa.Table:
    """The case stream. ``form_keys``: per case, None without a form. Cases that end after the province's first clock
    come in two versions, as accepted and as closed, so that a later run meets the change."""
    final = _versions(cases, np.arange(len(cases.visits)), cases.status, platforms, codes, form_keys)
    accepted = np.full(len(cases.visits), ACCEPTED, dtype=np.int64)
    early = _versions(cases, np.flatnonzero(has_two_versions(cases)), accepted, platforms, codes, form_keys)
    return pa.concat_tables([final, early])


def has_two_versions(cases: Cases) -> Bools:
    """Closed after the province's first clock, and accepted on an earlier day."""
    return cases.is_closed & (cases.closed > FIRST_CLOCK) & (cases.accepted // DAY < cases.closed // DAY)


def last_change(cases: Cases) -> Seconds:
    """When each case last changed on its platform."""
    return np.asarray(
        np.select([cases.is_closed, cases.status == APPLIED], [cases.closed, cases.visits.moment], cases.accepted)
    )


def first_seen(cases: Cases) -> Seconds:
    """When each case's first version is delivered."""
    return np.where(has_two_versions(cases), cases.accepted, last_change(cases))


def _versions(
    cases: Cases, rows: Ints, status: Ints, platforms: Platforms, codes: list[str], form_keys: Texts
) -> pa.Table:
    visits, status = cases.visits.take(rows), status[rows]
    is_closed, is_accepted = status == CLOSED, np.isin(status, (ACCEPTED, CLOSED))
    changed = np.select([is_closed, status == APPLIED], [cases.closed[rows], visits.moment], cases.accepted[rows])
    parent = cases.parent[rows]
    kind = np.array([LINKS.get(int(r)) for r in range(REOPENED + 2)], dtype=object)[visits.role]
    columns = {
        "platform_id": pa.array(texts(platforms.ids())[visits.platform], pa.string()),
        "source_key": pa.array(cases.numbers[rows], pa.string()),
        "changed_at": timestamps(changed),
        "form_key": pa.array(form_keys[rows], pa.string()),
        "item_code": pa.array(texts(item_codes())[visits.item], pa.string()),
        "community_code": pa.array(texts(codes)[visits.community], pa.string()),
        "channel_code": pa.array(texts(CHANNELS)[cases.channel[rows]], pa.string()),
        "apply_at": timestamps(visits.moment),
        "accept_at": timestamps(cases.accepted[rows], is_accepted),
        "promise_date": dates(cases.promised[rows]),
        "close_at": timestamps(cases.closed[rows], is_closed),
        "status_code": pa.array(texts(STATUSES)[status], pa.string()),
        "parent_case_no": pa.array(where(parent >= 0, cases.numbers[parent], None), pa.string()),
        "link_code": pa.array(where(parent >= 0, kind, None), pa.string()),
    }
    schema = delivered_schema(CASE)
    return pa.table([columns[name] for name in schema.names], schema=schema)
