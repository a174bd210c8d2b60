"""What `docs/guarantees.md` promises: each with the test that holds it, and what that test was seen to miss when it was
taken away."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise, or one side of it. ``test``: file, or file and test; ``chosen``: of its cases, as ``pytest -k`` says
    it. ``taken``: the text in ``file`` that holds it; ``given``: what stands there when that is taken away."""

    number: str
    test: str
    file: str
    taken: str
    given: str
    chosen: str = ""


PROMISES = (
    Promise(
        "G1",
        "tests/liandao/test_upkeep.py::test_a_lost_file_holds_publishing_up_until_its_loss_is_accepted",
        "liandao/steps.py",
        "        if findings:\n            raise _unbalanced(findings)\n",
        "",
    ),
    Promise("G1", "tests/warehouse/test_audit.py", "warehouse/audit.py", '"audit_lost", ', ""),
    Promise(
        "G2",
        "tests/warehouse/test_publish.py::test_a_polling_reader_sees_whole_generations",
        "warehouse/publish.py",
        "    install(build)\n    places.point_current(build.home, build.generation)\n",
        "    places.point_current(build.home, build.generation)\n    install(build)\n",
    ),
    Promise(
        "G3",
        "tests/warehouse/test_build.py::test_a_build_killed_while_loading_is_swept",
        "warehouse/build.py",
        "    shutil.rmtree(places.build_folder(home), ignore_errors=True)\n    current",
        "    current",
    ),
    Promise(
        "G4",
        "tests/liandao/test_landing.py::test_a_night_without_news_leaves_no_file_and_the_same_content",
        "connectors/extract.py",
        "        if landed.is_empty:\n            folder.rmdir()\n            return landed\n",
        "",
    ),
    Promise(
        "G5",
        "tests/warehouse/test_load.py::test_the_version_to_hold",
        "warehouse/sql/judge_versions.sql",
        "WHEN i.changed_at < coalesce(h.changed_at, '-infinity'::TIMESTAMPTZ) THEN 'superseded'",
        "WHEN i.changed_at < coalesce(h.changed_at, '-infinity'::TIMESTAMPTZ) THEN 'updated'",
    ),
    Promise(
        "G6",
        "tests/liandao/test_workers.py::test_the_platform_fails_by_name_and_all_others_publish",
        "liandao/workers.py",
        "                except BrokenProcessPool:\n                    undone.append(futures[future])\n",
        "                except BrokenProcessPool:\n                    raise\n",
        chosen="dies",
    ),
    Promise(
        "G7",
        "tests/liandao/test_landing.py::test_what_was_read_on_from_a_stopped_batch_is_read_again",
        "liandao/batches.py",
        "if batch.batch_id in stopped or before & (ends - sound):",
        "if batch.batch_id in stopped:",
    ),
    Promise(
        "G8",
        "tests/connectors/test_extract.py::test_the_floor_stops",
        "connectors/extract.py",
        "contract.check_size(writer.rows, landed_before, is_full",
        "bool(writer.rows) and dict(is_full",
    ),
    Promise(
        "G9",
        "tests/e2e/test_trace.py",
        "connectors/landing.py",
        "pa.repeat(unit, count)",
        'pa.repeat("", count)',
    ),
    Promise(
        "G10",
        "tests/liandao/test_taking_back.py::test_a_rollback_stays_until_its_batches_are_released",
        "liandao/generations.py",
        "aside = set_aside(home, sorted(held - wanted), reason, by)",
        "aside = set_aside(home, [], reason, by)",
    ),
    Promise(
        "G11",
        "tests/liandao/test_upkeep.py::test_a_lost_generation_is_rebuilt_from_landing_as_it_was",
        "liandao/upkeep/rebuild.py",
        "_judged(work, receipt), receipt.attempts, started",
        "_judged(work, receipt), [], started",
    ),
    Promise(
        "G12",
        "tests/warehouse/test_build.py::test_tables_of_an_earlier_version_are_brought_up_to_date",
        "warehouse/structure.py",
        "    _copy(con, tab, old, held)\n    con.execute",
        "    con.execute",
    ),
)
