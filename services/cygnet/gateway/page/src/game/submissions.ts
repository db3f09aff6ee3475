// The player's submissions: what is known of each, and a watch on those that are not finished.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { computed, signal } from "@preact/signals";
import { type Submission, SubmissionState } from "../gen/cygnet/v1/submission_pb";
import { CALL_TIMEOUT_MS, type Clients } from "../rpc/clients";
import { follow, type Link } from "../rpc/follow";
import { type Problem, problemOf } from "../rpc/problem";
import type { ServerClock } from "./progress";

/** A browser has six connections over HTTP/1.1; the leaderboard and the pictures need some of them. */
const MAX_STREAMS = 2;
const POLL_MS = 4_000;
const REOPEN_MS = 10_000;
const LIST_LIMIT = 60;

export function isFinished(submission: Submission): boolean {
  return submission.state === SubmissionState.DONE || submission.state === SubmissionState.FAILED;
}

interface SubmissionsEvents {
  onChange(submission: Submission): void;
  /** The server refused `token`. */
  onSignedOut(token: string | undefined): void;
}

export class Submissions {
  readonly byId = signal<ReadonlyMap<string, Submission>>(new Map());
  readonly list = signal<"loading" | "ready" | "failed">("loading");
  readonly link = signal<Link>("live");
  /** The order in which submissions finished while the page looked on; later is larger. */
  readonly #finishedOrder = new Map<string, number>();
  readonly #watches = new Map<string, () => void>();
  #poller: ReturnType<typeof setInterval> | undefined;

  readonly newestFirst = computed(() => [...this.byId.value.values()].sort((a, b) => createdMs(b) - createdMs(a)));
  readonly unfinished = computed(() => this.newestFirst.value.filter((it) => !isFinished(it)));
  /** The one that finished last: what the player wants to see big. */
  readonly latest = computed(() => {
    const finished = this.newestFirst.value.filter(isFinished);
    const order = (it: Submission) => this.#finishedOrder.get(it.submissionId) ?? 0;
    return finished.sort((a, b) => order(b) - order(a))[0];
  });

  constructor(
    private readonly clients: Clients,
    private readonly contest: string,
    private readonly clock: ServerClock,
    private readonly token: () => string | undefined,
    private readonly events: SubmissionsEvents,
  ) {}

  /** Stores a submission as the server sent it, unless a newer revision is known. */
  update(submission: Submission): void {
    const known = this.byId.peek().get(submission.submissionId);
    if (known !== undefined && known.revision >= submission.revision) return;
    for (const at of [submission.createdAt, submission.drawing?.startedAt]) {
      if (at !== undefined) this.clock.observe(timestampMs(at), Date.now());
    }
    const finishedNow = isFinished(submission) && (known === undefined || !isFinished(known));
    if (finishedNow && this.list.peek() === "ready") {
      this.#finishedOrder.set(submission.submissionId, this.#finishedOrder.size + 1);
    }
    this.byId.value = new Map(this.byId.peek()).set(submission.submissionId, submission);
    this.events.onChange(submission);
    this.#updateWatches();
  }

  /** Loads the whole list; never throws. */
  async refresh(): Promise<void> {
    const token = this.token();
    try {
      await this.#load();
    } catch (thrown) {
      const problem = problemOf(thrown);
      if (problem.kind === "signedOut") this.events.onSignedOut(token);
      else if (this.list.peek() === "loading") this.list.value = "failed";
    }
  }

  /** Forgets everything: somebody else plays now, or nobody. */
  clear(): void {
    for (const stop of this.#watches.values()) stop();
    this.#watches.clear();
    this.#finishedOrder.clear();
    this.byId.value = new Map();
    this.list.value = "loading";
    this.#updateWatches();
  }

  async #load(signal?: AbortSignal): Promise<void> {
    const { submissions } = await this.clients.submission.listSubmissions(
      { contest: this.contest, limit: LIST_LIMIT },
      { timeoutMs: CALL_TIMEOUT_MS, ...(signal === undefined ? {} : { signal }) },
    );
    for (const submission of submissions) this.update(submission);
    this.list.value = "ready";
  }

  #updateWatches(): void {
    const unfinished = this.unfinished.peek();
    for (const [id, stop] of this.#watches) {
      if (unfinished.some((it) => it.submissionId === id)) continue;
      stop();
      this.#watches.delete(id);
    }
    // Oldest first: it is the next to be drawn.
    for (const { submissionId } of [...unfinished].reverse()) {
      if (this.#watches.size >= MAX_STREAMS) break;
      if (!this.#watches.has(submissionId)) this.#watches.set(submissionId, this.#watch(submissionId));
    }
    if (unfinished.length > this.#watches.size) this.#poller ??= setInterval(() => void this.refresh(), POLL_MS);
    else {
      clearInterval(this.#poller);
      this.#poller = undefined;
    }
  }

  #watch(submissionId: string): () => void {
    const contest = this.contest;
    const known = () => this.byId.peek().get(submissionId);
    const finished = () => {
      const it = known();
      return it === undefined || isFinished(it);
    };
    let token: string | undefined;
    return follow({
      open: (signal) => {
        token = this.token();
        const afterRevision = known()?.revision ?? 0n;
        return this.clients.submission.watchSubmission({ contest, submissionId, afterRevision }, { signal });
      },
      receive: ({ event }) => {
        if (event.case === "goodbye") return "goodbye";
        if (event.case !== "submission") return "heartbeat";
        this.update(event.value);
        return finished() ? "finished" : "update";
      },
      poll: async (signal) => {
        await this.#load(signal);
        return finished();
      },
      onLink: (link) => {
        this.link.value = link;
      },
      onEnd: (problem) => this.#onWatchEnd(submissionId, problem, token),
    });
  }

  #onWatchEnd(submissionId: string, problem: Problem, token: string | undefined): void {
    this.#watches.delete(submissionId);
    if (problem.kind === "signedOut") this.events.onSignedOut(token);
    else if (problem.kind !== "notFound") setTimeout(() => this.#updateWatches(), REOPEN_MS);
    if (problem.kind !== "notFound") return;
    const rest = new Map(this.byId.peek());
    rest.delete(submissionId);
    this.byId.value = rest;
  }
}

function createdMs(submission: Submission): number {
  return submission.createdAt === undefined ? 0 : timestampMs(submission.createdAt);
}
