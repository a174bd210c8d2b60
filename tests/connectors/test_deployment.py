"""Endpoints and secrets: references only, kept to oneself, never shown."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from connectors.deployment import Secret, check_places, resolve_endpoint, resolve_secret
from schemas.errors import ConfigurationError
from schemas.platform_file import Deployment
from schemas.project_file import DeploymentFile

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


DEPLOYMENT = Deployment.model_validate(GOOD)


def test_an_endpoint_is_taken_apart() -> None:
    endpoint, parts = resolve_endpoint(DEPLOYMENT, "b", ("sftp",))
    assert (endpoint.host_key, parts.hostname, parts.port) == ("ssh-ed25519 x", "10.0.0.2", 22)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"credentials": {"a_token": "hunter2"}}, "must be a reference"),
        ({"credentials": {"a_token": "plain:hunter2"}}, "must be a reference"),
        ({"endpoints": {"a": {"url": "http://me:hunter2@10.0.0.1"}}}, "contains a password"),
    ],
)
def test_secrets_in_the_file_itself_are_refused(tmp_path: Path, change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence) as caught:
        check_places(DeploymentFile.model_validate(change), tmp_path / "liandao.yml")
    assert "hunter2" not in str(caught.value)


SCHEME_TRICKS = ["file:///etc/passwd", "gopher://a", "ftp://a", "10.0.0.1", "//a", "javascript:1", "sqlite:x", ""]


@pytest.mark.parametrize("url", SCHEME_TRICKS)
def test_only_schemes_of_the_family(url: str) -> None:
    deployment = Deployment.model_validate(GOOD | {"endpoints": {"a": {"url": url}}})
    with pytest.raises(ConfigurationError, match="does not fit the family"):
        resolve_endpoint(deployment, "a", ("http", "https"))
    with pytest.raises(ConfigurationError, match="has no address"):
        resolve_endpoint(deployment, "c", ("http", "https"))


def test_a_secret_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="not set"):
        resolve_secret(DEPLOYMENT, "a_token", tmp_path)
    monkeypatch.setenv("LIANDAO_TEST_TOKEN", "hunter2")
    assert resolve_secret(DEPLOYMENT, "a_token", tmp_path).reveal() == "hunter2"


@pytest.mark.parametrize(
    ("mode", "accepted"), [(0o600, True), (0o400, True), (0o640, False), (0o644, False), (0o606, False)]
)
def test_a_secret_from_a_file(tmp_path: Path, mode: int, accepted: bool) -> None:
    path = tmp_path / "secrets" / "b"
    with pytest.raises(ConfigurationError, match="can't be read"):
        resolve_secret(DEPLOYMENT, "b_login", tmp_path)
    path.parent.mkdir()
    path.write_text("me:hunter2\n", encoding="utf-8")
    path.chmod(mode)
    if accepted:
        assert resolve_secret(DEPLOYMENT, "b_login", tmp_path).user_and_password("x") == ("me", "hunter2")
    else:
        with pytest.raises(ConfigurationError, match="read by others") as caught:
            resolve_secret(DEPLOYMENT, "b_login", tmp_path)
        assert "hunter2" not in str(caught.value)


def test_an_unknown_credential(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is not named"):
        resolve_secret(DEPLOYMENT, "c", tmp_path)


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(ConfigurationError) as caught:
        secret.user_and_password("credentials.x")
    assert "hunter2" not in str(caught.value)
