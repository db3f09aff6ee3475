import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { describe, expect, test, vi } from "vitest";
import { newRequestId, Outbox, type Wish } from "../src/game/outbox";
import { Sending, type Stage } from "../src/game/sending";
import { MapMemory } from "../src/game/storage";
import { SubmissionService, type SubmitRequest, SubmitResponseSchema } from "../src/gen/cygnet/v1/submission_pb";
import { ErrorInfoSchema } from "../src/gen/google/rpc/error_details_pb";
import { makeClients } from "../src/rpc/clients";

type AdmissionOutcome = "accept" | ConnectError;

/** A sender whose server gives the answers of a list, one for each call, and accepts afterwards. */
function sender(answers: AdmissionOutcome[], memory = new MapMemory()) {
  const received: SubmitRequest[] = [];
  const transport = createRouterTransport(({ service }) => {
    service(SubmissionService, {
      submit(request) {
        received.push(request);
        const answer = answers.shift() ?? "accept";
        if (answer !== "accept") throw answer;
        return create(SubmitResponseSchema, { submission: { submissionId: "s", prompt: request.prompt } });
      },
    });
  });
  const stages: Stage["is"][] = [];
  const accepted = vi.fn();
  const signedOut = vi.fn();
  const outbox = new Outbox(memory, "pond");
  const sending = new Sending(
    makeClients(transport),
    "pond",
    outbox,
    () => "token",
    async () => undefined,
    { accepted, signedOut, stage: (_, stage) => stages.push(stage.is) },
  );
  return { sending, outbox, received, stages, accepted, signedOut };
}

const wish = (prompt = "a duck"): Wish => ({ requestId: newRequestId(), target: "duck", prompt, madeAt: 1 });

describe("a wish", () => {
  test("is written down before it is sent and forgotten once it was accepted", async () => {
    const { sending, outbox, accepted } = sender([]);
    const it = wish();
    sending.send(it);
    expect(outbox.all()).toEqual([it]);
    await vi.waitFor(() => expect(accepted).toHaveBeenCalledOnce());
    expect(outbox.all()).toEqual([]);
    expect(sending.wishes.value).toEqual([]);
  });

  test("is repeated with the same id until somebody decides on it", async () => {
    const lost = new ConnectError("no network", Code.Unavailable);
    const { sending, received, accepted, stages } = sender([lost, lost, "accept"]);
    sending.send(wish());
    await vi.waitFor(() => expect(accepted).toHaveBeenCalledOnce());
    expect(received).toHaveLength(3);
    expect(new Set(received.map((it) => it.requestId)).size).toBe(1);
    expect(stages).toEqual(["sending", "kept", "kept"]);
  });

  test("is not sent twice at once, however often sending is resumed", async () => {
    const { sending, received, accepted } = sender([]);
    sending.send(wish());
    sending.resume();
    sending.resume();
    await vi.waitFor(() => expect(accepted).toHaveBeenCalledOnce());
    expect(received).toHaveLength(1);
  });

  test("of an earlier visit goes out with the id it had", async () => {
    const memory = new MapMemory();
    const it = wish();
    new Outbox(memory, "pond").put(it);
    new Outbox(memory, "another").put(wish("elsewhere"));
    const { sending, received, accepted } = sender([], memory);
    sending.resume();
    await vi.waitFor(() => expect(accepted).toHaveBeenCalledOnce());
    expect(received.map((request) => request.requestId)).toEqual([it.requestId]);
  });

  test("that was refused is not repeated by itself, but at the player's word", async () => {
    const refusal = new ConnectError("full", Code.ResourceExhausted, undefined, [
      { desc: ErrorInfoSchema, value: { reason: "QUEUE_FULL", domain: "cygnet.dev" } },
    ]);
    const { sending, received, accepted, stages } = sender([refusal]);
    const it = wish();
    sending.send(it);
    await vi.waitFor(() => expect(stages).toContain("refused"));
    sending.resume();
    expect(received).toHaveLength(1);
    sending.retry(it.requestId);
    await vi.waitFor(() => expect(accepted).toHaveBeenCalledOnce());
    expect(received).toHaveLength(2);
  });

  test("outlives the end of a session", async () => {
    const { sending, outbox, accepted, signedOut } = sender([new ConnectError("who?", Code.Unauthenticated)]);
    sending.send(wish());
    await vi.waitFor(() => expect(signedOut).toHaveBeenCalledWith("token"));
    expect(outbox.all()).toHaveLength(1);
    sending.resume();
    await vi.waitFor(() => expect(accepted).toHaveBeenCalledOnce());
  });
});

test("request ids are within the contract and differ", () => {
  const ids = Array.from({ length: 100 }, newRequestId);
  expect(new Set(ids).size).toBe(100);
  for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9-]{16,64}$/);
});

test("what cannot be read from the phone's memory counts as not there", () => {
  const memory = new MapMemory();
  memory.set("cygnet.outbox.pond.broken", "{");
  memory.set("cygnet.outbox.pond.strange", '{"requestId": 7}');
  expect(new Outbox(memory, "pond").all()).toEqual([]);
});
