"""What the commands print with ``--json``, declared: one class for each kind of object.

The published schemas (:mod:`liandao.answers.schemas`) are made from these classes, and commands answer with their
instances. Keys stay: one that is taken away or comes to mean something else is a change to be announced; new ones may
come. Those that hold classes of the rooms are in :mod:`liandao.answers.rooms`: importing these is not quick.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class PlatformRow:
    """One platform of ``platforms``. ``state``: whether what is published of it is fresh, in both languages.
    ``error``: why it is not, ``next``: the command to run; both null for one that is fresh or was never read."""

    line_id: str
    platform_id: str
    title_zh: str
    title_en: str
    owner: str
    family: str
    streams: list[str]
    state: str
    error: str | None
    next: str | None


@dataclass(frozen=True, slots=True)
class PlannedStream:
    """One stream that ``run --dry-run`` would ask for. ``reading``: from where, in both languages; for a platform whose
    file is not right, the error, and no ``stream``."""

    line_id: str
    platform_id: str
    stream: str
    reading: str


@dataclass(frozen=True, slots=True)
class GenerationRow:
    """One generation of ``generations``. ``checksum``: of its content; ``batches``: how many it holds."""

    generation: int
    is_published: bool
    run_id: str
    ended_at: datetime | None
    program: str
    checksum: str
    batches: int


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run of ``runs``. ``state``: done, failed, running or interrupted. ``generation``: what it published.
    ``lines_stopped``: lines whose gate did not let them pass, or broke; ``rows`` taken from platforms, ``refused`` of
    these. ``probable_end``, ``nine_in_ten_end``: of a run that is on, once five have ended."""

    run_id: str
    state: str
    started_at: datetime
    ended_at: datetime | None
    seconds: float | None
    error_code: str | None
    generation: int | None
    platforms_read: int
    platforms_failed: int
    lines_stopped: int
    rows: int
    refused: int
    probable_end: datetime | None
    nine_in_ten_end: datetime | None


@dataclass(frozen=True, slots=True)
class RunStepRow:
    """One step of a run. ``usual_seconds`` and ``p90_seconds``: median and ninth decile of the last ``samples`` times
    that it went well, null below five."""

    step: str
    platform_id: str | None
    line_id: str | None
    started_at: datetime
    seconds: float | None
    rows: int | None
    refused: int | None
    error_code: str | None
    usual_seconds: float | None
    p90_seconds: float | None
    samples: int


@dataclass(frozen=True, slots=True)
class RunDetail:
    """``runs RUN``."""

    run: RunRow
    steps: list[RunStepRow]


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One message of ``notify``: the channel, whether it took it, of how many things it spoke. ``error``: its lines,
    null where it was sent."""

    channel: str
    sent: bool
    problems: int
    recovered: int
    error: list[str] | None


@dataclass(frozen=True, slots=True)
class FileWritten:
    """``metrics-file``: where the file is."""

    file: str


@dataclass(frozen=True, slots=True)
class RolledBack:
    """``rollback``: readers open ``now`` instead of ``before``. ``set_aside``: batches kept out until they are
    released; ``released``: batches that were aside and that this generation holds."""

    before: int
    now: int
    set_aside: list[str]
    released: list[str]


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One batch of ``batch list``, landed and not published. ``state``: ``to conform``, ``to judge``, ``to load``,
    ``stopped`` or ``aside``; ``reason`` and ``by``: why a batch is aside, and who said so."""

    batch_id: str
    platform_id: str
    line_id: str
    landed_at: str
    rows: int
    state: str
    reason: str | None
    by: str | None


@dataclass(frozen=True, slots=True)
class BatchesMoved:
    """``batch set-aside`` and ``batch release``: the batches that it changed something for."""

    batch_ids: list[str]


@dataclass(frozen=True, slots=True)
class StreamCheck:
    """One check of one stream (``*``: of the platform as a whole). ``error``: its lines, null where it passed."""

    stream: str
    check: str
    passed: bool
    detail: str
    error: list[str] | None


@dataclass(frozen=True, slots=True)
class PlatformCheck:
    """``check``: the file was right (else the command ends with an error), and this is what the platform answered.
    ``without_floor``: ``platform.stream`` of streams in use of which nobody said how few rows are too few."""

    platform_id: str
    line_id: str
    file: str
    streams: list[StreamCheck]
    without_floor: list[str]


@dataclass(frozen=True, slots=True)
class FileCheck:
    """One file of a project, by its path in it, and what is wrong with it (the error's lines, null: nothing)."""

    file: str
    ok: bool
    error: list[str] | None


