"""What the panels ask Prometheus. The tests put every one of these to a real Prometheus that scraped a real game.

Labels name a contest and never a player. What speaks for one replica's models and not for a contest (Triton, its
worker) has a contest only where the scrape gives it one, as the chart's does; `$contest|` takes it without as well.
"""

_OURS = 'contest=~"$contest"'
_REPLICAS = 'contest=~"$contest|"'
_SUBMITS = "cygnet_submission_submits_total"
_WANTED = "accepted|coalesced|failed"
"""What says whether people can submit. Not `repeated`: a macro could hide failures behind its repetitions."""


def _per_minute(counter: str, matchers: str, by: str = "") -> str:
    return f"60 * sum{by}(rate({counter}{{{matchers}}}[$__rate_interval]))"


CONTESTS = "label_values(cygnet_submission_contest_generation, contest)"
"""For the variable."""

CAN_SUBMIT = (
    f'sum(rate({_SUBMITS}{{{_OURS}, outcome=~"accepted|coalesced"}}[5m]))'
    f' / (sum(rate({_SUBMITS}{{{_OURS}, outcome=~"{_WANTED}"}}[5m])) > 0)'
)
_ANSWERED = f'{_OURS}, outcome=~"[a-z]+"'
_REFUSED = f'{_OURS}, outcome=~"[A-Z_]+"'
ANSWERED = _per_minute(_SUBMITS, _ANSWERED, " by (outcome) ")
REFUSED = _per_minute(_SUBMITS, _REFUSED)
REFUSED_BY_REASON = _per_minute(_SUBMITS, _REFUSED, " by (outcome) ")
# Envoy does not know contests: it limits all clients together, before any service.
REFUSED_BY_ENVOY = "60 * sum(rate(envoy_http_local_rate_limit_rate_limited[$__rate_interval]))"

OLDEST = f"max(cygnet_dedup_oldest_wait_seconds{{{_OURS}}})"


def time_to_picture(quantile: float) -> str:
    """From a new prompt's admission to its picture, in seconds."""
    buckets = f"cygnet_dedup_time_to_picture_seconds_bucket{{{_OURS}}}"
    # Without a picture in these minutes it is not a number; the comparison leaves a gap.
    return f"histogram_quantile({quantile}, sum by (le) (rate({buckets}[5m]))) >= 0"


# Of fewer than ten submissions a share says nothing: they count as ten.
LARGEST_SHARE = (
    f"max(sum by (contest) (cygnet_dedup_recent_submissions_of_largest{{{_OURS}}})"
    f" / clamp_min(sum by (contest) (cygnet_dedup_recent_submissions{{{_OURS}}}), 10))"
)

SERVING = f"sum(cygnet_worker_ready{{{_REPLICAS}}}) or vector(0)"
POLICY_IN_FORCE = (
    # Where there is no operator to say so, the replicas of a service must at least agree.
    f"min(cygnet_operator_policy_in_force{{{_OURS}}}"
    f" or (max by (contest) (cygnet_submission_contest_generation{{{_OURS}}})"
    f" == bool min by (contest) (cygnet_submission_contest_generation{{{_OURS}}}))"
    f" or (max by (contest) (cygnet_leaderboard_contest_generation{{{_OURS}}})"
    f" == bool min by (contest) (cygnet_leaderboard_contest_generation{{{_OURS}}})))"
)

WAITING = f"sum by (class) (max by (contest, class) (cygnet_dedup_class_queue_length{{{_OURS}}}))"
FAIRNESS_GAP = f"max(cygnet_dedup_fairness_gap{{{_OURS}}})"
PENDING = f'sum(nv_inference_pending_request_count{{{_REPLICAS}, model=~"diffusion|scorer"}})'
DRAWING = f"sum(cygnet_worker_in_flight{{{_OURS}}})"


def triton_mean(what: str) -> str:
    """Seconds that a request spends in a step, by model: both counters run in step, so their rates may be divided."""
    labels = f'{_REPLICAS}, model=~"diffusion|scorer"'
    spent = f"sum by (model) (rate(nv_inference_{what}_duration_us{{{labels}}}[5m]))"
    return f"{spent} / 1e6 / (sum by (model) (rate(nv_inference_request_success{{{labels}}}[5m])) > 0)"


def _of_diffusion(counter: str) -> str:
    return f'sum(rate(nv_inference_{counter}{{{_REPLICAS}, model="diffusion"}}[5m]))'


# Time is counted once for every request of a batch; the quotient of the counts takes that back.
TRITON_BUSY = (
    f"{_of_diffusion('compute_infer_duration_us')} / 1e6"
    f" * {_of_diffusion('exec_count')} / clamp_min({_of_diffusion('count')}, 1e-9)"
    f' / count(nv_inference_exec_count{{{_REPLICAS}, model="diffusion"}})'
)
# The exporter of NVIDIA's GPU operator names the pod in one of these labels, as it was set up.
GPU_BUSY = (
    'avg(DCGM_FI_PROF_GR_ENGINE_ACTIVE{pod=~"($contest)-triton-.+"}'
    ' or DCGM_FI_PROF_GR_ENGINE_ACTIVE{exported_pod=~"($contest)-triton-.+"})'
)
