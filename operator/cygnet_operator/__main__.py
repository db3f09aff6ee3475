"""Runs the operator: in a cluster, or from a checkout against the current kube context."""

import asyncio
import logging
import signal

import uvloop
from prometheus_client import start_http_server

from cygnet.platform import logs
from cygnet_operator.app import operate
from cygnet_operator.credentials import NoCluster, connect
from cygnet_operator.settings import OperatorSettings


async def _run(settings: OperatorSettings) -> None:
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    try:
        connection, namespace = connect(settings.namespace)
    except NoCluster as error:
        raise SystemExit(str(error)) from None
    await operate(settings, connection, namespace, stop)


if __name__ == "__main__":
    settings = OperatorSettings()
    logs.configure("operator", level=settings.log_level, as_json=settings.log_json)
    # kopf tells of every event that it hands over, with all its settings.
    logging.getLogger("kopf").setLevel(logging.WARNING)
    host, port = settings.metrics_listen.rsplit(":", 1)
    start_http_server(int(port), host)
    uvloop.run(_run(settings))
