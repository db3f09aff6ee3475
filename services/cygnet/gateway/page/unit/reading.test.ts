import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { COMPOSING_PAUSE_MS, DraftReader, NO_VOCABULARY_MS, PAUSE_MS, segments } from "../src/game/reading";
import { ReadingSchema, ReadPromptResponseSchema, SubmissionService } from "../src/gen/cygnet/v1/submission_pb";
import { makeClients } from "../src/rpc/clients";

const reading = (...spans: [number, number, boolean][]) =>
  create(ReadingSchema, { caption: "a duck", spans: spans.map(([start, end, read]) => ({ start, end, read })) });

/** A reader whose server notes what it is given. */
function start(server: { knows: boolean; fails?: boolean } = { knows: true }) {
  const received: string[] = [];
  const transport = createRouterTransport(({ service }) => {
    service(SubmissionService, {
      readPrompt({ prompt }) {
        received.push(prompt);
        if (server.fails) throw new ConnectError("no network", Code.Unavailable);
        return create(ReadPromptResponseSchema, server.knows ? { reading: reading([0, 1, true]) } : {});
      },
    });
  });
  return { reader: new DraftReader(makeClients(transport), "pond"), received, server };
}

describe("the draft's reading", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

  test("is requested once the writing pauses", async () => {
    const { reader, received } = start();
    for (const draft of ["a", "a d", "a du", "a duck"]) {
      reader.update(draft);
      await pass(PAUSE_MS - 1);
    }
    expect(received).toEqual([]);
    await pass(1);
    expect(received).toEqual(["a duck"]);
    await vi.waitFor(() => expect(reader.latest.value?.prompt).toBe("a duck"));
    reader.update("a duck");
    await pass(5_000);
    expect(received).toHaveLength(1);
  });

  test("waits longer for a syllable that is being composed", async () => {
    const { reader, received } = start();
    reader.composing = true;
    reader.update("오");
    await pass(COMPOSING_PAUSE_MS - 1);
    reader.update("올");
    await pass(COMPOSING_PAUSE_MS - 1);
    reader.composing = false;
    reader.update("오리");
    await pass(PAUSE_MS);
    expect(received).toEqual(["오리"]);
  });

  test("is gone with the draft, also when it comes late", async () => {
    const { reader, received } = start();
    reader.update("a duck");
    await pass(PAUSE_MS);
    reader.update(undefined);
    await pass(PAUSE_MS);
    expect(received).toEqual(["a duck"]);
    expect(reader.latest.value).toBeUndefined();
  });

  test("is not requested again and again where the model has no vocabulary", async () => {
    const { reader, received, server } = start({ knows: false });
    reader.update("a");
    await pass(PAUSE_MS);
    await vi.waitFor(() => expect(received).toHaveLength(1));
    await pass(1);
    reader.update("a duck");
    await pass(PAUSE_MS);
    expect(received).toHaveLength(1);
    server.knows = true;
    await pass(NO_VOCABULARY_MS);
    reader.update("a duck!");
    await pass(PAUSE_MS);
    expect(received).toEqual(["a", "a duck!"]);
  });

  test("stays what it was while the server does not answer", async () => {
    const { reader, received, server } = start();
    reader.update("a duck");
    await pass(PAUSE_MS);
    await vi.waitFor(() => expect(reader.latest.value?.prompt).toBe("a duck"));
    server.fails = true;
    reader.update("a swan");
    await pass(PAUSE_MS);
    await vi.waitFor(() => expect(received).toHaveLength(2));
    expect(reader.latest.value?.prompt).toBe("a duck");
  });
});

describe("a prompt cut at its words", () => {
  test("is still the whole prompt, counted in code points", () => {
    const prompt = "😀 a turbo 🦆!";
    const cut = segments(prompt, reading([0, 1, false], [4, 9, false], [10, 11, true]));
    expect(cut).toEqual([
      { text: "😀", read: false },
      { text: " a ", read: undefined },
      { text: "turbo", read: false },
      { text: " ", read: undefined },
      { text: "🦆", read: true },
      { text: "!", read: undefined },
    ]);
    expect(cut.map((it) => it.text).join("")).toBe(prompt);
  });
  test("without words is one piece, and an empty one none", () => {
    expect(segments("the", reading())).toEqual([{ text: "the", read: undefined }]);
    expect(segments("", reading())).toEqual([]);
  });
});
