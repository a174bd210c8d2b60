"""Small platforms and landed batches, made in a line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.platform_file import Access, Expect, Owner, Platform, PlatformFile, StreamFile, Title
from schemas.receipts import Cursor, Landed, LandedFile, LandedStream
from schemas.streams import stream_tables

Row = dict[str, str | None]
BATCH = "b20261001"
COMMUNITY = "430102001001"
FORM = {
    "编号": "source_key",
    "更新时间": "changed_at",
    "办件": "case_no",
    "姓名": "person_name",
    "证件类型": "cert_type_code",
    "证件号码": "cert_no",
    "性别": "sex_code",
    "出生日期": "birth_date",
    "电话": "phone",
    "地址": "address",
    "人口": "household_size",
    "社区": "community_code",
    "录入时间": "entered_at",
    "方式": "mode_code",
    "预填": "prefilled",
}
GOOD_FORM: Row = {
    "编号": "F1",
    "更新时间": "2026-07-01 08:00:00",
    "办件": "C1",
    "姓名": "张三",
    "证件类型": "111",
    "证件号码": "11010519491231002X",
    "性别": "男",
    "出生日期": "1949-12-31",
    "电话": "13800001111",
    "地址": "五一路12号3栋",
    "人口": "3",
    "社区": COMMUNITY,
    "录入时间": "2026-07-01 08:00:00",
    "方式": "手工",
    "预填": None,
}
CODES = {"sex_code": {"男": "1", "女": "2"}, "mode_code": {"手工": "manual", "导入": "import"}}
USAGE = {
    "id": "source_key",
    "sj": "occurred_at",
    "sq": "community_code",
    "lb": "account_kind_code",
    "dz": "action_code",
    "sc": "duration_s",
}
GOOD_USAGE: Row = {
    "id": "L1",
    "sj": "2026-07-01 08:00:00",
    "sq": COMMUNITY,
    "lb": "worker",
    "dz": "create",
    "sc": "12",
}


def platform(
    fields: dict[str, str],
    stream: str = "form",
    *,
    zone: str = "Asia/Shanghai",
    masked: list[str] | None = None,
    **more: object,
) -> Platform:
    """A platform that sends one stream; ``more``: parts of its stream file (codes, formats, constants)."""
    key = next(name for name, column in fields.items() if column == "source_key")
    codes = {column: values for column, values in CODES.items() if column in fields.values()}
    described = StreamFile.model_validate(
        {"source": stream, "key": key, "expect": Expect(floor=0, ceiling=10**6), "fields": fields, "codes": codes}
        | more
    )
    file = PlatformFile(
        title=Title(zh="测试平台", en="test platform"),
        owner=Owner(org="测试局"),
        go_live=date(2024, 1, 1),
        masked=masked or [],
        timezone=zone,  # type: ignore[arg-type]
        access=Access(family="folder_files", endpoint="test"),
        streams={stream: described},  # type: ignore[dict-item]
    )
    return Platform(platform_id="civil_aid", line_id="civil", file=file, path="civil_aid.yml")


def rows(base: Row, *changes: Mapping[str, str | None]) -> list[Row]:
    """One row for each change of a base row, keys numbered unless the change says otherwise."""
    key = next(iter(base))
    return [base | {key: f"R{n}"} | dict(change) for n, change in enumerate(changes)]


def table_of(records: list[Row], fields: dict[str, str]) -> pa.Table:
    """Landed rows: lineage, then text."""
    count = len(records)
    lineage = {"_row": pa.array(range(count), pa.int64()), "_unit": pa.array(["page 1"] * count, pa.string()),
               "_unit_row": pa.array(range(count), pa.int64())}  # fmt: skip
    text = {name: pa.array([record.get(name) for record in records], pa.string()) for name in fields}
    return pa.table(lineage | text)


def land(home: Path, source: Platform, records: list[Row], batch: str = BATCH) -> Landed:
    """Land rows of a platform's only stream."""
    (stream, file), = source.file.streams.items()  # fmt: skip
    path = home / "landing" / source.platform_id / batch / f"{stream}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table_of(records, file.fields), path)
    landed = LandedFile(str(path.relative_to(home)), len(records), "")
    one = LandedStream(
        source.platform_id,
        stream,
        batch,
        len(records),
        0,
        None,
        [landed],
        list(file.fields),
        file.key,
        Cursor(),
        Cursor(),
    )
    return Landed(source.platform_id, source.line_id, batch, "", "", [one])


def canonical(stream: str) -> str:
    """Name of a stream's canonical table."""
    return stream_tables()[stream].name
