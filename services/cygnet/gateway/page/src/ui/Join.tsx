// The way in: a nickname and nothing else.
import { useState } from "preact/hooks";
import type { Player } from "../game/player";
import { words } from "../text/language";
import { focusPromptIfKeyboard } from "./focus";
import { describeJoinProblem } from "./messages";
import { mayJoin, PresenceNote, SolvingNote } from "./PresenceNote";
import { WidgetBox } from "./WidgetBox";

const MAX_NICKNAME_CHARS = 24;

export function Join({ player }: { player: Player }) {
  const text = words.value;
  return (
    <section class="panel join" aria-labelledby="join-title">
      <h2 id="join-title" class="title">
        {text.joinTitle}
      </h2>
      {player.wasSignedOut.value ? (
        <p class="refusal" role="status">
          {text.joinAgain}
        </p>
      ) : null}
      <PresenceNote player={player} />
      {mayJoin(player) ? (
        <>
          <NicknameForm
            player={player}
            action={player.joining.value ? text.joining : text.join}
            onJoined={focusPromptIfKeyboard}
          />
          <SolvingNote />
          <WidgetBox />
          <p class="note">{text.joinHint}</p>
        </>
      ) : null}
    </section>
  );
}

interface FormProps {
  player: Player;
  action: string;
  /** Called once the server has taken the name. */
  onJoined: () => void;
  /** Present where there is a way back without a new name. */
  onCancel?: () => void;
}

export function NicknameForm({ player, action, onJoined, onCancel }: FormProps) {
  const text = words.value;
  const [nickname, setNickname] = useState(player.session.lastNickname);
  const problem = player.joinProblem.value;
  const submit = async () => {
    if (nickname.trim() !== "" && (await player.join(nickname.trim()))) onJoined();
  };
  return (
    <form
      class="nickname-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <label for="nickname">{text.nickname}</label>
      <div class="field">
        <input
          id="nickname"
          type="text"
          dir="auto"
          autocomplete="nickname"
          enterkeyhint="go"
          // The server counts visible characters; this only keeps a pasted novel out.
          maxLength={MAX_NICKNAME_CHARS * 4}
          value={nickname}
          aria-describedby="nickname-problem"
          aria-invalid={problem !== undefined}
          onInput={(event) => setNickname(event.currentTarget.value)}
          onKeyDown={(event) => {
            // This Enter ends a syllable and belongs to the input method.
            if (event.key === "Enter" && event.isComposing) event.preventDefault();
          }}
        />
        <button type="submit" class="primary" disabled={player.joining.value || nickname.trim() === ""}>
          {action}
        </button>
        {onCancel === undefined ? null : (
          <button type="button" class="quiet" onClick={onCancel}>
            {text.cancel}
          </button>
        )}
      </div>
      <p id="nickname-problem" class="refusal" role="alert" hidden={problem === undefined}>
        {problem === undefined ? null : describeJoinProblem(text, problem)}
      </p>
    </form>
  );
}
