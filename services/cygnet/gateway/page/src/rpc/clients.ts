// The services that the page speaks to, over gRPC-web on the page's own origin.
import { type Client, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { ContestService } from "../gen/cygnet/v1/contest_pb";
import { LeaderboardService } from "../gen/cygnet/v1/leaderboard_pb";
import { PresenceService } from "../gen/cygnet/v1/presence_pb";
import { SubmissionService } from "../gen/cygnet/v1/submission_pb";

export interface Clients {
  contest: Client<typeof ContestService>;
  submission: Client<typeof SubmissionService>;
  leaderboard: Client<typeof LeaderboardService>;
  presence: Client<typeof PresenceService>;
}

/** How long an answer that is no stream may take before it counts as lost. */
export const CALL_TIMEOUT_MS = 10_000;

export function makeClients(transport: Transport): Clients {
  return {
    contest: createClient(ContestService, transport),
    submission: createClient(SubmissionService, transport),
    leaderboard: createClient(LeaderboardService, transport),
    presence: createClient(PresenceService, transport),
  };
}

/** Puts the session token, where there is one, on every call: whoever shows it has limits of their own. */
export function bearer(token: () => string | undefined): Interceptor {
  return (next) => (request) => {
    const value = token();
    if (value !== undefined && !request.header.has("authorization")) {
      request.header.set("authorization", `Bearer ${value}`);
    }
    return next(request);
  };
}

/** The cookie with which pictures are asked for: an <img> takes no header, and strangers' limits may be used up. */
export function pictureCookie(token: string | undefined): string {
  return `cygnet-session=${token ?? ""}; path=/pictures; samesite=strict${token === undefined ? "; max-age=0" : ""}`;
}

export function webTransport(token: () => string | undefined): Transport {
  return createGrpcWebTransport({ baseUrl: window.location.origin, interceptors: [bearer(token)] });
}
