"""The people of the province: what every province must hold, whatever its seed."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from province.estate import habits
from province.habits import Habit
from province.population import Population, populate
from province.population.days import is_logged_workday, logged_days, workdays
from province.population.matters import window_of
from province.population.numbers import check_digits, texts
from province.population.places import numeral
from province.population.platforms import HIGH_KINDS, eligible_of
from province.population.slips import SLIPS
from schemas.arrow import arrow_schema
from schemas.codes import code_lists, items, regions
from schemas.columns import meta_of
from schemas.eligibility import eligible_communities
from schemas.regions import is_village
from schemas.rules import InCodes
from schemas.tables.intake import PROGRAM_STREAMS

EFFECTIVE = ("create", "update", "approve", "reply", "print")
USAGE = {h.platform_id: h.usage for h in habits()}
RATING = {h.platform_id: h.rating for h in habits()}
WINDOW = (np.datetime64("2026-07-01"), np.datetime64("2026-09-30"))


@pytest.fixture(scope="module")
def small() -> Population:
    return populate(habits(), 7, 900, 12)


@pytest.fixture(scope="module")
def province() -> Population:
    """A province of default size, made within its budget of processor time."""
    started = time.process_time()
    made = populate(habits(), 20260930, 6000, 60)
    assert time.process_time() - started < 16
    return made


@pytest.fixture(scope="module")
def used(province: Population) -> dict[str, tuple[float, float, int, float]]:
    return measured_use(province)


def local_days(moments: pa.ChunkedArray) -> np.ndarray:
    return pc.local_timestamp(moments).to_numpy().astype("datetime64[D]")


def test_same_arguments_same_province(small: Population) -> None:
    again = populate(habits(), 7, 900, 12)
    assert all(again.streams[s].equals(t) for s, t in small.streams.items())
    assert all(again.truth[s].equals(t) for s, t in small.truth.items())
    other = populate(habits(), 8, 900, 12)
    assert not other.streams["form"].equals(small.streams["form"])


@pytest.mark.parametrize("stream", sorted(PROGRAM_STREAMS))
def test_streams_have_the_declared_columns(small: Population, stream: str) -> None:
    declared = arrow_schema(PROGRAM_STREAMS[stream])
    expected = [f for f in declared if f.name not in ("record_id", "batch_id", "landed_row")]
    assert list(small.streams[stream].schema) == expected


@pytest.mark.parametrize("stream", sorted(PROGRAM_STREAMS))
def test_codes_are_canonical(small: Population, stream: str) -> None:
    table = small.streams[stream]
    for column in PROGRAM_STREAMS[stream].columns:
        lists = [r.codes for r in meta_of(column).rules if isinstance(r, InCodes)]
        if lists and column.name in table.column_names:
            found = set(table[column.name].unique().to_pylist()) - {None}
            assert found <= set(code_lists()[lists[0]]), column.name


@pytest.mark.parametrize(
    ("stream", "least", "most"),
    [
        ("form", 40_000, 60_000),
        ("case", 17_000, 24_000),
        ("rating", 8_000, 15_000),
        ("survey", 2_500, 3_500),
        ("ticket", 1_500, 2_500),
        ("usage", 250_000, 380_000),
    ],
)
def test_sizes_of_the_default_province(province: Population, stream: str, least: int, most: int) -> None:
    assert least <= len(province.streams[stream]) <= most


@pytest.mark.parametrize("count", [4, 12, 60, 200])
def test_communities_are_real_and_of_both_kinds(count: int) -> None:
    codes = populate(habits(), 3, 60, count).communities
    assert len(set(codes)) == count
    assert codes == sorted(codes)
    assert all(regions()[c].level == "community" for c in codes)
    assert 0.2 <= np.mean([is_village(c) for c in codes]) <= 0.85
    assert len({c[:6] for c in codes}) >= 4


def test_platforms_write_in_their_communities_only(small: Population) -> None:
    form = small.streams["form"]
    for habit in habits():
        wanted = set(eligible_communities(eligible_of(habit), small.communities))
        here = form.filter(pc.equal(form["platform_id"], habit.platform_id))
        assert set(here["community_code"].unique().to_pylist()) <= wanted, habit.platform_id
        assert here.num_rows == 0 or set(habit.asks) >= {
            a for a in here.column_names if a in habit.asks and here[a].null_count < here.num_rows
        }


def test_keys_are_unique_but_for_versions_of_cases(province: Population) -> None:
    for stream, table in province.streams.items():
        keys = pc.binary_join_element_wise(table["platform_id"], table["source_key"], ":")
        counts = pc.value_counts(keys.combine_chunks()).field(1)
        assert pc.max(counts).as_py() <= (2 if stream == "case" else 1)


def test_identity_numbers_are_valid_and_belong_to_nobody(province: Population) -> None:
    form = province.streams["form"]
    clean = form.filter(
        pc.and_(
            pc.equal(form["cert_type_code"], "111"),
            pc.fill_null(pc.match_substring_regex(form["cert_no"], r"^\d{17}[\dX]$"), False),
        )
    )
    numbers = texts(clean["cert_no"].to_pylist())
    valid = np.array([n[17] for n in numbers]) == check_digits(np.array([n[:17] for n in numbers]))
    assert valid.mean() > 0.98
    assert {n[:4] for n in numbers[valid]} == {"4399"}
    assert not any(code.startswith("4399") for code in regions())


def test_numbers_state_birthday_and_sex(province: Population) -> None:
    """But for the few who bear somebody else's number."""
    form, records = province.streams["form"], province.truth["records"]
    easy = form.filter(pc.equal(records["trap"][: form.num_rows], "")).filter(pc.field("cert_type_code") == "111")
    rows = easy.select(["cert_no", "birth_date", "sex_code"]).drop_null().to_pylist()
    agree = [
        r["cert_no"][6:14] == r["birth_date"].strftime("%Y%m%d")
        and (int(r["cert_no"][16]) % 2 == 1) == (r["sex_code"] == "1")
        for r in rows
    ]
    assert len(rows) > 10_000
    assert 0.995 < np.mean(agree) < 1


