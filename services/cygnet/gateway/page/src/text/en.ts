// Every word of the page in English. The other languages have the same keys; the compiler checks it.
import type { Freeze } from "../game/contestPhase";
import type { Place } from "../game/scoreBreakdown";
import { type Countdown, clockTime, dayAndTime, twoUnits, type WaitRange } from "./time";

const seconds = (n: number) => `${n} second${n === 1 ? "" : "s"}`;
const on = (when: Date) => dayAndTime("en", when, "today at ");
const drawings = (n: number) => `${n} drawing${n === 1 ? "" : "s"}`;

const PLACES = [
  ["at the top left", "at the top", "at the top right"],
  ["on the left", "in the middle", "on the right"],
  ["at the bottom left", "at the bottom", "at the bottom right"],
];
const placeName = ({ row, column }: Place) => PLACES[row]?.[column] ?? "";

export const en = {
  language: "English",
  switchLanguage: "Language",
  skip: "Skip to the drawing box",

  loadingContest: "Wading in: looking for the contest …",
  noContest: "There is no contest here.",
  noContestHint:
    "Check the address or scan the QR code again. If the contest is about to open, this page finds it by itself.",
  unreachable: "The game does not answer yet. Trying again by itself …",
  offline: "You are offline. What you send is kept on this phone and goes out by itself.",
  lost: "The game does not answer. Trying again by itself …",

  opensAt: (when: Date) => `The contest has not begun yet. It opens ${on(when)}.`,
  opensAgainAt: (when: Date) => `The contest is closed for now. It opens again ${on(when)}.`,
  opensIn: (left: Countdown) =>
    `Opens in ${twoUnits(left, { days: "\u00a0d", hours: "\u00a0h", minutes: "\u00a0min", seconds: "\u00a0s" })}.`,
  opensNow: "It opens any moment now.",
  paused: "The organisers have paused the contest. What was sent before keeps its place.",
  goesOn: "Nothing to reload: this page goes on as soon as the contest does.",
  frozen: ({ from, until }: Freeze) =>
    `The leaderboard stands still since ${clockTime("en", from)}. Drawing goes on and counts; who leads is shown ${on(until)}.`,
  frozenSince: (from: Date) => `Stands still since ${clockTime("en", from)}.`,
  finished: "The contest is over. Thank you for playing!",
  final: "These are the final standings.",
  boxClosed: "Closed for now.",
  boxPaused: "Paused by the organisers.",
  boxFinished: "The contest is over.",

  joinTitle: "Who is playing?",
  joinHint: "This name is shown on the leaderboard. No account, no e-mail.",
  nickname: "Nickname",
  join: "Join",
  joining: "Joining …",
  joinAgain: "Your session has ended. Join again: your prompts are kept.",
  present: "in the hall",
  presencePreferred:
    "Are you in the hall? Scan the code on the big screen: people who are there come first when many want to draw.",
  presenceRequired:
    "Only people in the hall may play. Scan the code on the big screen. You cannot scan it? The organisers let you in.",
  presenceExchanging: "Checking the code that you scanned …",
  presenceReady: "The code worked: you are in the hall. Choose a name.",
  presenceWaiting: "Many people are coming in at once. A lot decides who is next, and you keep your place.",
  presenceDrawIn: (s: number) => `Next lot in ${seconds(s)}.`,
  presenceOld: "The code that you scanned is over: it is a new one every 30 seconds. Scan the big screen again.",
  presenceFull: "Very many people are scanning at once. Scan the code on the big screen again in half a minute.",
  widgetTitle: "Very much is going on. Show that you are no program:",
  widgetOtherWay: "I cannot do this: use another way (some seconds)",
  solving: "Very much is going on: this device solves a small puzzle first. Some seconds.",
  joinFailed: "That did not get through. Please try again.",
  playingAs: "Playing as",
  rename: "Change",
  renameLabel: "Change nickname",
  save: "Save",
  saving: "Saving …",
  cancel: "Cancel",

  target: "Draw this",
  chooseTarget: "Which picture?",
  targetAlt: (name: string) => `The picture to imitate: ${name}`,
  targetMissing: "This contest has no target picture yet.",

  promptTitle: "Describe it",
  promptPlaceholder: (example: string | undefined) => (example === undefined ? "" : `For example: ${example}`),
  allRead: "Every word is read.",
  willNotBeRead: "Struck-out words are not read and change nothing:",
  wordsNotRead: "Struck-out words were not read: they changed nothing.",
  notRead: "not read",
  fitted: (n: number) =>
    `The prompt is too long for this model: the first ${n} characters fitted, the rest was not read.`,
  nothingRead: (examples: readonly string[]) =>
    `The painter knows none of these words, so nothing is drawn and nothing is counted.${examples.length === 0 ? "" : ` Try something like “${examples.join("” or “")}”.`}`,
  counter: (used: number, most: number) => `${used} of ${most} characters`,
  tooLong: (over: number) => `${over} too many`,
  draw: "Draw it",
  sendingButton: "Sending …",

  sending: "Sending your prompt …",
  kept: "No connection. Your prompt is kept on this phone and sends itself.",
  inLine: "The pond is full just now. Your place in line is kept, and your prompt sends itself when it is your turn.",
  sendsItselfIn: (s: number) =>
    s > 120 ? `In about ${Math.round(s / 60)} minutes.` : s > 1 ? `In ${seconds(s)}.` : "Any moment now.",
  keptSignedOut: "Your prompt is kept. It goes out as soon as you have joined again.",
  tryAgain: "Try again",
  discard: "Discard",
  queued: "Waiting",
  next: "You are next.",
  before: (n: number) => `${drawings(n)} before yours.`,
  wait: ({ from, to, unit }: WaitRange) =>
    `About ${from === to ? to : `${from} to ${to}`} ${unit === "seconds" ? (to === 1 ? "second" : "seconds") : to === 1 ? "minute" : "minutes"}.`,
  measuring: "How long it takes is still being measured.",
  noWorker: "Nothing is drawn at the moment: the painter is getting ready. Your place is kept.",
  drawing: "Drawing",
  drawingNow: "Your picture is being drawn and scored.",
  longer: "It takes longer than usual.",
  usually: (s: number) => `Usually ${seconds(s)}.`,
  done: "Done",
  failed: "Not drawn",
  failedHint: "That costs you nothing: send the same prompt again.",
  failure: (reason: string, message: string): string =>
    ({
      DRAWING_FAILED: "The picture could not be drawn or scored.",
      WORKER_LOST: "The machine that drew it went away.",
      CLIENT_ENDED:
        "The organisers ended what came from your connection. Scan the code on the big screen, or ask them.",
      MODEL_NOT_SERVED: "The drawing model is not there at the moment.",
      WAITED_TOO_LONG: "Nobody could draw it for too long. Please ask again: it cost no try.",
    })[reason] ?? message,
  usePrompt: "Use this prompt",
  repeated: "Drawn before: same picture, same score.",
  coalesced: "Somebody is just drawing the same: you share it.",
  coalescedDone: "Shared with somebody who asked for the same.",

  refused: (reason: string, message: string): string =>
    ({
      PENDING_LIMIT: "You have as many drawings under way as one player may have. Let one finish first.",
      NEW_WORK_RATE: "A short breather: new drawings come one after the other, so that everybody gets a turn.",
      SUBMIT_RATE: "That was very quick. Please wait a moment.",
      CONTEST_CLOSED: "The contest is closed at the moment.",
      CONTEST_PAUSED: "The organisers have paused the contest. What was sent before keeps its place.",
      CONTEST_FINISHED: "The contest is over. Thank you for playing!",
      PROOF_NEEDED: "This device did not solve the puzzle. Try again, or ask the organisers: they let you in.",
      CLIENT_ENDED: `The organisers ended what came from your connection. Scan the code on the big screen, or ask them and say: ${message.split(" ").at(-1)}`,
      PRESENCE_REQUIRED: "Only people in the hall may play. Scan the code on the big screen.",
    })[reason] ?? message,
  againIn: (s: number) => `Try again in ${seconds(s)}.`,
  againAt: (when: Date) => `It opens ${on(when)}.`,
  againNow: "You can try again now.",
  notAllowed: (message: string) => (message === "" ? "The game does not allow that now." : message),
  invalidPrompt: (message: string) => `Please change the prompt: ${message}`,
  invalidNickname: (message: string) => `Please change the nickname: ${message}`,

  score: "Score",
  outOf: "of 100",
  what: "What is there",
  look: "How it looks",
  whatShort: "what",
  lookShort: "look",
  sinceLast: "Since your last try:",
  showHeat: "Show what helps and hurts",
  hideHeat: "Hide what helps and hurts",
  heatHelps: (where: Place | undefined) =>
    `Yellow helps the score${where === undefined ? ": nothing much here." : `, most of all ${placeName(where)}.`}`,
  heatHurts: (where: Place | undefined) =>
    `Blue stripes hurt it${where === undefined ? ": nothing much here." : `, most of all ${placeName(where)}.`}`,
  yourBest: "Your best",
  newBest: "your best",
  noBest: "no picture yet",
  yourRank: "Your rank",
  rank: (n: number) => `Rank ${n}`,
  myPictures: "My pictures",
  noPictures: "Your pictures will be kept here.",
  historyLoading: "Fetching your pictures …",
  historyFailed: "Your pictures did not load.",
  leaderboard: "Leaderboard",
  leaderboardFor: (target: string) => `Leaderboard: ${target}`,
  leaderboardLoading: "Counting the ducks …",
  leaderboardNobody: "Nobody has a score.",
  leaderboardEmpty: "Nobody has a score yet. Be the first!",
  leaderboardStale: "The leaderboard is not live at the moment.",
  participants: (n: number) => (n === 1 ? "1 player" : `${n} players`),
  you: "you",
  /** What stands before and after the finder's nickname. */
  withFinder: { before: "with ", after: "" },
  foundAfter: (n: number) => (n === 1 ? "1 more drew it later" : `${n} more drew it later`),

  pictureAlt: (prompt: string) => `Drawing of: ${prompt}`,
  pictureBy: (nickname: string) => `Drawing by ${nickname}`,
  pictureLoading: "Picture is coming",
  pictureFailed: "The picture did not load",
  reload: "Load again",
  enlarge: "Show large",
  close: "Close",

  boardScan: "Scan and draw",
  boardScanFinished: "Scan to see it all",
  boardPresence: "A new code every 30 seconds: who scans it is in the hall and comes first.",
  boardPairingFailed: "This pairing code was used, or is over. Run `cygnet board pair` again.",
  boardTop: "Top 10",
  qrAlt: (address: string) => `QR code for ${address}`,
  boardConnecting: "Connecting …",
  boardLive: "Live",
  boardPolling: "The live line is interrupted; the board refreshes every few seconds.",
  boardLost: "No connection to the game. These are the last known standings.",
};

export type Words = typeof en;
