// One player in one contest: ties session, draft, outbox, submissions and leaderboard together. Knows no page.
import { computed, effect, type Signal, signal } from "@preact/signals";
import type { Contest } from "../gen/cygnet/v1/contest_pb";
import { ChallengeAction, type Submission, SubmissionState } from "../gen/cygnet/v1/submission_pb";
import { withProof } from "../proof/prover";
import { CALL_TIMEOUT_MS, type Clients } from "../rpc/clients";
import { type Problem, problemOf } from "../rpc/problem";
import { onWake, waitOrWake } from "../rpc/wake";
import type { ContestLoader } from "./contest";
import type { PhaseTracker } from "./contestPhase";
import { newRequestId, Outbox, type PendingSubmission } from "./outbox";
import { OwnRank, type StandingQuery } from "./ownRank";
import type { Presence } from "./presence";
import { ServerClock } from "./progress";
import { hasVisibleText, promptLength, toOneLine } from "./prompt";
import { DraftReader } from "./reading";
import type { SessionStore } from "./session";
import { Standings } from "./standings";
import type { KeyValueStore } from "./storage";
import { Submissions } from "./submissions";
import { type Stage, Submitter } from "./submitter";

const LEADERBOARD_ROWS = 20;

export interface Refusal {
  problem: Problem;
  refusedAt: number;
}

export class Player {
  readonly contest: Signal<Contest>;
  readonly clock = new ServerClock();
  readonly submissions: Submissions;
  readonly submitter: Submitter;
  readonly target = signal("");
  readonly standings = signal<Standings | undefined>(undefined);
  readonly ownRank: OwnRank;

  readonly draft = signal("");
  readonly reader: DraftReader;
  /** The submission whose text is still in the box, because the server has not answered yet. */
  readonly pendingRequestId = signal<string | undefined>(undefined);
  readonly refusal = signal<Refusal | undefined>(undefined);

  readonly joining = signal(false);
  readonly joinProblem = signal<Problem | undefined>(undefined);
  readonly wasSignedOut = signal(false);

  /** What a screen reader announces next. */
  readonly latestChange = signal<Submission | undefined>(undefined);

  readonly #cleanups: (() => void)[] = [];

