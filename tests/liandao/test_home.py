"""Settings, the key and the log of a home."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from liandao.home import KEY_BYTES, load_key, new_id
from liandao.logs import LOGGER, event, open_log
from liandao.settings import read_settings
from schemas.errors import ConfigurationError


def test_flag_wins_over_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANDAO_HOME", str(tmp_path / "environment"))
    assert read_settings(tmp_path / "flag").home == tmp_path / "flag"
    assert read_settings().home == tmp_path / "environment"


@pytest.mark.parametrize(
    ("variable", "value"),
    [("LIANDAO_WAREHOUSE", "mysql://host/db"), ("LIANDAO_WORKERS", "0"), ("LIANDAO_WORKERS", "many")],
)
def test_unusable_settings_name_their_variable(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError) as raised:
        read_settings()
    assert raised.value.where == variable


def test_key_is_made_once_and_private(tmp_path: Path) -> None:
    key = load_key(tmp_path)
    assert load_key(tmp_path) == key
    assert len(key) == KEY_BYTES
    assert (tmp_path / "keys" / "hmac.key").stat().st_mode & 0o777 == 0o600


def test_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    load_key(tmp_path)
    (tmp_path / "keys" / "hmac.key").chmod(0o644)
    with pytest.raises(ConfigurationError, match="not usable"):
        load_key(tmp_path)


def test_ids_sort_by_time() -> None:
    ids = [new_id("b") for _ in range(50)]
    assert len(set(ids)) == 50
    assert [i[:22] for i in ids] == sorted(i[:22] for i in ids)


def test_log_takes_allowed_fields_only(tmp_path: Path) -> None:
    open_log(tmp_path)
    event("platform ingested", platform_id="minzheng_dibao", extracted=3)
    with pytest.raises(ValueError, match="person_name"):
        event("oops", person_name="x")
    for handler in LOGGER.handlers:
        handler.close()
    LOGGER.handlers.clear()
    lines = (tmp_path / "logs" / "liandao.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["extracted"] for line in lines] == [3]
