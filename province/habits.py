"""What makes each platform of the province different: the contract between its estate, its people and its servers.

``estate`` hands out one :class:`Habit` per platform; ``population`` decides with it who is typed where, when and how
badly; ``rendering`` and ``serve`` decide with it what the platform's bytes look like.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

UsageKind = Literal[
    "high",
    "medium",
    "low",
    "zombie",
    "seasonal",
    "bot",
    "clock_in",
    "power_user",
    "burst",
    "log_gap",
    "small_denominator_high",
    "retired",
    "narrow_reach",
]
"""How a platform is really used in the window. Only ``high`` and ``small_denominator_high`` are high-use (54 together).

``bot``: masses of synchronising and scripted events; ``clock_in``: everybody logs in daily, nobody works;
``power_user``: one
community does it all; ``burst``: a few days of December-like haste; ``seasonal``: one month's collection;
``log_gap``: would be
high, but working days of logs are missing; ``narrow_reach``: busy in a third of its communities;
``small_denominator_high``: for few communities only, used there; ``retired``: switched off within the window.
"""

RatingKind = Literal["none", "honest", "only_satisfied", "default_heavy", "machine"]


@dataclass(frozen=True, slots=True)
class Habit:
    """One platform's habits. ``field_names``: stream -> canonical column -> the platform's own field name.

    ``code_values``: canonical column -> canonical code -> the platform's own value. ``time_pattern`` and
    ``date_pattern``:
    strftime patterns it writes. ``asks``: attributes on its form, in order. ``sloppiness``: 0 careful to 1
    careless (scales every
    rate of error). ``form_weight``: share of residents' forms it gets, relative. ``masks``: canonical columns it
    sends masked.
    """

    platform_id: str
    line_id: str
    title_zh: str
    title_en: str
    owner_org: str
    owner_office: str | None
    go_live: date
    retired: date | None
    family: Literal["http_page", "http_cursor", "sql", "sftp_files", "folder_files"]
    database: Literal["postgresql", "sqlite"] | None
    file_type: Literal["csv", "xlsx", "xml"] | None
    encoding: str
    streams: tuple[str, ...]
    asks: tuple[str, ...]
    field_names: dict[str, dict[str, str]]
    code_values: dict[str, dict[str, str]]
    time_pattern: str
    date_pattern: str
    items: tuple[str, ...]
    eligible_kind: Literal["all", "village", "residents"]
    eligible_share: float
    usage: UsageKind
    rating: RatingKind
    sloppiness: float
    masks: tuple[str, ...]
    form_weight: float
    prefill_share: float
    import_share: float
    is_slow: bool
    is_rate_limited: bool
