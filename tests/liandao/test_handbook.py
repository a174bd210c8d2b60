"""The operator's handbook, executed: every situation is made for real, every command that stands there is run as it
stands, and what is printed must contain what the page shows.

In both pages a block of ``console`` holds commands after ``$``, what happens outside after ``#`` (here: an act), and
lines that are printed. ``…`` stands for anything; ``<NAME>`` for one word, the same word wherever it comes again in the
situation, also in a command. ``/srv/bureau`` is the project.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from liandao.options import MESSAGES, OUT
from schemas import project
from tests.liandao.calling import Call
from tests.liandao.handbook_acts import ACTS, SITUATIONS
from tests.liandao.test_landing import two_nights

__all__ = ["two_nights"]
DOCS = Path(__file__).parents[2] / "docs"
ENGLISH, CHINESE = DOCS / "handbook.md", DOCS / "handbook.zh-CN.md"
ROOT = "/srv/bureau"
HEADING = re.compile(r"^## (\d+)\. (.+)$", re.MULTILINE)
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WIDTH = 300
"""Of the terminal: nothing is broken into two lines."""


@dataclass
class Step:
    """A command, or None where something happens outside, and the lines that the page shows after it."""

    command: str | None
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Situation:
    number: int
    title: str
    steps: list[Step]
    prose: str


def situations(page: Path) -> list[Situation]:
    _, *parts = HEADING.split(page.read_text(encoding="utf-8"))
    triples = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    return [Situation(int(n), title, [*steps(text)], BLOCK.sub("", text)) for n, title, text in triples]


def steps(text: str) -> Iterator[Step]:
    step: Step | None = None
    for line in (line for block in BLOCK.findall(text) for line in block.splitlines()):
        if line.startswith(("$ ", "# ")):
            if step:
                yield step
            step = Step(line[2:] if line[0] == "$" else None)
        elif step and line.strip():
            step.lines.append(line)
    if step:
        yield step


BY_NUMBER = {situation.number: situation for situation in situations(ENGLISH)}


def folded(line: str) -> str:
    return re.sub(r"\s+", " ", line.strip())


def pattern_of(line: str, known: dict[str, str]) -> re.Pattern[str]:
    named: set[str] = set()

    def part(piece: str) -> str:
        if piece == "…":
            return ".*"
        name = piece[1:-1] if re.fullmatch(r"<[A-Z_0-9]+>", piece) else ""
        if not name:
            return re.escape(piece)
        again = name in named
        named.add(name)
        return re.escape(known[name]) if name in known else f"(?P={name})" if again else rf"(?P<{name}>\S+?)"

    return re.compile("".join(part(piece) for piece in re.split(r"(…|<[A-Z_0-9]+>)", folded(line))))


def require_shown(expected: list[str], printed: str, known: dict[str, str]) -> None:
    """Each expected line is a line that is printed, in this order."""
    left = iter([folded(line) for line in printed.splitlines()])
    for line in expected:
        pattern = pattern_of(line, known)
        match = next((m for text in left if (m := pattern.fullmatch(text))), None)
        assert match, f"not printed: {line}\nby now known: {known}\n\n{printed}"
        known.update(match.groupdict())


@pytest.fixture
def root(two_nights: Path) -> Iterator[Path]:
    """A copy of the prepared project in a folder with a short name."""
    with tempfile.TemporaryDirectory(prefix="hb") as folder:
        yield Path(shutil.copytree(two_nights, Path(folder).resolve() / "bureau", symlinks=True))


@pytest.mark.parametrize("name", SITUATIONS, ids=lambda name: name.replace(" ", "_"))
def test_a_situation_goes_as_the_page_says(root: Path, name: str, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    situation = BY_NUMBER[SITUATIONS.index(name) + 1]
    monkeypatch.chdir(root)
    monkeypatch.setenv("LOGNAME", "wangwu")
    terminal = StringIO()  # both streams, in the order in which a person sees them
    wide = Console(file=terminal, highlight=False, emoji=False, width=WIDTH)
    for screen in (OUT, MESSAGES):
        monkeypatch.setitem(screen.__dict__, "console", wide)
    acts, known = iter(ACTS[name](root)), dict[str, str]()
    next(acts)
    for step in situation.steps:
        if step.command is None:
            next(acts)
            continue
        command = step.command
        for placeholder, value in known.items():
            command = command.replace(f"<{placeholder}>", value)
        terminal.seek(0)
        terminal.truncate()
        printed = run_command(command.replace(ROOT, str(root)), root, call) + terminal.getvalue()
        require_shown(step.lines, printed.replace(str(root), ROOT), known)
    assert next(acts, "over") == "over", "every act is told in the page"


def run_command(command: str, root: Path, call: Call) -> str:
    words = shlex.split(command)
    if words[0] == "liandao":
        project.use(None)  # as in a process of its own, files are read anew
        called = call(*words[1:])
        return called.out + called.messages
    done = subprocess.run(command, shell=True, cwd=root, capture_output=True, text=True, check=False)  # noqa: S602
    assert done.returncode == 0, (command, done.stderr)
    return done.stdout


def test_both_pages_tell_the_same_situations() -> None:
    chinese = situations(CHINESE)
    assert [s.number for s in chinese] == list(range(1, len(SITUATIONS) + 1)) == [*BY_NUMBER]
    for situation in chinese:
        english = BY_NUMBER[situation.number]
        assert situation.steps == english.steps, situation.title
        assert len(situation.steps) > 1, situation.title
        assert any(step.lines for step in situation.steps), situation.title
        assert not re.search("[\u4e00-\u9fff]", english.prose), english.title
        assert re.search("[\u4e00-\u9fff]", situation.title)


@pytest.mark.parametrize(
    ("expected", "printed", "known", "fits"),
    [
        (["a <B>"], "x\na  b1\n", {}, True),
        (["a <B>", "<B> again"], "a b1\nb1 again", {}, True),
        (["a <B>", "<B> again"], "a b1\nb2 again", {}, False),
        (["two", "one"], "one\ntwo", {}, False),
        (["a <B> <B>"], "a b1 b1", {}, True),
        (["a <B> <B>"], "a b1 b2", {}, False),
        (["a … c"], "a b c", {}, True),
        (["a"], "a b", {}, False),
    ],
)
def test_what_is_shown_is_held_against_what_is_printed(
    expected: list[str], printed: str, known: dict[str, str], fits: bool
) -> None:
    if fits:
        require_shown(expected, printed, known)
    else:
        with pytest.raises(AssertionError, match="not printed"):
            require_shown(expected, printed, known)