def test_every_trap_is_laid_and_most_records_are_typed_right(province: Population) -> None:
    traps = province.truth["records"]["trap"].to_pylist()
    counts = {t: traps.count(t) for t in set(traps)}
    wrong = sum(n for t, n in counts.items() if t in WRONG)
    assert len(SLIPS) == 17
    assert set(counts) >= {*WRONG, *HARD, "test_record"}
    assert 0.02 <= wrong / len(traps) <= 0.06
    assert counts[""] / len(traps) > 0.88


WRONG = (
    "homophone",
    "lookalike",
    "reversed_name",
    "traditional",
    "transposed_number",
    "mistyped_number",
    "digit_dropped",
    "placeholder",
    "one_number_many_names",
    "day_month_swapped",
    "new_year_birthday",
    "lunar_birthday",
    "wrong_sex",
    "mistyped_phone",
    "worker_phone",
    "name_only",
)
HARD = (
    "remark",
    "small_x",
    "old_number",
    "spaced_number",
    "wide_number",
    "quoted_number",
    "loose_name",
    "other_dot",
    "rare_character",
)


def test_one_form_in_eight_has_no_usable_number(province: Population) -> None:
    form = province.streams["form"]
    hidden = [h.platform_id for h in habits() if "cert_no" in h.masks]
    unusable = pc.or_(pc.is_null(form["cert_no"]), pc.is_in(form["platform_id"], pa.array(hidden)))
    assert 0.09 <= pc.mean(unusable.cast(pa.int8())).as_py() <= 0.15


def test_careless_platforms_slip_more(province: Population) -> None:
    form, trap = province.streams["form"], province.truth["records"]["trap"].to_numpy()
    wrong = np.isin(trap[: form.num_rows], WRONG)
    sloppy = {h.platform_id: h.sloppiness for h in habits()}
    care = np.array([sloppy[p] for p in form["platform_id"].to_pylist()])
    assert wrong[care > 0.65].mean() > 1.5 * wrong[care < 0.35].mean()


