import { describe, expect, test } from "vitest";
import { hasVisibleText, promptLength, toOneLine } from "../src/game/prompt";
import { contestFromPath, playerPath, qrUrl } from "../src/game/routes";
import { en } from "../src/text/en";
import { ko } from "../src/text/ko";
import { preferredLanguage } from "../src/text/language";

describe("a prompt", () => {
  test("is one line", () => {
    expect(toOneLine("  a duck\n\non a\tpond ")).toBe("a duck on a pond");
  });
  test("is counted in code points, as the server counts", () => {
    expect(promptLength("오리 🦆")).toBe(4);
  });
  test.each(["", " ", "\u200b\u200d", "\u3164\u115f", "\u2800"])("that nobody can see is none: %j", (prompt) => {
    expect(hasVisibleText(prompt)).toBe(false);
  });
  test.each(["a", "\u200ba", "오", "🦆", "."])("that can be seen: %j", (prompt) => {
    expect(hasVisibleText(prompt)).toBe(true);
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
    expect(contestFromPath(path)).toBe(contest);
    expect(playerPath(path)).toBe(player);
  });
  test("of the QR code names the contest only where the page's does", () => {
    expect(qrUrl("", 0)).toBe("/qr.svg");
    expect(qrUrl("pond", 2)).toBe("/qr.svg?contest=pond&try=2");
  });
});

describe("languages", () => {
  test("follow the reader's choice, then the reader's list", () => {
    expect(preferredLanguage("ko", ["en-GB"])).toBe("ko");
    expect(preferredLanguage(null, ["fr-FR", "ko-KR", "en"])).toBe("ko");
    expect(preferredLanguage("tlh", ["fr"])).toBe("en");
    expect(preferredLanguage("constructor", [])).toBe("en");
  });
  test("know every refusal that the contract names, and pass on the server's words for others", () => {
    for (const text of [en, ko]) {
      const ofTheContest = ["CONTEST_CLOSED", "CONTEST_PAUSED", "CONTEST_FINISHED"];
      for (const reason of ["PENDING_LIMIT", "NEW_WORK_RATE", "SUBMIT_RATE", ...ofTheContest]) {
        expect(text.refused(reason, "server")).not.toBe("server");
      }
      expect(text.refused("A_LATER_REASON", "server")).toBe("server");
      for (const reason of ["DRAWING_FAILED", "WORKER_LOST", "MODEL_NOT_SERVED", "WAITED_TOO_LONG"]) {
        expect(text.failure(reason, "server")).not.toBe("server");
      }
    }
  });
});
