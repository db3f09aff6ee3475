// One player in one contest: ties session, box, outbox, submissions and ranking together. Knows no page.
import { computed, effect, type Signal, signal } from "@preact/signals";
import type { Contest } from "../gen/cygnet/v1/contest_pb";
import { type Submission, SubmissionState } from "../gen/cygnet/v1/submission_pb";
import { CALL_TIMEOUT_MS, type Clients } from "../rpc/clients";
import { type Problem, problemOf } from "../rpc/problem";
import { onWake, waitOrWake } from "../rpc/wake";
import { Mine } from "./mine";
import type { Opening } from "./opening";
import { newRequestId, Outbox, type Wish } from "./outbox";
import { OwnPlace, type Whose } from "./ownplace";
import { ServerClock } from "./progress";
import { asOneLine, isVisible, lengthOf } from "./prompt";
import { Sending, type Stage } from "./sending";
import type { SessionKeeper } from "./session";
import { Standings } from "./standings";
import type { Memory } from "./storage";

const RANKED = 20;

export interface Refusal {
  problem: Problem;
  refusedAt: number;
}

export class Player {
  readonly contest: Signal<Contest>;
  readonly clock = new ServerClock();
  readonly mine: Mine;
  readonly sending: Sending;
  readonly target = signal("");
  readonly standings = signal<Standings | undefined>(undefined);
  readonly ownPlace: OwnPlace;

  readonly draft = signal("");
  /** The wish whose text is still in the box, because nobody has answered yet. */
  readonly inBox = signal<string | undefined>(undefined);
  readonly refusal = signal<Refusal | undefined>(undefined);

  readonly joining = signal(false);
  readonly joinProblem = signal<Problem | undefined>(undefined);
  readonly wasSignedOut = signal(false);

  /** What a screen reader should hear next. */
  readonly happened = signal<Submission | undefined>(undefined);

  readonly #cleanups: (() => void)[] = [];

  constructor(
    private readonly clients: Clients,
    contest: Contest,
    readonly opening: Opening,
    readonly session: SessionKeeper,
    memory: Memory,
  ) {
    const { name } = contest;
    this.contest = signal(contest);
    const token = () => session.current.peek()?.token;
    const signedOut = (refused: string | undefined) => this.#signedOut(refused);
    this.mine = new Mine(clients, name, this.clock, token, {
      news: (submission) => this.#news(submission),
      signedOut,
    });
    this.sending = new Sending(clients, name, new Outbox(memory, name), token, waitOrWake, {
      accepted: (wish, submission) => this.#accepted(wish, submission),
      stage: (wish, stage) => this.#staged(wish, stage),
      signedOut,
    });
    this.ownPlace = new OwnPlace(clients, () => this.#whereOwnPlaceIsUnknown());
    const draftKey = `cygnet.draft.${name}`;
    this.draft.value = memory.get(draftKey) ?? "";
    this.#cleanups.push(
      effect(() => (this.draft.value === "" ? memory.remove(draftKey) : memory.set(draftKey, this.draft.value))),
    );
  }

  /** The best of this target, from the list, from the ranking, or from the player's own pictures. */
  readonly ownStanding = computed(() => {
    const id = this.session.current.value?.participantId;
    const listed = this.standings.value?.leaderboard.value?.standings.find((it) => it.participantId === id);
    return listed ?? this.ownPlace.standing.value;
  });
  readonly ownBest = computed(() => {
    const done = this.mine.newestFirst.value.filter((it) => it.target === this.target.value && it.result);
    const scores = done.map((it) => it.result?.score ?? 0);
    const standing = this.ownStanding.value;
    if (standing !== undefined) scores.push(standing.score);
    return scores.length === 0 ? undefined : Math.max(...scores);
  });

  start(): void {
    this.choose(this.contest.peek().targets[0]?.name ?? "");
    this.#cleanups.push(onWake(() => void this.#resume()));
    this.#cleanups.push(effect(() => this.ownPlace.refresh()));
    this.#cleanups.push(this.opening.phase.subscribe(() => this.#forgetThatItWasClosed()));
    this.#cleanups.push(() => this.ownPlace.stop());
    void this.#resume();
  }