def measured_use(made: Population) -> dict[str, tuple[float, float, int, float]]:
    """Platform -> lower ends of reach and penetration, persistent months, completeness, by the rule of domain.md B2."""
    workday = logged_days()[is_logged_workday()]
    window = workday[workday <= WINDOW[1].astype(np.int64)]
    month = window.astype("datetime64[D]").astype("datetime64[M]").astype(int)
    used, logged = log_cubes(made, window)
    out, rng = {}, np.random.default_rng(1)
    for number, habit in enumerate(habits()):
        mine = used[number, eligible_rows(habit, made)]
        weights = rng.poisson(1.0, (400, len(mine)))
        weights = weights[weights.sum(axis=1) > 0]
        total = weights.sum(axis=1)
        out[habit.platform_id] = (
            float(np.quantile(weights @ mine.any(axis=1) / total, 0.025)),
            float(np.quantile(weights @ mine.mean(axis=1) / total, 0.025)),
            sum(mine[:, month == m].mean() >= 0.15 for m in set(month)),
            float(min(logged[number, month == m].mean() for m in set(month))),
        )
    return out


def eligible_rows(habit: Habit, made: Population) -> np.ndarray:
    return np.flatnonzero(np.isin(made.communities, eligible_communities(eligible_of(habit), made.communities)))


