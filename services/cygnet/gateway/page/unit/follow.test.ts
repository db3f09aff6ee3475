import { Code, ConnectError } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type Environment,
  follow,
  type Link,
  SILENCE_MS,
  type StreamEvent,
  type Subscription,
  UNPROVEN_MS,
} from "../src/rpc/follow";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

type Step = StreamEvent | ConnectError | "silence";

/** Follows a server whose streams send what `streams` lists; a stream beyond the list stays silent. */
function start(streams: Step[][], polls: (boolean | ConnectError)[] = []) {
  const seen = { opened: 0, polled: 0, links: [] as Link[], ended: [] as string[] };
  const wakes = new Set<() => void>();
  const hides = new Set<() => void>();
  const state = { hidden: false };
  const listen = (to: Set<() => void>) => (listener: () => void) => {
    to.add(listener);
    return () => void to.delete(listener);
  };
  const fire = (set: Set<() => void>) => {
    for (const listener of [...set]) listener();
  };
  const subscription: Subscription<StreamEvent> = {
    async *open(signal) {
      seen.opened += 1;
      for (const step of streams.shift() ?? ["silence" as const]) {
        if (step instanceof ConnectError) throw step;
        if (step !== "silence") yield step;
        else await new Promise((_, fail) => signal.addEventListener("abort", () => fail(new Error("cut"))));
      }
    },
    receive: (message) => message,
    poll: async () => {
      seen.polled += 1;
      const answer = polls.shift() ?? false;
      if (answer instanceof ConnectError) throw answer;
      return answer;
    },
    onLink: (link) => seen.links.push(link),
    onEnd: (problem) => seen.ended.push(problem.kind),
  };
  const environment: Environment = {
    wait: (ms, signal) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, ms);
        const end = () => {
          clearTimeout(timer);
          resolve();
        };
        signal.addEventListener("abort", end);
        wakes.add(end);
      }),
    onWake: listen(wakes),
    onHide: listen(hides),
    hidden: () => state.hidden,
    random: () => 1,
  };
  const stop = follow(subscription, environment);
  return {
    seen,
    stop,
    wake: () => {
      state.hidden = false;
      fire(wakes);
    },
    hide: () => {
      state.hidden = true;
      fire(hides);
    },
  };
}

const soon = () => vi.advanceTimersByTimeAsync(1);

describe("following a stream", () => {
  test("ends when the subscription is finished", async () => {
    const { seen } = start([["update", "heartbeat", "finished"]]);
    await soon();
    expect(seen).toMatchObject({ opened: 1, polled: 0, links: ["connecting", "live", "live"], ended: [] });
  });

  test("reconnects after a break, and polls at once for what was missed", async () => {
    const { seen } = start([["update", new ConnectError("gone", Code.Unavailable)], ["finished"]]);
    await soon();
    expect(seen).toMatchObject({ opened: 1, polled: 1 });
    await vi.advanceTimersByTimeAsync(1_500);
    expect(seen.opened).toBe(2);
    expect(seen.links).not.toContain("lost");
  });

  test("reconnects when the server says goodbye", async () => {
    const { seen } = start([["goodbye"], ["finished"]]);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(seen.opened).toBe(2);
  });

  test("takes silence for death", async () => {
    const { seen } = start([["heartbeat", "silence"], ["finished"]]);
    await vi.advanceTimersByTimeAsync(SILENCE_MS - 10);
    expect(seen.opened).toBe(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(seen.opened).toBe(2);
  });

  test("polls while a stream has never sent anything", async () => {
    const { seen } = start([["silence"]], [false, true]);
    await vi.advanceTimersByTimeAsync(UNPROVEN_MS + 10);
    expect(seen.polled).toBe(1);
    await vi.advanceTimersByTimeAsync(UNPROVEN_MS);
    expect(seen.polled).toBe(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seen.opened).toBe(1);
  });

  test("is polling while only unary calls get through, lost while nothing does", async () => {
    const down = () => new ConnectError("down", Code.Unavailable);
    const { seen } = start([[down()], [down()], [down()], ["update", "silence"]], [false, false, down()]);
    await vi.advanceTimersByTimeAsync(12_000);
    expect(seen.links).toEqual(["connecting", "connecting", "polling", "lost", "live"]);
  });

  test("stops at an answer that trying again will not change", async () => {
    const { seen } = start([[new ConnectError("who?", Code.Unauthenticated)]]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seen).toMatchObject({ opened: 1, ended: ["signedOut"] });
  });

  test("opens anew when the phone wakes, since an old connection may be dead without knowing it", async () => {
    const { seen, wake } = start([["heartbeat", "silence"], ["finished"]]);
    await soon();
    wake();
    await soon();
    expect(seen.opened).toBe(2);
  });

  test("holds no connection while nobody looks", async () => {
    const { seen, hide, wake } = start([["heartbeat", "silence"], ["finished"]]);
    await soon();
    hide();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seen.opened).toBe(1);
    wake();
    await soon();
    expect(seen.opened).toBe(2);
  });

  test("stops when it is stopped", async () => {
    const { seen, stop } = start([["heartbeat", "silence"]]);
    await soon();
    stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seen).toMatchObject({ opened: 1, polled: 0, ended: [] });
  });
});
