"""What follows from scores: steps, ranks, and how many decimals tell two neighbours apart.

Scores are ranked in steps of 0.0001, rounded half up, exactly as four decimals are displayed. So two participants
share a rank if and only if four decimals show the same, and no ranking ever contradicts what is written beside it.
A picture, as its pixels, has one place: that of its finder.
See docs/decisions/0004-one-integer-per-standing.md and 0017-one-picture-one-finder.md.
"""

import hashlib
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby

from cygnet.leaderboard.values import Finder, Place, Row
from cygnet.platform.text import skeleton
from cygnet.v1 import leaderboard_pb2, submission_pb2

MOST_DECIMALS = 4
"""Steps of 0.0001 show in four decimals."""


def displayed(score: float, decimals: int) -> Decimal:
    """Returns a score as it is displayed: rounded half up from the exact value of the float, as JavaScript does."""
    return Decimal(score).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def steps(score: float) -> int:
    """Returns a score of 0 to 100 in steps of 0.0001, 0 to 1,000,000."""
    return int(displayed(score, MOST_DECIMALS).scaleb(MOST_DECIMALS))


def standings(rows: Sequence[Row], worse: Row | None, decimals: int) -> list[leaderboard_pb2.Standing]:
    """Returns standings for the whole head of a ranking, best first. Equal steps share a rank (1, 2, 2, 4).

    `worse` is the first row after the head that has another score. `decimals` is the contest's number; a standing has
    more where the nearest other score would look the same. Those who share a rank look the same.
    """
    made: list[leaderboard_pb2.Standing] = []
    better: Row | None = None
    for _, group in groupby(enumerate(rows), lambda numbered: numbered[1].steps):
        shared = list(group)
        rank, after = shared[0][0] + 1, shared[-1][0] + 1
        next_worse = rows[after] if after < len(rows) else worse
        enough = distinct_decimals(shared[0][1], (better, next_worse), decimals)
        made += [standing(row, rank, enough) for _, row in shared]
        better = shared[-1][1]
    return made


def standing(row: Row, rank: int, decimals: int) -> leaderboard_pb2.Standing:
    """Returns the message of one participant's standing."""
    delivery, result = row.best.delivery, row.best.result
    return leaderboard_pb2.Standing(
        rank=rank,
        participant_id=delivery.participant_id,
        nickname=row.nickname,
        score=result.score,
        picture_sha256=result.picture_sha256,
        achieved_at=delivery.delivered_at,
        decimals=decimals,
        found_after=row.found_after,
    )


def own_standing(place: Place, finder: Finder | None, decimals: int) -> leaderboard_pb2.Standing:
    """Returns the message of a standing that is read alone; `finder` is whose picture it is, None: their own."""
    enough = distinct_decimals(place.row, (place.better_row, place.worse_row), decimals)
    made = standing(place.row, place.before + 1, enough)
    if finder is not None:
        made.finder.participant_id, made.finder.nickname = finder.participant_id, finder.nickname
    return made


def distinct_decimals(row: Row, others: Iterable[Row | None], least: int) -> int:
    """Returns the fewest decimals, `least` or more, that show `row` different from `others`, who have other steps."""
    score, scores = row.best.result.score, [other.best.result.score for other in others if other is not None]
    for decimals in range(least, MOST_DECIMALS):
        if all(displayed(score, decimals) != displayed(other, decimals) for other in scores):
            return decimals
    return MOST_DECIMALS


def nickname_key(nickname: str) -> str:
    """Returns what nicknames have in common that people take for the same one, as 32 hex digits.

    A phone's keyboard writes "Ada" where an organiser wrote "ada", and a Cyrillic "Аda" passes for both.
    """
    return hashlib.sha256(skeleton(nickname).encode()).hexdigest()[:32]


def picture_key(result: submission_pb2.Result) -> str:
    """Returns what results with the same picture have in common; one from before pixels were hashed has its file."""
    return result.pixels_sha256 or result.picture_sha256