def log_cubes(made: Population, window: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Days of work (platform, community, day of the window) and days with any line (platform, day)."""
    usage = made.streams["usage"]
    shape = (len(habits()), len(made.communities), len(window))
    day = local_days(usage["occurred_at"]).astype(np.int64)
    inside = np.isin(day, window)
    at = np.searchsorted(window, day) % len(window)
    platform = numbered(usage["platform_id"], [h.platform_id for h in habits()])
    community = numbered(usage["community_code"], made.communities)
    human = pc.is_in(usage["account_kind_code"], pa.array(["worker", "resident"])).to_numpy()
    works = inside & human & pc.is_in(usage["action_code"], pa.array(EFFECTIVE)).to_numpy()
    used, logged = np.zeros(shape, dtype=bool), np.zeros((shape[0], shape[2]), dtype=bool)
    used[platform[works], community[works], at[works]] = True
    logged[platform[inside], at[inside]] = True
    return used, logged


def numbered(values: pa.ChunkedArray, known: list[str]) -> np.ndarray:
    return pc.fill_null(pc.index_in(values, pa.array(known)), -1).to_numpy()


@pytest.mark.parametrize(
    ("seed", "residents", "communities"), [(1, 200, 12), (2, 200, 13), (3, 300, 24), (20260930, 0, 60)]
)
def test_the_rule_finds_exactly_the_54(seed: int, residents: int, communities: int, province: Population) -> None:
    made = populate(habits(), seed, residents, communities) if residents else province
    measured = measured_use(made)
    high = {
        p
        for p, (reach, spread, persistent, complete) in measured.items()
        if reach >= 0.5 and spread >= 0.2 and persistent >= 2 and complete >= 0.9 and USAGE[p] != "retired"
    }
    assert high == {p for p, kind in USAGE.items() if kind in HIGH_KINDS}
    assert len(high) == 54
    assert min(measured[p][1] for p in high) > 0.25


@pytest.mark.parametrize(
    ("kind", "fails"),
    [
        ("bot", "spread"),
        ("clock_in", "spread"),
        ("power_user", "reach"),
        ("narrow_reach", "reach"),
        ("burst", "persistence"),
        ("seasonal", "persistence"),
        ("log_gap", "completeness"),
        ("retired", "spread"),
        ("medium", "spread"),
        ("low", "spread"),
        ("zombie", "reach"),
    ],
)
def test_each_control_fails_by_its_own_defect(
    used: dict[str, tuple[float, float, int, float]], kind: str, fails: str
) -> None:
    limits = {"reach": (0, 0.5), "spread": (1, 0.2), "persistence": (2, 2), "completeness": (3, 0.9)}
    at, limit = limits[fails]
    assert all(used[p][at] < limit for p, k in USAGE.items() if k == kind)


@pytest.mark.parametrize("kind", ["bot", "clock_in"])
def test_raw_counts_mislead(province: Population, kind: str) -> None:
    counts = {v["values"]: v["counts"] for v in province.streams["usage"]["platform_id"].value_counts().to_pylist()}
    high = [counts[p] for p, k in USAGE.items() if k == "high"]
    whole = [h.platform_id for h in habits() if h.usage == kind and h.eligible_kind == "all"]
    assert min(counts[p] for p in whole) > np.quantile(high, 0.75)


def test_zombies_did_nothing_for_ninety_days(province: Population) -> None:
    usage = province.streams["usage"]
    dead = pa.array([p for p, k in USAGE.items() if k == "zombie"])
    rows = usage.filter(
        pc.and_(pc.is_in(usage["platform_id"], dead), pc.is_in(usage["action_code"], pa.array(EFFECTIVE)))
    )
    assert set(rows["account_kind_code"].unique().to_pylist()) <= {"test"}


def test_each_form_of_the_window_left_a_line_in_the_log(small: Population) -> None:
    form, usage = small.streams["form"], small.streams["usage"]
    gaps = pa.array([p for p, k in USAGE.items() if k == "log_gap"])
    typed = form.filter(pc.and_(pc.equal(form["mode_code"], "manual"), pc.invert(pc.is_in(form["platform_id"], gaps))))
    late = typed.filter(pa.array(local_days(typed["entered_at"]) >= WINDOW[0]))
    created = usage.filter(pc.equal(usage["action_code"], "create"))
    lines = set(
        zip(
            created["platform_id"].to_pylist(),
            created["account_no"].to_pylist(),
            created["occurred_at"].cast(pa.int64()).to_pylist(),
            strict=True,
        )
    )
    assert late.num_rows > 300
    assert (
        set(
            zip(
                late["platform_id"].to_pylist(),
                late["worker_no"].to_pylist(),
                late["entered_at"].cast(pa.int64()).to_pylist(),
                strict=True,
            )
        )
        <= lines
    )


def test_cases_run_in_order_and_links_lead_somewhere(province: Population) -> None:
    case = province.streams["case"]
    assert not pc.any(pc.less(case["accept_at"], case["apply_at"])).as_py()
    assert not pc.any(pc.less(case["close_at"], case["accept_at"])).as_py()
    keys = set(zip(case["platform_id"].to_pylist(), case["source_key"].to_pylist(), strict=True))
    linked = case.filter(pc.is_valid(case["link_code"]))
    assert set(linked["link_code"].unique().to_pylist()) == {"parent", "reopen", "transfer"}
    assert set(zip(linked["platform_id"].to_pylist(), linked["parent_case_no"].to_pylist(), strict=True)) <= keys


def test_a_matter_stays_within_its_window_and_matters_stay_apart(province: Population) -> None:
    case, truth = province.streams["case"], province.truth["cases"]
    apply_at = dict(
        zip(
            pc.binary_join_element_wise(case["platform_id"], "case", case["source_key"], ":").to_pylist(),
            np.searchsorted(workdays(), local_days(case["apply_at"]).astype(np.int64)).tolist(),
            strict=True,
        )
    )
    spans: dict[tuple[int, str], dict[int, list[int]]] = {}
    for row in truth.to_pylist():
        days = spans.setdefault((row["person_id"], row["matter_class_code"]), {}).setdefault(row["matter_id"], [])
        days.append(apply_at[row["record_id"]])
    longest, nearest = 0, 10**6
    for (_, kind), matters in spans.items():
        ranges = sorted((min(d), max(d)) for d in matters.values())
        longest = max(longest, *(high - low - window_of(kind) for low, high in ranges))
        nearest = min([nearest, *(b[0] - a[1] for a, b in itertools.pairwise(ranges))])
    assert longest <= 0
    assert nearest > 25


def test_low_income_support_passes_through_four_platforms(province: Population) -> None:
    case, truth = province.streams["case"], province.truth["cases"]
    dibao = truth.filter(pc.equal(truth["matter_class_code"], "dibao"))
    platforms = pc.list_element(pc.split_pattern(dibao["record_id"], ":"), 0)
    per = pa.table({"m": dibao["matter_id"], "p": platforms}).group_by("m").aggregate([("p", "count_distinct")])
    assert np.mean(per["p_count_distinct"].to_numpy() >= 4) > 0.6
    assert set(case["item_code"].unique().to_pylist()) == set(items())


def test_duplicates_reopened_and_transferred_cases_are_planted(province: Population) -> None:
    roles = province.truth["cases"]["role_code"].to_pylist()
    assert {"first", "part", "duplicate", "reopened", "transferred"} == set(roles)
    assert 0.01 < roles.count("duplicate") / len(roles) < 0.06


@pytest.mark.parametrize(
    ("kind", "levels"), [("honest", {1, 2, 3, 4, 5}), ("only_satisfied", {3, 4, 5}), ("machine", {5})]
)
def test_levels_by_kind_of_rating(province: Population, kind: str, levels: set[int]) -> None:
    rating = province.streams["rating"]
    mine = rating.filter(pc.is_in(rating["platform_id"], pa.array([p for p, k in RATING.items() if k == kind])))
    assert set(mine["level"].unique().to_pylist()) == levels


def test_silence_becomes_satisfied_after_five_working_days(province: Population) -> None:
    rating, case = province.streams["rating"], province.streams["case"]
    case = case.filter(pc.is_valid(case["close_at"]))
    closed = dict(zip(keys_of(case, "source_key"), workday_numbers(case["close_at"]), strict=True))
    silent = rating.filter(rating["is_default"])
    rated = workday_numbers(silent["rated_at"])
    waited = [r - closed[k] for k, r in zip(keys_of(silent, "case_no"), rated, strict=True) if r < len(workdays()) - 6]
    assert silent.num_rows > 500
    assert set(silent["collected_code"].unique().to_pylist()) == {"system"}
    assert set(waited) == {5}


def keys_of(table: pa.Table, column: str) -> list[tuple[str, str]]:
    return list(zip(table["platform_id"].to_pylist(), table[column].to_pylist(), strict=True))


def workday_numbers(moments: pa.ChunkedArray) -> list[int]:
    return np.searchsorted(workdays(), local_days(moments).astype(np.int64)).tolist()


def test_machine_ratings_bear_their_fingerprint(province: Population) -> None:
    truth, rating = province.truth["ratings"], province.streams["rating"]
    machine = rating.filter(truth["is_machine"])
    assert machine["detail_codes"].unique().to_pylist() == ["510,517"]
    assert machine["comment_text"].null_count == machine.num_rows
    assert set(machine["stage_code"].unique().to_pylist()) == {"apply", "accept", "close"}


def test_people_are_kinder_face_to_face(province: Population) -> None:
    rating = province.streams["rating"]
    honest = rating.filter(pc.is_in(rating["platform_id"], pa.array([p for p, k in RATING.items() if k == "honest"])))
    good = {
        how: pc.mean(honest.filter(pc.equal(honest["collected_code"], how))["level"]).as_py()
        for how in ("self", "face_to_face")
    }
    assert good["face_to_face"] > good["self"] + 0.1


def test_what_people_really_think_lies_where_it_should(province: Population) -> None:
    latent = province.truth["closures"]["latent_level"].to_numpy()
    assert 0.88 <= (latent >= 3).mean() <= 0.95


def test_twins_have_neighbouring_numbers_and_near_names() -> None:
    from province.population.people import make_people

    people = make_people(5, 6000, 60)
    younger = np.flatnonzero(people.twin_of >= 0)
    elder = people.twin_of[younger]
    assert len(younger) >= 10
    assert (people.birth[younger] == people.birth[elder]).all()
    same = people.sex[younger] == people.sex[elder]
    step = [
        int(b[14:17]) - int(a[14:17])
        for a, b in zip(people.cert_no[elder[same]], people.cert_no[younger[same]], strict=True)
    ]
    assert set(step) == {2}
    for a, b in zip(people.names.full[elder], people.names.full[younger], strict=True):
        assert len(a) == len(b)
        assert sum(x != y for x, y in zip(a, b, strict=True)) == 1


@pytest.mark.parametrize(("number", "written"), [(1, "一"), (10, "十"), (13, "十三"), (20, "二十"), (24, "二十四")])
def test_numerals(number: int, written: str) -> None:
    assert numeral(number) == written
