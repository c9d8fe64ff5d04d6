"""A learning platform as LTI 1.3 lets a grader speak to it: its token, line items, members, and scores.

1EdTech's Security Framework 1.0 (client credentials, signed by a private key), Assignment and Grade Services 2.0, Names
and Role Provisioning Services 2.0. The key is read from its file and leaves it nowhere; a token goes to the platform's
own hosts alone, and no redirect is followed with it.
"""

from __future__ import annotations

import stat
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec

from autograder.export import refuse
from autograder.wire.messages import Record
from autograder.wire.ready import ready

_AGS = "https://purl.imsglobal.org/spec/lti-ags/scope"
LINE_ITEMS_SCOPE, SCORE_SCOPE = f"{_AGS}/lineitem.readonly", f"{_AGS}/score"
MEMBERS_SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
LINE_ITEMS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
LINE_ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
MEMBERS_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
TIMEOUT_SECONDS, ASSERTION_SECONDS = 30, 300
PAGES = 1000
"""Of a list at most: a platform whose pages lead in a circle is not followed for ever."""
TRIES, LONGEST_WAIT = 4, 60.0
"""How often a platform that is busy is asked, and how many seconds it may have one wait in between."""
_BUSY = (429, 502, 503, 504)
_LARGEST_ANSWER = 16 * 2**20
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class PlatformSettings(Record, frozen=True, forbid_unknown_fields=True):
    """What the lecturer's file says of the platform: where it is, and as whom the grader speaks to it."""

    client_id: str
    token_url: str
    private_key: str
    """Path of the file of the key, PEM, from the settings' own folder."""
    line_items: str = ""
    """Address of the course's line items."""
    line_item: str = ""
    """Address of the assignment's own, where it is known: no list is asked for then."""
    members: str = ""
    """Address of the course's members, by whom students are found and known."""
    key_id: str = ""
    audience: str = ""
    """Whom the signed assertion is for; the token's address where it is left out."""


class Refused(Exception):
    """The platform would not take something, and why: one student's, or all."""


@dataclass(frozen=True)
class LineItem:
    """A column of the platform's gradebook."""

    address: str
    label: str = ""
    resource: str = ""
    tag: str = ""


@dataclass(frozen=True)
class Member:
    """Somebody of the platform's course."""

    id: str
    email: str = ""
    name: str = ""
    source_id: str = ""
    """What the institution knows them by."""


def read_settings(path: Path) -> PlatformSettings:
    """Return what a file says of a platform. Raise CourseError where it is no such file, or says too little."""
    try:
        found = msgspec.yaml.decode(path.read_bytes(), type=ready(PlatformSettings))
    except OSError as error:
        raise refuse(str(path), f"cannot be read: {error.strerror}") from None
    except (msgspec.MsgspecError, ValueError) as error:
        raise refuse(str(path), f"{error}: see docs/exports.md for what it says") from None
    if not found.line_items and not found.line_item:
        raise refuse(str(path), "expected line_items, the address of the course's line items, or line_item")
    for name in ("token_url", "line_items", "line_item", "members"):
        if (address := getattr(found, name)) and not _is_safe(address):
            raise refuse(str(path), f"{name}: {address!r} is no https address")
    return found


def read_key(settings: PlatformSettings, beside: Path) -> str:
    """Return the private key. Raise CourseError where others may read it, or it is none."""
    path = beside.parent / Path(settings.private_key).expanduser()
    try:
        mode, text = path.stat().st_mode, path.read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no PEM file"
        raise refuse(str(path), f"the private key cannot be read: {why}") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise refuse(str(path), "others of this machine may read the private key: run `chmod 600` on it")
    if "PRIVATE KEY" not in text:
        raise refuse(str(path), "no private key in it: expected a PEM file")
    return text


