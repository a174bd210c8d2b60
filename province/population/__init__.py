"""The people of the province: residents and their lives, workers and their slips, and what is true of it all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from province.habits import Habit
from province.population import planted
from province.population.biography import live
from province.population.cases import Cases, case_table, make_cases
from province.population.chance import Texts, texts
from province.population.days import LAST, WINDOW_END, WINDOW_START
from province.population.forms import Forms, form_keys, form_table, make_forms
from province.population.people import make_people
from province.population.places import choose_communities
from province.population.platforms import read_platforms
from province.population.ratings import Rateable, make_ratings, rating_table
from province.population.rhythm import plant_rhythm
from province.population.usage import make_events, usage_table
from province.population.visits import Visits, make_visits
from province.population.voices import Tickets, make_tickets, survey_table, ticket_table
from schemas.regions import is_village

__all__ = ["Population", "populate"]


@dataclass(frozen=True, slots=True)
class Population:
    """A populated province.

    ``streams``: per stream the rows that platforms hold, columns of ``schemas.tables.intake`` without ``record_id``,
    ``batch_id`` and ``landed_row``, typed as there: text as the worker typed it, codes canonical, moments in
    Asia/Shanghai. A key may come in several versions; the latest ``changed_at`` counts. ``communities``: the chosen
    12-digit codes. ``truth``: file name -> table (see ``planted``); ``facts``: what the numbers were made from.
    """

    streams: dict[str, pa.Table]
    communities: list[str]
    truth: dict[str, pa.Table]
    facts: dict[str, object]

    def write_truth(self, folder: Path) -> None:
        """Write the planted truth: one Parquet file per table and ``truth.json``."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in self.truth.items():
            pq.write_table(table, folder / f"{name}.parquet", compression="zstd", compression_level=1)
        (folder / "truth.json").write_text(json.dumps(self.facts, ensure_ascii=False, indent=1), encoding="utf-8")


def populate(habits: Sequence[Habit], seed: int, residents: int, communities: int) -> Population:
    """Invent a province's people and everything that its platforms hold of them.

    Deterministic in all four arguments. Records run from 2025-04-01 to 2026-10-31, operation logs from 2026-07-01.
    """
    codes = choose_communities(seed, communities)
    people = make_people(seed, residents, len(codes))
    lives = live(seed, people, codes, np.array([is_village(c) for c in codes]))
    platforms = read_platforms(habits, codes)
    rhythm = plant_rhythm(seed, platforms)
    visits = make_visits(seed, people, lives, platforms, rhythm)
    with_form = visits.take(visits.has_form)
    forms = make_forms(seed, with_form, people, lives, platforms, codes, form_keys(with_form))
    cases = make_cases(seed, visits, platforms)
    tickets = make_tickets(seed, people, lives, platforms)
    rateable = _rateable(cases, tickets)
    ratings = make_ratings(seed, rateable, platforms)
    case_no, form_key = _cross_references(visits, forms, cases)
    streams = {
        "form": form_table(forms, platforms, codes, case_no),
        "case": case_table(cases, platforms, codes, form_key),
        "rating": rating_table(seed, ratings, rateable, platforms, codes),
        "survey": survey_table(seed, platforms, rhythm, codes),
        "ticket": ticket_table(seed, tickets, platforms, codes),
        "usage": usage_table(make_events(seed, platforms, rhythm, forms), platforms, codes),
    }
    truth = {
        "records": planted.record_table(forms, tickets, platforms),
        "entries": planted.entry_table(forms, platforms),
        "cases": planted.case_truth(cases, platforms),
        "ratings": planted.rating_truth(ratings, rateable, platforms),
        "closures": planted.closure_truth(rateable),
        "usage": planted.usage_truth(platforms, rhythm),
    }
    return Population(streams, codes, truth, _facts(seed, residents, codes))


def _cross_references(visits: Visits, forms: Forms, cases: Cases) -> tuple[Texts, Texts]:
    """Per form the number of its case, per case the key of its form."""
    case_of, form_of = texts([None] * len(visits)), texts([None] * len(visits))
    case_of[visits.item >= 0] = cases.numbers
    form_of[visits.has_form] = forms.keys
    return case_of[visits.has_form], form_of[visits.item >= 0]


def _rateable(cases: Cases, tickets: Tickets) -> Rateable:
    done = cases.is_closed
    visits = cases.visits.take(done)
    return Rateable(
        platform=np.concatenate([visits.platform, tickets.platform]),
        number=np.concatenate([cases.numbers[done], tickets.numbers]),
        community=np.concatenate([visits.community, tickets.community]),
        opened=np.concatenate([visits.moment, tickets.received]),
        closed=np.concatenate([cases.closed[done], tickets.closed]),
        latent=np.concatenate([cases.latent[done], tickets.latent]),
    )


def _facts(seed: int, residents: int, codes: list[str]) -> dict[str, object]:
    return {
        "seed": seed,
        "residents": residents,
        "communities": codes,
        "window": [WINDOW_START.isoformat(), WINDOW_END.isoformat()],
        "last_day": LAST.isoformat(),
    }
