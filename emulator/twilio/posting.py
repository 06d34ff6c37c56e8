"""Sends Twilio's requests: forms, each with a signature of its URL."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

import aiohttp
from yarl import URL

from emulator.outgoing.http_client import HttpClient
from emulator.outgoing.reason import why_unreachable
from emulator.twilio.signature import SIGNATURE_HEADER, sign
from emulator.twilio.twiml import LONGEST

USER_AGENT = "TwilioProxy/1.1"
METHODS = ("POST", "GET")


class PostProblem(OSError):
    """A request that had no answer of use; the text says why. `status` is that of an answer."""

    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Urls:
    """Where URLs lead, and which may be called.

    `check` returns what is wrong with a URL that was mapped, in words that follow it, or None.
    """

    check: Callable[[str], str | None]
    map: Callable[[str], str] = lambda url: url

    def target(self, url: str) -> str:
        """Return where to send a request for this URL. Raises PostProblem if it must not be."""
        target = self.map(url)
        problem = self.check(target)
        if problem is not None:
            via = "" if target == url else f", by --map-url {target!r}"
            raise PostProblem(f"the URL {url!r}{via} {problem}")
        return target


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with a status from 200 to 299."""

    status: int
    media_type: str
    body: bytes


def resolved(document_url: str, url: str) -> str:
    """Return a URL in a document, which may be relative; `normal` refuses one that has no form."""
    try:
        return urljoin(document_url, url)
    except ValueError:
        return url


def normal(url: str) -> str:
    """Return a URL as it is called and signed: with a path, without a fragment.

    Raises PostProblem if it can't be read.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise PostProblem(f"the URL {url!r} can't be read: {error}") from None
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", parts.query, ""))


class Poster:
    """Sends forms and reads what is answered."""

    def __init__(self, client: HttpClient, urls: Urls, auth_token: str, request_s: float) -> None:
        """Wait for an answer for at most `request_s` seconds of real time."""
        self._client, self.urls = client, urls
        self._auth_token, self._request_s = auth_token, request_s

    async def send(self, url: str, fields: Mapping[str, str], method: str = "POST") -> Answer:
        """Send a form; with GET it is in the URL. Raises PostProblem unless it is answered 2xx."""
        url = normal(url)
        if method == "GET":
            url += ("&" if urlsplit(url).query else "?") + urlencode(fields)
        body = dict(fields) if method == "POST" else {}
        target = self.urls.target(url)
        try:
            async with asyncio.timeout(self._request_s):
                return await self._exchange(method, target, self.headers(url, body), body)
        except TimeoutError:
            raise PostProblem(f"{url} has not answered in {self._request_s:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if isinstance(error, PostProblem):
                raise
            raise PostProblem(f"{url} can't be reached: {why_unreachable(error)}") from None

    def headers(self, url: str, fields: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the headers that show that a request is Twilio's."""
        return {
            "User-Agent": USER_AGENT,
            SIGNATURE_HEADER: sign(self._auth_token, url, fields),
        }

    async def _exchange(
        self, method: str, target: str, headers: Mapping[str, str], fields: Mapping[str, str]
    ) -> Answer:
        form = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
        async with self._client.session().request(
            method,
            URL(target, encoded=True),
            data=urlencode(fields).encode() if method == "POST" else None,
            headers={**headers, "Accept": "*/*", **(form if method == "POST" else {})},
            allow_redirects=False,
        ) as answer:
            body = await answer.content.read(LONGEST + 1)
            while len(body) <= LONGEST and (more := await answer.content.read(LONGEST)):
                body += more
            if not 200 <= answer.status < 300:
                said = f"{target} has answered {answer.status}{_said(answer, body)}"
                raise PostProblem(said, answer.status)
            return Answer(answer.status, answer.headers.get("Content-Type", ""), body)


def _said(answer: aiohttp.ClientResponse, body: bytes) -> str:
    """Return where a redirect leads, or how the text of an error begins."""
    location = answer.headers.get("Location")
    if location:
        return f", a redirect to {location[:200]!r}, which the caller does not follow"
    text = " ".join(body[:300].decode(errors="replace").split())
    return f": {text}" if text else ""