def _is_safe(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


class Platform:
    """A platform, spoken to with a token of its own. Use as a context manager."""

    def __init__(self, settings: PlatformSettings, key: str, sleep: Callable[[float], None] = time.sleep) -> None:
        """Raise CourseError where the library that signs is not here."""
        try:
            from authlib.integrations.requests_client import OAuth2Session
            from authlib.oauth2.rfc7523 import PrivateKeyJWT
        except ImportError:
            text = "what signs for LTI is not here: run `pip install 'keras-autograder[lti]'`"
            raise refuse("--send", text) from None
        self._settings, self._sleep = settings, sleep
        self._session = OAuth2Session(settings.client_id, key, token_endpoint_auth_method="private_key_jwt")  # noqa: S106
        self._signature = PrivateKeyJWT
        addresses = (settings.token_url, settings.line_items, settings.line_item, settings.members)
        self._hosts = {urlsplit(address).netloc for address in addresses if address}

    def __enter__(self) -> Platform:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def open(self) -> None:
        """Get a token. Raise Refused where the platform gives none."""
        import requests
        from authlib.common.errors import AuthlibBaseError

        scopes = [SCORE_SCOPE]
        scopes += [LINE_ITEMS_SCOPE] if not self._settings.line_item else []
        scopes += [MEMBERS_SCOPE] if self._settings.members else []
        signature = self._signature(
            self._settings.audience or self._settings.token_url,
            claims={"exp": int(time.time()) + ASSERTION_SECONDS},
            headers={"kid": self._settings.key_id} if self._settings.key_id else {},
        )
        self._session.register_client_auth_method(signature)
        try:
            token = self._session.fetch_token(
                self._settings.token_url,
                grant_type="client_credentials",
                scope=" ".join(scopes),
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except AuthlibBaseError as error:
            told = f"{error.error}: {error.description}".rstrip(": ")
            raise Refused(f"no token from {self._settings.token_url}: {told}") from None
        except (requests.RequestException, ValueError) as error:
            raise Refused(f"no token from {self._settings.token_url}: {_cause(error)}") from None
        granted = token.get("scope")
        if granted and (lacking := [one for one in scopes if one not in granted.split()]):
            raise Refused(f"the platform does not allow this client {', '.join(lacking)}: ask its administrator")

    def line_items(self) -> Iterator[LineItem]:
        """Yield the line items of the course, all pages of them."""
        for page in self._pages(self._settings.line_items, LINE_ITEMS_TYPE):
            for one in page if isinstance(page, list) else []:
                if isinstance(one, dict) and isinstance(one.get("id"), str):
                    yield LineItem(one["id"], *(str(one.get(key) or "") for key in ("label", "resourceId", "tag")))

    def line_item(self) -> LineItem:
        """Return the one that the settings name. Raise Refused where it is not there."""
        found = self._get(self._settings.line_item, LINE_ITEM_TYPE)[0] if self._reads_items else {}
        label = found.get("label") if isinstance(found, dict) else None
        return LineItem(self._settings.line_item, str(label or ""))

    def members(self) -> Iterator[Member]:
        """Yield the members of the course, all pages of them."""
        for page in self._pages(self._settings.members, MEMBERS_TYPE):
            listed = page.get("members") if isinstance(page, dict) else None
            for one in listed if isinstance(listed, list) else []:
                if isinstance(one, dict) and one.get("user_id") is not None:
                    told = (str(one.get(key) or "") for key in ("email", "name", "lis_person_sourcedid"))
                    yield Member(str(one["user_id"]), *told)

    def post_score(self, item: LineItem, score: Mapping[str, Any]) -> None:
        """Give a score. Raise Refused where the platform does not take it."""
        parts = urlsplit(item.address)  # what follows `?` stays behind the path: Moodle's addresses have some
        address = parts._replace(path=f"{parts.path.rstrip('/')}/scores").geturl()
        self._ask("POST", address, {"Content-Type": SCORE_TYPE}, msgspec.json.encode(score))

    @property
    def _reads_items(self) -> bool:
        return LINE_ITEMS_SCOPE in str((self._session.token or {}).get("scope", ""))

    def _pages(self, address: str, kind: str) -> Iterator[Any]:
        seen: set[str] = set()
        while address and address not in seen and len(seen) < PAGES:
            seen.add(address)
            page, after = self._get(address, kind)
            yield page
            address = urljoin(address, after) if after else ""

    def _get(self, address: str, kind: str) -> tuple[Any, str]:
        """Return what is there, and where its next page is."""
        answer = self._ask("GET", address, {"Accept": kind}, None)
        try:
            return msgspec.json.decode(answer.content), answer.links.get("next", {}).get("url", "")
        except msgspec.MsgspecError:
            raise Refused(f"{address} answers what is no JSON") from None

    def _ask(self, verb: str, address: str, headers: Mapping[str, str], body: bytes | None) -> Any:
        """Ask, again where the platform is busy or the token is no longer good. Raise Refused for any other answer."""
        import requests

        if urlsplit(address).netloc not in self._hosts or not _is_safe(address):
            raise Refused(f"{address} is none of the platform's hosts ({', '.join(sorted(self._hosts))})")
        renewed = False
        for left in reversed(range(TRIES)):
            try:
                answer = self._session.request(
                    verb, address, headers=headers, data=body, timeout=TIMEOUT_SECONDS, allow_redirects=False
                )
            except requests.RequestException as error:
                raise Refused(f"{address}: {_cause(error)}") from None
            if answer.ok and len(answer.content) <= _LARGEST_ANSWER and not answer.is_redirect:
                return answer
            if answer.status_code == 401 and not renewed:
                renewed = True
                self.open()
            elif answer.status_code in _BUSY and left:
                self._sleep(_wait(answer, TRIES - left))
            else:
                break
        raise Refused(_said(address, answer))


def _wait(answer: Any, tried: int) -> float:
    """Seconds until a busy platform is asked again: what it says itself, as far as one waits for that."""
    said = str(answer.headers.get("Retry-After", ""))
    return min(float(said) if said.isdecimal() else 2.0**tried, LONGEST_WAIT)


def _said(address: str, answer: Any) -> str:
    """What a refusal means."""
    means = {
        401: "the token is not good for it",
        403: "this client may not do that",
        404: "not there",
        409: "it has a later score already",
        429: "asked too often: try again later",
    }
    code = answer.status_code
    told = " ".join(answer.text[:200].split()) if code >= 400 else "it leads elsewhere, or answers too much"
    return f"{code}, {means.get(code, told or answer.reason)} ({address})"


def _cause(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]
