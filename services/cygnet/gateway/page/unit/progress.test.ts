import { describe, expect, test } from "vitest";
import { drawnShare, ServerClock, scoreText } from "../src/game/progress";

describe("the share of a drawing that is shown as done", () => {
  test("is the elapsed share of the usual time at first", () => {
    expect(drawnShare(500, 1000)).toBe(0.5);
    expect(drawnShare(0, 1000)).toBe(0);
  });
  test("never runs backwards and never reaches the end before the drawing does", () => {
    let before = 0;
    for (let elapsed = 0; elapsed <= 60_000; elapsed += 50) {
      const share = drawnShare(elapsed, 1000) ?? Number.NaN;
      expect(share).toBeGreaterThanOrEqual(before);
      expect(share).toBeLessThan(1);
      before = share;
    }
  });
  test("is unknown where the usual time is", () => {
    expect(drawnShare(500, 0)).toBeUndefined();
  });
});

describe("the server's clock", () => {
  test("is bounded by the latest time the server wrote down, whatever the phone's clock says", () => {
    const clock = new ServerClock();
    const phoneIsAhead = 3_600_000;
    clock.observe(1_000, 1_000 + phoneIsAhead);
    expect(clock.since(1_000, 1_500 + phoneIsAhead)).toBe(500);
    // An old time, read late, proves less and changes nothing.
    clock.observe(200, 1_500 + phoneIsAhead);
    expect(clock.since(1_000, 1_500 + phoneIsAhead)).toBe(500);
  });
  test("never says that a drawing began in the future", () => {
    const clock = new ServerClock();
    clock.observe(1_000, 5_000);
    expect(clock.since(9_000, 5_000)).toBe(0);
  });
});

test("a score is rounded once, to the contest's decimals", () => {
  expect(scoreText(72.345_678, 2)).toBe("72.35");
  expect(scoreText(72.345_678, 0)).toBe("72");
  expect(scoreText(100, 4)).toBe("100.0000");
});
