// What the contest is about, kept fresh: organisers change it while it runs.
import { signal } from "@preact/signals";
import type { Contest } from "../gen/cygnet/v1/contest_pb";
import { CALL_TIMEOUT_MS, type Clients } from "../rpc/clients";
import { type Problem, problemOf } from "../rpc/problem";
import { backoffMs, waitOrWake } from "../rpc/wake";

export type ContestView =
  | { state: "loading"; problem?: Problem }
  | { state: "ready"; contest: Contest }
  | { state: "missing" };

const REFRESH_MS = 60_000;
const MISSING_MS = 10_000;

export class ContestKeeper {
  readonly view = signal<ContestView>({ state: "loading" });

  constructor(
    private readonly clients: Clients,
    private readonly name: string,
  ) {}

  /** Loads until there is a contest, then looks for changes. Returns a function that stops it. */
  start(): () => void {
    const stop = new AbortController();
    void this.#run(stop.signal);
    return () => stop.abort();
  }

  async #run(stop: AbortSignal): Promise<void> {
    let failures = 0;
    while (!stop.aborted) {
      const problem = await this.#load(stop);
      failures = problem === undefined ? 0 : failures + 1;
      // A contest that was shown once stays: old words are better than none.
      if (problem !== undefined && this.view.peek().state !== "ready") {
        this.view.value = problem.kind === "notFound" ? { state: "missing" } : { state: "loading", problem };
      }
      const pause =
        problem === undefined
          ? REFRESH_MS
          : problem.kind === "notFound"
            ? MISSING_MS
            : backoffMs(failures, Math.random());
      await waitOrWake(pause, stop);
    }
  }

  async #load(signal: AbortSignal): Promise<Problem | undefined> {
    try {
      const answer = await this.clients.contest.getContest(
        { contest: this.name },
        { signal, timeoutMs: CALL_TIMEOUT_MS },
      );
      if (answer.contest === undefined) return { kind: "notFound", message: "" };
      const before = this.view.peek();
      if (before.state !== "ready" || before.contest.generation !== answer.contest.generation) {
        this.view.value = { state: "ready", contest: answer.contest };
      }
      return undefined;
    } catch (thrown) {
      return problemOf(thrown);
    }
  }
}

/** The title in the reader's language, else in English, else in any. */
export function titleIn(contest: Contest, language: string): string {
  return contest.title[language] ?? contest.title.en ?? Object.values(contest.title)[0] ?? contest.name;
}
