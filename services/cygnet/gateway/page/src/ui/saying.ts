// Turns states and problems into sentences; the only place that decides which words belong to which case.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Change } from "../game/likeness";
import type { Refusal } from "../game/player";
import { drawnShare, type ServerClock, scoreText, waitRange } from "../game/progress";
import { AdmissionOutcome, type QueuePlace, type Submission, SubmissionState } from "../gen/cygnet/v1/submission_pb";
import type { Problem } from "../rpc/problem";
import type { Words } from "../text/en";

export function sayQueue(text: Words, place: QueuePlace): string {
  const position = place.position === 0 ? text.next : text.before(place.position);
  if (place.noWorker) return `${position} ${text.noWorker}`;
  const wait = place.measuring ? text.measuring : text.wait(waitRange(Number(place.p50Ms), Number(place.p90Ms)));
  return `${position} ${wait}`;
}

export interface Drawn {
  share: number | undefined;
  words: string;
}

export function sayDrawing(text: Words, submission: Submission, clock: ServerClock, now: number): Drawn {
  const typicalMs = Number(submission.drawing?.typicalMs ?? 0n);
  const startedAt = submission.drawing?.startedAt;
  const elapsedMs = startedAt === undefined ? 0 : clock.since(timestampMs(startedAt), now);
  const usual = typicalMs === 0 ? text.measuring : text.usually(Math.max(1, Math.round(typicalMs / 1000)));
  const detail = typicalMs > 0 && elapsedMs > typicalMs * 1.5 ? text.longer : usual;
  return { share: drawnShare(elapsedMs, typicalMs), words: `${text.drawingNow} ${detail}` };
}

/** How the submission was answered, where that is worth a word. */
export function sayAnswer(text: Words, { outcome, state }: Submission): string | undefined {
  if (outcome === AdmissionOutcome.REPEATED) return text.repeated;
  if (outcome === AdmissionOutcome.COALESCED)
    return state === SubmissionState.DONE ? text.coalescedDone : text.coalesced;
  return undefined;
}

/** One line: the score's difference first, then those of its parts. */
export function sayChange(text: Words, { score, what, look }: Change, decimals: number): string {
  const said = (by: number, digits: number) =>
    by === 0 ? "=" : `${by > 0 ? "↑" : "↓"}\u00a0${scoreText(Math.abs(by), digits)}`;
  const part = (name: string, by: number | undefined) => (by === undefined ? [] : [`${name}\u00a0${said(by, 0)}`]);
  return [
    `${text.sinceLast} ${said(score, decimals)}`,
    ...part(text.whatShort, what),
    ...part(text.lookShort, look),
  ].join(" · ");
}

export interface Said {
  words: string;
  /** When trying again is worth it, in milliseconds of this phone's clock; undefined when waiting does not help. */
  againAt: number | undefined;
}

export function sayRefusal(text: Words, { problem, refusedAt }: Refusal): Said {
  switch (problem.kind) {
    case "refused":
      return { words: text.refused(problem.reason, problem.message), againAt: refusedAt + problem.retryAfterMs };
    case "invalid":
      return { words: text.invalidPrompt(problem.fields.get("prompt") ?? problem.message), againAt: undefined };
    case "signedOut":
      return { words: text.joinAgain, againAt: undefined };
    case "unreachable":
      return { words: text.unreachable, againAt: undefined };
    case "denied":
      return { words: text.notAllowed(text.refused(problem.reason, problem.message)), againAt: undefined };
    default:
      return { words: text.notAllowed(problem.message), againAt: undefined };
  }
}

/** Longer waits are told by the clock: nobody counts an hour's seconds. */
const COUNTED_S = 120;

export function sayCountdown(text: Words, againAt: number, now: number): string {
  const left = Math.ceil((againAt - now) / 1000);
  if (left > COUNTED_S) return text.againAt(new Date(againAt));
  return left > 0 ? text.againIn(left) : text.againNow;
}

export function sayJoinProblem(text: Words, problem: Problem): string {
  if (problem.kind === "invalid") return text.invalidNickname(problem.fields.get("nickname") ?? problem.message);
  if (problem.kind === "refused" || problem.kind === "denied" || problem.kind === "notFound") {
    return text.notAllowed(problem.message);
  }
  return text.joinFailed;
}

/** One sentence for a screen reader at each turn of a submission; places in the queue change too often to be read out. */
export function sayTurn(text: Words, submission: Submission, decimals: number): string {
  const answer = sayAnswer(text, submission) ?? "";
  switch (submission.state) {
    case SubmissionState.QUEUED:
      return `${text.queued}. ${answer}`;
    case SubmissionState.DRAWING:
      return `${text.drawing}. ${answer}`;
    case SubmissionState.DONE:
      return `${text.done}. ${text.score}: ${scoreText(submission.result?.score ?? 0, decimals)}. ${answer}`;
    case SubmissionState.FAILED:
      return `${text.failed}. ${text.failure(submission.failure?.reason ?? "", submission.failure?.message ?? "")}`;
    default:
      return "";
  }
}
