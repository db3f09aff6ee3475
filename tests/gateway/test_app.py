"""What the gateway answers to browsers, and to those who are none. Calls the application itself, without a port."""

import asyncio
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
import segno
from prometheus_client import REGISTRY
from pydantic import ValidationError

from cygnet.gateway.app import build_app
from cygnet.gateway.headers import page_headers
from cygnet.gateway.metrics import prepare_series
from cygnet.gateway.settings import GatewaySettings
from cygnet.platform.pictures import PictureStore

PICTURE = b"\x89PNG\r\n\x1a\nnot really a picture, but bytes all the same"


@dataclass(frozen=True)
class Response:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Browser:
    """Sends requests to an ASGI application."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def get(self, target: str, *, method: str = "GET", **headers: str) -> Response:
        parts = urlsplit(target)
        named = {"host": "127.0.0.1:8080", **{name.replace("_", "-"): value for name, value in headers.items()}}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "root_path": "",
            "query_string": parts.query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in named.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8080),
        }
        sent: list[dict[str, Any]] = []

        requests = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> dict[str, Any]:
            for request in requests:
                return request
            # Nothing more comes: the client is still there.
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        raw = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Response(sent[0]["status"], raw, b"".join(message.get("body", b"") for message in sent[1:]))


@pytest.fixture
def page(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<p>the player's page</p>")
    (folder / "board.html").write_text("<p>the board</p>")
    (folder / "assets" / "main-abc123.js").write_text("play()")
    (tmp_path / "secret").write_text("not for browsers")
    return folder


@pytest.fixture
def store(tmp_path: Path) -> PictureStore:
    return PictureStore((tmp_path / "pictures").as_uri())


@pytest.fixture
def browser(page: Path, store: PictureStore) -> Browser:
    return Browser(build_app(pictures=store, page_dir=page, public_url=""))


@pytest.mark.parametrize(
    ("path", "words"),
    [("/", "player"), ("/c/pycon-kr", "player"), ("/board", "board"), ("/c/pycon-kr/board", "board")],
)
async def test_pages_are_never_stored_and_run_only_our_own_scripts(browser: Browser, path: str, words: str) -> None:
    response = await browser.get(path)
    assert (response.status, response.headers["cache-control"]) == (200, "no-store")
    assert words in response.body.decode() and response.headers["content-type"].startswith("text/html")
    policy = dict(part.split(" ", 1) for part in response.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == policy["img-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"


def test_widgets_of_others_run_only_where_they_are_used() -> None:
    def policy(*providers: str) -> dict[str, str]:
        parts = page_headers(providers)["content-security-policy"].split("; ")
        return {name: sources for name, _, sources in (part.partition(" ") for part in parts)}

    ours, turnstile = policy(), policy("turnstile")
    assert not any("http" in sources for sources in ours.values()) and "frame-src" not in ours
    changed = {name for name in turnstile if turnstile[name] != ours.get(name)}
    assert changed == {"script-src", "frame-src"}
    assert turnstile["script-src"] == "'self' https://challenges.cloudflare.com"
    assert "https://*.hcaptcha.com" in policy("hcaptcha")["connect-src"] and "hcaptcha" not in str(turnstile)
    cap = policy("https://cap.example")
    assert cap["connect-src"] == "'self' https://cap.example" and "frame-src" not in cap
    assert policy("turnstile", "https://cap.example")["script-src"].count("https://") == 2
    for wrong in ("recaptcha", "http://cap.example", "https://cap.example/ 'unsafe-inline'", "turnstile;"):
        with pytest.raises(ValueError, match="captcha_providers"):
            GatewaySettings(pictures_url="file:///tmp", captcha_providers=wrong)


@pytest.mark.parametrize("path", ["/c/PyCon", "/c/-a", "/c/a_b/board", "/c/" + "a" * 64, "/c/<script>", "/nothing"])
async def test_what_is_no_page_is_told_in_words(browser: Browser, path: str) -> None:
    response = await browser.get(path)
    assert response.status == 404 and response.headers["content-type"].startswith("text/plain")
    assert response.body.decode().strip().endswith(".") and "script" not in response.body.decode()


async def test_a_page_that_is_not_built_says_so(store: PictureStore, tmp_path: Path) -> None:
    browser = Browser(build_app(pictures=store, page_dir=tmp_path / "nowhere", public_url=""))
    response = await browser.get("/")
    assert response.status == 503 and "make page" in response.body.decode()


async def test_assets_are_kept_for_ever(browser: Browser) -> None:
    response = await browser.get("/assets/main-abc123.js")
    assert (response.status, response.body) == (200, b"play()")
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    missing = await browser.get("/assets/gone.js")
    assert missing.status == 404 and missing.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/assets/../../secret", "/assets/..%2f..%2fsecret", "/assets//etc/passwd"])
async def test_assets_do_not_lead_out_of_their_folder(browser: Browser, path: str) -> None:
    response = await browser.get(path)
    assert response.status == 404 and b"not for browsers" not in response.body


async def test_a_picture_is_its_bytes_and_is_kept_for_ever(browser: Browser, store: PictureStore) -> None:
    digest = await store.put(PICTURE)
    response = await browser.get(f"/pictures/{digest}.png")
    assert (response.status, response.body) == (200, PICTURE)
    assert response.headers["content-type"] == "image/png"
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["etag"] == f'"{digest}"'
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in response.headers["content-security-policy"]
    head = await browser.get(f"/pictures/{digest}.png", method="HEAD")
    assert (head.status, head.headers["content-length"]) == (200, str(len(PICTURE)))


async def test_whoever_has_the_picture_is_not_sent_it_again(browser: Browser, store: PictureStore) -> None:
    digest = await store.put(PICTURE)
    for tags in (f'"{digest}"', f'"other", W/"{digest}"', "*"):
        response = await browser.get(f"/pictures/{digest}.png", if_none_match=tags)
        assert (response.status, response.body) == (304, b"")
    assert (await browser.get(f"/pictures/{digest}.png", if_none_match='"other"')).status == 200


@pytest.mark.parametrize(
    "name",
    [
        f"{hashlib.sha256(b'nobody drew this').hexdigest()}.png",
        "a" * 63 + ".png",
        "A" * 64 + ".png",
        "a" * 64 + ".jpg",
        "..%2f..%2fetc%2fpasswd",
    ],
)
async def test_no_such_picture(browser: Browser, name: str) -> None:
    response = await browser.get(f"/pictures/{name}")
    assert response.status == 404 and response.body.decode().startswith(
        ("There is no such picture.", "A picture's name")
    )


async def qr_content(browser: Browser, target: str, **headers: str) -> tuple[int, bytes]:
    response = await browser.get(target, **headers)
    if response.status == 200:
        assert response.headers["content-type"] == "image/svg+xml"
        assert ElementTree.fromstring(response.body).tag.endswith("svg")
    return response.status, response.body


async def test_qr_codes_lead_to_the_address_that_was_asked(browser: Browser) -> None:
    codes = {
        await qr_content(browser, "/qr.svg"),
        await qr_content(browser, "/qr.svg?contest=pycon-kr"),
        await qr_content(browser, "/qr.svg", host="cygnet.example"),
        await qr_content(browser, "/qr.svg", host="cygnet.example", x_forwarded_proto="https"),
        await qr_content(browser, "/qr.svg", host="[::1]:8080"),
    }
    assert {status for status, _ in codes} == {200} and len(codes) == 5


async def test_qr_codes_lead_to_the_public_address_where_there_is_one(store: PictureStore, page: Path) -> None:
    public = Browser(build_app(pictures=store, page_dir=page, public_url="https://cygnet.example"))
    by_host = Browser(build_app(pictures=store, page_dir=page, public_url=""))
    assert (await public.get("/qr.svg", host="evil.example")).body == (
        await by_host.get("/qr.svg", host="cygnet.example", x_forwarded_proto="https")
    ).body


async def test_a_code_says_in_words_where_it_leads(browser: Browser) -> None:
    body = (await browser.get("/qr.svg?contest=pycon-kr", host="cygnet.example")).body
    assert b"<title>http://cygnet.example/c/pycon-kr</title>" in body


async def test_a_paired_screens_code_is_behind_the_hash_and_not_in_words(browser: Browser) -> None:
    body = (await browser.get("/qr.svg?contest=pycon-kr&code=abcdefghijk2", host="cygnet.example")).body
    assert b"<title>http://cygnet.example/c/pycon-kr</title>" in body
    expected = io.BytesIO()
    segno.make("http://cygnet.example/c/pycon-kr#p=abcdefghijk2", error="m", micro=False).save(
        expected, kind="svg", scale=8, border=4, xmldecl=False, light="#fff", omitsize=True
    )
    assert ElementTree.fromstring(body)[-1].attrib == ElementTree.fromstring(expected.getvalue())[-1].attrib


@pytest.mark.parametrize("code", ["short", "a" * 13, "ABCDEFGHIJKL", "<svg>"])
async def test_what_is_no_presence_code_makes_no_qr_code(browser: Browser, code: str) -> None:
    assert (await browser.get(f"/qr.svg?code={code}")).status == 400


@pytest.mark.parametrize(
    "host", ["", "a b", "a/b", "a@b", "x" * 300, "h:0", "h:99999", "[::1", "[not]:1", "-a", "a..b"]
)
async def test_a_host_header_that_is_no_address_makes_no_qr_code(browser: Browser, host: str) -> None:
    assert (await browser.get("/qr.svg", host=host)).status == 400


async def test_a_contest_that_cannot_be_makes_no_qr_code(browser: Browser) -> None:
    assert (await browser.get("/qr.svg?contest=../admin")).status == 404


async def test_only_reading_is_allowed(browser: Browser) -> None:
    assert (await browser.get("/", method="POST")).status == 405


async def test_health(browser: Browser) -> None:
    response = await browser.get("/healthz")
    assert (response.status, response.body) == (200, b"ok\n")


async def test_requests_are_counted_by_route_and_never_by_path(page: Path, store: PictureStore) -> None:
    def value(route: str, code: str, method: str = "GET") -> float | None:
        labels = {"method": method, "route": route, "code": code}
        return REGISTRY.get_sample_value("cygnet_gateway_http_requests_total", labels)

    app = build_app(pictures=store, page_dir=page, public_url="")
    prepare_series(app.routes)
    browser = Browser(app)
    before = {key: value(*key) or 0 for key in (("/c/{contest}", "200"), ("none", "404"), ("/", "405", "other"))}
    await browser.get("/c/some-contest")
    await browser.get("/made-up-by-a-stranger")
    await browser.get("/", method="BREW")
    assert {key: value(*key) for key in before} == {key: count + 1 for key, count in before.items()}
    assert value("/pictures/{name}", "200") is not None
    labels = {sample.labels.get("route") for metric in REGISTRY.collect() for sample in metric.samples}
    assert not any(label and "stranger" in label for label in labels)


@pytest.mark.parametrize("url", ["ftp://x", "https://", "https://a/b", "https://a b", "cygnet.example", "https://u@h"])
def test_a_public_address_is_checked(url: str) -> None:
    with pytest.raises(ValidationError, match="without a path"):
        GatewaySettings(pictures_url="file:///tmp/x", public_url=url)


def test_a_slash_behind_the_public_address_is_dropped() -> None:
    settings = GatewaySettings(pictures_url="file:///tmp/x", public_url="https://cygnet.example/")
    assert settings.public_url == "https://cygnet.example"
