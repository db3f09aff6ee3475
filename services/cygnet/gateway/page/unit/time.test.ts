import { describe, expect, test } from "vitest";
import { en } from "../src/text/en";
import { ko } from "../src/text/ko";
import { countdown, waitRange } from "../src/text/time";

const HOUR_MS = 3_600_000;

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

describe("a wait in words", () => {
  test.each([
    [400, 900, { from: 1, to: 1, unit: "seconds" }],
    [2_100, 6_200, { from: 2, to: 7, unit: "seconds" }],
    [12_000, 31_000, { from: 10, to: 35, unit: "seconds" }],
    [3_000, 31_000, { from: 1, to: 35, unit: "seconds" }],
    [100_000, 250_000, { from: 1, to: 5, unit: "minutes" }],
  ])("%d to %d ms", (p50, p90, range) => {
    expect(waitRange(p50, p90)).toEqual(range);
  });
});
