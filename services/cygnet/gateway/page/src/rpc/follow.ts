// Keeps one server stream alive: reconnects, notices silence, and polls by unary call while streams do not get through.
import { type Problem, problemOf } from "./problem";
import { backoffMs, onHide, onWake, type Wait, waitOrWake } from "./wake";

/** The server sends a heartbeat every 15 s; a stream that is silent for longer than this is dead. */
export const SILENCE_MS = 20_000;
/** A stream that has sent nothing at all for this long may be held back by a proxy: poll by unary call. */
export const UNPROVEN_MS = 6_000;
const RETRY_CAP_MS = 5_000;
const HIDDEN_MS = 3_600_000;

/** "live": a stream is open and sends. "polling": updates come by unary calls. "lost": nothing gets through. */
export type Link = "connecting" | "live" | "polling" | "lost";

/** What a stream's message means to the loop. */
export type StreamEvent = "update" | "heartbeat" | "goodbye" | "finished";

export interface Subscription<T> {
  /** Opens the stream; it must request only what is newer than what was received. */
  open(signal: AbortSignal): AsyncIterable<T>;
  receive(message: T): StreamEvent;
  /** Makes one unary call; true means that nothing more will come. */
  poll(signal: AbortSignal): Promise<boolean>;
  onLink(link: Link): void;
  /** A problem that trying again will not mend; the loop has ended. */
  onEnd(problem: Problem): void;
}

export interface Environment {
  wait: Wait;
  onWake: (listener: () => void) => () => void;
  onHide: (listener: () => void) => () => void;
  hidden: () => boolean;
  random: () => number;
}

const browser: Environment = {
  wait: waitOrWake,
  onWake,
  onHide,
  hidden: () => document.visibilityState === "hidden",
  random: Math.random,
};

/** Follows until the subscription is finished, a problem is final, or the returned function is called. */
export function follow<T>(subscription: Subscription<T>, environment: Environment = browser): () => void {
  const stop = new AbortController();
  void run(subscription, environment, stop.signal);
  return () => stop.abort();
}

async function run<T>(subscription: Subscription<T>, environment: Environment, stop: AbortSignal): Promise<void> {
  let failures = 0;
  subscription.onLink("connecting");
  while (!stop.aborted) {
    // Over HTTP/1.1 a browser has six connections for all tabs together: a tab that nobody sees must not hold any.
    if (environment.hidden()) {
      await environment.wait(HIDDEN_MS, stop);
      continue;
    }
    const end = await readStream(subscription, environment, stop, () => {
      failures = 0;
    });
    if (stop.aborted || end === "finished") return;
    if (end === "reopen") continue;
    if (end.kind !== "unreachable") return subscription.onEnd(end);
    failures += 1;
    const polled = await poll(subscription, stop);
    if (stop.aborted || polled === "finished") return;
    if (polled !== "unfinished" && polled.kind !== "unreachable") return subscription.onEnd(polled);
    // One break alone is ordinary (a server restarts, a stream's time is over) and no reason to alarm anybody.
    subscription.onLink(polled !== "unfinished" ? "lost" : failures > 1 ? "polling" : "connecting");
    await environment.wait(backoffMs(failures, environment.random(), RETRY_CAP_MS), stop);
  }
}

type StreamEnd = "finished" | "reopen" | Problem;

async function readStream<T>(
  subscription: Subscription<T>,
  environment: Environment,
  stop: AbortSignal,
  onMessage: () => void,
): Promise<StreamEnd> {
  const stream = new AbortController();
  let cutBecause: StreamEnd = { kind: "unreachable", message: "silent" };
  const cut = (because: StreamEnd) => {
    cutBecause = because;
    stream.abort();
  };
  const onSilence = () => cut({ kind: "unreachable", message: "silent" });
  let silence = setTimeout(onSilence, SILENCE_MS);
  const unproven = setInterval(() => {
    void poll(subscription, stream.signal).then((polled) => {
      if (polled === "finished") cut("finished");
    });
  }, UNPROVEN_MS);
  // After sleep or a change of network a connection can look open and be dead.
  const cleanups = [environment.onWake(() => cut("reopen")), environment.onHide(() => cut("reopen"))];
  const onStop = () => cut("finished");
  stop.addEventListener("abort", onStop);
  try {
    for await (const message of subscription.open(stream.signal)) {
      clearTimeout(silence);
      clearInterval(unproven);
      silence = setTimeout(onSilence, SILENCE_MS);
      onMessage();
      const event = subscription.receive(message);
      if (event === "finished") return "finished";
      if (event === "goodbye") return { kind: "unreachable", message: "goodbye" };
      subscription.onLink("live");
    }
    return stream.signal.aborted ? cutBecause : { kind: "unreachable", message: "the stream ended" };
  } catch (thrown) {
    return stream.signal.aborted ? cutBecause : problemOf(thrown);
  } finally {
    clearTimeout(silence);
    clearInterval(unproven);
    for (const cleanup of cleanups) cleanup();
    stop.removeEventListener("abort", onStop);
    stream.abort();
  }
}

async function poll<T>(
  subscription: Subscription<T>,
  signal: AbortSignal,
): Promise<"finished" | "unfinished" | Problem> {
  try {
    return (await subscription.poll(signal)) ? "finished" : "unfinished";
  } catch (thrown) {
    return problemOf(thrown);
  }
}
