import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../src/gen/google/rpc/error_details_pb";
import { problemOf } from "../src/rpc/problem";

describe("a failed call", () => {
  test("that was refused says why and when to try again", () => {
    const error = new ConnectError("too fast", Code.ResourceExhausted, undefined, [
      { desc: ErrorInfoSchema, value: { reason: "SUBMIT_RATE", domain: "cygnet.dev" } },
      { desc: RetryInfoSchema, value: { retryDelay: { seconds: 2n, nanos: 500_000_000 } } },
    ]);
    expect(problemOf(error)).toEqual({
      kind: "refused",
      reason: "SUBMIT_RATE",
      message: "too fast",
      retryAfterMs: 2500,
    });
  });
  test("that a proxy turned away was decided by nobody and may be repeated", () => {
    expect(problemOf(new ConnectError("local_rate_limited", Code.ResourceExhausted)).kind).toBe("unreachable");
  });
  test("with bad fields names them", () => {
    const error = new ConnectError("bad", Code.InvalidArgument, undefined, [
      { desc: BadRequestSchema, value: { fieldViolations: [{ field: "prompt", description: "write what to draw" }] } },
    ]);
    expect(problemOf(error)).toMatchObject({ kind: "invalid", fields: new Map([["prompt", "write what to draw"]]) });
  });
  test.each([
    [Code.Unauthenticated, "signedOut"],
    [Code.NotFound, "notFound"],
    [Code.FailedPrecondition, "denied"],
    [Code.PermissionDenied, "denied"],
    [Code.Unavailable, "unreachable"],
    [Code.DeadlineExceeded, "unreachable"],
    [Code.Internal, "unreachable"],
  ])("with code %d is %s", (code, kind) => {
    expect(problemOf(new ConnectError("x", code)).kind).toBe(kind);
  });
  test("that never reached a server may be repeated", () => {
    expect(problemOf(new TypeError("Failed to fetch")).kind).toBe("unreachable");
  });
});
