import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { afterEach, describe, expect, test, vi } from "vitest";
import { newRequestId, Outbox, type PendingSubmission } from "../src/game/outbox";
import { InMemoryStore } from "../src/game/storage";
import { type Stage, Submitter } from "../src/game/submitter";
import { SubmissionService, type SubmitRequest, SubmitResponseSchema } from "../src/gen/cygnet/v1/submission_pb";
import { ErrorInfoSchema, RetryInfoSchema } from "../src/gen/google/rpc/error_details_pb";
import { makeClients } from "../src/rpc/clients";
import type { Wait } from "../src/rpc/wake";

type Answer = "accept" | ConnectError;

/** A submitter whose server gives the answers of a list, one for each call, and accepts afterwards. */
function start(answers: Answer[], memory = new InMemoryStore(), wait: Wait = async () => undefined) {
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
  const submitter = new Submitter(makeClients(transport), "pond", outbox, () => "token", wait, {
    onAccepted,
    onSignedOut,
    onStage: (_, stage) => stages.push(stage.kind),
  });
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
      { desc: ErrorInfoSchema, value: { reason: "NEW_WORK_RATE", domain: "cygnet.dev" } },
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

  describe("that met a full queue", () => {
    const refused = (reason: string, seconds = 5) =>
      new ConnectError("not now", Code.ResourceExhausted, undefined, [
        { desc: ErrorInfoSchema, value: { reason, domain: "cygnet.dev" } },
        { desc: RetryInfoSchema, value: { retryDelay: { seconds: BigInt(seconds), nanos: 0 } } },
      ]);
    /** Time passes by being waited for. */
    const clock = () => {
      let now = 1_000_000;
      vi.spyOn(Date, "now").mockImplementation(() => now);
      const waits: number[] = [];
      const wait = async (ms: number) => {
        waits.push(ms);
        now += ms;
      };
      return { wait, waits, at: () => now, set: (to: number) => (now = to) };
    };
    afterEach(() => vi.restoreAllMocks());

    test("stands in line and goes out again by itself, as long as that takes", async () => {
      const { wait, waits } = clock();
      const answers = [refused("QUEUE_FULL", 30), refused("QUEUE_FULL", 4), refused("NEW_WORK_RATE", 2)];
      const { submitter, received, onAccepted, stages } = start(answers, new InMemoryStore(), wait);
      submitter.send(newPending());
      await vi.waitFor(() => expect(onAccepted).toHaveBeenCalledOnce());
      expect(waits).toEqual([30_000, 4_000, 2_000]);
      expect(stages).toEqual(["sending", "inLine", "inLine", "inLine"]);
      expect(new Set(received.map((it) => it.requestId)).size).toBe(1);
    });

    test("waits on after a reload, as long as it would have", async () => {
      const time = clock();
      const memory = new InMemoryStore();
      const first = start([refused("QUEUE_FULL", 30)], memory, () => new Promise(() => undefined));
      first.submitter.send(newPending());
      await vi.waitFor(() => expect(first.stages).toContain("inLine"));
      time.set(time.at() + 10_000);
      const { submitter, received, onAccepted, stages } = start([], memory, time.wait);
      submitter.resume();
      await vi.waitFor(() => expect(onAccepted).toHaveBeenCalledOnce());
      expect(time.waits).toEqual([20_000]);
      expect(stages).toEqual(["inLine"]);
      expect(received).toHaveLength(1);
    });

    test("waits for no clock that was set back", async () => {
      const time = clock();
      const memory = new InMemoryStore();
      new Outbox(memory, "pond").put({
        ...newPending(),
        line: { since: time.at() + 1, retryAt: time.at() + 3_600_000 },
      });
      const { submitter, onAccepted } = start([], memory, time.wait);
      submitter.resume();
      await vi.waitFor(() => expect(onAccepted).toHaveBeenCalledOnce());
      expect(time.waits).toEqual([]);
    });

    test("is not sent when it was discarded meanwhile, and ends with another refusal", async () => {
      const time = clock();
      let discard: () => void = () => undefined;
      const wait = async (ms: number) => {
        discard();
        await time.wait(ms);
      };
      const discarded = start([refused("QUEUE_FULL")], new InMemoryStore(), wait);
      const pending = newPending();
      discard = () => discarded.submitter.discard(pending.requestId);
      discarded.submitter.send(pending);
      await vi.waitFor(() => expect(time.waits).toHaveLength(1));
      await Promise.resolve();
      expect([discarded.received.length, discarded.outbox.all()]).toEqual([1, []]);

      const closed = start([refused("QUEUE_FULL"), refused("CONTEST_CLOSED")], new InMemoryStore(), time.wait);
      closed.submitter.send(newPending());
      await vi.waitFor(() => expect(closed.stages).toEqual(["sending", "inLine", "refused"]));
    });
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
