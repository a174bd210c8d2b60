"""How each kind of channel is sent a message.

Group robots sign as their vendors publish it, with HMAC-SHA256 in base64. DingTalk (自定义机器人, 加签): of the
milliseconds, a line break and the secret, keyed with the secret, in the address. Feishu (自定义机器人, 签名校验): of
nothing, keyed with the seconds, a line break and the secret, in the body. WeCom (群机器人): not at all. A robot says by
a number in its answer whether it took the message.
"""

from __future__ import annotations

import base64
import hmac
import json
import smtplib
import time
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlencode

from connectors.families.http_client import trust
from liandao.observe.notify.message import Message
from liandao.observe.post import READ_S, Secrets, address_of, not_sent, post
from schemas.notify_file import Channel, EmailChannel, RobotChannel, WebhookChannel

WECOM_BYTES = 4096
"""The longest markdown that a robot of WeCom takes, in UTF-8."""


def send(channel: Channel, message: Message, secrets: Secrets, where: str) -> None:
    """Send one message. ``where``: the channel, in errors, which never tell its address.

    Raises MessageNotSent, and ConfigurationError for a secret that can't be read.
    """
    if isinstance(channel, EmailChannel):
        _mail(channel, message, secrets, where)
    elif isinstance(channel, WebhookChannel):
        token = secrets(channel.token).reveal() if channel.token else None
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        post(address_of(channel.address, secrets), message.plain(), where, headers)
    else:
        secret = secrets(channel.secret).reveal() if channel.secret else None
        _accepted(post(*_robot(channel, message, secret, address_of(channel.address, secrets)), where), where)


def _robot(channel: RobotChannel, message: Message, secret: str | None, address: str) -> tuple[str, dict[str, Any]]:
    """Where a robot's message goes, and its body."""
    if channel.kind == "dingtalk":
        text = message.text.replace("\n", "\n\n")  # one line break alone is none in markdown
        body = {"msgtype": "markdown", "markdown": {"title": message.title, "text": text}}
        return (signed_dingtalk(address, secret, int(time.time() * 1000)) if secret else address), body
    if channel.kind == "wecom":
        return address, {"msgtype": "markdown", "markdown": {"content": cut(message.text, WECOM_BYTES)}}
    text_body: dict[str, Any] = {"msg_type": "text", "content": {"text": message.text}}
    return address, text_body | (feishu_signature(secret, int(time.time())) if secret else {})


def signed_dingtalk(address: str, secret: str, milliseconds: int) -> str:
    """The address of a DingTalk robot with the time and its signature."""
    digest = hmac.digest(secret.encode(), f"{milliseconds}\n{secret}".encode(), "sha256")
    signature = {"timestamp": milliseconds, "sign": base64.b64encode(digest).decode()}
    return f"{address}{'&' if '?' in address else '?'}{urlencode(signature)}"


def feishu_signature(secret: str, seconds: int) -> dict[str, str]:
    """What a Feishu robot's message is signed with."""
    digest = hmac.digest(f"{seconds}\n{secret}".encode(), b"", "sha256")
    return {"timestamp": str(seconds), "sign": base64.b64encode(digest).decode()}


def cut(text: str, most_bytes: int) -> str:
    """As many whole lines as fit, and a line that says that there were more."""
    lines: list[str] = []
    size = len("\n……".encode())
    for line in text.split("\n"):
        size += len(line.encode()) + 1
        if size > most_bytes:
            return "\n".join([*lines, "……"])
        lines.append(line)
    return text


def _accepted(answer: bytes, where: str) -> None:
    """Raise MessageNotSent unless a robot's answer says that it took the message."""
    try:
        said = json.loads(answer)
        code = int(said.get("errcode", said.get("code", said.get("StatusCode"))))
    except (ValueError, TypeError, AttributeError):
        raise not_sent(where, "an answer that is not a robot's") from None
    if code != 0:
        raise not_sent(where, f"the robot's error {code}")


def _mail(channel: EmailChannel, message: Message, secrets: Secrets, where: str) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = message.title, channel.sender, ", ".join(channel.to)
    mail.set_content(message.text)
    try:
        with _server(channel) as server:
            if channel.tls == "starttls":
                server.starttls(context=trust())
            if channel.credential:
                server.login(*secrets(channel.credential).user_and_password(f"credentials.{channel.credential}"))
            server.send_message(mail)
    except (smtplib.SMTPException, OSError) as error:
        code = f" {error.smtp_code}" if isinstance(error, smtplib.SMTPResponseException) else ""
        raise not_sent(where, type(error).__name__ + code) from None


def _server(channel: EmailChannel) -> smtplib.SMTP:
    if channel.tls == "tls":
        return smtplib.SMTP_SSL(channel.host, channel.port, timeout=READ_S, context=trust())
    return smtplib.SMTP(channel.host, channel.port, timeout=READ_S)
