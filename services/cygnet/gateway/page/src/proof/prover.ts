// Pays where the server asks for a proof: fetches a challenge, solves it or shows a widget, and calls again.
import { signal } from "@preact/signals";
import type { ChallengeAction } from "../gen/cygnet/v1/submission_pb";
import { CALL_TIMEOUT_MS, type Clients } from "../rpc/clients";
import { problemOf } from "../rpc/problem";
import { type Challenge, type Solution, search } from "./solve";
import { tokenOf } from "./widget";

/** More than that is asked of nobody: a proof that does not satisfy so often never will. */
const TRIES = 3;
/** Hashes between two breaths of a page that has to solve by itself. */
const SLICE = 4_000;

/** Whether a challenge is being solved: some seconds in which nothing else moves. */
export const solving = signal(false);

/** Calls with a proof where one is needed. The call throws what the server said last. */
export async function withProof<T>(
  clients: Clients,
  about: { contest: string; action: ChallengeAction; device?: string },
  call: (paid: { proof: string; captchaToken: string }) => Promise<T>,
): Promise<T> {
  const ask = () => clients.submission.getChallenge(about, { timeoutMs: CALL_TIMEOUT_MS });
  let paid = { proof: "", captchaToken: "" };
  for (let tries = 0; ; tries += 1) {
    try {
      return await call(paid);
    } catch (thrown) {
      const problem = problemOf(thrown);
      if (problem.kind !== "refused" || problem.reason !== "PROOF_NEEDED" || tries === TRIES) throw thrown;
    }
    const { challenge, widget } = await ask();
    const captchaToken = widget === undefined ? undefined : await tokenOf(widget);
    if (captchaToken !== undefined) {
      paid = { proof: "", captchaToken };
      continue;
    }
    solving.value = true;
    try {
      // Whoever looked at a widget for minutes has an old challenge.
      paid = { proof: await solved(widget === undefined ? challenge : (await ask()).challenge), captchaToken: "" };
    } finally {
      solving.value = false;
    }
  }
}

async function solved(text: string): Promise<string> {
  const challenge = JSON.parse(text) as Challenge;
  const solution = await inWorker(challenge).catch(() => onThePage(challenge));
  return btoa(JSON.stringify({ challenge, solution }));
}

function inWorker(challenge: Challenge): Promise<Solution> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    const end = () => worker.terminate();
    worker.onmessage = ({ data }) => {
      end();
      resolve(data);
    };
    worker.onerror = (event) => {
      end();
      reject(event);
    };
    worker.postMessage(challenge);
  });
}

/** For browsers that start no worker: in slices, so that the page stays alive. */
async function onThePage(challenge: Challenge): Promise<Solution> {
  for (let from = 0; ; from += SLICE) {
    const solution = search(challenge, from, from + SLICE);
    if (solution !== undefined) return solution;
    await new Promise((resolve) => setTimeout(resolve));
  }
}
