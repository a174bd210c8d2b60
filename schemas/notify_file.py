"""The shape of ``notify`` in ``liandao.yml`` and in a home's ``deployment.yml``: who is told when something fails.

An address of a group robot holds its token, so it is a secret like any other: the file names the credential, the
secret stands in a variable or in a file with mode 0600.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.platform_file import Name, Strict

Mailbox = Annotated[str, Field(pattern=r"^[^\s@<>]+@[^\s@<>]+$", max_length=254)]


class EmailChannel(Strict):
    """A mail server. ``credential``: ``user:password``, where it asks for one; never sent without TLS."""

    kind: Literal["email"]
    host: Annotated[str, Field(min_length=1, max_length=255)]
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    tls: Literal["starttls", "tls", "none"] = "starttls"
    sender: Mailbox
    to: Annotated[list[Mailbox], Field(min_length=1, max_length=50)]
    credential: Name | None = None

    @model_validator(mode="after")
    def _no_password_in_clear(self) -> Self:
        if self.credential and self.tls == "none":
            raise ValueError("a password is not sent without tls")
        return self


class WebhookChannel(Strict):
    """Any HTTP server: a POST of plain JSON. ``address``: credential that holds the whole address; ``token``:
    credential of a bearer token."""

    kind: Literal["webhook"]
    address: Name
    token: Name | None = None


class RobotChannel(Strict):
    """A group robot of DingTalk (钉钉), WeCom (企业微信) or Feishu (飞书). ``address``: credential that holds the whole
    address of its webhook; ``secret``: credential that it signs with (加签; WeCom has none)."""

    kind: Literal["dingtalk", "wecom", "feishu"]
    address: Name
    secret: Name | None = None

    @model_validator(mode="after")
    def _wecom_has_none(self) -> Self:
        if self.kind == "wecom" and self.secret:
            raise ValueError("a robot of WeCom signs nothing: leave secret out")
        return self


Channel = Annotated[EmailChannel | WebhookChannel | RobotChannel, Field(discriminator="kind")]


class Notify(Strict):
    """Who is told. ``channels``: by name; what the home says of a name wins. ``repeat_days``: after how many days a
    problem that stays is told again, 7 unless said; ``deadline_seconds``: how long all channels together may take, 20
    unless said."""

    channels: dict[Name, Channel] = Field(default_factory=dict)
    repeat_days: Annotated[int, Field(ge=1, le=365)] | None = None
    deadline_seconds: Annotated[int, Field(ge=1, le=120)] | None = None

    def under(self, machine: Notify) -> Notify:
        """With what a home says laid over it."""
        return Notify(
            channels=self.channels | machine.channels,
            repeat_days=machine.repeat_days or self.repeat_days,
            deadline_seconds=machine.deadline_seconds or self.deadline_seconds,
        )
