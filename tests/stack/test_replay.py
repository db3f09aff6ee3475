"""A part of an event played against the whole game, as `cygnet replay` does it."""

from collections import Counter

from cygnet.replay.player import Played, play
from cygnet.replay.servers import Cygnet
from cygnet.replay.trace import Request, Trace

from ..prompts import unique
from ..stackrunner import Stack


async def test_a_macro_and_two_others_are_answered(stack: Stack) -> None:
    repeated, others = unique(), [unique(), unique()]
    requests = [Request(0.4 * n, 0, repeated) for n in range(6)]
    requests += [Request(1.0, who, prompt) for who, prompt in enumerate(others, 1)]
    trace = Trace("macro", 3.0, tuple(sorted(requests, key=lambda request: request.at_s)))
    server, played = Cygnet(stack.address, "", "duck"), list[Played]()
    try:
        await play(trace, server, 1.0, played.append)
    finally:
        await server.close()
    outcomes = Counter((each.request.participant > 0, each.answer.outcome) for each in played)
    assert outcomes[True, "drawn"] == 2, [each.answer for each in played]
    assert sum(outcomes.values()) == len(trace.requests)
    assert {outcome for _, outcome in outcomes} <= {"drawn", "known", "refused"}
    assert all(each.answer.reason for each in played if each.answer.outcome == "refused")