@dataclass(frozen=True, slots=True)
class ProjectCheck:
    """``check`` without a target: every file of the project. ``without_floor``: ``platform.stream`` in use;
    ``without_address``: platforms whose endpoint neither the project nor this home gives an address."""

    files: list[FileCheck]
    without_floor: list[str]
    without_address: list[str]


@dataclass(frozen=True, slots=True)
class StreamBounds:
    """Bounds proposed for one stream, as a platform file writes them. ``rows``: of the full read; ``basis``: what they
    were taken from, in both languages; ``error``: its lines where the stream could not be read."""

    stream: str
    rows: int
    floor: str | None
    ceiling: str | None
    basis: str
    error: list[str] | None


@dataclass(frozen=True, slots=True)
class BoundsProposed:
    """``check --expect``: bounds for every stream of a platform."""

    platform_id: str
    line_id: str
    streams: list[StreamBounds]


@dataclass(frozen=True, slots=True)
class RowCounts:
    """Where rows went: extracted = landed = accepted + quarantined + dropped; accepted = inserted + updated +
    unchanged + superseded."""

    extracted: int
    landed: int
    accepted: int
    quarantined: int
    dropped: int
    inserted: int
    updated: int
    unchanged: int
    superseded: int


@dataclass(frozen=True, slots=True)
class StreamBalance(RowCounts):
    """The same for one stream of one platform, over ``batches``."""

    platform_id: str
    stream: str
    batches: int


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """One figure of ``metrics``, as published. ``grain_key``: which line, platform or month; ``lower`` and ``upper``:
    its 95 % interval."""

    measure_id: str
    grain: str
    grain_key: str
    value: float | None
    numerator: float | None
    denominator: float | None
    lower: float | None
    upper: float | None
    unit: str | None
    rule_version: str
    window_start: date | None
    window_end: date | None
    note: str | None


@dataclass(frozen=True, slots=True)
class MeasureRule:
    """One figure as it is declared: ``metrics --rules``. ``grains``: with commas between; ``parameters``: a JSON
    object as text, as in the table ``mart_measure``."""

    measure_id: str
    title_zh: str
    title_en: str
    definition_zh: str
    definition_en: str
    definition: str
    unit: str
    direction_code: str
    grains: str
    rule_version: str
    parameters: str
    source: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share with its 95 % interval, and how it was estimated."""

    value: float
    lower: float
    upper: float
    method: str


@dataclass(frozen=True, slots=True)
class MatchQuality:
    """Quality as estimated without truth. ``blocking_recall``: null where it can't be estimated."""

    precision: Estimate
    recall: Estimate
    blocking_recall: Estimate | None


@dataclass(frozen=True, slots=True)
class MatchSummary:
    """``match``. ``nodes``: records that differ; ``cluster_sizes``: size -> how many clusters; ``seconds``: of each
    stage; ``guessed``: what was guessed and why, where no configuration was given; the rest is in ``model.json``."""

    records: int
    nodes: int
    candidate_pairs: int
    clusters: int
    cluster_sizes: dict[str, int]
    seconds: dict[str, float]
    lookalikes: dict[str, int] | None
    guessed: list[str]
    quality: MatchQuality
    wall_seconds: float
    out: str


@dataclass(frozen=True, slots=True)
class MissedIds:
    """Ids that were to be removed and are no record's: how many, and the first."""

    ids: int
    first: str | None


@dataclass(frozen=True, slots=True)
class MatchUpdate:
    """``match --update``. ``moved``: records in another cluster than before; ``touched``: decided anew; ``changed``:
    rows of changes.parquet; ``learnt_from``: records that the weights were learnt from."""

    records: int
    clusters: int
    arrived: int
    new: int
    removed: int
    not_known: MissedIds
    moved: int
    touched: int
    changed: int
    learnt_from: int
    seconds: dict[str, float]
    new_sources: list[str]
    out: str


@dataclass(frozen=True, slots=True)
class ExportResult:
    """``review export``. ``rows``: pairs in the workbook."""

    file: str
    export: str
    rows: int


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One row of a workbook that could not be taken; ``fate`` is always ``refused``."""

    row: int
    fate: str
    why: str


@dataclass(frozen=True, slots=True)
class ImportResult:
    """``review import``. ``counts``: rows by fate (kept, known, blank, refused)."""

    counts: dict[str, int]
    refused: list[RefusedRow]


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision of ``review log``: the row of ``link_decision`` as the ledger alone tells it."""

    decision_id: str
    kind_code: str
    left_id: str
    right_id: str
    judgement_code: str
    decided_at: datetime
    decided_by: str | None
    source_code: str | None
    source_key: str | None
    note: str | None
    left_entity_id: str | None
    right_entity_id: str | None
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    superseded_by: str | None
    state_code: str


