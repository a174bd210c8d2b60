"""How each platform is reached: vendors' envelopes, names of tables and files, of endpoints and credentials."""

from __future__ import annotations

from province.estate import lines
from province.estate_fields import draw
from province.habits import Habit
from schemas.file_formats import CsvOptions, Encoding, XlsxOptions, XmlOptions
from schemas.platform_file import Paging

VENDORS: tuple[Paging, ...] = (
    Paging(size=2000),
    Paging(rows="data.list", total="data.total", code="code", ok="200", size=1000),
    Paging(
        rows="result.records",
        total="result.totalCount",
        code="status",
        ok=0,
        size=5000,
        page_parameter="pageNo",
        size_parameter="pageSize",
        since_parameter="updateTimeStart",
        cursor_parameter="nextToken",
        next="result.nextToken",
    ),
    Paging(
        rows="rows",
        total="total",
        size=1000,
        page_parameter="pageNum",
        size_parameter="limit",
        since_parameter="beginTime",
        cursor_parameter="after",
        next="after",
    ),
    Paging(
        rows="body.items",
        total="body.count",
        code="rtnCode",
        ok="0000",
        size=2000,
        page_parameter="currentPage",
        since_parameter="lastTime",
        cursor_parameter="marker",
        next="body.marker",
    ),
)
"""The envelopes that the vendors of the province's systems have in use."""
VENDOR_NAMES = ("qiming", "hengtai", "zhongke", "yunfan", "boda")
"""What the vendors are called, in the same order."""

PINYIN = {"form": "BDXX", "case": "BJXX", "rating": "HCPXX", "survey": "DCWJ", "ticket": "GDXX", "usage": "CZRZ"}
ENGLISH = {
    "form": "apply_form",
    "case": "project",
    "rating": "evaluation",
    "survey": "questionnaire",
    "ticket": "work_order",
    "usage": "oper_log",
}


def paging_of(habit: Habit) -> Paging:
    """The envelope of a platform that is asked over HTTP."""
    return VENDORS[_vendor(habit)]


def vendor_of(habit: Habit) -> str:
    """The vendor of a platform that is asked over HTTP."""
    return VENDOR_NAMES[_vendor(habit)]


def _vendor(habit: Habit) -> int:
    return draw(habit.platform_id, "vendor", len(VENDORS))


def format_of(habit: Habit) -> CsvOptions | XlsxOptions | XmlOptions:
    """How a platform writes its files. Some spreadsheets have a title line above the headings."""
    if habit.file_type == "xlsx":
        sheet, header_row = (("数据", 2), ("Sheet1", 1))[draw(habit.platform_id, "sheet", 2)]
        return XlsxOptions(sheet=sheet, header_row=header_row)
    if habit.file_type == "xml":
        return XmlOptions(record_tag=("row", "RECORD", "item")[draw(habit.platform_id, "tag", 3)])
    delimiter = "|" if draw(habit.platform_id, "delimiter", 5) == 0 else ","
    if habit.encoding == "gb18030":
        return CsvOptions(encoding="gb18030", delimiter=delimiter)
    encodings: tuple[Encoding, ...] = ("utf-8", "utf-8-sig", "utf-8")
    return CsvOptions(encoding=encodings[draw(habit.platform_id, "bom", 3)], delimiter=delimiter)


def source_of(habit: Habit, stream: str) -> str:
    """What a stream is called at its platform: an HTTP resource, a table, or a pattern of file names."""
    names = habit.field_names[stream]
    is_pinyin = names["changed_at"].upper().startswith("GXSJ") or not names["changed_at"].isascii()
    prefix = next(line.pinyin for line in lines() if line.line_id == habit.line_id)
    if habit.family in ("http_page", "http_cursor"):
        return (
            f"api/v{1 + draw(habit.platform_id, 'api', 3)}/{PINYIN[stream].lower() if is_pinyin else ENGLISH[stream]}"
        )
    if habit.family == "sql":
        return f"T_{prefix.upper()}_{PINYIN[stream]}" if is_pinyin else f"t_{ENGLISH[stream]}"
    return file_name(habit, stream, "*")


def file_name(habit: Habit, stream: str, period: str) -> str:
    """The name of one file of a stream."""
    prefix = next(line.pinyin for line in lines() if line.line_id == habit.line_id)
    return f"{prefix}_{PINYIN[stream].lower()}_{period}.{habit.file_type}"


def endpoint_of(habit: Habit) -> str:
    """The name under which the deployment file states where the platform is."""
    return habit.platform_id


def credential_of(habit: Habit) -> str | None:
    """The name of the platform's credential; files of one line share an SFTP account, folders and SQLite need none."""
    if habit.family == "sftp_files":
        return f"{habit.line_id}_sftp"
    if habit.family == "sql":
        return f"{habit.platform_id}_reader" if habit.database == "postgresql" else None
    return f"{habit.platform_id}_token" if habit.family.startswith("http") else None
