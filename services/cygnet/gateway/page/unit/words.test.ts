import { describe, expect, test } from "vitest";
import { contestOf, playerPath, qrUrl } from "../src/game/place";
import { asOneLine, isVisible, lengthOf } from "../src/game/prompt";
import { en } from "../src/text/en";
import { ko } from "../src/text/ko";
import { preferred } from "../src/text/languages";

describe("a prompt", () => {
  test("is one line", () => {
    expect(asOneLine("  a duck\n\non a\tpond ")).toBe("a duck on a pond");
  });
  test("is counted in code points, as the server counts", () => {
    expect(lengthOf("오리 🦆")).toBe(4);
  });
  test.each(["", " ", "\u200b\u200d", "\u3164\u115f", "\u2800"])("that nobody can see is none: %j", (prompt) => {
    expect(isVisible(prompt)).toBe(false);
  });
  test.each(["a", "\u200ba", "오", "🦆", "."])("that can be seen: %j", (prompt) => {
    expect(isVisible(prompt)).toBe(true);
  });
});

describe("an address", () => {
  test.each([
    ["/", "", "/"],
    ["/board", "", "/"],
    ["/c/pycon-kr", "pycon-kr", "/c/pycon-kr"],
    ["/c/pycon-kr/board", "pycon-kr", "/c/pycon-kr"],
    ["/clubs", "", "/"],
  ])("%s", (path, contest, player) => {
    expect(contestOf(path)).toBe(contest);
    expect(playerPath(path)).toBe(player);
  });
  test("of the QR code names the contest only where the page's does", () => {
    expect(qrUrl("", 0)).toBe("/qr.svg");
    expect(qrUrl("pond", 2)).toBe("/qr.svg?contest=pond&try=2");
  });
});

describe("languages", () => {
  test("follow the reader's choice, then the reader's list", () => {
    expect(preferred("ko", ["en-GB"])).toBe("ko");
    expect(preferred(undefined, ["fr-FR", "ko-KR", "en"])).toBe("ko");
    expect(preferred("tlh", ["fr"])).toBe("en");
    expect(preferred("constructor", [])).toBe("en");
  });
  test("know every refusal that the contract names, and pass on the server's words for others", () => {
    for (const text of [en, ko]) {
      const ofTheContest = ["CONTEST_CLOSED", "CONTEST_PAUSED", "CONTEST_FINISHED"];
      for (const reason of ["PENDING_LIMIT", "NEW_WORK_RATE", "SUBMIT_RATE", "QUEUE_FULL", ...ofTheContest]) {
        expect(text.refused(reason, "server")).not.toBe("server");
      }
      expect(text.refused("CONTEST_FULL", "server")).toBe("server");
      for (const reason of ["DRAWING_FAILED", "WORKER_LOST", "MODEL_NOT_SERVED"]) {
        expect(text.failure(reason, "server")).not.toBe("server");
      }
    }
  });
});
