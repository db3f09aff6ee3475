import { Code, ConnectError } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type Follow,
  follow,
  type Heard,
  type Link,
  SILENCE_MS,
  type Surroundings,
  UNPROVEN_MS,
} from "../src/rpc/follow";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

type Step = Heard | ConnectError | "silence";

/** A server whose streams say what a script says; a stream without a script stays silent. */
function world(streams: Step[][], polls: (boolean | ConnectError)[] = []) {
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
  const it: Follow<Heard> = {
    async *open(signal) {
      seen.opened += 1;
      for (const step of streams.shift() ?? ["silence" as const]) {
        if (step instanceof ConnectError) throw step;
        if (step !== "silence") yield step;
        else await new Promise((_, fail) => signal.addEventListener("abort", () => fail(new Error("cut"))));
      }
    },
    hear: (message) => message,
    poll: async () => {
      seen.polled += 1;
      const answer = polls.shift() ?? false;
      if (answer instanceof ConnectError) throw answer;
      return answer;
    },
    onLink: (link) => seen.links.push(link),
    onEnd: (problem) => seen.ended.push(problem.kind),
  };
  const around: Surroundings = {
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
  const stop = follow(it, around);
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
  test("ends when the thing is finished", async () => {
    const { seen } = world([["news", "alive", "finished"]]);
    await soon();
    expect(seen).toMatchObject({ opened: 1, polled: 0, links: ["connecting", "live", "live"], ended: [] });
  });

  test("reconnects after a break, and asks at once what was missed", async () => {
    const { seen } = world([["news", new ConnectError("gone", Code.Unavailable)], ["finished"]]);
    await soon();
    expect(seen).toMatchObject({ opened: 1, polled: 1 });
    await vi.advanceTimersByTimeAsync(1_500);
    expect(seen.opened).toBe(2);
    expect(seen.links).not.toContain("lost");
  });

  test("reconnects when the server says goodbye", async () => {
    const { seen } = world([["goodbye"], ["finished"]]);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(seen.opened).toBe(2);
  });

  test("takes silence for death", async () => {
    const { seen } = world([["alive", "silence"], ["finished"]]);
    await vi.advanceTimersByTimeAsync(SILENCE_MS - 10);
    expect(seen.opened).toBe(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(seen.opened).toBe(2);
  });

  test("asks by unary call while a stream has never said anything", async () => {
    const { seen } = world([["silence"]], [false, true]);
    await vi.advanceTimersByTimeAsync(UNPROVEN_MS + 10);
    expect(seen.polled).toBe(1);
    await vi.advanceTimersByTimeAsync(UNPROVEN_MS);
    expect(seen.polled).toBe(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seen.opened).toBe(1);
  });

  test("says polling while only unary calls get through, lost while nothing does", async () => {
    const down = () => new ConnectError("down", Code.Unavailable);
    const { seen } = world([[down()], [down()], [down()], ["news", "silence"]], [false, false, down()]);
    await vi.advanceTimersByTimeAsync(12_000);
    expect(seen.links).toEqual(["connecting", "connecting", "polling", "lost", "live"]);
  });

  test("stops at an answer that trying again will not change", async () => {
    const { seen } = world([[new ConnectError("who?", Code.Unauthenticated)]]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seen).toMatchObject({ opened: 1, ended: ["signedOut"] });
  });

  test("opens anew when the phone wakes, since an old connection may be dead without knowing it", async () => {
    const { seen, wake } = world([["alive", "silence"], ["finished"]]);
    await soon();
    wake();
    await soon();
    expect(seen.opened).toBe(2);
  });

  test("holds no connection while nobody looks", async () => {
    const { seen, hide, wake } = world([["alive", "silence"], ["finished"]]);
    await soon();
    hide();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seen.opened).toBe(1);
    wake();
    await soon();
    expect(seen.opened).toBe(2);
  });

  test("stops when told", async () => {
    const { seen, stop } = world([["alive", "silence"]]);
    await soon();
    stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seen).toMatchObject({ opened: 1, polled: 0, ended: [] });
  });
});
