"""Matters: which cases (办件) on which platforms are one matter, what each is to it, and what people should look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from schemas.arrow import arrow_schema
from schemas.tables.link import MATTER_LINK, MATTER_PAIR, MATTER_REVIEW
from transforms.match.arrays import Ints
from transforms.match.identity import MATTER, NO_PAST, Past, stable_ids
from transforms.match.matters.candidates import Candidates, find_candidates
from transforms.match.matters.cases import Cases, read_cases
from transforms.match.matters.compare import Scored, score_pairs
from transforms.match.matters.evidence import NumberUse, weights_report
from transforms.match.matters.groups import group, read_decisions
from transforms.match.matters.outputs import decide_grades, pairs_table, review_table
from transforms.match.matters.relations import RELATIONS, ROLES, relate, roles
from transforms.match.score import GRADES, PROBABLE


@dataclass(frozen=True, slots=True)
class MatterMatch:
    """Tables of ``schemas.tables.link``: link_matter, link_matter_pair, link_matter_review; and a readable report."""

    links: pa.Table
    pairs: pa.Table
    review: pa.Table
    report: dict[str, object]


def match_matters(
    cases: pa.Table,
    previous: pa.Table | None,
    key: bytes,
    constraints: pa.Table | None = None,
    past: Past = NO_PAST,
) -> MatterMatch:
    """Find which cases are one matter.

    ``cases``: columns of core_case and person_id; ``household_no``, ``address``, ``project_no``, ``object_no`` and
    ``title`` are used where present. ``previous``: link_matter of the last generation, from which matters keep their
    ids. ``key``: the home's key for surrogates. ``constraints``: what people have decided (left_id, right_id,
    judgement: same, different or unsure). ``past``: ids beyond the last generation. The order of rows changes nothing.
    """
    if not cases.num_rows:
        links, pairs, review = (arrow_schema(t).empty_table() for t in (MATTER_LINK, MATTER_PAIR, MATTER_REVIEW))
        return MatterMatch(links, pairs, review, {})
    read = read_cases(cases)
    decided = read_decisions(constraints, read.record_ids)
    found = find_candidates(read, (decided.left, decided.right))
    scored, uses = score_pairs(read, found)
    joins = scored.grade >= PROBABLE
    matter = group(len(read), scored.left[joins], scored.right[joins], scored.weight[joins], decided)
    judged = decided.judged(scored.left, scored.right, len(read))
    graded = decide_grades(scored, judged)
    relation = relate(read, graded)
    ids = stable_ids(read.record_ids, matter, previous, "matter_id", key, MATTER, past)
    return MatterMatch(
        links=_links(read, found, matter, ids),
        pairs=pairs_table(read.record_ids, graded, relation, judged),
        review=review_table(read.record_ids, scored, matter, decided),
        report=_report(found, graded, relation, matter, uses),
    )


def _links(read: Cases, found: Candidates, matter: Ints, ids: pa.Array) -> pa.Table:
    columns = [
        read.record_ids,
        ids.take(pa.array(matter)),
        read.person_ids,
        read.classes,
        pa.array(ROLES).take(pa.array(roles(read, found.stated, matter))),
    ]
    return pa.Table.from_arrays(columns, schema=arrow_schema(MATTER_LINK))


def _report(
    found: Candidates, scored: Scored, relation: Ints, matter: Ints, uses: tuple[NumberUse, NumberUse]
) -> dict[str, object]:
    """Counts a reader can check: candidate pairs by pass, pairs by grade and relation, matters by size, weights."""
    sizes = np.bincount(np.bincount(matter))
    return {
        "cases": len(matter),
        "matters": int(matter.max()) + 1,
        "candidate_pairs": len(found.left),
        "passes": found.made,
        "grades": dict(zip(GRADES, np.bincount(scored.grade, minlength=len(GRADES)).tolist(), strict=True)),
        "relations": dict(zip(RELATIONS, np.bincount(relation, minlength=len(RELATIONS)).tolist(), strict=True)),
        "matter_sizes": {str(n): int(sizes[n]) for n in np.flatnonzero(sizes) if n},
        **weights_report(uses),
    }
