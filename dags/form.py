"""The forms with which a person starts a run by hand. A scheduled run takes what stands in them."""

from __future__ import annotations

from collections.abc import Mapping

from airflow.sdk import Param


def ingest_form(titles: Mapping[str, str]) -> dict[str, Param]:
    """What may be chosen of one line. ``titles``: platform id -> what people call it."""
    ids = list(titles)
    return {
        "platforms": Param(
            [],
            "只读这些平台；不选则读全部。Read these platforms alone; all of them when none is chosen.",
            type=["array", "null"],
            title="平台 platforms",
            items={"type": "string", "enum": ids},
            examples=ids,
            values_display=dict(titles),
        ),
        "since": Param(
            None,
            "从这一天起重读；文件按内容识别，不受此限。"
            "Read again from this day on; files are known by their content, and are read on as ever.",
            type=["null", "string"],
            format="date",
            title="自何日起重读 since",
        ),
        "full_refresh": Param(
            False,
            "不只读新增，从头重读。上游补改旧数据而未注明时使用。"
            "Read from the beginning, not only what is new: for a source that corrected old rows without saying so.",
            type="boolean",
            title="从头重读 full refresh",
        ),
        "dry_run": Param(
            False,
            "只问平台是否在线、字段是否如约，不取数据，不放行。"
            "Ask whether the platforms answer and have their fields; nothing is landed and nothing judged.",
            type="boolean",
            title="只检查 dry run",
        ),
        "tolerated_failures": Param(
            0,
            "超过此数，本次运行记为失败；其余平台的数据照常入库。"
            "With more failures than this the run counts as failed; the other platforms' rows go on all the same.",
            type="integer",
            minimum=0,
            title="容许失败的平台数 platforms that may fail",
        ),
    }


def unify_form() -> dict[str, Param]:
    """What may be chosen of the unify run."""
    return {
        "tolerated_stale": Param(
            5,
            "超过此数，本次运行记为失败；数据照常发布。"
            "With more stale platforms than this the run counts as failed; what there is is published all the same.",
            type="integer",
            minimum=0,
            title="容许数据陈旧的平台数 platforms that may be stale",
        )
    }
