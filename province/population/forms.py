"""Forms as their platforms hold them, and what is true of each entry in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from province.population.biography import Lives
from province.population.chance import Bools, Floats, Ints, Seconds, Texts, generator, pick, texts, where
from province.population.days import DAY, LAST, compact_date, day_number, timestamps
from province.population.draft import Draft, draft_forms
from province.population.people import People
from province.population.platforms import Platforms
from province.population.slips import make_slips
from province.population.spellings import blank, enter_tests, type_variants, write_addresses
from province.population.visits import Visits
from schemas.arrow import arrow_schema
from schemas.tables.intake import ATTRIBUTES, FORM

MODES = ("manual", "import", "resident_self", "card_reader", "api")
OTHER_MODES = (0.0, 0.0, 0.02, 0.02, 0.01)
PREFILLED_MODE = "prefill_accepted"
MASKED = 2**40
"""Added to the key of a value that is sent masked: it equals no value in clear for anybody who reads what is sent."""
UNUSABLE_SHARE = 0.12
"""Share of forms without a usable certificate number: not asked, masked or left empty."""
NOT_DELIVERED = ("record_id", "batch_id", "landed_row")


@dataclass(frozen=True, slots=True)
class Forms:
    """Forms in the order of ``visits`` (by platform and time). ``changed``: moment of the last change; ``mode``:
    indexes :data:`MODES`; ``keys``: source keys."""

    draft: Draft
    mode: Ints
    changed: Seconds
    keys: Texts
    worker: Texts

    @property
    def visits(self) -> Visits:
        """The visits with a form."""
        return self.draft.visits


def make_forms(
    seed: int, visits: Visits, people: People, lives: Lives, platforms: Platforms, codes: list[str], keys: Texts
) -> Forms:
    """Have every visit's form typed. ``visits``: those with a form; ``keys``: their source keys."""
    rng = generator(seed, "forms")
    draft = draft_forms(rng, visits, people, lives, platforms)
    mode = _modes(rng, visits, platforms)
    typed = np.isin(mode, (0, 1))
    blank(rng, draft, {"cert_no": _blank_share(platforms), "phone": 0.03, "address": 0.04})
    write_addresses(rng, draft, _platform_styles(seed, len(platforms)))
    make_slips(rng, draft, platforms.sloppiness[visits.platform], typed)
    type_variants(rng, draft, typed)
    enter_tests(rng, draft, np.flatnonzero(visits.person < 0).astype(np.int64))
    corrected = (rng.random(len(visits)) < 0.06) & (mode == 0)
    later = np.where(corrected, rng.integers(1, 20, len(visits)) * DAY + rng.integers(-7_000, 7_000, len(visits)), 0)
    changed = np.minimum(visits.moment + later, (day_number(LAST) + 1) * DAY - 1)
    return Forms(draft, mode, np.maximum(changed, visits.moment), keys, _workers(rng, visits, codes))


def _modes(rng: np.random.Generator, visits: Visits, platforms: Platforms) -> Ints:
    weights = np.array(OTHER_MODES)
    mode = np.where(rng.random(len(visits)) < weights.sum(), pick(rng, weights, len(visits)), 0)
    imported = (rng.random(len(visits)) < platforms.import_share[visits.platform]) & (visits.item < 0)
    return np.where(imported, 1, mode)


def _blank_share(platforms: Platforms) -> float:
    """How often a certificate number is left empty, given how many platforms never ask it or mask it."""
    weight = platforms.weight.sum() or 1.0
    asked = platforms.weight[platforms.asking("cert_no")].sum() / weight
    masked = platforms.weight[platforms.masking("cert_no")].sum() / weight
    return float(np.clip((UNUSABLE_SHARE - (1 - asked) - masked) / max(asked, 0.01), 0.03, 0.12))


def _platform_styles(seed: int, platforms: int) -> Ints:
    """The usual style of addresses of each platform: most write them in full with 栋."""
    return pick(generator(seed, "address styles"), (75, 10, 10, 5), platforms)


def _workers(rng: np.random.Generator, visits: Visits, codes: list[str]) -> Texts:
    """Worker numbers: four workers in each community, each platform mostly left to two of them."""
    number = (visits.platform + rng.integers(0, 2, len(visits))) % 4
    names = texts([f"W{code[2:]}{n}" for code in codes for n in range(4)])
    return np.asarray(names[visits.community * 4 + number])


