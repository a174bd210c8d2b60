"""Families and formats of other distributions: real entry points of real distributions on the path."""

from __future__ import annotations

import mailbox
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from connectors.deployment import resolve_endpoint
from connectors.extract import extract
from connectors.families import BUILT_IN, family_names, find_family
from connectors.formats import find_format, format_names
from connectors.registry import load_platform
from liandao.project_file import load_deployment
from schemas.errors import ConfigurationError, PlatformFileError, SourceMalformed
from schemas.receipts import Cursor, LandedStream
from tests.pages import blocks, named_blocks
from tests.project_folder import LINE, LOG, ProjectFolder

Installer = Callable[[str, str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installer]:
    """Installs a distribution: its name, the text of its entry points, the text of its one module."""
    before = set(sys.modules)

    def write(name: str, points: str, module: str) -> None:
        site = tmp_path / name
        info = site / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(points, encoding="utf-8")
        (site / f"{name}.py").write_text(module, encoding="utf-8")
        monkeypatch.syspath_prepend(str(site))

    yield write
    for module in set(sys.modules) - before:
        del sys.modules[module]


def entry_points(project: str) -> str:
    """The entry points of a ``pyproject.toml`` as an installer writes them."""
    groups = tomllib.loads(project)["project"]["entry-points"]
    sections = [[f"[{group}]", *(f"{n} = {v}" for n, v in points.items())] for group, points in groups.items()]
    return "\n".join(line for section in sections for line in [*section, ""])


RECORD = "编号：{n}\n社区：439901001001\n账号类别：worker\n操作：create\n时间：2026-07-01 08:00:{n:02d}\n"
WITHOUT_COMMUNITY = "编号：{n}\n账号类别：system\n操作：create\n时间：2026-07-01 08:00:{n:02d}\n"


def send(path: Path, sender: str, name: str, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    message = EmailMessage()
    message["From"] = sender
    message.set_content("见附件")
    message.add_attachment(text.encode("gb18030"), maintype="text", subtype="plain", filename=name)
    box = mailbox.mbox(path)
    box.add(message)
    box.close()


@pytest.fixture
def county(install: Installer, folder: ProjectFolder) -> ProjectFolder:
    """The project and the distribution of the page."""
    install("county_access", entry_points(blocks("extending.md", "toml")[0]), blocks("extending.md", "python")[0])
    folder.write("sources/civil/_line.yml", LINE)
    folder.write("reference/regions.csv", "region_code,name_zh,level,parent_code\n439901001001,某社区,community,\n")
    for name, block in named_blocks("extending.md"):
        folder.write(name, block)
    return folder


def test_the_worked_example_of_the_page_reads_mail(county: ProjectFolder, tmp_path: Path) -> None:
    home, platform = tmp_path / "home", load_platform("register")
    box, sender = home / "mail" / "in.mbox", "Register <register@federation.example>"
    home.mkdir()
    cursor, keys = Cursor(), []

    def night(number: int) -> LandedStream:
        deployment = load_deployment(county.root, home)
        return extract(platform, deployment, home, f"b{number}", {"usage": cursor}, {}).streams[0]

    send(box, sender, "log_1.txt", "\n".join(RECORD.format(n=n) for n in range(3)))
    send(box, "somebody@else.example", "log_2.txt", RECORD.format(n=9))
    send(box, sender, "note.txt", "not a log")
    for number, expected in enumerate([["0", "1", "2"], [], ["5", "6"]]):
        if number == 2:
            send(box, sender, "log_3.txt", "\n".join(WITHOUT_COMMUNITY.format(n=n) for n in (5, 6)))
        landed = night(number)
        tables = [pq.read_table(home / file.path) for file in landed.files]
        keys.append([key for table in tables for key in table["编号"].to_pylist()])
        cursor = landed.cursor_after
        assert keys[-1] == expected
    assert tables[-1]["社区"].to_pylist() == [None, None], "optional, and absent from the whole attachment"


def test_an_extensions_mistakes_are_told_as_the_programs_own(county: ProjectFolder, tmp_path: Path) -> None:
    text = (county.root / "sources/civil/register.yml").read_text(encoding="utf-8")
    mistakes = {
        "separator: ：": ("separater: ：", "line 16: .*did you mean separator.*format labelled"),
        "    sender": ("    from", r"options.sender: is required"),
        "family: mailbox": ("family: mailbocks", "did you mean mailbox"),
        "type: labelled": ("type: label", "did you mean labelled"),
        '"*-log_*.txt"': ("in/*.txt", "is a file pattern"),
    }
    for old, (new, sentence) in mistakes.items():
        county.write("sources/civil/register.yml", text.replace(old, new))
        with pytest.raises(PlatformFileError, match=sentence):
            load_platform("register")
    county.write("sources/civil/register.yml", text)
    county.write("liandao.yml", (county.root / "liandao.yml").read_text(encoding="utf-8").replace("mbox:", "file:"))
    deployment = load_deployment(county.root, tmp_path)
    with pytest.raises(ConfigurationError, match="does not fit the family"):
        resolve_endpoint(deployment, "register", find_family("mailbox").schemes)
    labelled = find_format("labelled")
    with pytest.raises(SourceMalformed, match="line 2"):
        labelled.read(b"a:1\nb\n", labelled.options(), "register f")


@pytest.mark.usefixtures("county")
def test_names_of_extensions_stand_beside_the_programs() -> None:
    assert family_names() == [*BUILT_IN, "mailbox"]
    assert format_names() == ["csv", "xlsx", "xml", "labelled"]


FAMILY = "from connectors.families.base import Family\nFAMILY = Family({name!r}, ('x',), print)\n"
#  module | what the entry point names | what is said
BAD = [
    ("import nothing_of_this_name", "bad:FAMILY", "can't be imported.*nothing_of_this_name"),
    ("1 / 0", "bad:FAMILY", "can't be imported"),
    ("", "bad:FAMILY", "can't be imported"),
    ("FAMILY = 1", "bad:FAMILY", "is not what it should be"),
    (FAMILY.format(name="other"), "bad:FAMILY", "calls itself otherwise"),
]


@pytest.mark.parametrize(("module", "value", "sentence"), BAD, ids=[b[2] for b in BAD])
def test_an_extension_that_is_not_usable_is_told_by_who_names_it(
    install: Installer, folder: ProjectFolder, module: str, value: str, sentence: str
) -> None:
    install("bad", f"[liandao.families]\nqueue = {value}\n", module)
    with pytest.raises(ConfigurationError, match="of bad") as caught:
        find_family("queue")
    assert re.search(sentence, str(caught.value), flags=re.DOTALL)
    folder.write("sources/grid/rizhi.yml", LOG.replace("http_page", "queue"))
    with pytest.raises(PlatformFileError, match=r"access.family: an extension is not usable"):
        load_platform("rizhi")
    assert find_family("sql").name == "sql"


def test_two_distributions_may_not_give_the_same_name(install: Installer) -> None:
    for name in ("one", "two"):
        install(name, f"[liandao.families]\nqueue = {name}:FAMILY\n", FAMILY.format(name="queue"))
    with pytest.raises(ConfigurationError, match="two distributions") as caught:
        find_family("queue")
    assert caught.value.found == "one, two"


def test_the_programs_names_cannot_be_taken(install: Installer) -> None:
    install("bad", "[liandao.families]\nsql = bad:FAMILY\n", FAMILY.format(name="sql"))
    assert find_family("sql") is BUILT_IN["sql"]
    assert family_names() == list(BUILT_IN)
