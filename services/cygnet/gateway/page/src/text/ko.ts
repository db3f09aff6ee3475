// 화면의 모든 말, 한국어.
import type { Place } from "../game/scoreBreakdown";
import type { Words } from "./en";
import { clockTime, dayAndTime, twoUnits } from "./time";

const on = (when: Date) => `${dayAndTime("ko", when, "오늘 ")}에`;

const PLACES = [
  ["왼쪽 위", "위쪽", "오른쪽 위"],
  ["왼쪽", "가운데", "오른쪽"],
  ["왼쪽 아래", "아래쪽", "오른쪽 아래"],
];
const placeName = ({ row, column }: Place) => `${PLACES[row]?.[column] ?? ""} 부분`;

export const ko: Words = {
  language: "한국어",
  switchLanguage: "언어",
  skip: "그림 설명 입력란으로 건너뛰기",

  loadingContest: "연못에 들어가는 중: 대회를 찾고 있어요 …",
  noContest: "여기에는 대회가 없어요.",
  noContestHint: "주소를 확인하거나 QR 코드를 다시 스캔해 주세요. 곧 열리는 대회라면 이 화면이 스스로 찾아냅니다.",
  unreachable: "아직 응답이 없어요. 자동으로 다시 시도하고 있어요 …",
  offline: "오프라인이에요. 보낸 내용은 이 휴대폰에 보관했다가 자동으로 전송돼요.",
  lost: "응답이 없어요. 자동으로 다시 시도하고 있어요 …",

  opensAt: (when) => `아직 대회가 시작되지 않았어요. ${on(when)} 열려요.`,
  opensAgainAt: (when) => `지금은 대회가 닫혀 있어요. ${on(when)} 다시 열려요.`,
  opensIn: (left) => `${twoUnits(left, { days: "일", hours: "시간", minutes: "분", seconds: "초" })} 뒤에 열려요.`,
  opensNow: "이제 곧 열려요.",
  paused: "주최 측이 대회를 잠시 멈췄어요. 먼저 보낸 그림의 순서는 그대로예요.",
  goesOn: "새로 고치지 않아도 돼요. 대회가 이어지면 이 화면도 바로 이어져요.",
  frozen: ({ from, until }) =>
    `${clockTime("ko", from)}부터 순위표가 멈춰 있어요. 그림은 계속 그릴 수 있고 점수도 반영돼요. 최종 순위는 ${on(until)} 공개돼요.`,
  frozenSince: (from) => `${clockTime("ko", from)}부터 멈춰 있어요.`,
  finished: "대회가 끝났어요. 함께해 주셔서 고마워요!",
  final: "최종 순위예요.",
  boxClosed: "지금은 닫혀 있어요.",
  boxPaused: "주최 측이 잠시 멈췄어요.",
  boxFinished: "대회가 끝났어요.",

  joinTitle: "누가 그리나요?",
  joinHint: "이 이름이 순위표에 보여요. 가입도 이메일도 필요 없어요.",
  nickname: "닉네임",
  join: "참가하기",
  joining: "참가하는 중 …",
  joinAgain: "세션이 끝났어요. 다시 참가해 주세요. 쓰던 내용은 그대로 있어요.",
  joinFailed: "전송되지 않았어요. 다시 시도해 주세요.",
  playingAs: "참가자",
  rename: "변경",
  renameLabel: "닉네임 변경",
  save: "저장",
  saving: "저장하는 중 …",
  cancel: "취소",

  target: "이 그림을 그려 보세요",
  chooseTarget: "어떤 그림인가요?",
  targetAlt: (name) => `따라 그릴 그림: ${name}`,
  targetMissing: "아직 따라 그릴 그림이 없어요.",

  promptTitle: "말로 그려 보세요",
  promptPlaceholder: (example) => (example === undefined ? "" : `예: ${example}`),
  allRead: "모든 단어를 읽을 수 있어요.",
  willNotBeRead: "줄을 그은 단어는 읽지 못해서 그림에 나오지 않아요:",
  wordsNotRead: "줄을 그은 단어는 읽지 못해서 그림에 반영되지 않았어요.",
  notRead: "읽지 못함",
  fitted: (n) => `이 모델에는 설명이 너무 길어요. 처음 ${n}자까지만 읽었어요.`,
  nothingRead: (examples) =>
    `화가가 아는 단어가 없어서 그릴 수 없어요. 기회는 줄지 않아요.${examples.length === 0 ? "" : ` 이렇게 써 보세요: “${examples.join("”, “")}”`}`,
  counter: (used, most) => `${most}자 중 ${used}자`,
  tooLong: (over) => `${over}자 초과`,
  draw: "그리기",
  sendingButton: "보내는 중 …",

  sending: "설명을 보내고 있어요 …",
  kept: "연결이 끊겼어요. 이 휴대폰에 보관했다가 자동으로 보낼게요.",
  keptSignedOut: "내용을 보관하고 있어요. 다시 참가하면 바로 보낼게요.",
  tryAgain: "다시 시도",
  discard: "버리기",
  queued: "기다리는 중",
  next: "바로 다음 차례예요.",
  before: (n) => `앞에 그림 ${n}장이 있어요.`,
  wait: ({ from, to, unit }) => `약 ${from === to ? to : `${from}~${to}`}${unit === "seconds" ? "초" : "분"} 걸려요.`,
  measuring: "걸리는 시간을 아직 재고 있어요.",
  noWorker: "지금은 그림을 그리지 않아요. 화가가 준비하고 있어요. 순서는 그대로예요.",
  drawing: "그리는 중",
  drawingNow: "그림을 그리고 점수를 매기고 있어요.",
  longer: "평소보다 오래 걸리고 있어요.",
  usually: (s) => `보통 ${s}초 걸려요.`,
  done: "완성",
  failed: "그리지 못했어요",
  failedHint: "기회는 줄지 않아요. 같은 설명을 다시 보내 보세요.",
  failure: (reason, message) =>
    ({
      DRAWING_FAILED: "그림을 그리거나 점수를 매기지 못했어요.",
      WORKER_LOST: "그림을 그리던 기계가 사라졌어요.",
      MODEL_NOT_SERVED: "지금은 그림 모델을 쓸 수 없어요.",
    })[reason] ?? message,
  usePrompt: "이 설명 쓰기",
  repeated: "이미 그린 그림이에요. 같은 그림, 같은 점수예요.",
  coalesced: "누군가 지금 같은 그림을 그리고 있어요. 함께 받아요.",
  coalescedDone: "같은 설명을 쓴 분과 함께 받은 그림이에요.",

  refused: (reason, message) =>
    ({
      PENDING_LIMIT: "한 사람이 동시에 그릴 수 있는 만큼 그리고 있어요. 하나가 끝나면 보내 주세요.",
      NEW_WORK_RATE: "잠깐 쉬어 가요. 모두에게 차례가 가도록 새 그림은 하나씩 그려요.",
      SUBMIT_RATE: "너무 빨라요. 잠시만 기다려 주세요.",
      QUEUE_FULL: "연못이 꽉 찼어요. 지금은 기다리는 시간이 너무 길어요.",
      CONTEST_CLOSED: "지금은 대회가 닫혀 있어요.",
      CONTEST_PAUSED: "주최 측이 대회를 잠시 멈췄어요. 먼저 보낸 그림의 순서는 그대로예요.",
      CONTEST_FINISHED: "대회가 끝났어요. 함께해 주셔서 고마워요!",
    })[reason] ?? message,
  againIn: (s) => `${s}초 뒤에 다시 시도해 주세요.`,
  againAt: (when) => `${on(when)} 열려요.`,
  againNow: "이제 다시 시도할 수 있어요.",
  notAllowed: (message) => (message === "" ? "지금은 할 수 없어요." : message),
  invalidPrompt: (message) => `설명을 고쳐 주세요: ${message}`,
  invalidNickname: (message) => `닉네임을 고쳐 주세요: ${message}`,

  score: "점수",
  outOf: "/ 100",
  what: "무엇이 있나",
  look: "어떻게 보이나",
  whatShort: "무엇",
  lookShort: "모습",
  sinceLast: "지난번보다:",
  showHeat: "점수를 올리고 내린 곳 보기",
  hideHeat: "점수를 올리고 내린 곳 숨기기",
  heatHelps: (where) =>
    where === undefined
      ? "노란색은 점수를 올린 곳이에요. 뚜렷한 곳은 없어요."
      : `노란색은 점수를 올린 곳이에요. ${placeName(where)}이 가장 커요.`,
  heatHurts: (where) =>
    where === undefined
      ? "파란 줄무늬는 점수를 내린 곳이에요. 뚜렷한 곳은 없어요."
      : `파란 줄무늬는 점수를 내린 곳이에요. ${placeName(where)}이 가장 커요.`,
  yourBest: "내 최고 점수",
  newBest: "내 최고",
  noBest: "아직 그림 없음",
  yourRank: "내 순위",
  rank: (n) => `${n}위`,
  myPictures: "내 그림",
  noPictures: "그린 그림이 여기에 모여요.",
  historyLoading: "내 그림을 가져오는 중 …",
  historyFailed: "내 그림을 불러오지 못했어요.",
  leaderboard: "순위표",
  leaderboardFor: (target) => `순위표: ${target}`,
  leaderboardLoading: "오리를 세는 중 …",
  leaderboardNobody: "점수를 받은 사람이 없어요.",
  leaderboardEmpty: "아직 점수가 없어요. 첫 번째가 되어 보세요!",
  leaderboardStale: "지금은 순위표가 실시간이 아니에요.",
  participants: (n) => `참가자 ${n}명`,
  you: "나",
  withFinder: { before: "", after: " 님과 같은 그림" },
  foundAfter: (n) => `나중에 ${n}명이 같은 그림을 그렸어요`,

  pictureAlt: (prompt) => `그림: ${prompt}`,
  pictureBy: (nickname) => `${nickname} 님의 그림`,
  pictureLoading: "그림이 오고 있어요",
  pictureFailed: "그림을 불러오지 못했어요",
  reload: "다시 불러오기",
  enlarge: "크게 보기",
  close: "닫기",

  boardScan: "스캔하고 그려 보세요",
  boardScanFinished: "스캔하고 둘러보세요",
  boardTop: "상위 10",
  qrAlt: (address) => `${address} QR 코드`,
  boardConnecting: "연결하는 중 …",
  boardLive: "실시간",
  boardPolling: "실시간 연결이 끊겨 몇 초마다 새로 고치고 있어요.",
  boardLost: "게임에 연결되지 않았어요. 마지막으로 알려진 순위예요.",
};
