// What a failed call means to the page, whatever it looked like on the wire.
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb";

export type Problem =
  /** The session does not hold any more: join again. */
  | { kind: "signedOut" }
  /** Not now; worth trying again after `retryAfterMs`. */
  | { kind: "refused"; reason: string; message: string; retryAfterMs: number }
  /** Something that was entered is out of bounds; `fields` holds what is wrong, by the field's name. */
  | { kind: "invalid"; reason: string; fields: ReadonlyMap<string, string>; message: string }
  /** The contest or what was requested does not exist. */
  | { kind: "notFound"; message: string }
  /** The server decided against it, and the same call will not fare better. */
  | { kind: "denied"; reason: string; message: string }
  /** Nobody decided anything: no network, a restart, an overloaded proxy. The same call may be repeated. */
  | { kind: "unreachable"; message: string };

export function problemOf(thrown: unknown): Problem {
  const error = ConnectError.from(thrown);
  const message = error.rawMessage;
  switch (error.code) {
    case Code.Unauthenticated:
      return { kind: "signedOut" };
    case Code.ResourceExhausted: {
      const info = error.findDetails(ErrorInfoSchema)[0];
      // A proxy's own limit carries no reason: nothing was decided about this very call.
      if (info === undefined) return { kind: "unreachable", message };
      const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
      const retryAfterMs = delay === undefined ? 0 : Number(delay.seconds) * 1000 + delay.nanos / 1e6;
      return { kind: "refused", reason: info.reason, message, retryAfterMs: Math.max(0, retryAfterMs) };
    }
    case Code.InvalidArgument: {
      const violations = error.findDetails(BadRequestSchema).flatMap((bad) => bad.fieldViolations);
      const reason = error.findDetails(ErrorInfoSchema)[0]?.reason ?? "";
      return { kind: "invalid", reason, fields: new Map(violations.map((v) => [v.field, v.description])), message };
    }
    case Code.NotFound:
      return { kind: "notFound", message };
    case Code.PermissionDenied:
    case Code.FailedPrecondition:
    case Code.OutOfRange:
    case Code.AlreadyExists:
    case Code.Unimplemented:
      return { kind: "denied", reason: error.findDetails(ErrorInfoSchema)[0]?.reason ?? "", message };
    default:
      return { kind: "unreachable", message };
  }
}
