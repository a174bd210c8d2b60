"""Files that are no YAML, or YAML that can't be made into values, are told with their path; none runs for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.errors import ConfigurationError
from schemas.typed_yaml import Reader

BOMB = "\n".join(
    ["a0: &a0 {x: 1}", *(f"a{n}: &a{n} {{{', '.join(f'k{k}: *a{n - 1}' for k in range(10))}}}" for n in range(1, 10))]
)


@pytest.mark.parametrize(
    "text",
    ["x: 2020-13-45", "x: " + "9" * 5000, "{a: " * 1500 + "}" * 1500, "x: [", "\x00"],
    ids=["no such date", "a long number", "deeply nested", "not closed", "a NUL"],
)
def test_what_is_no_yaml_is_told_with_its_path(tmp_path: Path, text: str) -> None:
    path = tmp_path / "platform.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as error:
        Reader().read(path)
    assert str(path) in error.value.where
    assert error.value.next_step


def test_a_folder_in_place_of_a_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="can't be read"):
        Reader().read(tmp_path)


def test_aliases_of_aliases_are_read_once(tmp_path: Path) -> None:
    path = tmp_path / "bomb.yml"
    path.write_text(BOMB, encoding="utf-8")
    assert Reader().read(path).value["a0"] == {"x": 1}
