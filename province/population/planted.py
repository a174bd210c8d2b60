"""What is so: the tables that ``write_truth`` leaves beside the province and that the pipeline never reads."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from province.population.cases import Cases, first_seen
from province.population.chance import Bools, Texts, texts
from province.population.days import WINDOW_END, is_logged_workday, logged_days, timestamps
from province.population.forms import Forms, entry_truth
from province.population.matters import ROLES
from province.population.platforms import HIGH_KINDS, Platforms
from province.population.ratings import SYSTEM, Rateable, Ratings, rating_keys
from province.population.rhythm import Rhythm
from province.population.voices import Tickets
from schemas.codes import attributes, items
from schemas.tables.intake import ATTRIBUTES

SATISFIED = 3
"""Levels 3 to 5 are satisfied (top 3 of 5)."""


def record_ids(platforms: Platforms, platform: np.ndarray, stream: str, keys: Texts) -> Texts:
    """``platform_id:stream:source_key``, as the intake tables have it."""
    heads = texts([f"{name}:{stream}:" for name in platforms.ids()])
    return np.asarray(heads[platform] + keys)


def record_table(forms: Forms, tickets: Tickets, platforms: Platforms) -> pa.Table:
    """Which person each form and ticket is about (null for test entries), when it can be seen first, what is hard
    about it, and whether a careful intake keeps it."""
    draft, visits = forms.draft, forms.visits
    count = len(tickets.person)
    person = np.concatenate([visits.person, tickets.person])
    keys = [
        record_ids(platforms, visits.platform, "form", forms.keys),
        record_ids(platforms, tickets.platform, "ticket", tickets.numbers),
    ]
    return pa.table(
        {
            "record_id": pa.array(np.concatenate(keys), pa.string()),
            "person_id": pa.array(person, pa.int64(), mask=person < 0),
            "stream": pa.array(["form"] * len(visits) + ["ticket"] * count, pa.string()),
            "entered_at": timestamps(np.concatenate([visits.moment, tickets.received])),
            "visible_at": timestamps(np.concatenate([forms.changed, tickets.closed])),
            "trap": pa.array(np.concatenate([draft.trap, texts([""] * count)]), pa.string()),
            "fate": pa.array(np.concatenate([draft.fate, texts(["accepted"] * count)]), pa.string()),
        }
    )


def entry_table(forms: Forms, platforms: Platforms) -> pa.Table:
    """Every entry of an attribute that counts (all modes): person, attribute, platform, key of the value, time."""
    counted = tuple(a for a in ATTRIBUTES if attributes()[a].eligible)
    entry = entry_truth(forms, platforms, counted)
    form, names = entry["form"], pa.array(ATTRIBUTES, pa.string())
    return pa.table(
        {
            "form": pa.array(form, pa.int64()),
            "person_id": pa.array(forms.visits.person[form], pa.int64()),
            "attribute_code": names.take(pa.array(entry["attribute"])),
            "platform_id": pa.array(platforms.ids(), pa.string()).take(pa.array(forms.visits.platform[form])),
            "value": pa.array(entry["value"], pa.int64()),
            "is_manual": pa.array(entry["is_manual"].astype(bool), pa.bool_()),
            "entered_at": timestamps(forms.visits.moment[form]),
            "visible_at": timestamps(forms.changed[form]),
        }
    )


def case_truth(cases: Cases, platforms: Platforms) -> pa.Table:
    """Which matter and person each case belongs to and as what, and when it is first delivered."""
    visits = cases.visits
    classes = texts([i.matter_class for i in items().values()])
    return pa.table(
        {
            "record_id": pa.array(record_ids(platforms, visits.platform, "case", cases.numbers), pa.string()),
            "matter_id": pa.array(visits.matter, pa.int64()),
            "person_id": pa.array(visits.person, pa.int64()),
            "matter_class_code": pa.array(classes[visits.item], pa.string()),
            "role_code": pa.array(texts([ROLES.get(n, "") for n in range(6)])[visits.role], pa.string()),
            "has_form": pa.array(visits.has_form, pa.bool_()),
            "visible_at": timestamps(first_seen(cases)),
        }
    )


def rating_truth(ratings: Ratings, rateable: Rateable, platforms: Platforms) -> pa.Table:
    """Every rating with whether it counts: not a default and not made by a system."""
    platform = rateable.platform[ratings.about]
    return pa.table(
        {
            "record_id": pa.array(
                record_ids(platforms, platform, "rating", rating_keys(ratings, rateable)), pa.string()
            ),
            "level": pa.array(ratings.level, pa.int64()),
            "is_valid": pa.array(~ratings.is_default & (ratings.collected != SYSTEM), pa.bool_()),
            "is_machine": pa.array(ratings.is_machine, pa.bool_()),
            "latent_level": pa.array(rateable.latent[ratings.about], pa.int64()),
            "rated_at": timestamps(ratings.moment),
        }
    )


def closure_truth(rateable: Rateable) -> pa.Table:
    """What people really think of each closed case and ticket, rated or not."""
    return pa.table({"latent_level": pa.array(rateable.latent, pa.int64()), "closed_at": timestamps(rateable.closed)})


def usage_truth(platforms: Platforms, rhythm: Rhythm) -> pa.Table:
    """Per platform: its kind, and reach and penetration as planted over the working days of the window."""
    window: Bools = is_logged_workday() & (logged_days() <= np.datetime64(WINDOW_END).astype(np.int64))
    active, size = rhythm.active[:, :, window], platforms.eligible.sum(axis=1)
    reach = active.any(axis=2).sum(axis=1) / np.maximum(size, 1)
    penetration = active.sum(axis=(1, 2)) / np.maximum(size * window.sum(), 1)
    kinds = [h.usage for h in platforms.habits]
    return pa.table(
        {
            "platform_id": pa.array(platforms.ids(), pa.string()),
            "kind": pa.array(kinds, pa.string()),
            "is_high": pa.array([k in HIGH_KINDS for k in kinds], pa.bool_()),
            "eligible_communities": pa.array(size, pa.int64()),
            "reach": pa.array(reach, pa.float64()),
            "penetration": pa.array(penetration, pa.float64()),
            "log_completeness": pa.array(rhythm.logged[:, window].mean(axis=1), pa.float64()),
        }
    )
