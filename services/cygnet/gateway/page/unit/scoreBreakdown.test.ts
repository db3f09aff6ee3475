import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { compareResults, interpolateHeat, previousAttempt, strongestPlace } from "../src/game/scoreBreakdown";
import { ResultSchema, type Submission, SubmissionSchema } from "../src/gen/cygnet/v1/submission_pb";
import { en } from "../src/text/en";
import { ko } from "../src/text/ko";
import { describeScoreChange } from "../src/ui/messages";

function drawn(submissionId: string, target: string, pictureSha256?: string): Submission {
  const result = pictureSha256 === undefined ? {} : { result: create(ResultSchema, { pictureSha256 }) };
  return create(SubmissionSchema, { submissionId, target, ...result });
}

describe("the previous attempt", () => {
  const now = drawn("e", "duck", "5");
  test("is the newest one before, of the same target, that has a picture", () => {
    const others = [drawn("d", "swan", "4"), drawn("c", "duck"), drawn("b", "duck", "2"), drawn("a", "duck", "1")];
    expect(previousAttempt([drawn("f", "duck", "6"), now, ...others], now)?.submissionId).toBe("b");
  });
  test("is another picture: a repeated prompt changes nothing", () => {
    expect(previousAttempt([now, drawn("b", "duck", "5"), drawn("a", "duck", "1")], now)?.submissionId).toBe("a");
  });
  test("need not be", () => {
    expect(previousAttempt([now, drawn("d", "swan", "4")], now)).toBeUndefined();
    expect(previousAttempt([drawn("d", "duck", "4")], now)).toBeUndefined();
  });
});

describe("what changed", () => {
  test("are the numbers as they are shown", () => {
    const before = create(ResultSchema, { score: 60.104, whatScore: 70.4, lookScore: 50.6 });
    const now = create(ResultSchema, { score: 62.356, whatScore: 70.6, lookScore: 20 });
    const difference = compareResults(before, now, 2);
    expect(difference).toEqual({ score: 2.26, what: 1, look: -31 });
    expect(difference && describeScoreChange(en, difference, 2)).toBe(
      "Since your last try: ↑\u00a02.26 · what\u00a0↑\u00a01 · look\u00a0↓\u00a031",
    );
  });
  test("leaves out what a scorer does not say", () => {
    const [before, now] = [create(ResultSchema, { score: 60 }), create(ResultSchema, { score: 60, whatScore: 3 })];
    const difference = compareResults(before, now, 1);
    expect(difference).toEqual({ score: 0, what: undefined, look: undefined });
    expect(difference && describeScoreChange(en, difference, 1)).toBe("Since your last try: =");
  });
  test("is nothing to say between two scales", () => {
    const before = create(ResultSchema, { calibrationId: "a" });
    expect(compareResults(before, create(ResultSchema, { calibrationId: "b" }), 2)).toBeUndefined();
  });
});

describe("a smooth heat map", () => {
  const heat = Uint8Array.from({ length: 25 }, (_, region) => (region === 12 ? 255 : region === 0 ? 100 : 0));
  const smooth = interpolateHeat(heat, 50);
  const at = (row: number, column: number) => smooth[row * 50 + column] ?? Number.NaN;
  test("has each region's value in its middle, and the corner's to the edge", () => {
    expect(at(24, 25)).toBeGreaterThan(245);
    expect(at(0, 0)).toBe(100);
    expect(at(45, 45)).toBe(0);
  });
  test("has no step", () => {
    for (let row = 0; row < 50; row += 1) {
      for (let column = 1; column < 50; column += 1) {
        expect(Math.abs(at(row, column) - at(row, column - 1))).toBeLessThan(45);
      }
    }
  });
});

describe("where the strongest region is", () => {
  const at = (region: number, value: number) => Uint8Array.from({ length: 25 }, (_, it) => (it === region ? value : 3));
  test.each([
    [0, 0, 0],
    [4, 0, 2],
    [12, 1, 1],
    [22, 2, 1],
  ])("region %i", (region, row, column) => {
    expect(strongestPlace(at(region, 255))).toEqual({ row, column });
  });
  test("is nowhere when nothing is strong, or there is no map", () => {
    expect(strongestPlace(at(7, 63))).toBeUndefined();
    expect(strongestPlace(new Uint8Array())).toBeUndefined();
  });
  test("has words of its own in every language", () => {
    const said = [0, 1, 2].flatMap((row) => [0, 1, 2].map((column) => ({ row, column })));
    for (const text of [en, ko]) expect(new Set(said.map((place) => text.heatHurts(place))).size).toBe(9);
  });
});
