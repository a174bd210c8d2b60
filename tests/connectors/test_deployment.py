"""Endpoints and secrets: references only, kept to oneself, never shown."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.deployment import Secret, load_deployment, resolve_endpoint, resolve_secret
from schemas.errors import ConfigurationError

GOOD: dict[str, Any] = {
    "endpoints": {
        "a": {"url": "http://10.0.0.1/api"},
        "b": {"url": "sftp://10.0.0.2:22/out", "host_key": "ssh-ed25519 x"},
    },
    "credentials": {"a_token": "env:LIANDAO_TEST_TOKEN", "b_login": "file:secrets/b"},
    "scope": ["439900001001"],
    "window_start": "2026-07-01",
    "window_end": "2026-09-30",
}


def home(tmp_path: Path, change: dict[str, Any] | None = None) -> Path:
    raw = copy.deepcopy(GOOD)
    for key, value in (change or {}).items():
        raw[key] = value
    (tmp_path / "deployment.yml").write_text(yaml.safe_dump(raw), encoding="utf-8")
    return tmp_path


def test_a_good_file(tmp_path: Path) -> None:
    deployment = load_deployment(home(tmp_path))
    endpoint, parts = resolve_endpoint(deployment, "b", "sftp_files")
    assert (endpoint.host_key, parts.hostname, parts.port) == ("ssh-ed25519 x", "10.0.0.2", 22)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"credentials": {"a_token": "hunter2"}}, "must be a reference"),
        ({"credentials": {"a_token": "plain:hunter2"}}, "must be a reference"),
        ({"endpoints": {"a": {"url": "http://me:hunter2@10.0.0.1"}}}, "contains a password"),
        ({"endpoints": {"a": {"adress": "x"}}}, "declared shape"),
        ({"scope": []}, "declared shape"),
        ({"hunter2": 1}, "declared shape"),
    ],
)
def test_refused(tmp_path: Path, change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence) as caught:
        load_deployment(home(tmp_path, change))
    if "hunter2" not in change:
        assert "hunter2" not in str(caught.value)


def test_no_file_or_no_yaml(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no deployment file"):
        load_deployment(tmp_path)
    (tmp_path / "deployment.yml").write_text("a: [", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="not YAML"):
        load_deployment(tmp_path)


SCHEME_TRICKS = ["file:///etc/passwd", "gopher://a", "ftp://a", "10.0.0.1", "//a", "javascript:1", "sqlite:x", ""]


@pytest.mark.parametrize("url", SCHEME_TRICKS)
def test_only_schemes_of_the_family(tmp_path: Path, url: str) -> None:
    deployment = load_deployment(home(tmp_path, {"endpoints": {"a": {"url": url}}}))
    with pytest.raises(ConfigurationError, match="does not fit the family"):
        resolve_endpoint(deployment, "a", "http_page")
    with pytest.raises(ConfigurationError, match="not in the deployment file"):
        resolve_endpoint(deployment, "c", "http_page")


def test_a_secret_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deployment = load_deployment(home(tmp_path))
    with pytest.raises(ConfigurationError, match="not set"):
        resolve_secret(deployment, "a_token", tmp_path)
    monkeypatch.setenv("LIANDAO_TEST_TOKEN", "hunter2")
    assert resolve_secret(deployment, "a_token", tmp_path).reveal() == "hunter2"


@pytest.mark.parametrize(
    ("mode", "accepted"), [(0o600, True), (0o400, True), (0o640, False), (0o644, False), (0o606, False)]
)
def test_a_secret_from_a_file(tmp_path: Path, mode: int, accepted: bool) -> None:
    deployment = load_deployment(home(tmp_path))
    path = tmp_path / "secrets" / "b"
    with pytest.raises(ConfigurationError, match="can't be read"):
        resolve_secret(deployment, "b_login", tmp_path)
    path.parent.mkdir()
    path.write_text("me:hunter2\n", encoding="utf-8")
    path.chmod(mode)
    if accepted:
        assert resolve_secret(deployment, "b_login", tmp_path).user_and_password("x") == ("me", "hunter2")
    else:
        with pytest.raises(ConfigurationError, match="read by others") as caught:
            resolve_secret(deployment, "b_login", tmp_path)
        assert "hunter2" not in str(caught.value)


def test_an_unknown_credential(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="not in the deployment file"):
        resolve_secret(load_deployment(home(tmp_path)), "c", tmp_path)


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(ConfigurationError) as caught:
        secret.user_and_password("credentials.x")
    assert "hunter2" not in str(caught.value)