  constructor(
    private readonly clients: Clients,
    contest: Contest,
    readonly phase: PhaseTracker,
    /** What could be written, in the contest's languages. */
    readonly examples: ContestLoader["examples"],
    readonly session: SessionStore,
    readonly presence: Presence,
    store: KeyValueStore,
  ) {
    const { name } = contest;
    this.contest = signal(contest);
    const token = () => session.current.peek()?.token;
    const onSignedOut = (refused: string | undefined) => this.#onSignedOut(refused);
    this.submissions = new Submissions(clients, name, this.clock, token, {
      onChange: (submission) => this.#onChange(submission),
      onSignedOut,
    });
    this.submitter = new Submitter(clients, name, new Outbox(store, name), token, waitOrWake, {
      onAccepted: (pending, submission) => this.#onAccepted(pending, submission),
      onStage: (pending, stage) => this.#onStage(pending, stage),
      onSignedOut,
    });
    this.ownRank = new OwnRank(clients, () => this.#queryIfNotListed());
    this.reader = new DraftReader(clients, name);
    const draftKey = `cygnet.draft.${name}`;
    this.draft.value = store.getItem(draftKey) ?? "";
    this.#cleanups.push(
      effect(() => (this.draft.value === "" ? store.removeItem(draftKey) : store.setItem(draftKey, this.draft.value))),
      effect(() => this.reader.update(this.#readableDraft())),
      () => this.reader.stop(),
    );
  }

  readonly #ownListed = computed(() => {
    const id = this.session.current.value?.participantId;
    return this.standings.value?.leaderboard.value?.standings.find((it) => it.participantId === id);
  });
  readonly #ownScores = computed(() =>
    this.submissions.newestFirst.value
      .filter((it) => it.target === this.target.value)
      .flatMap((it) => (it.result === undefined ? [] : [it.result.score])),
  );
  readonly ownStanding = computed(() => {
    const stands = this.ownRank.stands.value?.standing;
    return stands?.finder === undefined ? (this.#ownListed.value ?? stands) : stands;
  });
  /** Own standings that the leaderboard does not list: with somebody else's picture, and a find that is too far down. */
  readonly ownUnlisted = computed(() => {
    const { standing, find } = this.ownRank.stands.value ?? {};
    const place = standing?.finder === undefined ? standing : find;
    return [
      ...(standing?.finder === undefined ? [] : [standing]),
      ...(place === undefined || this.#ownListed.value !== undefined ? [] : [place]),
    ];
  });
  /** The best score at this target, from the leaderboard or from the player's own pictures. */
  readonly ownBest = computed(() => {
    const standing = this.ownStanding.value;
    const scores = standing === undefined ? this.#ownScores.value : [standing.score, ...this.#ownScores.value];
    return scores.length === 0 ? undefined : Math.max(...scores);
  });

  start(): void {
    this.chooseTarget(this.contest.peek().targets[0]?.name ?? "");
    this.#cleanups.push(onWake(() => void this.#resume()));
    this.#cleanups.push(effect(() => this.ownRank.refresh()));
    this.#cleanups.push(this.phase.current.subscribe(() => this.#clearPhaseRefusal()));
    this.#cleanups.push(() => this.ownRank.stop());
    void this.#resume();
    if (this.presence.state.peek() === "ticket") void this.becomePresent();
  }

  stop(): void {
    for (const cleanup of this.#cleanups) cleanup();
    this.standings.peek()?.stop();
    this.submitter.stop();
    this.presence.stop();
    this.submissions.clear();
  }

  /** Takes over what an organiser changed. */
  update(contest: Contest): void {
    this.contest.value = contest;
    if (!contest.targets.some((it) => it.name === this.target.peek())) {
      this.chooseTarget(contest.targets[0]?.name ?? "");
    }
  }

  chooseTarget(target: string): void {
    if (this.standings.peek()?.target === target) return;
    this.standings.peek()?.stop();
    this.target.value = target;
    this.ownRank.reset();
    const standings = new Standings(this.clients, this.contest.peek().name, target, LEADERBOARD_ROWS, this.phase);
    standings.start();
    this.standings.value = standings;
  }

  /** Joins, or changes the nickname of a player who has joined; true when it worked. */
  async join(nickname: string): Promise<boolean> {
    this.joining.value = true;
    this.joinProblem.value = undefined;
    const before = this.session.current.peek();
    const { ticket, device } = this.presence.forJoin();
    const contest = this.contest.peek().name;
    try {
      const response = await withProof(this.clients, { contest, action: ChallengeAction.JOIN, device }, (paid) =>
        this.clients.submission.join({ contest, nickname, ticket, device, ...paid }, { timeoutMs: CALL_TIMEOUT_MS }),
      );
      if (before?.participantId !== response.participantId) {
        this.submissions.clear();
        this.ownRank.reset();
      }
      this.session.save({
        participantId: response.participantId,
        nickname: response.nickname,
        token: response.sessionToken,
        present: response.present,
      });
      this.presence.onJoined(response, () => void this.becomePresent());
      this.wasSignedOut.value = false;
      void this.#resume();
      return true;
    } catch (thrown) {
      return this.#onJoinRefused(problemOf(thrown), nickname, before?.token);
    } finally {
      this.joining.value = false;
    }
  }

  async #onJoinRefused(problem: Problem, nickname: string, token: string | undefined): Promise<boolean> {
    if (problem.kind === "signedOut") this.#onSignedOut(token);
    else if (problem.kind === "denied" && problem.reason === "TICKET_OLD") {
      this.presence.onTicketOld();
      return this.join(nickname);
    } else if (problem.kind === "refused" && problem.reason === "PRESENCE_WAITING") {
      this.presence.waitForDraw(problem.retryAfterMs, () => void this.join(nickname));
    } else this.joinProblem.value = problem;
    return false;
  }

  /** Exchanges what was scanned; a player who has joined already becomes present by it. */
  async scanned(code: string): Promise<void> {
    if (await this.presence.exchange(code)) await this.becomePresent();
  }

  /** Joins again with the ticket that there is. */
  async becomePresent(): Promise<void> {
    const session = this.session.current.peek();
    if (session !== undefined && session.present !== true) await this.join(session.nickname);
  }

  /** Whether the box holds something that may be sent. */
  readonly canSubmit = computed(() => {
    return (
      this.#fits(toOneLine(this.draft.value)) &&
      this.pendingRequestId.value === undefined &&
      this.phase.acceptsPrompts.value
    );
  });

  submit(): void {
    if (!this.canSubmit.peek()) return;
    const pending: PendingSubmission = {
      requestId: newRequestId(),
      target: this.target.peek(),
      prompt: toOneLine(this.draft.peek()),
      madeAt: Date.now(),
    };
    this.refusal.value = undefined;
    this.pendingRequestId.value = pending.requestId;
    this.submitter.send(pending);
  }

  setDraft(prompt: string): void {
    this.draft.value = prompt;
    // What was wrong with a prompt is not wrong with another; a limit holds whatever is written.
    if (this.refusal.peek()?.problem.kind === "invalid") this.refusal.value = undefined;
  }

  #fits(prompt: string): boolean {
    return hasVisibleText(prompt) && promptLength(prompt) <= this.contest.value.maxPromptChars;
  }

  #readableDraft(): string | undefined {
    const prompt = toOneLine(this.draft.value);
    return this.session.current.value !== undefined && this.#fits(prompt) ? prompt : undefined;
  }

  #onAccepted(pending: PendingSubmission, submission: Submission): void {
    if (this.pendingRequestId.peek() === pending.requestId) this.#clearDraft();
    this.refusal.value = undefined;
    this.submissions.update(submission);
  }

  #onStage(pending: PendingSubmission, stage: Stage): void {
    if (this.pendingRequestId.peek() !== pending.requestId) return;
    if (stage.kind === "refused") {
      this.pendingRequestId.value = undefined;
      this.refusal.value = { problem: stage.problem, refusedAt: stage.refusedAt };
      this.submitter.discard(pending.requestId);
    } else if (stage.kind !== "sending") {
      this.#clearDraft();
    }
  }

  /** A refusal because of the contest's phase is over when the phase is. */
  #clearPhaseRefusal(): void {
    const problem = this.refusal.peek()?.problem;
    if (problem !== undefined && "reason" in problem && problem.reason.startsWith("CONTEST_")) {
      this.refusal.value = undefined;
    }
  }

  #clearDraft(): void {
    this.pendingRequestId.value = undefined;
    this.draft.value = "";
  }

  async #resume(): Promise<void> {
    if (this.session.current.peek() === undefined) return;
    this.submitter.resume();
    await this.submissions.refresh();
  }

  #onSignedOut(refused: string | undefined): void {
    const current = this.session.current.peek()?.token;
    // The answer to a call from before the player joined again, here or in another tab.
    if (current !== undefined && (current !== refused || this.session.adoptOtherTab(refused))) {
      return void this.#resume();
    }
    this.session.clear();
    this.wasSignedOut.value = true;
  }

  #onChange(submission: Submission): void {
    if (this.submissions.list.peek() !== "ready") return;
    this.latestChange.value = submission;
    if (submission.state === SubmissionState.DONE) this.ownRank.refreshSoon();
  }

  #queryIfNotListed(): StandingQuery | undefined {
    const standings = this.standings.value;
    const leaderboard = standings?.leaderboard.value;
    const participantId = this.session.current.value?.participantId;
    if (standings === undefined || leaderboard === undefined || participantId === undefined) return undefined;
    const listed = this.#ownListed.value;
    // A better one that is not listed is somebody else's find, or was scored while the ranking stands still.
    if (listed !== undefined && this.#ownScores.value.every((score) => score <= listed.score)) return undefined;
    return { contest: standings.contest, target: standings.target, participantId };
  }
}
