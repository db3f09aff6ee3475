import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, test, vi } from "vitest";
import { freezeOf, isBeforeFirst, PhaseTracker } from "../src/game/contestPhase";
import { ContestPhase, ContestSchema } from "../src/gen/cygnet/v1/contest_pb";

const { CLOSED, FROZEN, OPEN, PAUSED, FINISHED, UNSPECIFIED } = ContestPhase;
const HOUR_MS = 3_600_000;

describe("whether prompts are accepted", () => {
  test.each([
    [UNSPECIFIED, true],
    [OPEN, true],
    [FROZEN, true],
    [CLOSED, false],
    [PAUSED, false],
    [FINISHED, false],
  ])("%s: %s", (phase, accepts) => {
    const tracker = new PhaseTracker();
    tracker.onStream({ phase });
    expect(tracker.acceptsPrompts.value).toBe(accepts);
  });

  test("what was streamed is newer than an answer to an earlier call", () => {
    const tracker = new PhaseTracker();
    const requestedAt = performance.now();
    vi.spyOn(performance, "now").mockReturnValue(requestedAt + 5);
    tracker.onStream({ phase: OPEN });
    tracker.onResponse({ phase: CLOSED }, requestedAt);
    expect(tracker.current.value).toBe(OPEN);
    tracker.onResponse({ phase: PAUSED }, requestedAt + 6);
    expect(tracker.current.value).toBe(PAUSED);
    vi.restoreAllMocks();
  });

  test("a phone whose clock is wrong counts down right", () => {
    const tracker = new PhaseTracker();
    const here = Date.now();
    vi.spyOn(Date, "now").mockReturnValue(here);
    const there = here + HOUR_MS;
    tracker.onResponse(
      { phase: CLOSED, nextChange: timestampFromMs(there + 90_000), now: timestampFromMs(there) },
      performance.now(),
    );
    expect(tracker.remainingMs(here + 30_000)).toBe(60_000);
    expect(tracker.remainingMs(here + 2 * HOUR_MS)).toBe(0);
    tracker.onStream({ phase: OPEN });
    expect(tracker.remainingMs(here)).toBeUndefined();
    vi.restoreAllMocks();
  });
});

describe("a contest of two days", () => {
  const [first, second] = [
    { opens: timestampFromMs(10 * HOUR_MS), closes: timestampFromMs(18 * HOUR_MS) },
    { opens: timestampFromMs(34 * HOUR_MS), closes: timestampFromMs(42 * HOUR_MS) },
  ];
  const contest = create(ContestSchema, { windows: [first, second], freezeBeforeMs: BigInt(HOUR_MS) });
  test("has not begun, or opens again", () => {
    expect(isBeforeFirst(contest, 10 * HOUR_MS)).toBe(true);
    expect(isBeforeFirst(contest, 34 * HOUR_MS)).toBe(false);
  });
  test("freezes before its last end", () => {
    expect(freezeOf(contest)).toEqual({ from: new Date(41 * HOUR_MS), until: new Date(42 * HOUR_MS) });
    expect(freezeOf(create(ContestSchema, { windows: [first] }))).toBeUndefined();
    expect(freezeOf(create(ContestSchema, { freezeBeforeMs: 1n }))).toBeUndefined();
  });
});