def form_keys(visits: Visits) -> Texts:
    """Source keys: date and a running number on the platform; visits are ordered by platform and time."""
    return numbered(visits.platform, visits.day, "")


def numbered(platform: Ints, day: Ints, prefix: str) -> Texts:
    """``<prefix><YYYYMMDD><running number of the platform>``; rows of a platform stand together."""
    starts = np.r_[True, platform[1:] != platform[:-1]] if len(platform) else np.zeros(0, dtype=bool)
    first = np.maximum.accumulate(np.where(starts, np.arange(len(platform)), 0))
    return texts(
        [f"{prefix}{d}{n:06d}" for d, n in zip(compact_date(day), np.arange(len(platform)) - first + 1, strict=True)]
    )


def delivered_schema(table: object) -> pa.Schema:
    """The columns of an intake table that a platform can hold: all but those that the pipeline adds."""
    return pa.schema([f for f in arrow_schema(table) if f.name not in NOT_DELIVERED])  # type: ignore[arg-type]


def form_table(forms: Forms, platforms: Platforms, codes: list[str], case_no: Texts) -> pa.Table:
    """The form stream: columns of ``core_form`` as typed. ``case_no``: per form, None without a case."""
    draft, visits = forms.draft, forms.visits
    community = texts(codes)[visits.community]
    home = texts(codes)[_home(forms)]
    columns: dict[str, pa.Array] = {
        "platform_id": pa.array(texts(platforms.ids())[visits.platform], pa.string()),
        "source_key": pa.array(forms.keys, pa.string()),
        "changed_at": timestamps(forms.changed),
        "case_no": pa.array(case_no, pa.string()),
        "cert_type_code": pa.array(draft.cert_type, pa.string()),
        "residence_code": pa.array(home, pa.string()),
        "community_code": pa.array(community, pa.string()),
        "worker_no": pa.array(where(forms.mode == 0, forms.worker, None), pa.string()),
        "entered_at": timestamps(visits.moment),
        "mode_code": pa.array(texts(MODES)[forms.mode], pa.string()),
        "prefilled": pa.array(prefilled_lists(forms), pa.string()),
    }
    schema = delivered_schema(FORM)
    for attribute in ATTRIBUTES:
        typed = pa.array(draft.columns[attribute], pa.string())
        columns[attribute] = typed.cast(schema.field(attribute).type)
    return pa.table([columns[name] for name in schema.names], schema=schema)


def _home(forms: Forms) -> Ints:
    draft = forms.draft
    return draft.lives.community(draft.people, draft.person, draft.day)


def came_prefilled(forms: Forms) -> Bools:
    """(forms, attributes): the value stands there, came from prefill and was accepted; only manual forms have any."""
    filled = np.stack([[v is not None for v in forms.draft.columns[a]] for a in ATTRIBUTES], axis=1)
    return np.asarray(forms.draft.prefilled & filled & (forms.mode == 0)[:, None])


def prefilled_lists(forms: Forms) -> Texts:
    """Comma-separated codes of the attributes that came prefilled, None where none did."""
    marks = came_prefilled(forms)
    out = texts([None] * len(marks))
    for row in np.flatnonzero(marks.any(axis=1)):
        out[row] = ",".join(a for a, m in zip(ATTRIBUTES, marks[row], strict=True) if m)
    return out


def entry_truth(forms: Forms, platforms: Platforms, eligible: tuple[str, ...]) -> dict[str, Ints | Floats | Bools]:
    """One row per entry of an eligible attribute: form, attribute (index of ``ATTRIBUTES``), value key, typed by
    hand."""
    marks = came_prefilled(forms)
    parts: dict[str, list[Ints]] = {"form": [], "attribute": [], "value": [], "is_manual": []}
    for number, attribute in enumerate(ATTRIBUTES):
        if attribute in eligible:
            filled = np.array([v is not None for v in forms.draft.columns[attribute]], dtype=bool)
            rows = np.flatnonzero(filled & (forms.visits.person >= 0)).astype(np.int64)
            parts["form"].append(rows)
            parts["attribute"].append(np.full(len(rows), number, dtype=np.int64))
            hidden = platforms.masking(attribute)[forms.visits.platform[rows]]
            parts["value"].append(forms.draft.keys[attribute][rows] + MASKED * hidden)
            parts["is_manual"].append(((forms.mode == 0)[rows] & ~marks[rows, number]).astype(np.int64))
    return {name: np.concatenate(chunks) for name, chunks in parts.items()}
