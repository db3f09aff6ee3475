"""The keys of this service in Redis, and what lies there. For the store alone.

Every key of a contest carries its `{contest}` tag, so a script's keys are in one slot of a cluster. Some are of all
contests:

  dedup:format           string: the version of all that follows (store.FORMAT)
  dedup:contests         sorted set: the active contests by when somebody last submitted
  dedup:vocabulary:<sha256 of a contest's name, or nothing, and a generator's source>
                         string: its vocabulary.json, or nothing; expires when no worker has put it for a month
  dedup:targets:<sha256 of a scorer's source>
                         hash: "<contest>/<target's picture>" -> what the scorer found out, a serialized TargetReport;
                         empty while that is wanted; expires when nobody wants to know for a month
  dedup:seeds:<sha256 of a generator's and a scorer's source>
                         hash: "<contest>/<target's picture>" -> a serialized Job, whose seed is asked for; expires
                         when nobody asks for an hour

  job:<fingerprint>      hash: a drawing, its state, its fence, its model and result as serialized messages; `run`
                         counts how often it was begun anew after it failed, `failure:<run>` says why;
                         `promised_ms` is when it should be done, in nine of ten cases, less the clock's away_ms
  submission:<id>        string, never changed: who asked for what, the job and its run (records.py)
  queue                  sorted set: waiting jobs by tag, which is class and place in the class (prelude.lua)
  queued_at              sorted set: waiting jobs by when they were admitted
  queue_by_model         sorted set: waiting jobs by the model that they ask for, then by tag (prelude.lua)
  leases                 sorted set: jobs being drawn by when their lease runs out
  waiters:<fingerprint>  hash: submission -> "<participant> <policy generation> <nickname>", who gets the score when
                         the job ends
  scored_participants:<fingerprint>
                         set: the participants whose score has gone into the outbox
  last_nickname          hash: participant -> the nickname with which a score of theirs last went there
  last_poll              hash: lane -> when a worker of that model last asked for work, or renewed a lease
  models                 hash: lane -> how the contest draws with that model, a serialized Model
  clock                  hash: virtual (time of the classes), start:<class> (of its last drawing), virtual:<class>
                         (time in the class), sequence (of places), submissions, participants, revision, away_ms
                         (how long no worker asked for work, in all), opened_ms and lots_from (when the last
                         window opened, and from where its lots are places), most_wait_ms (of the policy that was
                         met last)
  pending, drawn         hashes: participant -> unfinished drawings, if there are any; drawings that were delivered
  finish                 sorted set: class and participant by class and virtual finish of their last drawing, while that
                         is to come
  tickets, ticket_ends   sorted sets: class and participant, for whom the queue was full, by the place that they had
                         then; by when that goes
  submit_bucket, work_bucket
                         sorted sets: participants by when their two token buckets are full again, while they are not
  history:<participant>  sorted set: their newest 200 submissions by sequence; a repeat that leaves it is forgotten
  repeats_of_visitors, repeats_of_players
                         lists: "<participant> <submission>", the newest repeats of people who had no drawing of their
                         own, and of others; one that leaves is forgotten
  pace                   list: "<duration> <drawn at the same time>" of the last drawings
  turns                  list: "<class> <when>" of the last claims
  outbox, outbox_refused streams: scores that are not with the leaderboard yet; those that it will not have
  outbox_lock            string: which process empties the outbox at present
  secret                 string: what seeds are derived from
  counters               hash: target's picture -> the counter that its seed has
  revealed_secret, revealed_counters
                         the same, of what was revealed
"""

import hashlib
from collections.abc import Callable

FORMAT_KEY = "dedup:format"
CONTESTS = "dedup:contests"
CHANNEL = "dedup:changes"
"""No key: where scripts announce what changed."""


def vocabulary_key(contest: str, generator_source: str) -> str:
    """Returns the key of a generator's words in a contest."""
    return f"dedup:vocabulary:{hashlib.sha256(f'{contest} {generator_source}'.encode()).hexdigest()}"


def targets_key(scorer_source: str) -> str:
    """Returns the key of what a scorer found out about targets."""
    return f"dedup:targets:{hashlib.sha256(scorer_source.encode()).hexdigest()}"


def seeds_key(generator_source: str, scorer_source: str) -> str:
    """Returns the key of the targets whose seed such models shall settle."""
    return f"dedup:seeds:{hashlib.sha256(f'{generator_source} {scorer_source}'.encode()).hexdigest()}"


def key(contest: str, name: str, of: str = "") -> str:
    """Returns the key of a contest, or of one thing in it."""
    return f"dedup:{{{contest}}}:{name}:{of}" if of else f"dedup:{{{contest}}}:{name}"


def keys(
    contest: str, fingerprint: str = "", submission_id: str = "", participant_id: str = ""
) -> Callable[[str], str]:
    """Returns where a script finds what it declares."""
    of = dict.fromkeys(("job", "waiters", "scored_participants"), fingerprint)
    of |= {"submission": submission_id, "history": participant_id}
    return lambda name: key(contest, name, of.get(name, ""))
