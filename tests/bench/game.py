"""Does describing better score better? The whole game on the shipped weights, over many contests' secrets.

Draws and scores in this process, without servers: what the game gives does not depend on how fast it runs. Each
target's ladder, prompts as people type them, changed pictures and climbing macros are tried on it; the table that is
printed is the model card's. Run it with `make bench-game`; three secrets take minutes, twenty an hour on one core.
"""

import hashlib
import json
import random
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import click
import numpy as np
import torch
from PIL import Image, ImageEnhance

from cygnet.inference.reading import compose
from cygnet.inference.scoring import score
from cygnet_training.clip import Vectors, centred_cosine, embed_pictures
from cygnet_training.evaluate import Weights, load_weights
from cygnet_training.grammar import Scene
from cygnet_training.renderer import places_of
from cygnet_training.species import FIGURES
from cygnet_training.targets import COMPOSED, draw_target
from cygnet_training.vocabulary import PHRASES, vocabulary

ROOT = Path(__file__).parents[2]
LADDERS = Path(__file__).parent / "ladders"
LEVELS = Path(__file__).parent / "levels.tsv"
PLAIN_NOUNS = {"duck": ("duck", "오리"), "swan": ("swan", "백조")}
PARTS = 4
"""Of a ladder's rungs, those before words of composition."""
ATTEMPTS = 4
STEP = 8.0
UNKNOWN = ("masterpiece", "8k", "cute", "floofy", "vector", "best", "quality", "Ghibli", "아름다운", "!!", "detailed")
COMPOSITION = ("size", "pose", "side", "facing", "weather", "light", "scenery")
AROUND = ("accessory", "background", "facing", "side", "weather", "light", "scenery")
SAID_SHARE, ADDED_SHARE, JUNK_SHARE = 0.6, 0.2, 0.4
"""How often a person says a word of the composition, adds one that is not in the target, or one that is not read."""
NEIGHBOURS = 1200
HEADLESS, HEAD = "a missing head", 0.55
"""A head's radius, in the figure's frame."""


@dataclass
class Judge:
    """Draws captions once for each seed, and scores them against one target."""

    weights: Weights
    name: str
    target: Vectors
    points: Sequence[tuple[float, float]]
    drawn: dict[tuple[str, int], tuple[float, str]] = field(default_factory=dict)

    def of_caption(self, caption: str, seed: int) -> float:
        """A caption's score; nothing where there is nothing to draw."""
        return self._look(caption, seed)[0] if caption else 0.0

    def of_prompt(self, prompt: str, seed: int) -> float:
        """A prompt's score."""
        return self.of_caption(self.weights.vocabulary.read(prompt).caption, seed)

    def pixels(self, caption: str, seed: int) -> str:
        """A digest of the picture."""
        return self._look(caption, seed)[1]

    def of_picture(self, picture: Image.Image) -> float:
        """A picture's score."""
        embedding = embed_pictures(self.weights.clip, self.weights.processor, [picture])
        return score(float(centred_cosine(embedding, self.target, self.weights.mean)[0]), self.points)

    def _look(self, caption: str, seed: int) -> tuple[float, str]:
        if (caption, seed) not in self.drawn:
            picture = self.weights.draw(caption, seed)
            self.drawn[caption, seed] = (self.of_picture(picture), hashlib.sha256(picture.tobytes()).hexdigest())
        return self.drawn[caption, seed]


@dataclass
class Row:
    """One line of the table: its figures, the worst and the middle one, and the bar."""

    what: str
    figures: list[float]
    bar: float
    at_least: bool = True

    def line(self) -> str:
        """Markdown; `!` marks what is on the wrong side of its bar in the median."""
        middle = statistics.median(self.figures)
        worst = min(self.figures) if self.at_least else max(self.figures)
        wrong = middle < self.bar if self.at_least else middle > self.bar
        sign = "≥" if self.at_least else "≤"
        return f"| {self.what} | {middle:.2f} | {worst:.2f} | {sign} {self.bar:g} {'!' if wrong else ''}|"


def seeds_of(judge: Judge, secrets: int) -> list[int]:
    """One seed for each secret: that of the first counter whose ladder rises, as a contest chooses it."""
    rungs = rungs_of(judge)
    return [_choose(judge, rungs, f"secret {number}") for number in range(secrets)]


def _choose(judge: Judge, rungs: list[str], secret: str) -> int:
    best, widest = 0, -1e9
    for counter in range(ATTEMPTS):
        seed = _seed(secret, judge.name, counter)
        scores = [judge.of_caption(rung, seed) for rung in rungs]
        step = float(np.diff(scores).min())
        if step >= STEP:
            return seed
        if step > widest:
            best, widest = seed, step
    return best