  stop(): void {
    for (const cleanup of this.#cleanups) cleanup();
    this.standings.peek()?.stop();
    this.sending.stop();
    this.mine.clear();
  }

  /** Takes in what an organiser changed. */
  update(contest: Contest): void {
    this.contest.value = contest;
    if (!contest.targets.some((it) => it.name === this.target.peek())) this.choose(contest.targets[0]?.name ?? "");
  }

  choose(target: string): void {
    if (this.standings.peek()?.target === target) return;
    this.standings.peek()?.stop();
    this.target.value = target;
    this.ownPlace.forget();
    const standings = new Standings(this.clients, this.contest.peek().name, target, RANKED, this.opening);
    standings.start();
    this.standings.value = standings;
  }

  /** Joins, or changes the nickname of who has joined; true when it worked. */
  async join(nickname: string): Promise<boolean> {
    this.joining.value = true;
    this.joinProblem.value = undefined;
    const before = this.session.current.peek();
    try {
      const answer = await this.clients.submission.join(
        { contest: this.contest.peek().name, nickname },
        { timeoutMs: CALL_TIMEOUT_MS },
      );
      if (before?.participantId !== answer.participantId) {
        this.mine.clear();
        this.ownPlace.forget();
      }
      this.session.keep({
        participantId: answer.participantId,
        nickname: answer.nickname,
        token: answer.sessionToken,
      });
      this.wasSignedOut.value = false;
      void this.#resume();
      return true;
    } catch (thrown) {
      const problem = problemOf(thrown);
      if (problem.kind === "signedOut") this.#signedOut(before?.token);
      else this.joinProblem.value = problem;
      return false;
    } finally {
      this.joining.value = false;
    }
  }

  /** Whether the box holds something that may be sent. */
  readonly sendable = computed(() => {
    const prompt = asOneLine(this.draft.value);
    const fits = isVisible(prompt) && lengthOf(prompt) <= this.contest.value.maxPromptChars;
    return fits && this.inBox.value === undefined && this.opening.takesPrompts.value;
  });

  submit(): void {
    if (!this.sendable.peek()) return;
    const wish: Wish = {
      requestId: newRequestId(),
      target: this.target.peek(),
      prompt: asOneLine(this.draft.peek()),
      madeAt: Date.now(),
    };
    this.refusal.value = undefined;
    this.inBox.value = wish.requestId;
    this.sending.send(wish);
  }

  write(prompt: string): void {
    this.draft.value = prompt;
    // What was wrong with the words is no longer said of other words; a limit holds whatever is written.
    if (this.refusal.peek()?.problem.kind === "invalid") this.refusal.value = undefined;
  }

  #accepted(wish: Wish, submission: Submission): void {
    if (this.inBox.peek() === wish.requestId) this.#emptyBox();
    this.refusal.value = undefined;
    this.mine.take(submission);
  }

  #staged(wish: Wish, stage: Stage): void {
    if (this.inBox.peek() !== wish.requestId) return;
    if (stage.is === "refused") {
      this.inBox.value = undefined;
      this.refusal.value = { problem: stage.problem, refusedAt: stage.refusedAt };
      this.sending.forget(wish.requestId);
    } else if (stage.is !== "sending") {
      this.#emptyBox();
    }
  }

  /** A refusal because of the contest's phase is over when the phase is. */
  #forgetThatItWasClosed(): void {
    const problem = this.refusal.peek()?.problem;
    if (problem !== undefined && "reason" in problem && problem.reason.startsWith("CONTEST_")) {
      this.refusal.value = undefined;
    }
  }

  #emptyBox(): void {
    this.inBox.value = undefined;
    this.draft.value = "";
  }

  async #resume(): Promise<void> {
    if (this.session.current.peek() === undefined) return;
    this.sending.resume();
    await this.mine.refresh();
  }

  #signedOut(refused: string | undefined): void {
    const current = this.session.current.peek()?.token;
    // The answer to a call from before the player joined again, here or in another tab.
    if (current !== undefined && (current !== refused || this.session.adoptOther(refused))) return void this.#resume();
    this.session.drop();
    this.wasSignedOut.value = true;
  }

  #news(submission: Submission): void {
    if (this.mine.listed.peek() !== "ready") return;
    this.happened.value = submission;
    if (submission.state === SubmissionState.DONE) this.ownPlace.expectChange();
  }

  #whereOwnPlaceIsUnknown(): Whose | undefined {
    const standings = this.standings.value;
    const board = standings?.leaderboard.value;
    const id = this.session.current.value?.participantId;
    if (standings === undefined || board === undefined || id === undefined) return undefined;
    if (board.standings.some((it) => it.participantId === id)) return undefined;
    return { contest: standings.contest, target: standings.target, participantId: id };
  }
}
