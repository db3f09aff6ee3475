"""*Cygnet at a glance*: can people submit, how long do they wait, is somebody flooding, are the GPUs busy, is the
policy in force. One screen; the numbers above answer, the lines below tell since when and why.
"""

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.models import dashboard

from cygnet_dashboards import queries
from cygnet_dashboards.panels import BLUE, DATASOURCE, GREEN, GREY, ORANGE, RED, Line, Place, lines, number

UID = "cygnet-at-a-glance"
_NUMBERS_HEIGHT, _LINES_HEIGHT = 4, 8


def glance() -> dashboard.Dashboard:
    """Returns the dashboard."""
    board = (
        builders.Dashboard("Cygnet at a glance")
        .uid(UID)
        .description("Can people submit, how long do they wait, is somebody flooding, are the GPUs busy.")
        .tags(["cygnet"])
        .time("now-1h", "now")
        .refresh("10s")
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .readonly()
        .with_variable(builders.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
        .with_variable(_contest())
    )
    panels: list[stat.Panel | timeseries.Panel] = [*_numbers(), *_people(), *_machines()]
    for panel_id, panel in enumerate(panels, start=1):
        board = board.with_panel(panel.id(panel_id))
    return board.build()


def _contest() -> builders.QueryVariable:
    return (
        builders.QueryVariable("contest")
        .label("Contest")
        .datasource(DATASOURCE)
        .query(queries.CONTESTS)
        .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(dashboard.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(dashboard.VariableOption(text="All", value="$__all", selected=True))
    )


def _numbers() -> list[stat.Panel]:
    places = [Place(x, 0, 4, _NUMBERS_HEIGHT) for x in range(0, 24, 4)]
    return [
        number(
            "Can people submit?",
            "Submissions of the last five minutes that were taken, of those that should have been. What counts against "
            "it: failures of ours. Limits on a single participant and a queue that a crowd has filled do not, and "
            "repeated prompts count on neither side. Alerts: CygnetSubmissionsFailing; CygnetStoreNearlyFull, before "
            "Redis takes nothing more.",
            places[0],
            Line(queries.CAN_SUBMIT, "taken"),
            unit="percentunit",
            decimals=1,
            steps=[(None, RED), (0.9, ORANGE), (0.99, GREEN)],
        ),
        number(
            "Picture after (p95)",
            "19 of 20 new prompts of the last five minutes had their picture and score within this time, from their "
            "admission on.",
            places[1],
            Line(queries.time_to_picture(0.95), "p95"),
            unit="s",
            decimals=1,
            steps=[(None, GREEN), (60, ORANGE), (300, RED)],
        ),
        number(
            "Oldest in the queue",
            "How long the oldest job has waited that nobody draws yet. Alert: CygnetQueueTooOld, beyond the contest's "
            "own maxPredictedWait (five minutes unless it says otherwise); CygnetSubmissionsStuck, where somebody "
            "waits for what is in no queue.",
            places[2],
            Line(queries.OLDEST, "oldest"),
            unit="s",
            decimals=0,
            steps=[(None, GREEN), (60, ORANGE), (300, RED)],
        ),
        number(
            "Largest client's share",
            "Of all submissions of the last half minute to minute, refused ones included, the part that the busiest "
            "participant sent. Nobody is named. Fewer than ten submissions count as ten. With several replicas of "
            "dedup it is at most this much.",
            places[3],
            Line(queries.LARGEST_SHARE, "share"),
            unit="percentunit",
            decimals=0,
            steps=[(None, GREEN), (0.2, ORANGE), (0.5, RED)],
        ),
        number(
            "Triton serves",
            "Replicas whose last probe, a tiny real drawing, was answered. None is right while a contest is closed or "
            "paused. Alert: CygnetTritonNotServing, while work waits.",
            places[4],
            Line(queries.SERVING, "replicas"),
            unit="none",
            decimals=0,
            steps=[(None, RED), (1, GREEN)],
        ),
        number(
            "Policy in force",
            "Whether every replica of the services has the contest's present generation: what the operator read back "
            "from each, and whether the replicas agree. Alert: CygnetPolicyNotInForce.",
            places[5],
            Line(queries.POLICY_IN_FORCE, "in force"),
            unit="none",
            steps=[(None, RED), (1, GREEN)],
            words={"0": ("not in force", RED), "1": ("in force", GREEN)},
        ),
    ]


def _people() -> list[timeseries.Panel]:
    y = _NUMBERS_HEIGHT
    return [
        lines(
            "Submissions a minute, by outcome",
            "accepted: drawn for the first time. coalesced: shares a drawing under way. repeated: drawn before, "
            "answered without the GPU. refused: a limit, see the panel on the right. rejected: the caller's mistake. "
            "failed: ours.",
            Place(0, y, 8, _LINES_HEIGHT),
            [Line(queries.ANSWERED, "{{outcome}}"), Line(queries.REFUSED, "refused")],
            unit="cpm",
            stacked=True,
            colors={
                "accepted": GREEN,
                "coalesced": "light-green",
                "repeated": BLUE,
                "refused": ORANGE,
                "rejected": GREY,
                "failed": RED,
            },
        ),
        lines(
            "How long people wait",
            "From a new prompt's admission to its picture, over five minutes, and the oldest job that waits now.",
            Place(8, y, 8, _LINES_HEIGHT),
            [
                Line(queries.time_to_picture(0.5), "half have their picture after"),
                Line(queries.time_to_picture(0.95), "19 of 20 after"),
                Line(queries.OLDEST, "oldest in the queue"),
            ],
            unit="s",
        ),
        lines(
            "Refusals a minute, by reason",
            "SUBMIT_RATE: a participant sends too often, whatever it is; this is what a macro meets. NEW_WORK_RATE and "
            "PENDING_LIMIT: a participant asks for too many drawings. QUEUE_FULL: everybody together does. "
            "NOTHING_READ: the model knows no word of the prompt. CONTEST_…: it is paused or closed. By Envoy: "
            "more calls than it lets in, of all clients together.",
            Place(16, y, 8, _LINES_HEIGHT),
            [Line(queries.REFUSED_BY_REASON, "{{outcome}}"), Line(queries.REFUSED_BY_ENVOY, "by Envoy")],
            unit="cpm",
            stacked=True,
        ),
    ]


def _machines() -> list[timeseries.Panel]:
    y = _NUMBERS_HEIGHT + _LINES_HEIGHT
    return [
        lines(
            "Where Triton's time goes",
            "Mean time of a request in Triton's own queue and in the model, over five minutes. The queue that people "
            "wait in is dedup's; Triton's is short by design.",
            Place(0, y, 8, _LINES_HEIGHT),
            [
                Line(queries.triton_mean("queue"), "{{model}}: queued"),
                Line(queries.triton_mean("compute_infer"), "{{model}}: executed"),
            ],
            unit="s",
        ),
        lines(
            "Work at hand",
            "Jobs that wait in dedup's fair queue, by class of players, jobs that workers have in hand, requests that "
            "wait inside Triton. Fairness gap: drawings by which somebody who waits was passed over, 0 or 1 if all is "
            "well. Alert: CygnetQueueUnfair.",
            Place(8, y, 8, _LINES_HEIGHT),
            [
                Line(queries.WAITING, "waiting: {{class}}"),
                Line(queries.DRAWING, "being drawn"),
                Line(queries.PENDING, "pending in Triton"),
                Line(queries.FAIRNESS_GAP, "fairness gap"),
            ],
            unit="none",
        ),
        lines(
            "How busy the GPUs are",
            "Triton: the part of the time in which the drawing model executes, a mean over the replicas; on a CPU too. "
            "GPU: the part in which the graphics engine is active, from NVIDIA's DCGM exporter where there is one.",
            Place(16, y, 8, _LINES_HEIGHT),
            [Line(queries.TRITON_BUSY, "Triton draws"), Line(queries.GPU_BUSY, "GPU active (DCGM)")],
            unit="percentunit",
            most=1,
        ),
    ]
