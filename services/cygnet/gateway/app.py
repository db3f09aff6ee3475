"""The HTTP side for people: the page, the pictures, the QR codes. The API goes past it, from Envoy to the services."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import segno
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from cygnet.gateway.addresses import is_authority, player_url
from cygnet.gateway.headers import IMMUTABLE, PICTURE_HEADERS, SafeHeaders, page_headers
from cygnet.gateway.metrics import MetricsMiddleware
from cygnet.platform.errors import NotFound
from cygnet.platform.pictures import PictureStore
from cygnet.platform.validation import NAME, PRESENCE_CODE, SHA256

_READ = ["GET", "HEAD"]


def build_app(
    *, pictures: PictureStore, page_dir: Path, public_url: str, captcha_providers: Sequence[str] = ()
) -> Starlette:
    """Returns the application. `public_url` is what QR codes lead to, empty for the address of the request."""
    page = _Page(page_dir, page_headers(captcha_providers))
    return Starlette(
        routes=[
            Route("/", page.player, methods=_READ),
            Route("/board", page.board, methods=_READ),
            Route("/c/{contest}", page.player, methods=_READ),
            Route("/c/{contest}/board", page.board, methods=_READ),
            Route("/pictures/{name}", _Pictures(pictures).picture, methods=_READ),
            Route("/qr.svg", _QrCodes(public_url).svg, methods=_READ),
            Route("/healthz", _healthy, methods=_READ),
            # Looked for at the first request: a gateway without a page still serves pictures.
            Mount("/assets", StaticFiles(directory=page_dir / "assets", check_dir=False), name="assets"),
        ],
        middleware=[Middleware(MetricsMiddleware), Middleware(SafeHeaders, by_prefix={"/assets/": IMMUTABLE})],
        exception_handlers={HTTPException: _error_response},
    )


class _Page:
    """The two documents; the page itself calls the services for what they show."""

    def __init__(self, folder: Path, headers: Mapping[str, str]) -> None:
        self._folder = folder
        self._headers = headers

    async def player(self, request: Request) -> Response:
        return self._document(request, "index.html")

    async def board(self, request: Request) -> Response:
        return self._document(request, "board.html")

    def _document(self, request: Request, name: str) -> Response:
        _check_contest(request.path_params.get("contest", ""))
        try:
            document = (self._folder / name).read_bytes()
        except FileNotFoundError:
            raise HTTPException(503, "The page is not built yet: run `make page`.") from None
        return Response(document, media_type="text/html", headers=self._headers)


class _Pictures:
    """Pictures by their hash: whoever has one never needs to ask for it again."""

    def __init__(self, store: PictureStore) -> None:
        self._store = store

    async def picture(self, request: Request) -> Response:
        name = request.path_params["name"]
        sha256 = name.removesuffix(".png")
        if sha256 == name or not SHA256.fullmatch(sha256):
            raise HTTPException(404, "A picture's name is 64 hex digits and .png.")
        headers = {**PICTURE_HEADERS, "etag": f'"{sha256}"'}
        if _etag_matches(request.headers.get("if-none-match", ""), headers["etag"]):
            # The name is the hash of the bytes, so the tag alone proves that nothing changed.
            return Response(status_code=304, headers=headers)
        try:
            return Response(await self._store.get(sha256), media_type="image/png", headers=headers)
        except NotFound:
            raise HTTPException(404, "There is no such picture.") from None


class _QrCodes:
    """The way onto a phone."""

    def __init__(self, public_url: str) -> None:
        self._public_url = public_url

    async def svg(self, request: Request) -> Response:
        contest, presence = request.query_params.get("contest", ""), request.query_params.get("code", "")
        _check_contest(contest)
        if presence and not PRESENCE_CODE.fullmatch(presence):
            raise HTTPException(400, "A presence code is 12 characters of a-z and 2-7.")
        svg = io.BytesIO()
        # Level M survives a badly lit hall; the border of 4 modules is the quiet zone that scanners need.
        url = player_url(self._base_url(request), contest)
        # Behind "#": no server, log or Referer gets to see it.
        code = segno.make(f"{url}#p={presence}" if presence else url, error="m", micro=False)
        # The board shows the title below the code: its own address may be another one ("localhost").
        code.save(svg, kind="svg", scale=8, border=4, xmldecl=False, light="#fff", omitsize=True, title=url)
        return Response(
            svg.getvalue(), media_type="image/svg+xml", headers={"cache-control": "no-cache", "vary": "host"}
        )

    def _base_url(self, request: Request) -> str:
        if self._public_url:
            return self._public_url
        authority = request.headers.get("host", "")
        if not is_authority(authority):
            raise HTTPException(400, "The Host header is no address.")
        # Envoy sets this header itself and drops what a client sent.
        scheme = "https" if request.headers.get("x-forwarded-proto") == "https" else "http"
        return f"{scheme}://{authority}"


def _check_contest(name: str) -> None:
    # An empty name means the only contest there is.
    if name and not NAME.fullmatch(name):
        raise HTTPException(404, "A contest's name has only a-z, 0-9 and - in it.")


async def _healthy(request: Request) -> Response:
    return PlainTextResponse("ok\n", headers={"cache-control": "no-store"})


async def _error_response(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers: Mapping[str, str] = {**(error.headers or {}), "cache-control": "no-store"}
    message = "There is nothing here." if error.detail == "Not Found" else error.detail
    return PlainTextResponse(f"{message}\n", status_code=error.status_code, headers=headers)


def _etag_matches(if_none_match: str, tag: str) -> bool:
    tags = (part.strip().removeprefix("W/") for part in if_none_match.split(","))
    return any(given in (tag, "*") for given in tags)
