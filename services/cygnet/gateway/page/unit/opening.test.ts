import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, test, vi } from "vitest";
import { countdown, freezeOf, isBeforeFirst, Opening } from "../src/game/opening";
import { ContestPhase, ContestSchema } from "../src/gen/cygnet/v1/contest_pb";
import { en } from "../src/text/en";
import { ko } from "../src/text/ko";

const { CLOSED, FROZEN, OPEN, PAUSED, FINISHED, UNSPECIFIED } = ContestPhase;
const HOUR_MS = 3_600_000;

describe("whether prompts are taken", () => {
  test.each([
    [UNSPECIFIED, true],
    [OPEN, true],
    [FROZEN, true],
    [CLOSED, false],
    [PAUSED, false],
    [FINISHED, false],
  ])("%s: %s", (phase, takes) => {
    const opening = new Opening();
    opening.hear({ phase });
    expect(opening.takesPrompts.value).toBe(takes);
  });

  test("what the stream said is newer than an answer that was asked for before", () => {
    const opening = new Opening();
    const askedAt = performance.now();
    vi.spyOn(performance, "now").mockReturnValue(askedAt + 5);
    opening.hear({ phase: OPEN });
    opening.seen({ phase: CLOSED }, askedAt);
    expect(opening.phase.value).toBe(OPEN);
    opening.seen({ phase: PAUSED }, askedAt + 6);
    expect(opening.phase.value).toBe(PAUSED);
    vi.restoreAllMocks();
  });

  test("a phone whose clock is wrong counts down right", () => {
    const opening = new Opening();
    const here = Date.now();
    vi.spyOn(Date, "now").mockReturnValue(here);
    const there = here + HOUR_MS;
    opening.seen(
      { phase: CLOSED, nextChange: timestampFromMs(there + 90_000), now: timestampFromMs(there) },
      performance.now(),
    );
    expect(opening.leftMs(here + 30_000)).toBe(60_000);
    expect(opening.leftMs(here + 2 * HOUR_MS)).toBe(0);
    opening.hear({ phase: OPEN });
    expect(opening.leftMs(here)).toBeUndefined();
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

describe("a countdown", () => {
  test.each([
    [1, "1\u00a0s", "1초"],
    [59_000, "59\u00a0s", "59초"],
    [125_000, "2\u00a0min 5\u00a0s", "2분 5초"],
    [2 * HOUR_MS, "2\u00a0h 0\u00a0min", "2시간 0분"],
    [51 * HOUR_MS + 1, "2\u00a0d 3\u00a0h", "2일 3시간"],
  ])("of %d ms", (left, english, korean) => {
    expect(en.opensIn(countdown(left))).toBe(`Opens in ${english}.`);
    expect(ko.opensIn(countdown(left))).toBe(`${korean} 뒤에 열려요.`);
  });
});
