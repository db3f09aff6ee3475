import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { describe, expect, test, vi } from "vitest";
import { newRequestId, Outbox, type PendingSubmission } from "../src/game/outbox";
import { InMemoryStore } from "../src/game/storage";
import { type Stage, Submitter } from "../src/game/submitter";
import { SubmissionService, type SubmitRequest, SubmitResponseSchema } from "../src/gen/cygnet/v1/submission_pb";
import { ErrorInfoSchema } from "../src/gen/google/rpc/error_details_pb";
import { makeClients } from "../src/rpc/clients";

type Answer = "accept" | ConnectError;

/** A submitter whose server gives the answers of a list, one for each call, and accepts afterwards. */
function start(answers: Answer[], memory = new InMemoryStore()) {
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
  const stages: Stage["kind"][] = [];
  const onAccepted = vi.fn();
  const onSignedOut = vi.fn();
  const outbox = new Outbox(memory, "pond");
  const submitter = new Submitter(
    makeClients(transport),
    "pond",
    outbox,
    () => "token",
    async () => undefined,
    { onAccepted, onSignedOut, onStage: (_, stage) => stages.push(stage.kind) },
  );
  return { submitter, outbox, received, stages, onAccepted, onSignedOut };
}

const newPending = (prompt = "a duck"): PendingSubmission => ({
  requestId: newRequestId(),
  target: "duck",
  prompt,
  madeAt: 1,
});

describe("a pending submission", () => {
  test("is written down before it is sent and forgotten once it was accepted", async () => {
    const { submitter, outbox, onAccepted } = start([]);
    const pending = newPending();
    submitter.send(pending);
    expect(outbox.all()).toEqual([pending]);
    await vi.waitFor(() => expect(onAccepted).toHaveBeenCalledOnce());
    expect(outbox.all()).toEqual([]);
    expect(submitter.deliveries.value).toEqual([]);
  });

  test("is repeated with the same id until somebody decides on it", async () => {
    const lost = new ConnectError("no network", Code.Unavailable);
    const { submitter, received, onAccepted, stages } = start([lost, lost, "accept"]);
    submitter.send(newPending());
    await vi.waitFor(() => expect(onAccepted).toHaveBeenCalledOnce());
    expect(received).toHaveLength(3);
    expect(new Set(received.map((it) => it.requestId)).size).toBe(1);
    expect(stages).toEqual(["sending", "kept", "kept"]);
  });

  test("is not sent twice at once, however often sending is resumed", async () => {
    const { submitter, received, onAccepted } = start([]);
    submitter.send(newPending());
    submitter.resume();
    submitter.resume();
    await vi.waitFor(() => expect(onAccepted).toHaveBeenCalledOnce());
    expect(received).toHaveLength(1);
  });

  test("of an earlier visit goes out with the id it had", async () => {
    const memory = new InMemoryStore();
    const pending = newPending();
    new Outbox(memory, "pond").put(pending);
    new Outbox(memory, "another").put(newPending("elsewhere"));
    const { submitter, received, onAccepted } = start([], memory);
    submitter.resume();
    await vi.waitFor(() => expect(onAccepted).toHaveBeenCalledOnce());
    expect(received.map((request) => request.requestId)).toEqual([pending.requestId]);
  });

  test("that was refused is not repeated by itself, but when the player says so", async () => {
    const refusal = new ConnectError("full", Code.ResourceExhausted, undefined, [
      { desc: ErrorInfoSchema, value: { reason: "QUEUE_FULL", domain: "cygnet.dev" } },
    ]);
    const { submitter, received, onAccepted, stages } = start([refusal]);
    const pending = newPending();
    submitter.send(pending);
    await vi.waitFor(() => expect(stages).toContain("refused"));
    submitter.resume();
    expect(received).toHaveLength(1);
    submitter.retry(pending.requestId);
    await vi.waitFor(() => expect(onAccepted).toHaveBeenCalledOnce());
    expect(received).toHaveLength(2);
  });

  test("outlives the end of a session", async () => {
    const { submitter, outbox, onAccepted, onSignedOut } = start([new ConnectError("who?", Code.Unauthenticated)]);
    submitter.send(newPending());
    await vi.waitFor(() => expect(onSignedOut).toHaveBeenCalledWith("token"));
    expect(outbox.all()).toHaveLength(1);
    submitter.resume();
    await vi.waitFor(() => expect(onAccepted).toHaveBeenCalledOnce());
  });
});

test("request ids are within the contract and differ", () => {
  const ids = Array.from({ length: 100 }, newRequestId);
  expect(new Set(ids).size).toBe(100);
  for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9-]{16,64}$/);
});

test("what cannot be read from the phone's memory counts as not there", () => {
  const memory = new InMemoryStore();
  memory.setItem("cygnet.outbox.pond.broken", "{");
  memory.setItem("cygnet.outbox.pond.strange", '{"requestId": 7}');
  expect(new Outbox(memory, "pond").all()).toEqual([]);
});
