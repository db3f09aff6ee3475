// Keeps one server stream alive: reconnects, notices silence, and asks by unary call while streams do not get through.
import { type Problem, problemOf } from "./problem";
import { backoffMs, onHide, onWake, type Wait, waitOrWake } from "./wake";

/** The server sends a heartbeat every 15 s; a stream that is silent for longer than this is dead. */
export const SILENCE_MS = 20_000;
/** A stream from which nothing at all came for so long may be held back by a proxy: look by unary call. */
export const UNPROVEN_MS = 6_000;
const RETRY_CAP_MS = 5_000;
const PARKED_MS = 3_600_000;

/** "live": a stream is open and speaks. "polling": news comes by unary calls. "lost": nothing gets through. */
export type Link = "connecting" | "live" | "polling" | "lost";

/** What a stream's message means to the loop. */
export type Heard = "news" | "alive" | "goodbye" | "finished";

export interface Follow<T> {
  /** Opens the stream; it must ask only for what is newer than what was heard. */
  open(signal: AbortSignal): AsyncIterable<T>;
  hear(message: T): Heard;
  /** Asks once by unary call; true means that nothing more will come. */
  poll(signal: AbortSignal): Promise<boolean>;
  onLink(link: Link): void;
  /** A problem that trying again will not mend; the loop has ended. */
  onEnd(problem: Problem): void;
}

export interface Surroundings {
  wait: Wait;
  onWake: (listener: () => void) => () => void;
  onHide: (listener: () => void) => () => void;
  hidden: () => boolean;
  random: () => number;
}

const browser: Surroundings = {
  wait: waitOrWake,
  onWake,
  onHide,
  hidden: () => document.visibilityState === "hidden",
  random: Math.random,
};

/** Follows until the thing is finished, a problem is final, or the returned function is called. */
export function follow<T>(it: Follow<T>, around: Surroundings = browser): () => void {
  const stopping = new AbortController();
  void run(it, around, stopping.signal);
  return () => stopping.abort();
}

async function run<T>(it: Follow<T>, around: Surroundings, stop: AbortSignal): Promise<void> {
  let failures = 0;
  it.onLink("connecting");
  while (!stop.aborted) {
    // Over HTTP/1.1 a browser has six connections for all tabs together: a tab that nobody sees must not hold any.
    if (around.hidden()) {
      await around.wait(PARKED_MS, stop);
      continue;
    }
    const ended = await oneStream(it, around, stop, () => {
      failures = 0;
    });
    if (stop.aborted || ended === "finished") return;
    if (ended === "again") continue;
    if (ended.kind !== "unreachable") return it.onEnd(ended);
    failures += 1;
    const polled = await onePoll(it, stop);
    if (stop.aborted || polled === "finished") return;
    if (polled !== "asked" && polled.kind !== "unreachable") return it.onEnd(polled);
    // One break alone is ordinary (a server restarts, a stream's time is over) and no reason to alarm anybody.
    it.onLink(polled !== "asked" ? "lost" : failures > 1 ? "polling" : "connecting");
    await around.wait(backoffMs(failures, around.random(), RETRY_CAP_MS), stop);
  }
}

async function oneStream<T>(
  it: Follow<T>,
  around: Surroundings,
  stop: AbortSignal,
  onMessage: () => void,
): Promise<"finished" | "again" | Problem> {
  const stream = new AbortController();
  let cutBecause: "finished" | "again" | Problem = { kind: "unreachable", message: "silent" };
  const cut = (because: typeof cutBecause) => {
    cutBecause = because;
    stream.abort();
  };
  const silent = () => cut({ kind: "unreachable", message: "silent" });
  let silence = setTimeout(silent, SILENCE_MS);
  const unproven = setInterval(() => {
    void onePoll(it, stream.signal).then((polled) => {
      if (polled === "finished") cut("finished");
    });
  }, UNPROVEN_MS);
  // After sleep or a change of network a connection can look open and be dead.
  const cleanups = [around.onWake(() => cut("again")), around.onHide(() => cut("again"))];
  const stopped = () => cut("finished");
  stop.addEventListener("abort", stopped);
  try {
    for await (const message of it.open(stream.signal)) {
      clearTimeout(silence);
      clearInterval(unproven);
      silence = setTimeout(silent, SILENCE_MS);
      onMessage();
      const heard = it.hear(message);
      if (heard === "finished") return "finished";
      if (heard === "goodbye") return { kind: "unreachable", message: "goodbye" };
      it.onLink("live");
    }
    return stream.signal.aborted ? cutBecause : { kind: "unreachable", message: "the stream ended" };
  } catch (thrown) {
    return stream.signal.aborted ? cutBecause : problemOf(thrown);
  } finally {
    clearTimeout(silence);
    clearInterval(unproven);
    for (const cleanup of cleanups) cleanup();
    stop.removeEventListener("abort", stopped);
    stream.abort();
  }
}

async function onePoll<T>(it: Follow<T>, signal: AbortSignal): Promise<"finished" | "asked" | Problem> {
  try {
    return (await it.poll(signal)) ? "finished" : "asked";
  } catch (thrown) {
    return problemOf(thrown);
  }
}
