import { expect, test } from "vitest";
import { pictureCookie } from "../src/rpc/clients";

test("the cookie goes to pictures alone, and goes with the session", () => {
  expect(pictureCookie("a.b.c")).toBe("cygnet-session=a.b.c; path=/pictures; samesite=strict");
  expect(pictureCookie(undefined)).toBe("cygnet-session=; path=/pictures; samesite=strict; max-age=0");
});
