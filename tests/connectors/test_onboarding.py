"""Every YAML file that the page on onboarding shows is loaded as it stands there, and what the page lists is so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from connectors.checking import check_files, streams_without_floor
from connectors.deployment import resolve_endpoint
from connectors.families import BUILT_IN as FAMILIES
from connectors.families import find_family
from connectors.formats import BUILT_IN as FORMATS
from connectors.registry import load_registry
from connectors.vocabularies import vocabulary_files
from liandao.home import now
from liandao.project_file import load_deployment
from schemas import project
from schemas.expect import PERIODS
from schemas.platform_file import RESERVED
from schemas.streams import event_time
from schemas.tables.intake import PROGRAM_STREAMS
from tests.connectors.platform_contract import assert_contract
from tests.pages import DOCS, named_blocks
from tests.project_folder import ProjectFolder, project_at

PAGE = (DOCS / "onboarding.md").read_text(encoding="utf-8")
BLOCKS = named_blocks("onboarding.md")


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProjectFolder]:
    """A project of the page's files."""
    with project_at(tmp_path_factory.mktemp("onboarding")) as folder:
        regions = "region_code,name_zh,level,parent_code\n439900001001,某社区,community,\n"
        folder.write("reference/regions.csv", regions)
        for name, block in BLOCKS:
            folder.write(name, block)
        yield folder


def test_every_file_of_the_page_is_right(shown: ProjectFolder) -> None:
    checked = check_files(project.Project(shown.root))
    assert {str(f.path.relative_to(shown.root)): f.error for f in checked if f.error} == {}
    assert {str(f.path.relative_to(shown.root)) for f in checked} == {name for name, _ in BLOCKS} - {"liandao.yml"}
    assert len({name for name, _ in BLOCKS}) == len(BLOCKS), "a file is shown twice"


def test_its_platforms_keep_the_contract_and_have_an_address(shown: ProjectFolder, tmp_path: Path) -> None:
    registry, deployment = load_registry(), load_deployment(shown.root, tmp_path)
    assert sorted(registry.platforms) == ["allowance", "hotline", "window"]
    for platform in registry.platforms.values():
        access = platform.file.access
        assert_contract(platform)
        resolve_endpoint(deployment, access.endpoint, find_family(access.family).schemes)
        assert access.credential in deployment.credentials
    assert streams_without_floor(registry.platforms.values(), now().date()) == []


@pytest.mark.usefixtures("shown")
def test_platforms_that_follow_a_profile_are_short() -> None:
    following = [block for _, block in BLOCKS if block.split("\n", 2)[1].startswith("profile:")]
    assert len(following) == 2
    own = [len([line for line in block.splitlines() if not line.startswith("#")]) for block in following]
    assert max(own) <= 15
    platforms = load_registry().platforms
    window = platforms["window"].file.streams
    assert (window["rating"].source, window["usage"].source) == ("window/v2/pj", "window/open/usage")
    assert "hfbz" not in window["rating"].fields
    assert window["rating"].codes["level"]["满意"] == "4"
    assert platforms["allowance"].file.streams["usage"].codes["action_code"]["打印"] == "print"


def test_examples_have_one_field_a_line() -> None:
    inline = [line for _, block in BLOCKS for line in block.splitlines() if re.search(r":\s*[\[{]", line)]
    assert inline == []


@pytest.mark.parametrize(
    "names",
    [FAMILIES, FORMATS, RESERVED, PERIODS, PROGRAM_STREAMS, [event_time(kind) for kind in PROGRAM_STREAMS]],
    ids=lambda names: str(list(names)),
)
def test_what_the_page_lists_is_complete(names: Iterable[str]) -> None:
    missing = [name for name in names if f"`{name}`" not in PAGE and not re.search(rf"\b{name}\b", PAGE)]
    assert missing == []


def test_the_programs_own_vocabularies_are_named() -> None:
    with_program_only = [name for name, path in vocabulary_files().items() if "reference" in path.parts]
    assert [name for name in with_program_only if f"`{name}`" not in PAGE] == []
