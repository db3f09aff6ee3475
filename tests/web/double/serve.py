"""Serves the double: gRPC behind a real Envoy, which also translates gRPC-web, and the built page beside it."""

import asyncio
import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

import grpc
import segno
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from cygnet.gateway.headers import page_headers
from cygnet.local import child
from cygnet.platform.grpc.status import ErrorInterceptor
from cygnet.v1 import contest_pb2_grpc, leaderboard_pb2_grpc, presence_pb2_grpc, submission_pb2_grpc

from .game import Game
from .presence import Presences
from .servicers import Contests, Leaderboards, Submissions

DIST = Path(__file__).parents[3] / "services/cygnet/gateway/page/dist"


def site(game: Game) -> Starlette:
    """Returns what the gateway would serve, and /double, by which a test changes the double's settings."""

    async def picture(request: Request) -> Response:
        found = game.pictures.get(request.path_params["name"])
        return Response(status_code=404) if found is None else Response(found, media_type="image/png")

    async def player(request: Request) -> Response:
        providers = [game.widget] if game.widget else []
        return FileResponse(DIST / "index.html", headers=dict(page_headers(providers)))

    async def board(request: Request) -> Response:
        return FileResponse(DIST / "board.html")

    async def qr(request: Request) -> Response:
        code = request.query_params.get("code", "")
        svg = segno.make(f"http://{request.headers['host']}/{code and f'#p={code}'}").svg_inline(scale=8)
        return Response(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1), media_type="image/svg+xml")

    async def configure(request: Request) -> Response:
        for name, value in (await request.json()).items():
            if name == "sign_out":
                game.players.clear()
            elif name == "crowd":
                game.crowd(game.names[0], value)
            else:
                setattr(game, name, value)
        game.on_change()
        return JSONResponse(
            {
                "submit_calls": game.submit_calls,
                "read_calls": game.read_calls,
                "submissions": len(game.submissions),
                "tokens": game.tokens,
            }
        )

    return Starlette(
        routes=[
            Mount("/assets", StaticFiles(directory=DIST / "assets")),
            Route("/pictures/{name}.png", picture),
            Route("/qr.svg", qr),
            Route("/double", configure, methods=["POST"]),
            Route("/board", board),
            Route("/c/{contest}/board", board),
            Route("/c/{contest}", player),
            Route("/", player),
        ]
    )


def envoy_config(port: int, grpc_port: int, site_port: int) -> dict[str, Any]:
    """Returns an Envoy bootstrap: /cygnet.v1.* to gRPC, the rest to the site."""
    filters = "type.googleapis.com/envoy.extensions.filters.http"
    manager = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
    options = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    routes = [
        {"match": {"prefix": "/cygnet.v1."}, "route": {"cluster": "grpc", "timeout": "0s"}},
        {"match": {"prefix": "/"}, "route": {"cluster": "site"}},
    ]
    return {
        "static_resources": {
            "listeners": [
                {
                    "address": _address(port),
                    "filter_chains": [
                        {
                            "filters": [
                                {
                                    "name": "envoy.filters.network.http_connection_manager",
                                    "typed_config": {
                                        "@type": manager,
                                        "stat_prefix": "double",
                                        "route_config": {
                                            "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}]
                                        },
                                        "http_filters": [
                                            {
                                                "name": "envoy.filters.http.grpc_web",
                                                "typed_config": {"@type": f"{filters}.grpc_web.v3.GrpcWeb"},
                                            },
                                            {
                                                "name": "envoy.filters.http.router",
                                                "typed_config": {"@type": f"{filters}.router.v3.Router"},
                                            },
                                        ],
                                    },
                                }
                            ]
                        }
                    ],
                }
            ],
            "clusters": [
                {
                    **_cluster("grpc", grpc_port),
                    "typed_extension_protocol_options": {
                        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                            "@type": options,
                            "explicit_http_config": {"http2_protocol_options": {}},
                        }
                    },
                },
                _cluster("site", site_port),
            ],
        }
    }


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _cluster(name: str, port: int) -> dict[str, Any]:
    endpoint = {"endpoint": {"address": _address(port)}}
    return {
        "name": name,
        "connect_timeout": "2s",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


async def serve(port: int, game: Game) -> None:
    """Serves until cancelled."""
    server = grpc.aio.server(interceptors=[ErrorInterceptor()])
    contest_pb2_grpc.add_ContestServiceServicer_to_server(Contests(game), server)
    submission_pb2_grpc.add_SubmissionServiceServicer_to_server(Submissions(game), server)
    leaderboard_pb2_grpc.add_LeaderboardServiceServicer_to_server(Leaderboards(game), server)
    presence_pb2_grpc.add_PresenceServiceServicer_to_server(Presences(game), server)
    grpc_port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    listener = socket.create_server(("127.0.0.1", 0))
    site_port = listener.getsockname()[1]
    web = uvicorn.Server(uvicorn.Config(site(game), log_level="warning"))
    envoy = await asyncio.create_subprocess_exec(
        # Uvicorn ends this process by the signal that it received, past what is below; Envoy must not outlive it.
        *(sys.executable, "-I", "-S", child.__file__, str(os.getpid()), "0"),
        Path(sys.executable).parent / "envoy",
        "--config-yaml",
        json.dumps(envoy_config(port, grpc_port, site_port)),
        "--log-level",
        "error",
        "--concurrency",
        "1",
        "--disable-hot-restart",
    )
    try:
        await web.serve([listener])
    finally:
        envoy.terminate()
        await envoy.wait()
        await server.stop(0.2)
