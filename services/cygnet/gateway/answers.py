"""Asks an installation whether it answers, as a player would: `python -m cygnet.gateway.answers HOST:PORT`.

For `helm test`: the page through Envoy, and over gRPC the two services behind it. That there is no contest yet is an
answer too.
"""

import http.client
import sys
from collections.abc import Callable

import grpc

from cygnet.v1 import contest_pb2, contest_pb2_grpc, leaderboard_pb2, leaderboard_pb2_grpc

_PATIENCE_S = 20.0
_ANSWERS = (grpc.StatusCode.OK, grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT)


def ask(address: str) -> list[str]:
    """Returns a line for everything that does not answer at host:port; none when all is well."""
    return [*_page(address), *_services(address)]


def _page(address: str) -> list[str]:
    problems = []
    for path in ("/envoyz", "/healthz", "/", "/board"):
        asked = http.client.HTTPConnection(address, timeout=_PATIENCE_S)
        try:
            asked.request("GET", path)
            status = asked.getresponse().status
            if status != http.client.OK:
                problems.append(f"{path} answers {status}")
        except OSError as error:
            problems.append(f"{path} does not answer: {error}")
        finally:
            asked.close()
    return problems


def _services(address: str) -> list[str]:
    problems = []
    with grpc.insecure_channel(address) as channel:
        calls: dict[str, Callable[[], object]] = {
            "submission": lambda: contest_pb2_grpc.ContestServiceStub(channel).GetContest(
                contest_pb2.GetContestRequest(), timeout=_PATIENCE_S, wait_for_ready=True
            ),
            "leaderboard": lambda: leaderboard_pb2_grpc.LeaderboardServiceStub(channel).GetLeaderboard(
                leaderboard_pb2.GetLeaderboardRequest(contest="any", target="any"),
                timeout=_PATIENCE_S,
                wait_for_ready=True,
            ),
        }
        for service, call in calls.items():
            try:
                call()
            except grpc.RpcError as error:
                if error.code() not in _ANSWERS:
                    problems.append(f"{service}: {error.code().name}: {error.details()}")
    return problems


if __name__ == "__main__":
    found = ask(sys.argv[1])
    print("\n".join(found) or "everything answers")
    sys.exit(1 if found else 0)
