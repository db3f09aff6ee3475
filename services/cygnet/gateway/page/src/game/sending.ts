// Brings wishes to the server: each until the server has decided on it, each once.
import { signal } from "@preact/signals";
import type { Submission } from "../gen/cygnet/v1/submission_pb";
import { CALL_TIMEOUT_MS, type Clients } from "../rpc/clients";
import { type Problem, problemOf } from "../rpc/problem";
import { backoffMs, type Wait } from "../rpc/wake";
import type { Outbox, Wish } from "./outbox";

export type Stage =
  /** On its way for the first time. */
  | { is: "sending" }
  /** It did not get through; it is kept and tried again. */
  | { is: "kept"; tries: number }
  /** The session ended; it is sent as soon as the player has joined again. */
  | { is: "signedOut" }
  /** The server said no. */
  | { is: "refused"; problem: Problem; refusedAt: number };

export interface Sent {
  wish: Wish;
  stage: Stage;
}

export interface SendingEvents {
  accepted(wish: Wish, submission: Submission): void;
  stage(wish: Wish, stage: Stage): void;
  /** The server refused `token`. */
  signedOut(token: string | undefined): void;
}

export class Sending {
  /** Oldest first. */
  readonly wishes = signal<readonly Sent[]>([]);
  readonly #running = new Set<string>();
  readonly #stop = new AbortController();

  constructor(
    private readonly clients: Clients,
    private readonly contest: string,
    private readonly outbox: Outbox,
    private readonly token: () => string | undefined,
    private readonly wait: Wait,
    private readonly on: SendingEvents,
  ) {}

  /** Writes the wish down first, then sends it. */
  send(wish: Wish): void {
    this.outbox.put(wish);
    void this.#deliver(wish, 0);
  }

  /** Sends whatever an earlier visit, or an ended session, left behind. */
  resume(): void {
    for (const wish of this.outbox.all()) {
      const stage = this.wishes.peek().find((it) => it.wish.requestId === wish.requestId)?.stage;
      if (stage?.is !== "refused") void this.#deliver(wish, 1);
    }
  }

  /** Tries a refused wish again. */
  retry(requestId: string): void {
    const sent = this.wishes.peek().find((it) => it.wish.requestId === requestId);
    if (sent?.stage.is === "refused") void this.#deliver(sent.wish, 0);
  }

  /** Gives a wish up, at the player's word or because its text is back in the box. */
  forget(requestId: string): void {
    this.outbox.remove(requestId);
    this.wishes.value = this.wishes.peek().filter((it) => it.wish.requestId !== requestId);
  }

  stop(): void {
    this.#stop.abort();
  }

  async #deliver(wish: Wish, failuresBefore: number): Promise<void> {
    if (this.#running.has(wish.requestId)) return;
    this.#running.add(wish.requestId);
    try {
      let failures = failuresBefore;
      this.#stage(wish, failures === 0 ? { is: "sending" } : { is: "kept", tries: failures });
      while (!this.#stop.signal.aborted) {
        const token = this.token();
        const outcome = await this.#once(wish);
        if ("submission" in outcome) {
          this.forget(wish.requestId);
          return this.on.accepted(wish, outcome.submission);
        }
        const { problem } = outcome;
        if (problem.kind === "signedOut") {
          this.#stage(wish, { is: "signedOut" });
          return this.on.signedOut(token);
        }
        if (problem.kind !== "unreachable") {
          return this.#stage(wish, { is: "refused", problem, refusedAt: Date.now() });
        }
        failures += 1;
        this.#stage(wish, { is: "kept", tries: failures });
        await this.wait(backoffMs(failures, Math.random(), 15_000), this.#stop.signal);
      }
    } finally {
      this.#running.delete(wish.requestId);
    }
  }

  async #once(wish: Wish): Promise<{ submission: Submission } | { problem: Problem }> {
    try {
      const { submission } = await this.clients.submission.submit(
        { contest: this.contest, target: wish.target, prompt: wish.prompt, requestId: wish.requestId },
        { timeoutMs: CALL_TIMEOUT_MS, signal: this.#stop.signal },
      );
      return submission === undefined
        ? { problem: { kind: "unreachable", message: "an empty answer" } }
        : { submission };
    } catch (thrown) {
      return { problem: problemOf(thrown) };
    }
  }

  #stage(wish: Wish, stage: Stage): void {
    const others = this.wishes.peek();
    const sent = { wish, stage };
    this.wishes.value = others.some((it) => it.wish.requestId === wish.requestId)
      ? others.map((it) => (it.wish.requestId === wish.requestId ? sent : it))
      : [...others, sent];
    this.on.stage(wish, stage);
  }
}
