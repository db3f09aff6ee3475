// Delivers pending submissions to the server: each until the server has decided on it, each once.
import { signal } from "@preact/signals";
import { ChallengeAction, type Submission } from "../gen/cygnet/v1/submission_pb";
import { withProof } from "../proof/prover";
import { CALL_TIMEOUT_MS, type Clients } from "../rpc/clients";
import { type Problem, problemOf } from "../rpc/problem";
import { backoffMs, type Wait } from "../rpc/wake";
import type { Outbox, PendingSubmission } from "./outbox";

export type Stage =
  /** On its way for the first time. */
  | { kind: "sending" }
  /** It did not get through; it is kept and tried again. */
  | { kind: "kept"; tries: number }
  /** The queue is full. The server keeps its place in line; it goes out again by itself at `retryAt`. */
  | { kind: "inLine"; retryAt: number }
  /** The session ended; it is sent as soon as the player has joined again. */
  | { kind: "signedOut" }
  /** The server refused it. */
  | { kind: "refused"; problem: Problem; refusedAt: number };

/** Whoever stands in line comes back by themselves, also from limits that they meet on the way. */
const LIMITS = ["NEW_WORK_RATE", "PENDING_LIMIT", "SUBMIT_RATE"];
const SHORTEST_LINE_MS = 1000;

export interface Delivery {
  pending: PendingSubmission;
  stage: Stage;
}

export interface SubmitterEvents {
  onAccepted(pending: PendingSubmission, submission: Submission): void;
  onStage(pending: PendingSubmission, stage: Stage): void;
  /** The server refused `token`. */
  onSignedOut(token: string | undefined): void;
}

function comesBack(reason: string, pending: PendingSubmission): boolean {
  return reason === "QUEUE_FULL" || (pending.line !== undefined && LIMITS.includes(reason));
}

export class Submitter {
  /** Oldest first. */
  readonly deliveries = signal<readonly Delivery[]>([]);
  readonly #running = new Set<string>();
  readonly #stop = new AbortController();

  constructor(
    private readonly clients: Clients,
    private readonly contest: string,
    private readonly outbox: Outbox,
    private readonly token: () => string | undefined,
    private readonly wait: Wait,
    private readonly events: SubmitterEvents,
  ) {}

  /** Stores the submission first, then sends it. */
  send(pending: PendingSubmission): void {
    this.outbox.put(pending);
    void this.#deliver(pending, 0);
  }

  /** Sends whatever an earlier visit, or an ended session, left behind. */
  resume(): void {
    for (const pending of this.outbox.all()) {
      if (this.#find(pending.requestId)?.stage.kind !== "refused") void this.#deliver(pending, 1);
    }
  }

  /** Tries a refused submission again. */
  retry(requestId: string): void {
    const delivery = this.#find(requestId);
    if (delivery?.stage.kind === "refused") void this.#deliver(delivery.pending, 0);
  }

  /** Gives a submission up: the player discarded it, or its text is back in the box. */
  discard(requestId: string): void {
    this.outbox.remove(requestId);
    this.deliveries.value = this.deliveries.peek().filter((it) => it.pending.requestId !== requestId);
  }

  stop(): void {
    this.#stop.abort();
  }

  async #deliver(first: PendingSubmission, failuresBefore: number): Promise<void> {
    const { requestId } = first;
    let pending = first;
    if (this.#running.has(requestId)) return;
    this.#running.add(requestId);
    try {
      let failures = failuresBefore;
      if (pending.line !== undefined) await this.#standInLine(pending, pending.line);
      else this.#setStage(pending, failures === 0 ? { kind: "sending" } : { kind: "kept", tries: failures });
      while (!this.#stop.signal.aborted && this.#find(requestId) !== undefined) {
        const token = this.token();
        const outcome = await this.#attempt(pending);
        if ("submission" in outcome) {
          this.discard(requestId);
          return this.events.onAccepted(pending, outcome.submission);
        }
        const { problem } = outcome;
        if (problem.kind === "signedOut") {
          this.#setStage(pending, { kind: "signedOut" });
          return this.events.onSignedOut(token);
        }
        if (problem.kind === "refused" && comesBack(problem.reason, pending)) {
          const since = Date.now();
          const line = { since, retryAt: since + Math.max(SHORTEST_LINE_MS, problem.retryAfterMs) };
          pending = { ...pending, line };
          // A reload finds it there, and waits on.
          if (this.#find(requestId) !== undefined) this.outbox.put(pending);
          await this.#standInLine(pending, line);
          continue;
        }
        if (problem.kind !== "unreachable") {
          return this.#setStage(pending, { kind: "refused", problem, refusedAt: Date.now() });
        }
        failures += 1;
        this.#setStage(pending, { kind: "kept", tries: failures });
        await this.wait(backoffMs(failures, Math.random(), 15_000), this.#stop.signal);
      }
    } finally {
      this.#running.delete(requestId);
    }
  }

  /** A clock that was set back meanwhile does not make the wait longer. */
  async #standInLine(pending: PendingSubmission, { since, retryAt }: NonNullable<PendingSubmission["line"]>) {
    this.#setStage(pending, { kind: "inLine", retryAt });
    while (!this.#stop.signal.aborted && Date.now() >= since && Date.now() < retryAt) {
      await this.wait(retryAt - Date.now(), this.#stop.signal);
    }
  }

  async #attempt({
    target,
    prompt,
    requestId,
  }: PendingSubmission): Promise<{ submission: Submission } | { problem: Problem }> {
    try {
      const about = { contest: this.contest, action: ChallengeAction.SUBMIT };
      const { submission } = await withProof(this.clients, about, (paid) =>
        this.clients.submission.submit(
          { contest: this.contest, target, prompt, requestId, ...paid },
          { timeoutMs: CALL_TIMEOUT_MS, signal: this.#stop.signal },
        ),
      );
      return submission === undefined
        ? { problem: { kind: "unreachable", message: "an empty answer" } }
        : { submission };
    } catch (thrown) {
      return { problem: problemOf(thrown) };
    }
  }

  #find(requestId: string): Delivery | undefined {
    return this.deliveries.peek().find((it) => it.pending.requestId === requestId);
  }

  #setStage(pending: PendingSubmission, stage: Stage): void {
    const all = this.deliveries.peek();
    const delivery = { pending, stage };
    this.deliveries.value =
      this.#find(pending.requestId) === undefined
        ? [...all, delivery]
        : all.map((it) => (it.pending.requestId === pending.requestId ? delivery : it));
    this.events.onStage(pending, stage);
  }
}
