// What the player drew before.

import type { Player } from "../game/player";
import { scoreText } from "../game/progress";
import { isFinished } from "../game/submissions";
import type { Submission } from "../gen/cygnet/v1/submission_pb";
import { words } from "../text/language";
import { editPrompt } from "./focus";
import { Picture } from "./Picture";

export function History({ player, onOpen }: { player: Player; onOpen: (submission: Submission) => void }) {
  const text = words.value;
  const { submissions } = player;
  const finished = submissions.newestFirst.value.filter(isFinished);
  return (
    <section class="panel history" aria-labelledby="history-title">
      <h2 id="history-title" class="title">
        {text.myPictures}
      </h2>
      {submissions.list.value === "loading" ? <p class="hint">{text.historyLoading}</p> : null}
      {submissions.list.value === "failed" ? (
        <p class="hint">
          {text.historyFailed}{" "}
          <button type="button" class="quiet" onClick={() => void submissions.refresh()}>
            {text.reload}
          </button>
        </p>
      ) : null}
      {submissions.list.value === "ready" && finished.length === 0 ? <p class="hint">{text.noPictures}</p> : null}
      <ul class="tiles">
        {finished.map((submission) => (
          <li key={submission.submissionId}>
            <Tile player={player} submission={submission} onOpen={onOpen} />
          </li>
        ))}
      </ul>
    </section>
  );
}

interface TileProps {
  player: Player;
  submission: Submission;
  onOpen: (submission: Submission) => void;
}

function Tile({ player, submission, onOpen }: TileProps) {
  const text = words.value;
  const { result, prompt } = submission;
  if (result === undefined) {
    return (
      <button type="button" class="bare tile" aria-label={prompt} onClick={() => editPrompt(player, prompt)}>
        <span class="picture">
          <span class="picture-words">{text.failed}</span>
        </span>
        <bdi class="tile-prompt">{prompt}</bdi>
      </button>
    );
  }
  return (
    <button type="button" class="bare tile" onClick={() => onOpen(submission)}>
      <Picture sha256={result.pictureSha256} alt={text.pictureAlt(prompt)} size={128} small />
      <span class="points">{scoreText(result.score, player.contest.value.decimals)}</span>
      <bdi class="tile-prompt" aria-hidden="true">
        {prompt}
      </bdi>
    </button>
  );
}
