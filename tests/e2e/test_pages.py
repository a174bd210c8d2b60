"""The pages that a run writes: all there, whole, and asking nothing of any network."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import html

from tests.e2e.conftest import Ran

ASKING = ("src", "srcset", "data", "action", "poster", "background")


@pytest.fixture(scope="module")
def pages(first_run: tuple[Path, Ran]) -> dict[str, html.HtmlElement]:
    """Every page by its path."""
    folder = first_run[0] / "reports"
    return {str(p.relative_to(folder)): html.fromstring(p.read_bytes()) for p in folder.rglob("*.html")}


def test_every_platform_has_its_page(pages: dict[str, html.HtmlElement], first_run: tuple[Path, Ran]) -> None:
    files = (first_run[0].parent / "sources").glob("*/[!_]*.yml")
    expected = {f"platforms/{file.stem}.html" for file in files}
    assert expected
    assert set(pages) == expected | {"index.html", "dictionary.html"}


def test_pages_ask_nothing_of_a_network(pages: dict[str, html.HtmlElement]) -> None:
    for name, page in pages.items():
        assert not [e for a in ASKING for e in page.xpath(f"//*[@{a}]")], name
        assert not page.xpath("//script | //link | //iframe | //object"), name
        assert all("://" not in href for href in page.xpath("//@href")), name
        (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
        assert policy.startswith("default-src 'none'"), name


def test_links_lead_somewhere(pages: dict[str, html.HtmlElement], first_run: tuple[Path, Ran]) -> None:
    folder = first_run[0] / "reports"
    for name, page in pages.items():
        for href in page.xpath("//a/@href"):
            file, _, anchor = href.partition("#")
            target = (folder / name).parent / file if file else folder / name
            assert target.is_file(), (name, href)
            if anchor:
                assert page.xpath(f"//*[@id='{anchor}']"), (name, href)


def test_portal_prints_the_headline_figures(pages: dict[str, html.HtmlElement], first_run: tuple[Path, Ran]) -> None:
    figures = first_run[1].data["figures"]
    text = pages["index.html"].text_content()
    assert f"{figures['M11']['value']:.1%}" in text
    assert f"{figures['M26']['value']:.1%}" in text
    assert "调查 survey 54" in text


def test_no_cell_is_left_none(pages: dict[str, html.HtmlElement]) -> None:
    cells = {
        name: [c for c in page.xpath("//td/text()") if c.strip() in ("None", "nan")] for name, page in pages.items()
    }
    assert {name for name, found in cells.items() if found} == set()
