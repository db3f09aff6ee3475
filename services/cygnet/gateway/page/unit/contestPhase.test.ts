import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, test, vi } from "vitest";
import { PhaseTracker } from "../src/game/contestPhase";
import { ContestPhase, GetContestResponseSchema } from "../src/gen/cygnet/v1/contest_pb";

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
    tracker.onResponse(create(GetContestResponseSchema, { phase: CLOSED }), requestedAt);
    expect(tracker.current.value).toBe(OPEN);
    tracker.onResponse(create(GetContestResponseSchema, { phase: PAUSED }), requestedAt + 6);
    expect(tracker.current.value).toBe(PAUSED);
    vi.restoreAllMocks();
  });

  test("a phone whose clock is wrong counts down right", () => {
    const tracker = new PhaseTracker();
    const here = Date.now();
    vi.spyOn(Date, "now").mockReturnValue(here);
    const there = here + HOUR_MS;
    tracker.onResponse(
      create(GetContestResponseSchema, {
        phase: CLOSED,
        nextChange: timestampFromMs(there + 90_000),
        now: timestampFromMs(there),
      }),
      performance.now(),
    );
    expect(tracker.remainingMs(here + 30_000)).toBe(60_000);
    expect(tracker.remainingMs(here + 2 * HOUR_MS)).toBe(0);
    tracker.onStream({ phase: OPEN });
    expect(tracker.remainingMs(here)).toBeUndefined();
    vi.restoreAllMocks();
  });
});

describe("what the services computed", () => {
  test("is when the leaderboard stands still, and whether the contest has opened before", () => {
    const tracker = new PhaseTracker();
    const [from, until] = [41 * HOUR_MS, 42 * HOUR_MS];
    const frozen = { frozenFrom: timestampFromMs(from), frozenUntil: timestampFromMs(until), openedBefore: true };
    tracker.onResponse(create(GetContestResponseSchema, { phase: FROZEN, ...frozen }), performance.now());
    expect(tracker.freeze.value).toEqual({ from: new Date(from), until: new Date(until) });
    expect(tracker.openedBefore.value).toBe(true);
    tracker.onResponse(create(GetContestResponseSchema, { phase: CLOSED }), performance.now());
    expect(tracker.freeze.value).toBeUndefined();
    expect(tracker.openedBefore.value).toBe(false);
  });
});