def _seed(secret: str, name: str, counter: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{secret}/{name}/{counter}".encode()).digest()[:6], "big")


def rungs_of(judge: Judge) -> list[str]:
    description = (LADDERS / f"{judge.name}.tsv").read_text().splitlines()[0].removeprefix("# ")
    return judge.weights.vocabulary.ladder(description)


def ladder_rows(judge: Judge, seeds: Sequence[int]) -> Iterator[Row]:
    """What each part of a description is worth, and whether effort pays in both languages."""
    rungs = rungs_of(judge)
    table = np.array([[judge.of_caption(rung, seed) for rung in rungs] for seed in seeds])
    medians = np.median(table, axis=0)
    click.echo(f"{judge.name}: " + ", ".join(f"{m:.0f}" for m in medians), err=True)
    yield Row(f"{judge.name}: smallest step between the rungs' medians", [float(np.diff(medians).min())], STEP)
    yield Row(f"{judge.name}: the noun alone", list(table[:, 0]), 25, at_least=False)
    yield Row(f"{judge.name}: all parts", list(table[:, PARTS - 1]), 60)
    yield Row(f"{judge.name}: all parts and the composition", list(table[:, -1]), 75)
    prompts = [
        line.split("\t")
        for line in (LADDERS / f"{judge.name}.tsv").read_text().splitlines()
        if not line.startswith("#")
    ]
    for language in ("en", "ko"):
        chosen = [(int(effort), prompt) for effort, said, prompt in prompts if said == language]
        figures = [_spearman([e for e, _ in chosen], [judge.of_prompt(p, seed) for _, p in chosen]) for seed in seeds]
        yield Row(f"{judge.name}: effort against score, Spearman, {language}", figures, 0.8)


def level_rows(weights: Weights, name: str, secrets: int) -> Iterator[Row]:
    """The plain target, which a bare noun draws: saying more of it must not cost, saying something wrong must."""
    judge = judge_of(weights, name)
    prompts: dict[str, list[str]] = {}
    for line in LEVELS.read_text().splitlines()[1:]:
        level, prompt = line.split("\t")
        others = next(nouns for target, nouns in PLAIN_NOUNS.items() if target != name)
        if level in ("wrong", "nonsense") or not any(noun in prompt.casefold() for noun in others):
            prompts.setdefault(level, []).append(prompt)
    medians = {level: list[float]() for level in prompts}
    for number in range(secrets):
        seed = _seed(f"secret {number}", name, 0)
        for level, said in prompts.items():
            medians[level].append(statistics.median(judge.of_prompt(prompt, seed) for prompt in said))
    ratios = [some / more for some, more in zip(medians["natural"], medians["described"], strict=True)]
    yield Row(f"plain {name}: natural prompts by described ones", ratios, 0.95)
    for better, worse in (("naive", "wrong-one"), ("described", "wrong-one"), ("wrong-one", "wrong")):
        leads = [one - other for one, other in zip(medians[better], medians[worse], strict=True)]
        yield Row(f"plain {name}: {better} above {worse}, points", leads, 0)
    yield Row(f"plain {name}: prompts that say nothing", medians["nonsense"], 0, at_least=False)


def _spearman(one: Sequence[float], other: Sequence[float]) -> float:
    """The correlation of ranks, equal values sharing their mean rank."""
    ranks = []
    for values in (np.asarray(one), np.asarray(other)):
        _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
        ranks.append((np.cumsum(counts) - (counts - 1) / 2)[places])
    return float(np.corrcoef(*ranks)[0, 1])


def wording_rows(judge: Judge, seeds: Sequence[int]) -> Iterator[Row]:
    """How full descriptions by different people are spread."""
    full = dict(slots_of(judge))
    spreads, crowded = [], []
    for number, seed in enumerate(seeds):
        chance = random.Random(number)
        scores = sorted((judge.of_prompt(_wording(full, chance), seed) for _ in range(150)), reverse=True)
        spreads.append(scores[0] - scores[29])
        crowded.append(max(sum(low <= s <= low + 3 for s in scores) for low in scores) / len(scores))
    yield Row(f"{judge.name}: spread of the best 30 of 150 full descriptions", spreads, 10)
    yield Row(f"{judge.name}: largest share of them within 3 points", crowded, 0.2, at_least=False)


def distinct_rows(judge: Judge, seeds: Sequence[int]) -> Iterator[Row]:
    """How many good pictures there are to find, with one seed: of NEIGHBOURS captions near the description."""
    captions, seed = _neighbours(dict(slots_of(judge))), seeds[0]
    pictures = {judge.pixels(caption, seed) for caption in captions if judge.of_caption(caption, seed) > 60}
    yield Row(
        f"{judge.name}: distinct pictures over 60, one secret, {len(captions)} tried", [float(len(pictures))], 200
    )


def luck_rows(judge: Judge, seeds: Sequence[int]) -> Iterator[Row]:
    """What spelling and a macro of random edits are worth."""
    full = dict(slots_of(judge))
    plain = compose(PHRASES, full)
    spellings, climbs = [], []
    for number, seed in enumerate(seeds):
        chance = random.Random(number)
        same = [_spelt(plain, chance) for _ in range(12)]
        spellings.append(statistics.pstdev(judge.of_prompt(prompt, seed) for prompt in same))
        honest = [_wording(full, chance) for _ in range(10)]
        best = max(honest, key=lambda prompt: judge.of_prompt(prompt, seed))
        start = top = judge.of_prompt(best, seed)
        for _ in range(150):
            edited = _edited(best, chance)
            if (found := judge.of_prompt(edited, seed)) > top:
                best, top = edited, found
        climbs.append(top - start)
    yield Row(f"{judge.name}: standard deviation of twelve spellings", spellings, 2, at_least=False)
    yield Row(f"{judge.name}: a climb of 150 random edits above the best of ten", climbs, 5, at_least=False)


def picture_rows(judge: Judge, seeds: Sequence[int]) -> Iterator[Row]:
    """What a changed picture costs: little where it is the same to an eye, much where something is missing."""
    full = dict(slots_of(judge))
    costs: dict[str, list[float]] = {}
    for seed in seeds:
        caption = compose(PHRASES, full)
        picture = judge.weights.draw(caption, seed)
        headless = _headless(picture, COMPOSED[judge.name], judge.weights.vocabulary.drawing(caption, seed).mirrored)
        whole = judge.of_picture(picture)
        for name, changed in (*_changed(picture), (HEADLESS, headless)):
            costs.setdefault(name, []).append(whole - judge.of_picture(changed))
        other = {**full, "count": "1" if full.get("count", "1") != "1" else "2"}
        other = {name: value for name, value in other.items() if name not in ("size", "side") or other["count"] == "1"}
        costs.setdefault("a wrong count", []).append(whole - judge.of_caption(compose(PHRASES, other), seed))
    for name, figures in costs.items():
        wanted = name in ("a wrong count", HEADLESS)
        yield Row(f"{judge.name}: points lost by {name}", figures, 8 if wanted else 10, at_least=wanted)


def _headless(picture: Image.Image, scene: Scene, mirrored: bool) -> Image.Image:
    """The picture with the first figure's head painted over: each row goes on from its left neighbour to its right."""
    # Of the places that chance may choose, what two pictures of the scene have in common: the middle.
    place = np.mean([places_of(scene, np.random.default_rng(n))[0].frame for n in range(64)], axis=0)
    x, y, scale = place * picture.width
    anchors = FIGURES[scene.species].anchors
    at = x + (-1 if mirrored else 1) * (anchors.head[0] + 0.15) * scale
    middle, radius = y + anchors.eyes[0][1] * scale, HEAD * scale
    top, bottom = max(0, int(middle - radius)), int(middle + radius * 0.8)
    left, right = max(1, int(at - radius)), min(picture.width - 2, int(at + radius))
    pixels = np.asarray(picture).astype(float)
    share = np.linspace(0, 1, right - left)[None, :, None]
    pixels[top:bottom, left:right] = (
        pixels[top:bottom, left - 1 : left] * (1 - share) + pixels[top:bottom, right : right + 1] * share
    )
    return Image.fromarray(pixels.round().astype(np.uint8))


def _changed(picture: Image.Image) -> Iterator[tuple[str, Image.Image]]:
    for share in (0.9, 1.1):
        yield f"light of {share:.0%}", ImageEnhance.Brightness(picture).enhance(share)
    edge = round(picture.width * 0.05)
    inner = (edge, edge, picture.width - edge, picture.height - edge)
    yield "a crop of 10%", picture.crop(inner).resize(picture.size, Image.Resampling.BICUBIC)
    moved = picture.copy()
    moved.paste(picture, (8, 0))
    yield "a shift of 8 pixels", moved


def slots_of(judge: Judge) -> dict[str, str]:
    scene = COMPOSED[judge.name]
    rung = set(rungs_of(judge)[-1].split())
    slots = {name: str(getattr(scene, name)) for name in ("species", *PHRASES) if name not in ("one", "several")}
    return {
        name: value
        for name, value in slots.items()
        if name == "species" or (PHRASES[name][value] and set(PHRASES[name][value].split()) <= rung)
    }


def _wording(full: dict[str, str], chance: random.Random) -> str:
    """A full description as somebody may write it: all parts, some of the composition, in any order and spelling.

    Of the composition people say what they think of, and they add what nobody asked for: a shade, a size, a sun.
    """
    words = vocabulary()["words"]
    assert isinstance(words, dict)
    slots = {name: value for name, value in full.items() if name not in COMPOSITION or chance.random() < SAID_SHARE}
    for name in COMPOSITION:
        if name not in full and chance.random() < ADDED_SHARE:
            slots[name] = chance.choice([value for value in PHRASES[name] if PHRASES[name][value]])
    if chance.random() < ADDED_SHARE:
        slots["colour"] = chance.choice(_shades_of(slots["colour"]))
    noun = " ".join(
        chance.choice([s for s in words[name][slots[name]] if s.isascii()])
        for name in ("count", "size", "pose", "colour")
        if name in slots and PHRASES[name][slots[name]]
    )
    species = ("+" if slots.get("count", "1") != "1" else "") + slots["species"]
    parts = [f"{noun} {chance.choice([s for s in words['species'][species] if s.isascii()])}".strip()]
    rest = [PHRASES[n][slots[n]] for n in slots if n in AROUND]
    chance.shuffle(rest)
    parts += [part for part in rest if part]
    if chance.random() < JUNK_SHARE:
        parts.append(chance.choice(UNKNOWN))
    return chance.choice([", ", " "]).join(parts)


def _shades_of(colour: str) -> list[str]:
    """The colour, paler and darker, where it has shades."""
    return [shade for shade in PHRASES["colour"] if shade.split()[-1] == colour]


def _spelt(plain: str, chance: random.Random) -> str:
    ending = " ".join(chance.sample(UNKNOWN, 3))
    return chance.choice(
        [plain.upper(), plain.title(), f"{plain} {ending}", f"{ending}, {plain}", f"{plain}!!!", plain + "."]
    )


def _edited(prompt: str, chance: random.Random) -> str:
    pool = [*UNKNOWN, *(phrase for values in PHRASES.values() for phrase in values.values() if phrase)]
    words = prompt.split()
    at = chance.randrange(len(words) + 1)
    kind = chance.choice(["add", "drop", "swap"])
    if kind == "drop" and len(words) > 1:
        words.pop(at % len(words))
    elif kind == "swap":
        words[at % len(words)] = chance.choice(pool)
    else:
        words.insert(at, chance.choice(pool))
    return " ".join(words)


def _neighbours(full: dict[str, str]) -> list[str]:
    """Captions that differ from the full one in up to four words of composition or in the shade of its colour."""
    free = {name: [None, *(value for value in PHRASES[name] if PHRASES[name][value])] for name in COMPOSITION}
    free["colour"] = [*_shades_of(full["colour"])]
    seen = {json.dumps(full, sort_keys=True): full}
    frontier = [full]
    for _ in range(4):
        grown = []
        for slots, (name, values) in product(frontier, free.items()):
            for value in values:
                changed = {**slots, name: value} if value else {n: v for n, v in slots.items() if n != name}
                if (key := json.dumps(changed, sort_keys=True)) not in seen:
                    seen[key] = changed
                    grown.append(changed)
        frontier = grown
    captions = dict.fromkeys(compose(PHRASES, slots) for slots in seen.values())
    return random.Random(1).sample(list(captions), min(NEIGHBOURS, len(captions)))


def judge_of(weights: Weights, name: str) -> Judge:
    """The judge of one shipped target, on its own scale where it has one."""
    target = draw_target(name)
    embedding = embed_pictures(weights.clip, weights.processor, [target])
    return Judge(weights, name, embedding, weights.calibration.points_for(embedding[0].astype(np.float32)))


ROWS = {
    "ladder": ladder_rows,
    "wording": wording_rows,
    "distinct": distinct_rows,
    "luck": luck_rows,
    "picture": picture_rows,
}


@click.command(help=(__doc__ or "").splitlines()[0])
@click.option("--secrets", default=20, show_default=True, help="How many contests.")
@click.option("--target", "targets", multiple=True, type=click.Choice(list(COMPOSED)), help="Only these targets.")
@click.option("--only", "parts", multiple=True, type=click.Choice(list(ROWS)), help="Only these parts of the table.")
@click.option("--weights", type=click.Path(path_type=Path), default=ROOT / "triton_models/weights", show_default=True)
@click.option("--threads", default=1, show_default=True, help="CPU threads of torch.")
def main(secrets: int, targets: tuple[str, ...], parts: tuple[str, ...], weights: Path, threads: int) -> None:
    torch.set_num_threads(threads)
    loaded = load_weights(weights)
    click.echo("| what | median | worst | bar |\n|---|---|---|---|")
    for name in () if targets or parts else PLAIN_NOUNS:
        for row in level_rows(loaded, name, secrets):
            click.echo(row.line())
    for name in targets or COMPOSED:
        judge = judge_of(loaded, name)
        seeds = seeds_of(judge, secrets)
        for part in parts or ROWS:
            for row in ROWS[part](judge, seeds):
                click.echo(row.line())


if __name__ == "__main__":
    main()
