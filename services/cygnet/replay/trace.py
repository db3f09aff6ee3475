"""Traces: who asks for what and when, in an open format of one JSON value a line.

The first line is an object: {"format": "cygnet-trace/1", "name", "participants", "seconds", "assumptions"}, of which
the first alone is needed. Each line after it is a request: [seconds since the start, participant (0 and up), prompt].
"""

import json
import math
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

FORMAT = "cygnet-trace/1"
MOST_REQUESTS = 1_000_000
LONGEST_PROMPT = 300


class BadTrace(Exception):
    """The file is no trace, with the line and what is wrong."""


@dataclass(frozen=True)
class Request:
    """One click on "draw"."""

    at_s: float
    participant: int
    prompt: str


@dataclass(frozen=True)
class Trace:
    """Requests in the order of their time."""

    name: str
    seconds: float
    requests: tuple[Request, ...]
    assumptions: tuple[str, ...] = ()

    @property
    def participants(self) -> int:
        """How many different people ask for something."""
        return len({request.participant for request in self.requests})

    def part(self, skip_s: float, take_s: float | None) -> "Trace":
        """What happens in `take_s` seconds after the first `skip_s`, None meaning all of the rest."""
        end = self.seconds if take_s is None else min(self.seconds, skip_s + take_s)
        kept = (replace(r, at_s=r.at_s - skip_s) for r in self.requests if skip_s <= r.at_s < end)
        return replace(self, seconds=max(0.0, end - skip_s), requests=tuple(kept))

    def without(self, participant: int) -> "Trace":
        """The same event, had one person not come."""
        return replace(self, requests=tuple(r for r in self.requests if r.participant != participant))


def read(path: Path) -> Trace:
    """Reads a trace.

    Raises:
        BadTrace: it is none.
        OSError: it cannot be read.
    """
    with path.open(encoding="utf-8", errors="replace") as lines:
        return parse(lines)


def parse(lines: Iterable[str]) -> Trace:
    """Raises `BadTrace`."""
    values = _values(lines)
    number, head = next(values, (1, None))
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise BadTrace(f'line {number} must be an object with "format": "{FORMAT}"')
    requests: list[Request] = []
    for number, value in values:
        requests.append(_request(number, value, requests[-1].at_s if requests else 0.0))
        if len(requests) > MOST_REQUESTS:
            raise BadTrace(f"a trace has at most {MOST_REQUESTS} requests")
    if not requests:
        raise BadTrace("a trace has at least one request")
    seconds = head.get("seconds", requests[-1].at_s)
    if not isinstance(seconds, int | float) or not requests[-1].at_s <= seconds < math.inf:
        raise BadTrace('"seconds" must be a number, not less than the time of the last request')
    assumptions = head.get("assumptions", [])
    if not isinstance(assumptions, list):
        raise BadTrace('"assumptions" must be a list')
    return Trace(str(head.get("name", "trace"))[:64], float(seconds), tuple(requests), tuple(map(str, assumptions)))


def lines_of(trace: Trace) -> Iterator[str]:
    """The lines of a trace's file."""
    yield head(trace.name, trace.assumptions, participants=trace.participants, seconds=trace.seconds)
    yield from map(line, trace.requests)


def head(name: str, assumptions: Sequence[str], **known: float) -> str:
    """The first line. One that is recorded does not know yet how long it goes on, and with how many."""
    return json.dumps({"format": FORMAT, "name": name, **known, "assumptions": assumptions}, ensure_ascii=False)


def line(request: Request) -> str:
    """The line of a request."""
    return json.dumps([round(request.at_s, 3), request.participant, request.prompt], ensure_ascii=False)


def _values(lines: Iterable[str]) -> Iterator[tuple[int, object]]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError):
                raise BadTrace(f"line {number} is no JSON") from None


def _request(number: int, value: object, earliest: float) -> Request:
    match value:
        case [int() | float() as at_s, int() as participant, str() as prompt] if (
            earliest <= at_s < math.inf and participant >= 0 and 0 < len(prompt) <= LONGEST_PROMPT
        ):
            return Request(float(at_s), participant, prompt)
    raise BadTrace(
        f"line {number} must be [seconds, participant, prompt]: not before the line above it, from 0 up, and 1 to "
        f"{LONGEST_PROMPT} characters"
    )


BOOTH_PARTICIPANTS, BOOTH_REQUESTS = 428, 11_639
MACRO, MACRO_REQUESTS = 0, 1_204
DAY_S = 9 * 3600.0
ASSUMPTIONS = (
    "Known: 428 people, 11,639 requests, two days, one person with more than 1,000, a macro on the first day that sent"
    " one prompt every 1 to 5 seconds.",
    "Assumed: nine hours a day, the night left out; the macro is that person, 1,204 requests from 2 h 30 min on.",
    "Assumed: everybody else came once, more of them around noon, and asked log-normally often (sigma 1.1).",
    "Assumed: pauses between a person's requests are log-normal around 40 s; one request in five repeats a prompt.",
)
_SUBJECTS = ("duck", "swan", "yellow duck", "white swan", "red duck", "black swan", "two ducks", "cute duck", "오리")
_PLACES = ("", "on a pond", "in the snow", "at night", "in a meadow", "at sea", "in the city", "연못 위")
_DETAILS = ("", "with a hat", "with a crown", "facing left", "under a rainbow", "in the rain", "at sunset", "8k")


def booth_2d(seed: int = 2024) -> Trace:
    """The event that Cygnet was made after, as far as it is known; ASSUMPTIONS says what is made up."""
    rng = random.Random(seed)  # noqa: S311 - a load, no secret
    requests = list(_macro(rng))
    for participant, count in enumerate(_counts(rng), 1):
        requests += _visitor(rng, participant, count)
    requests.sort(key=lambda request: (request.at_s, request.participant))
    return Trace("booth-2d", 2 * DAY_S, tuple(requests), ASSUMPTIONS)


def _macro(rng: random.Random) -> Iterator[Request]:
    at_s = 2.5 * 3600
    for _ in range(MACRO_REQUESTS):
        yield Request(at_s, MACRO, "a yellow duck on a pond")
        at_s += rng.uniform(1, 5)


def _counts(rng: random.Random) -> list[int]:
    """How often each other person asks: at least once, and all of them together what is left."""
    people, rest = BOOTH_PARTICIPANTS - 1, BOOTH_REQUESTS - MACRO_REQUESTS
    weights = [rng.lognormvariate(0, 1.1) for _ in range(people)]
    counts = [1 + int(weight / sum(weights) * (rest - people)) for weight in weights]
    for index in rng.sample(range(people), rest - sum(counts)):
        counts[index] += 1
    return counts


def _visitor(rng: random.Random, participant: int, count: int) -> Iterator[Request]:
    pauses = [rng.lognormvariate(math.log(40), 0.7) for _ in range(count - 1)]
    stay = min(sum(pauses), DAY_S)
    squeeze = stay / sum(pauses) if pauses else 0.0
    day = rng.choice((0, 1))
    at_s = day * DAY_S + rng.triangular(0, DAY_S - stay, (DAY_S - stay) / 2)
    prompt = ""
    for pause in (*pauses, 0.0):
        if not prompt or rng.random() > 0.2:
            parts = (rng.choice(_SUBJECTS), rng.choice(_PLACES), rng.choice(_DETAILS))
            prompt = " ".join(part for part in parts if part)
        yield Request(min(at_s, (day + 1) * DAY_S - 1), participant, prompt)
        at_s += pause * squeeze
