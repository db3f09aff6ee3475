"""What is played while `cygnet up --record` runs can be played again with `cygnet replay`."""

import signal
from contextlib import suppress

import pytest

from cygnet.platform.errors import Refused
from cygnet.replay import trace
from cygnet.replay.player import Played, play
from cygnet.replay.servers import Cygnet

from ..prompts import unique
from ..stackrunner import new_stack, remove, short_folder
from .player import Player, connection


@pytest.mark.stack
@pytest.mark.timeout(600)
async def test_a_play_is_recorded_and_played_again() -> None:
    folder = short_folder()
    path = folder / "play.jsonl"
    stack = new_stack(folder, options=["--record", str(path)])
    try:
        stack.start()
        repeated, other = unique(), unique("swan")
        async with connection(stack.address) as channel:
            ada, bob = await Player.join(channel, "Ada"), await Player.join(channel, "Bob")
            for player, prompt in ((ada, repeated), (ada, repeated.upper()), (bob, repeated), (bob, other)):
                await player.submit(prompt)
            for _ in range(3):
                # A limit that is met is part of the event.
                with suppress(Refused):
                    await player.submit(unique())
        recorded = trace.read(path)
        assert [request.participant for request in recorded.requests] == [0, 0, 1, 1, 1, 1, 1]
        first, again, his, others, *_ = (request.prompt for request in recorded.requests)
        assert first == again == his != others
        assert ada.participant_id not in path.read_text() and repeated not in path.read_text()
        server, played = Cygnet(stack.address, "", "duck"), list[Played]()
        try:
            await play(recorded, server, 1.0, played.append)
        finally:
            await server.close()
        outcomes = [each.answer.outcome for each in sorted(played, key=lambda each: each.request.at_s)]
        assert outcomes[0] == "drawn" and set(outcomes) <= {"drawn", "known", "refused"}, outcomes
        assert stack.stop(signal.SIGINT) == 0
        assert len(trace.read(path).requests) == 2 * len(recorded.requests), "the replay was recorded as well"
    finally:
        stack.close()
        remove(folder)
