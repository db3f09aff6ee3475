// The contest's document, kept fresh: organisers change it while it runs.
import { signal } from "@preact/signals";
import type { Contest, Example } from "../gen/cygnet/v1/contest_pb";
import { CALL_TIMEOUT_MS, type Clients } from "../rpc/clients";
import { type Problem, problemOf } from "../rpc/problem";
import { backoffMs, waitOrWake } from "../rpc/wake";
import { PhaseTracker } from "./contestPhase";

export type ContestView =
  | { state: "loading"; problem?: Problem }
  | { state: "ready"; contest: Contest }
  | { state: "missing" };

const REFRESH_MS = 60_000;
const MISSING_MS = 10_000;
/** Every page loads the contest again after a change of phase: within this time, and not all of them at once. */
const AFTER_CHANGE_MS = 10_000;

export class ContestLoader {
  readonly view = signal<ContestView>({ state: "loading" });
  readonly phase = new PhaseTracker();
  /** Prompts that the model can draw, and that are no answer. */
  readonly examples = signal<readonly Example[]>([]);

  /** Whether there are screens to scan a presence code from. */
  readonly codesShown = signal(false);

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
      // A contest that was shown once stays: an old document is better than none.
      if (problem !== undefined && this.view.peek().state !== "ready") {
        this.view.value = problem.kind === "notFound" ? { state: "missing" } : { state: "loading", problem };
      }
      if (problem === undefined) await this.#waitForRefresh(stop);
      else await waitOrWake(problem.kind === "notFound" ? MISSING_MS : backoffMs(failures, Math.random()), stop);
    }
  }

  /** Waits a minute, or until the phase changes: then more of the contest may be different. */
  async #waitForRefresh(stop: AbortSignal): Promise<void> {
    const { phase } = this;
    const early = new AbortController();
    const end = () => early.abort();
    stop.addEventListener("abort", end);
    const before = phase.version.peek();
    const unsubscribe = phase.version.subscribe((now) => now !== before && end());
    await waitOrWake(Math.min(REFRESH_MS, phase.remainingMs(Date.now()) ?? REFRESH_MS), early.signal);
    unsubscribe();
    stop.removeEventListener("abort", end);
    if (early.signal.aborted || phase.remainingMs(Date.now()) === 0) {
      await waitOrWake(AFTER_CHANGE_MS * (0.2 + 0.8 * Math.random()), stop);
    }
  }

  async #load(signal: AbortSignal): Promise<Problem | undefined> {
    const requestedAt = performance.now();
    try {
      const response = await this.clients.contest.getContest(
        { contest: this.name },
        { signal, timeoutMs: CALL_TIMEOUT_MS },
      );
      if (response.contest === undefined) return { kind: "notFound", message: "" };
      this.phase.onResponse(response, requestedAt);
      this.examples.value = response.examples;
      this.codesShown.value = response.codesShown;
      const before = this.view.peek();
      if (before.state !== "ready" || before.contest.generation !== response.contest.generation) {
        this.view.value = { state: "ready", contest: response.contest };
      }
      return undefined;
    } catch (thrown) {
      return problemOf(thrown);
    }
  }
}

/** The title in the reader's language, else in English, else in any. */
export function titleIn(contest: Contest, language: string): string {
  return textIn(contest.title, language) ?? contest.name;
}

/** One of the texts by language: the reader's, else the English one, else any. */
export function textIn(texts: Readonly<Record<string, string>>, language: string): string | undefined {
  return texts[language] ?? texts.en ?? Object.values(texts)[0];
}
