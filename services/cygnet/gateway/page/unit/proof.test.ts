import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { describe, expect, test, vi } from "vitest";
import {
  ChallengeAction,
  GetChallengeResponseSchema,
  JoinResponseSchema,
  SubmissionService,
} from "../src/gen/cygnet/v1/submission_pb";
import { ErrorInfoSchema } from "../src/gen/google/rpc/error_details_pb";
import { withProof } from "../src/proof/prover";
import { type Challenge, search } from "../src/proof/solve";
import { chooseOtherWay, offer } from "../src/proof/widget";
import { makeClients } from "../src/rpc/clients";

const hex = (bytes: ArrayLike<number>) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const random = () => hex(crypto.getRandomValues(new Uint8Array(16)));

/** By WebCrypto, which the page does without. */
async function hashed(salt: string, nonce: string, counter: number): Promise<string> {
  const message = (salt + nonce + counter.toString(16).padStart(8, "0")).match(/../g) ?? [];
  const bytes = Uint8Array.from(message, (pair) => Number.parseInt(pair, 16));
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

async function challenge(counter: number, digits = 32): Promise<Challenge> {
  const [salt, nonce] = [random(), random()];
  const keyPrefix = (await hashed(salt, nonce, counter)).slice(0, digits);
  return { parameters: { algorithm: "SHA-256", cost: 1, keyLength: 32, nonce, salt, keyPrefix } };
}

describe("a challenge", () => {
  test.each([0, 1, 255, 256, 4_999])("is solved by its counter %i", async (counter) => {
    const made = await challenge(counter);
    const { salt, nonce } = made.parameters;
    expect(search(made, 0, 5_000)).toEqual({ counter, derivedKey: await hashed(salt, nonce, counter) });
  });

  test("is solved where the counter fills its 32 bits", async () => {
    const counter = 0xfffffff0;
    expect(search(await challenge(counter), counter - 10, counter + 10)?.counter).toBe(counter);
  });

  test("with a short prefix is solved by the first that fits", async () => {
    const made = await challenge(300, 2);
    const solution = search(made, 0, 5_000);
    expect(solution?.counter).toBeLessThanOrEqual(300);
    expect(solution?.derivedKey.slice(0, 2)).toBe(made.parameters.keyPrefix);
  });

  test("is not solved outside of where one looks", async () => {
    expect(search(await challenge(5_000), 0, 5_000)).toBeUndefined();
  });

  test("of another kind is refused, not tried for ever", async () => {
    const made = await challenge(1);
    const other = { parameters: { ...made.parameters, algorithm: "ARGON2ID" } };
    expect(() => search(other, 0, 10)).toThrow("unknown kind");
  });
});

describe("a call that has a price", () => {
  async function paying(refusals: number, widget?: { provider: string; siteKey: string }) {
    const made = await challenge(1_234);
    const proofs: string[] = [];
    const tokens: string[] = [];
    const transport = createRouterTransport(({ service }) => {
      service(SubmissionService, {
        join({ proof, captchaToken }) {
          proofs.push(proof);
          tokens.push(captchaToken);
          if (proofs.length <= refusals) {
            const detail = { desc: ErrorInfoSchema, value: { reason: "PROOF_NEEDED", domain: "cygnet.dev" } };
            throw new ConnectError("a price", Code.ResourceExhausted, undefined, [detail]);
          }
          return create(JoinResponseSchema, { participantId: "p" });
        },
        getChallenge: () => create(GetChallengeResponseSchema, { challenge: JSON.stringify(made), widget }),
      });
    });
    const clients = makeClients(transport);
    const about = { contest: "pond", action: ChallengeAction.JOIN, device: "d" };
    // Node has no Worker of the browsers' kind: this is the page that has to solve by itself.
    return { proofs, tokens, made, called: withProof(clients, about, (paid) => clients.submission.join(paid)) };
  }

  test("is made again with the solution", async () => {
    const { proofs, made, called } = await paying(1);
    expect((await called).participantId).toBe("p");
    expect(proofs[0]).toBe("");
    const { challenge: sent, solution } = JSON.parse(atob(proofs[1] ?? ""));
    expect(sent).toEqual(made);
    expect(solution.counter).toBe(1_234);
  });

  test("is made again with what a widget gave, where one is offered", async () => {
    const { proofs, tokens, called } = await paying(1, { provider: "turnstile", siteKey: "k" });
    await vi.waitFor(() => expect(offer.value?.widget.siteKey).toBe("k"));
    offer.value?.settle("a token");
    await called;
    expect([proofs, tokens, offer.value]).toEqual([["", ""], ["", "a token"], undefined]);
  });

  test("is paid by the challenge where the widget does not work, or somebody wants another way for good", async () => {
    const broken = await paying(1, { provider: "turnstile", siteKey: "broken" });
    await vi.waitFor(() => expect(offer.value?.widget.siteKey).toBe("broken"));
    offer.value?.settle(undefined);
    await broken.called;
    expect(broken.proofs[1]).not.toBe("");

    const unwanted = await paying(1, { provider: "turnstile", siteKey: "unwanted" });
    await vi.waitFor(() => expect(offer.value?.widget.siteKey).toBe("unwanted"));
    chooseOtherWay();
    await unwanted.called;
    const next = await paying(1, { provider: "turnstile", siteKey: "next" });
    await next.called;
    expect([unwanted.tokens, next.tokens]).toEqual([
      ["", ""],
      ["", ""],
    ]);
  });

  test("that nothing satisfies is given up", async () => {
    const { proofs, called } = await paying(99);
    await expect(called).rejects.toThrow("a price");
    expect(proofs.length).toBe(4);
  });
});
