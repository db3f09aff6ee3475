"""Checks that an installation answers, as a player would: `python -m cygnet.gateway.smoke_test HOST:PORT`.

For `helm test`: the page through Envoy, and over gRPC the two services behind it. NOT_FOUND is an answer too: there may
be no contest yet.
"""

import http.client
import sys
from collections.abc import Callable

import grpc

from cygnet.v1 import contest_pb2, contest_pb2_grpc, leaderboard_pb2, leaderboard_pb2_grpc

_TIMEOUT_S = 20.0
_ANSWERS = (grpc.StatusCode.OK, grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT)


def failures(address: str) -> list[str]:
    """Returns a line for everything that does not answer at host:port; none when all is well."""
    return [*_http_failures(address), *_grpc_failures(address)]


def _http_failures(address: str) -> list[str]:
    failures = []
    for path in ("/envoyz", "/healthz", "/", "/board"):
        connection = http.client.HTTPConnection(address, timeout=_TIMEOUT_S)
        try:
            connection.request("GET", path)
            status = connection.getresponse().status
            if status != http.client.OK:
                failures.append(f"{path} answers {status}")
        except OSError as error:
            failures.append(f"{path} does not answer: {error}")
        finally:
            connection.close()
    return failures


def _grpc_failures(address: str) -> list[str]:
    failures = []
    with grpc.insecure_channel(address) as channel:
        calls: dict[str, Callable[[], object]] = {
            "submission": lambda: contest_pb2_grpc.ContestServiceStub(channel).GetContest(
                contest_pb2.GetContestRequest(), timeout=_TIMEOUT_S, wait_for_ready=True
            ),
            "leaderboard": lambda: leaderboard_pb2_grpc.LeaderboardServiceStub(channel).GetLeaderboard(
                leaderboard_pb2.GetLeaderboardRequest(contest="any", target="any"),
                timeout=_TIMEOUT_S,
                wait_for_ready=True,
            ),
        }
        for service, call in calls.items():
            try:
                call()
            except grpc.RpcError as error:
                if error.code() not in _ANSWERS:
                    failures.append(f"{service}: {error.code().name}: {error.details()}")
    return failures


if __name__ == "__main__":
    found = failures(sys.argv[1])
    print("\n".join(found) or "everything answers")
    sys.exit(1 if found else 0)
