"""Wires and runs the gateway. SIGTERM and SIGINT end it: uvicorn finishes open requests."""

import logging

import uvicorn
from prometheus_client import start_http_server

from cygnet.gateway.app import build_app
from cygnet.gateway.metrics import prepare_series
from cygnet.gateway.settings import GatewaySettings
from cygnet.platform import logs
from cygnet.platform.pictures import PictureStore

log = logging.getLogger("cygnet.gateway")


def main() -> None:
    """Runs the gateway until a signal ends it."""
    settings = GatewaySettings()
    logs.configure("gateway", level=settings.log_level, as_json=settings.log_json)
    app = build_app(
        pictures=PictureStore(settings.pictures_url),
        page_dir=settings.page_dir,
        public_url=settings.public_url,
        captcha_providers=list(filter(None, settings.captcha_providers.split(","))),
    )
    prepare_series(app.routes)
    metrics_host, metrics_port = settings.metrics_listen.rsplit(":", 1)
    metrics_server, _ = start_http_server(int(metrics_port), metrics_host)
    host, port = settings.listen.rsplit(":", 1)
    log.info("serving", extra={"listen": settings.listen, "metrics_port": metrics_server.server_port})
    uvicorn.run(
        app,
        host=host,
        port=int(port),
        loop="uvloop",
        lifespan="off",
        # Our own logging, and the metrics instead of a line per request.
        log_config=None,
        access_log=False,
        server_header=False,
        # What the application needs of X-Forwarded-* it reads itself.
        proxy_headers=False,
        # Longer than Envoy keeps an idle connection: a request must not meet one that is being closed.
        timeout_keep_alive=90,
        timeout_graceful_shutdown=max(1, round(settings.stop_grace_s)),
    )


if __name__ == "__main__":
    main()
