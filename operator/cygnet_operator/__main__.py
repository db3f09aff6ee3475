"""Runs the operator: in a cluster, or from a checkout against the current kube context."""

import asyncio
import logging
import os
import signal
import sys

import uvloop
from prometheus_client import start_http_server

from cygnet.platform import logs
from cygnet_operator.app import operate
from cygnet_operator.credentials import NoCluster, connect
from cygnet_operator.settings import OperatorSettings


async def _run(settings: OperatorSettings) -> bool:
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    try:
        connection, namespace = connect(settings.namespace)
    except NoCluster as error:
        raise SystemExit(str(error)) from None
    return await operate(settings, connection, namespace, stop)


if __name__ == "__main__":
    settings = OperatorSettings()
    logs.configure("operator", level=settings.log_level, as_json=settings.log_json)
    # kopf tells of every event that it hands over, with all its settings.
    logging.getLogger("kopf").setLevel(logging.WARNING)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)  # the kubelet's probes
    host, port = settings.metrics_listen.rsplit(":", 1)
    start_http_server(int(port), host)
    if uvloop.run(_run(settings)):
        # kopf's signal handlers serve one life alone: the next one is a new program in the same process.
        os.execv(sys.executable, sys.orig_argv)