@dataclass(frozen=True, slots=True)
class Look:
    """One unmasked look of ``review log --looks``: who looked at which records, when and why."""

    at: str
    by: str
    reason: str
    kind: str
    record_ids: list[str]


@dataclass(frozen=True, slots=True)
class RecoverResult:
    """``review recover``. ``recovered``: decisions that were added to the ledger."""

    recovered: int


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """One change in the life of a surrogate. ``other_id``: where records came from or went to; ``decision_id``: the
    decision that brought it about."""

    event_id: str
    generation: int
    run_id: str | None
    occurred_at: datetime | None
    event_code: str
    entity_id: str
    other_id: str | None
    record_count: int | None
    decision_id: str | None


@dataclass(frozen=True, slots=True)
class History:
    """``history``. ``state``: live, merged or retired; ``now``: the id that its records have today; ``via``: ids on the
    way there; ``records``: how many that id has."""

    id: str
    kind: str
    state: str
    state_zh: str
    state_en: str
    now: str | None
    via: list[str]
    records: int
    events: list[HistoryEvent]


@dataclass(frozen=True, slots=True)
class Finding:
    """One check of ``doctor``: whether all is well, what was found, and what to run, or null."""

    check: str
    ok: bool
    found: str
    next: str | None = None


@dataclass(frozen=True, slots=True)
class NewProject:
    """``init``: the project's folder and name, the files written (relative to it), and the next commands."""

    project: str
    name: str
    files: list[str]
    next: list[str]


@dataclass(frozen=True, slots=True)
class Effective:
    """``config``: one setting or definition in effect. ``origin``: an option, a variable, ``default``, ``program``, or
    file and line; of what is merged from several places, all of them."""

    section: str
    name: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class Migrated:
    """``migrate``: the home and its project, its format now, and what was done, one sentence each."""

    home: str
    project: str
    format: int
    done: list[str]


@dataclass(frozen=True, slots=True)
class RegionRef:
    """A region that another one speaks of. ``share``: of what was split, the part that went there, if it is told."""

    region_code: str
    name_zh: str
    level: str
    share: float | None = None


@dataclass(frozen=True, slots=True)
class RegionVersion:
    """One version of a region. ``kind``: village or residents, for communities; ``kind_source``: declared or derived
    from the code. ``valid_from``, ``valid_to``: first and last day, null where it is open."""

    version_no: int
    name_zh: str
    level: str
    parent_code: str | None
    kind: str | None
    kind_source: str | None
    valid_from: date | None
    valid_to: date | None
    predecessors: list[RegionRef]
    successors: list[RegionRef]


@dataclass(frozen=True, slots=True)
class RegionLife:
    """``regions show CODE``: what the table says of one code. ``above``: from near to far; ``below``: how many regions
    lie under it today; ``now``: what it became, as of today."""

    region_code: str
    name_zh: str
    level: str
    is_valid: bool
    above: list[RegionRef]
    below: int
    versions: list[RegionVersion]
    now: list[RegionRef]


@dataclass(frozen=True, slots=True)
class RegionCounts:
    """``regions show``: regions by level (``valid``, ``closed``, ``to_come``), communities by kind, and how many the
    project's survey speaks of."""

    file: str
    day: date
    levels: dict[str, dict[str, int]]
    communities: dict[str, int]
    expected_communities: int | None


@dataclass(frozen=True, slots=True)
class RegionPart:
    """One file of an import, or one sheet of a workbook: its encoding and what shows it, its rows with a code, how many
    of these were asked for, and the headings that nothing was taken from."""

    file: str
    encoding: str
    evidence: str
    rows: int
    regions: int
    passed_over: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RegionChange:
    """One thing that an import does to one code; ``before`` and ``after`` say what changes, such as the name."""

    change: str
    code: str
    level: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RegionsImport:
    """``regions import``: what was read and what changed. ``on``: the first day on which the list holds."""

    file: str
    written: bool
    on: date | None
    read: list[RegionPart]
    counts: dict[str, int]
    without_successor: list[str]
    communities: dict[str, int]
    expected_communities: int | None
    changes: list[RegionChange]
    notes: list[str]
