"""LTI's grade service, against a platform of our own: a real server that believes nothing it is told."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

import toy
from autograder.errors import CourseError
from autograder.export import ClassGrades, Exported, ExportOptions, ags
from autograder.export import _lti as lti
from autograder.paths import Paths
from autograder.roster import Student
from autograder.store import Keys, Store
from graded import absent, entry, grade, of_class, ungraded, unmarked

pytest.importorskip("authlib", reason="NOT TESTED: LTI's grade service; `pip install 'keras-autograder[lti]'`")
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "client-7"
SCOPE_OF = {"GET items": lti.LINE_ITEMS_SCOPE, "GET members": lti.MEMBERS_SCOPE, "POST scores": lti.SCORE_SCOPE}
ITEMS = [
    {"id": "{here}/items/1?type_id=4", "label": "Another", "scoreMaximum": 20},
    {"id": "{here}/items/2?type_id=4", "label": "Toy assignment", "scoreMaximum": 6},
]
MEMBERS = [
    {"user_id": "u-ada", "email": "Ada@example.org", "name": "Ada"},
    {"user_id": "u-bob", "email": "bob@example.org", "lis_person_sourcedid": "4711"},
    {"user_id": "u-cy", "email": "shared@example.org"},
    {"user_id": "u-dan", "email": "shared@example.org"},
]


@dataclass
class Site:
    """The platform: what it knows, and what it was told."""

    public: RSAKey
    items: list[dict[str, Any]] = field(default_factory=lambda: list(ITEMS))
    address: str = ""
    scopes: set[str] = field(default_factory=lambda: set(SCOPE_OF.values()))
    tokens: dict[str, set[str]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    scores: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """What it answers to the next scores in place of taking them."""
    asked: list[str] = field(default_factory=list)

    def token(self, form: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        """Believe an assertion where it is signed, meant for this platform, fresh, and was never used."""
        assertion = jwt.decode(form["client_assertion"][0], self.public, algorithms=["RS256"])
        told = assertion.claims
        good = (
            form["grant_type"] == ["client_credentials"]
            and form["client_assertion_type"] == ["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"]
            and (told["iss"], told["sub"], told["aud"]) == (CLIENT, CLIENT, f"{self.address}/token")
            and assertion.header.get("kid") == "k1"
            and told["iat"] <= time.time() + 5 < told["exp"] <= told["iat"] + 3600
            and told["jti"] not in self.used
        )
        if not good:
            return 400, {"error": "invalid_client"}
        self.used.add(told["jti"])
        token = f"token-{len(self.tokens)}"
        self.tokens[token] = self.scopes & set(form["scope"][0].split())
        return 200, {"access_token": token, "token_type": "Bearer", "scope": " ".join(self.tokens[token])}

    def score(self, item: str, score: dict[str, Any]) -> int:
        """Take a score for a user there is, later than the one there was."""
        if not any(f"/items/{item}?" in one["id"] for one in self.items):
            return 404
        if score["userId"] not in {one["user_id"] for one in MEMBERS} | {"u1", "u2"}:
            return 404
        at = datetime.fromisoformat(score["timestamp"])
        assert at.tzinfo is not None
        assert score["timestamp"].count(".") == 1  # with fractions of seconds, as the specification asks
        before = self.scores.get(score["userId"])
        if before and datetime.fromisoformat(before["timestamp"]) >= at:
            return 409
        self.scores[score["userId"]] = score
        return 200


class Handler(BaseHTTPRequestHandler):
    """Speaks HTTP for the site."""

    site: Site

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        what = url.path.strip("/").split("/")[0]
        if not self._allowed(f"GET {what}"):
            return
        page = int(parse_qs(url.query).get("page", ["0"])[0])
        listed: Any = self.site.items if what == "items" else MEMBERS
        kind = lti.LINE_ITEMS_TYPE if what == "items" else lti.MEMBERS_TYPE
        if self.headers["Accept"] != kind:
            self._say(406)
            return
        rest = {"Link": f'<{self.site.address}/{what}?page={page + 1}>; rel="next"'} if page + 1 < len(listed) else {}
        here = json.loads(json.dumps(listed[page : page + 1]).replace("{here}", self.site.address))
        self._say(200, here if what == "items" else {"members": here}, rest)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/token":
            self._say(*self.site.token(parse_qs(body.decode())))
            return
        path, _, query = self.path.partition("?")
        if not self._allowed("POST scores"):
            return
        if self.site.answers:
            code, headers = self.site.answers.pop(0)
            self._say(code, None, headers)
        elif self.headers["Content-Type"] != lti.SCORE_TYPE or query != "type_id=4" or not path.endswith("/scores"):
            self._say(415)
        else:
            self._say(self.site.score(path.split("/")[2], json.loads(body)))

    def _allowed(self, what: str) -> bool:
        self.site.asked.append(what)
        scopes = self.site.tokens.get(str(self.headers["Authorization"]).removeprefix("Bearer "))
        if scopes is None or SCOPE_OF[what] not in scopes:
            self._say(401 if scopes is None else 403)
            return False
        return True

    def _say(self, code: int, body: Any = None, headers: dict[str, str] | None = None) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(code)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def site(key: rsa.RSAPrivateKey) -> Iterator[Site]:
    site = Site(RSAKey.import_key(_pem(key.public_key())))
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"site": site}))
    site.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield site
    server.shutdown()
    thread.join()
    server.server_close()


def _pem(public: rsa.RSAPublicKey) -> bytes:
    return bytes(public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))


@pytest.fixture
def settings(site: Site, key: rsa.RSAPrivateKey, tmp_path: Path) -> Path:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "key.pem").write_bytes(pem)
    (tmp_path / "key.pem").chmod(0o600)
    return write(tmp_path, site)


def write(folder: Path, site: Site, **more: str) -> Path:
    said = {
        "client_id": CLIENT,
        "token_url": f"{site.address}/token",
        "line_items": f"{site.address}/items",
        "private_key": "key.pem",
        "key_id": "k1",
        **more,
    }
    path = folder / "platform.yaml"
    path.write_text("".join(f"{name}: {json.dumps(value)}\n" for name, value in said.items() if value))
    return path


def the_class() -> ClassGrades:
    """Two who are known by the roster, one by nothing; one ungraded, one unmarked, one absent."""
    known = [entry(grade(name), person=Student(name, id=number)) for name, number in (("ann", "u1"), ("ben", "u2"))]
    known[1] = replace(known[1], grade=grade("ben", 1.5), penalty=0.5)
    others = [entry(one) for one in (grade("eve"), ungraded("ill"), unmarked("mia"), absent("non"))]
    return of_class([*known, *others])


def sent(settings: Path, grades: ClassGrades | None = None, **more: Any) -> Exported:
    return ags.export(grades or the_class(), ExportOptions(platform=settings, send=True, **more))


def test_nothing_is_sent_without_being_asked_for(settings: Path, site: Site) -> None:
    done = ags.export(the_class(), ExportOptions(platform=settings))
    assert (site.asked, site.tokens, site.scores) == ([], {}, {})
    shown = json.loads(done.files["scores.json"])
    assert [(one["student"], one["userId"], one["scoreGiven"], one["scoreMaximum"]) for one in shown] == [
        ("ann", "u1", 6.0, 6.0),
        ("ben", "u2", 3.0, 6.0),
    ]
    assert "Doubler, « vite »: 1.5 / 4\n" in shown[1]["comment"]
    assert shown[1]["comment"].endswith("\n-0.5")
    assert done.unfinished.keys() == {"ill", "mia"}
    assert done.unplaced.keys() == {"eve"}
    assert done.notes == ("nothing is sent without --send: scores.json is what would be",)


def test_scores_reach_the_line_item_of_the_title_on_whatever_page(settings: Path, site: Site) -> None:
    done = sent(settings)
    assert {user: score["scoreGiven"] for user, score in site.scores.items()} == {"u1": 6.0, "u2": 3.0}
    assert {score["gradingProgress"] for score in site.scores.values()} == {"FullyGraded"}
    assert site.asked.count("GET items") == 2
    assert site.tokens == {"token-0": {lti.SCORE_SCOPE, lti.LINE_ITEMS_SCOPE}}
    assert done.notes == ("2 sent to 'Toy assignment'",)
    assert done.unplaced.keys() == {"eve"}


def test_a_second_time_is_later(settings: Path, site: Site) -> None:
    sent(settings)
    first = site.scores["u1"]["timestamp"]
    assert sent(settings).unplaced.keys() == {"eve"}
    assert site.scores["u1"]["timestamp"] > first


def test_a_later_score_of_the_platforms_stands_and_is_named(settings: Path, site: Site) -> None:
    site.scores["u1"] = {"timestamp": "2099-01-01T00:00:00.000+00:00", "scoreGiven": 5.5}
    done = sent(settings)
    assert done.unplaced["ann"].startswith("409, it has a later score already")
    assert (site.scores["u1"]["scoreGiven"], site.scores["u2"]["scoreGiven"]) == (5.5, 3.0)
    assert done.notes == ("1 sent to 'Toy assignment'",)


def test_a_busy_platform_is_asked_again_when_it_says(
    settings: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(lti.Platform.__init__, "__defaults__", (waits.append,))
    site.answers = [(429, {"Retry-After": "7"}), (503, {})]
    assert sent(settings).notes == ("2 sent to 'Toy assignment'",)
    assert waits == [7.0, 4.0]
    site.scores.clear()
    site.answers = [(429, {"Retry-After": "999"})] * lti.TRIES
    done = sent(settings)
    assert waits[2:] == [lti.LONGEST_WAIT] * (lti.TRIES - 1)
    assert done.unplaced["ann"].startswith("429, asked too often")
    assert site.scores.keys() == {"u2"}


def test_a_token_that_is_no_longer_good_is_renewed_once(settings: Path, site: Site) -> None:
    site.answers = [(401, {}), *[(401, {})] * 2]
    done = sent(settings)
    assert len(site.tokens) == 3
    assert site.scores.keys() == {"u1"} or site.scores.keys() == {"u2"}
    assert [why[:4] for student, why in done.unplaced.items() if student != "eve"] == ["401,"]


def test_a_line_item_that_is_gone_is_said_of_each(settings: Path, site: Site, tmp_path: Path) -> None:
    done = sent(write(tmp_path, site, line_items="", line_item=f"{site.address}/items/9?type_id=4"))
    assert {why[:14] for student, why in done.unplaced.items() if student != "eve"} == {"404, not there"}
    assert "GET items" not in site.asked


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([], "no line items are called 'Toy assignment'; there are none"),
        ([ITEMS[1], ITEMS[1]], "2 line items are called 'Toy assignment'"),
        ([{**ITEMS[1], "id": "http://127.0.0.1:1/items/2"}], "is none of the platform's hosts"),
        ([{**ITEMS[1], "label": "Other", "tag": "toy"}, ITEMS[1]], ""),
    ],
)
def test_the_line_item_is_the_one_that_is_meant(
    settings: Path, site: Site, items: list[dict[str, Any]], said: str
) -> None:
    site.items = items
    try:
        done = sent(settings)
    except CourseError as error:
        assert said in str(error)
    else:
        assert said in str(done.unplaced) or done.notes == ("2 sent to 'Other'",)
        assert ("2 sent" in done.notes[0]) is not bool(said)
    assert bool(site.scores) is not bool(said)


def test_members_tell_who_is_known_and_who_is_not(settings: Path, site: Site, tmp_path: Path) -> None:
    people = [
        Student("ada", email="ada@example.org"),
        Student("bob", id="4711"),
        Student("cy", email="shared@example.org"),
        Student("old", id="u-gone"),
    ]
    grades = of_class([entry(grade(one.student), person=one) for one in people])
    done = sent(write(tmp_path, site, members=f"{site.address}/members"), grades)
    assert site.scores.keys() == {"u-ada", "u-bob"}
    assert done.unplaced.keys() == {"cy", "old"}


def test_what_collect_kept_is_used_and_a_group_is_nobody(settings: Path, site: Site) -> None:
    entries = [entry(grade("ada"), "Moodle", "u1"), entry(grade("bob"), "Moodle", "u2", group="red")]
    done = sent(settings, of_class(entries))
    assert site.scores.keys() == {"u1"}
    assert done.unplaced == {"bob": ags.UNKNOWN}


def test_two_of_one_number_are_told_nothing(settings: Path, site: Site) -> None:
    twins = [entry(grade(name), person=Student(name, id="u1")) for name in ("ann", "ben")]
    assert sent(settings, of_class(twins)).unplaced.keys() == {"ann", "ben"}
    assert site.scores == {}


def test_zero_for_who_handed_in_nothing_only_where_asked(settings: Path, site: Site) -> None:
    grades = of_class([entry(absent("non"), person=Student("non", id="u1"))])
    sent(settings, grades)
    assert site.scores == {}
    sent(settings, grades, zero_missing=True)
    assert site.scores["u1"]["scoreGiven"] == 0.0


def test_a_scope_that_is_not_granted_is_named(settings: Path, site: Site) -> None:
    site.scopes = {lti.LINE_ITEMS_SCOPE}
    with pytest.raises(CourseError, match=f"does not allow this client {lti.SCORE_SCOPE}"):
        sent(settings)


def test_another_key_gets_no_token(settings: Path, site: Site) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    site.public = RSAKey.import_key(_pem(other.public_key()))
    with pytest.raises(CourseError, match="no token from"):
        sent(settings)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"token_url": "http://example.org/token"}, "is no https address"),
        ({"line_items": ""}, "expected line_items"),
        ({"client_id": ""}, "client_id"),
        ({"private_keys": "x"}, "private_keys"),
        ({"private_key": "none.pem"}, "cannot be read"),
        ({"private_key": "platform.yaml"}, "others of this machine may read"),
    ],
)
def test_a_file_that_says_something_else_is_refused(
    settings: Path, site: Site, tmp_path: Path, more: dict[str, str], said: str
) -> None:
    with pytest.raises(CourseError, match=said):
        sent(write(tmp_path, site, **more))
    assert site.scores == {}


def test_the_command_shows_no_key_and_sends_where_asked(settings: Path, site: Site, tmp_path: Path) -> None:
    root = tmp_path / "course"
    root.mkdir()
    toy.write_source(root)
    (root / "students.csv").write_text("student,id\nada,u1\n")
    with Store(Paths(root).store) as store:
        store.save(grade("ada"), Keys("", ""))
    command = [sys.executable, "-c", "from autograder.cli import main; main()", "export", "toy", "--to", "ags"]
    tried = subprocess.run([*command, "--platform", settings], cwd=root, capture_output=True, text=True)
    assert (tried.returncode, site.scores) == (0, {})
    assert "nothing is sent without --send" in tried.stderr
    done = subprocess.run([*command, "--platform", settings, "--send"], cwd=root, capture_output=True, text=True)
    assert (done.returncode, done.stdout.splitlines()) == (0, ["exports/toy/ags/scores.json", "1 of 1 student"])
    assert site.scores["u1"]["scoreGiven"] == 6.0
    secret = (settings.parent / "key.pem").read_text().splitlines()[3]
    everything = tried.stdout + tried.stderr + done.stdout + done.stderr
    assert secret not in everything + "".join(path.read_text() for path in (root / "exports").rglob("*.json"))
