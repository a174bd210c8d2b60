"""One HTTP exchange with a platform: bounded in time, size and attempts; polite; and it only goes where it was sent."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, stop_after_delay
from tenacity.wait import wait_exponential_jitter

from connectors.deployment import Secret
from schemas.errors import SourceMalformed, SourceRefused, SourceUnreachable

_BUSY = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """How much patience a platform gets. Seconds, bytes, pages, attempts."""

    connect_s: float = 5.0
    read_s: float = 60.0
    exchange_s: float = 180.0
    """For one whole answer: a byte a second never trips a read timeout."""
    retry_s: float = 120.0
    attempts: int = 6
    first_wait_s: float = 0.2
    page_bytes: int = 128 << 20
    pages: int = 1_000_000


class _TryAgain(Exception):
    """Inside this module: an answer worth asking for again. ``wait_s``: what Retry-After said."""

    def __init__(self, found: str, wait_s: float | None = None, malformed: bool = False) -> None:
        super().__init__(found)
        self.found, self.wait_s, self.malformed = found, wait_s, malformed


class HttpClient:
    """GET with a bearer token. ``where`` names the platform in errors; addresses and answers never appear there."""

    def __init__(self, base: str, token: Secret | None, where: str, rate: float | None, limits: HttpLimits) -> None:
        headers = {"Accept": "application/json", **({"Authorization": f"Bearer {token.reveal()}"} if token else {})}
        timeout = httpx.Timeout(limits.read_s, connect=limits.connect_s)
        # trust_env=False: the named endpoints alone say where bytes go, not a proxy variable or a .netrc
        self._client = httpx.Client(
            headers=headers, timeout=timeout, follow_redirects=False, trust_env=False, verify=trust()
        )
        self._base, self._where, self._limits = base.rstrip("/"), where, limits
        self._pause = 1.0 / rate if rate else 0.0
        self._next_at = 0.0

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def get(self, path: str, parameters: dict[str, str]) -> bytes:
        """The body of a good answer.

        Raises SourceUnreachable after the last attempt, SourceRefused (401, 403, other 4xx, redirects),
        SourceMalformed (a body that can't be unpacked or is too large).
        """
        url = f"{self._base}/{path.lstrip('/')}"
        retrying = Retrying(
            retry=retry_if_exception_type(_TryAgain),
            wait=_wait(self._limits.first_wait_s),
            reraise=True,
            stop=stop_after_attempt(self._limits.attempts) | stop_after_delay(self._limits.retry_s),
        )
        try:
            return retrying(self._once, url, parameters)
        except _TryAgain as last:
            if last.malformed:
                raise SourceMalformed("the answer can't be unpacked", where=self._where, found=last.found) from None
            raise SourceUnreachable(
                "the platform does not answer as it should",
                where=self._where,
                found=last.found,
                next_step="try again later; if it stays so, tell the platform's owner",
            ) from None

    def _once(self, url: str, parameters: dict[str, str]) -> bytes:
        self._keep_pace()
        try:
            with self._client.stream("GET", url, params=parameters) as response:
                self._judge(response)
                return self._body(response)
        except httpx.DecodingError:
            raise _TryAgain("broken compression", malformed=True) from None
        except httpx.TransportError as error:
            raise _TryAgain(type(error).__name__) from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise SourceRefused(
                "the address is not valid", where=self._where, next_step="check the endpoint's url"
            ) from None

    def _judge(self, response: httpx.Response) -> None:
        status = response.status_code
        if status == httpx.codes.OK:
            return
        if status in _BUSY:
            raise _TryAgain(f"HTTP {status}", _seconds(response.headers.get("Retry-After")))
        if status in (401, 403):
            raise SourceRefused(
                "the platform refuses the credential",
                where=self._where,
                found=f"HTTP {status}",
                next_step="renew the token behind access.credential",
            )
        if response.is_redirect:
            raise SourceRefused(
                "the platform redirects, and redirects are not followed",
                where=self._where,
                found=f"HTTP {status}",
                next_step="put the final address into deployment.yml",
            )
        raise SourceRefused(
            "the platform refuses the request",
            where=self._where,
            found=f"HTTP {status}",
            next_step="compare `source` and `paging` with the platform's interface document",
        )

    def _body(self, response: httpx.Response) -> bytes:
        deadline, size, parts = time.monotonic() + self._limits.exchange_s, 0, []
        for part in response.iter_bytes():
            size += len(part)
            parts.append(part)
            if size > self._limits.page_bytes:
                raise SourceMalformed(
                    "one page is too large",
                    where=self._where,
                    expected=f"at most {self._limits.page_bytes} bytes",
                    next_step="lower paging.size",
                )
            if time.monotonic() > deadline:
                raise _TryAgain(f"one answer took more than {self._limits.exchange_s:g} s")
        return b"".join(parts)

    def _keep_pace(self) -> None:
        now = time.monotonic()
        if self._next_at > now:
            time.sleep(self._next_at - now)
        self._next_at = max(now, self._next_at) + self._pause


@cache
def trust() -> ssl.SSLContext:
    """The machine's own certificate authorities, read once (0.1 s) and not once per platform."""
    return ssl.create_default_context()


def _wait(first: float) -> Callable[[RetryCallState], float]:
    growing = wait_exponential_jitter(multiplier=first, max=30.0, jitter=first)

    def wait(state: RetryCallState) -> float:
        error: Any = state.outcome.exception() if state.outcome else None
        asked = error.wait_s if isinstance(error, _TryAgain) else None
        return growing(state) if asked is None else min(asked, 60.0)

    return wait


def _seconds(header: str | None) -> float | None:
    """Retry-After in seconds; the form with a date is left to our own waiting."""
    return float(header) if header and header.strip().isdigit() else None
