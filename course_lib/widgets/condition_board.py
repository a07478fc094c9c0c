"""The condition board: say what a conditional generator shall draw (a class, slant and thickness), and see whether it did.

`load_board` loads a generator with the judge of its classes; `State` is what is asked for, `render` draws what comes, `describe` says it
in words, `static_sheet` is the lesson for places where widgets do not run, and `ConditionBoard` is the widget. What is asked for is
checked too: the class by a judge that took no part in the training, slant and thickness by `course_lib.data.glyphs.measure`.
"""

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import ipywidgets as widgets
import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib import zoo
from course_lib.data import glyphs
from course_lib.data.digits import CLOTHES
from course_lib.models.conditions import ConditionalGenerator
from course_lib.widgets.base import Explorer
from course_lib.widgets.drawing import FAINT, FRAME, INK, LINE, as_figure, font
from course_lib.widgets.latent_map import enlarged

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

    from course_lib.plots import Figure

__all__ = ["Board", "ConditionBoard", "State", "describe", "load_board", "render", "spell", "static_sheet", "style_directions", "wrap"]

LIMITS = {"slant": (-0.5, 0.5), "thickness": (1.2, 3.8)}  # of the sliders: a little beyond what the generator was trained on
STEPS = {"slant": 0.05, "thickness": 0.1}
UNITS = {"slant": "", "thickness": " pixels"}
DIRECTIONS = 4  # of style: as many sliders
STYLE_LIMIT = 3.0
LAST_SEED = 9999
EFFECTS = {"shift across": "shift_x", "shift down": "shift_y", "size": "height"}  # what a direction may change, and its measure
LEAST = 0.5  # pixels for a step of 1, below which a direction has no such name
STRIP = tuple(k / 10 for k in range(11))  # shares of the second class
LONGEST = 60  # characters in a sentence
JUDGES = {"mnist": "judge-mnist", "fashion-mnist": "judge-fashion"}  # by the data of a card; characters say themselves what they are
CLASSES = {"mnist": tuple("0123456789"), "fashion-mnist": CLOTHES}


@dataclass(frozen=True, eq=False)
class Board:
    """A conditional generator and what is needed to check it.

    Attributes
    ----------
    name : str
        Of the weights.
    model : ConditionalGenerator
        In eval mode; `model.factors` is empty where the condition is the class alone.
    classes : tuple of str
        The names of the classes, in the order of the labels.
    judge : nn.Module
        Images in [0, 1] to logits of the classes; trained apart, and never seen by the generator.
    directions : (4, latent_dim)
        Unit vectors in the space of z, see `style_directions`.
    names : tuple of str
        What each direction changes: "shift across", "shift down" or "size" where that is measured in the images, else "form".
    """

    name: str
    model: ConditionalGenerator
    classes: tuple[str, ...]
    judge: nn.Module
    directions: Float[Tensor, "k latent_dim"]
    names: tuple[str, ...]

    @property
    def writes(self) -> bool:
        """Whether the classes are characters, so that a sentence can be drawn."""
        return all(len(name) == 1 for name in self.classes)

    @property
    def middle(self) -> tuple[float, ...]:
        """The middle of each factor's range in training."""
        return _middle(self.model)


def _middle(model: ConditionalGenerator) -> tuple[float, ...]:
    return tuple((low + high) / 2 for low, high in model.factors.values())


@lru_cache(maxsize=4)
def load_board(name: str = "cgan-glyphs", folder: str | Path | None = None) -> Board:
    """Load a conditional generator, the names of its classes and the judge of its data.

    Parameters
    ----------
    name : str
        Weights of a conditional generator of 28x28 images: cgan-glyphs, cgan-mnist, cgan-fashion, ….
    folder : path, optional
        Where they lie; those that ship with the course if left out. The judge is always the one that ships.

    Raises
    ------
    ValueError
        If there are no such weights, or they are not those of a conditional generator of characters, digits or clothes.
    """
    folder = zoo.WEIGHTS if folder is None else folder
    model, about = zoo.load(name, folder=folder), zoo.card(name, folder)
    if not isinstance(model, ConditionalGenerator):
        raise ValueError(f"name: {name!r} is a {type(model).__name__}, expected a conditional generator such as cgan-glyphs")
    if "characters" in about:
        classes, judge = tuple(about["characters"]), "judge-characters"
    elif about.get("data") in CLASSES:
        classes, judge = CLASSES[about["data"]], JUDGES[about["data"]]
    else:
        raise ValueError(
            f"name: the card of {name!r} names neither its characters nor data of {' or '.join(CLASSES)}, so its classes have no names here"
        )
    if model.factors and list(model.factors) != list(LIMITS):
        raise ValueError(f"name: {name!r} has the factors {', '.join(model.factors)}; there are sliders for {', '.join(LIMITS)}")
    directions, names = _named(model, style_directions(model, DIRECTIONS))
    return Board(name, model, classes, zoo.load(judge), directions, names)


def _typical(model: ConditionalGenerator, number: int) -> tuple[Tensor, Tensor, Tensor | None]:
    """Labels and styles drawn at random; factors in the middle of their ranges."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(model.classes, (number,), generator=generator)
    z = torch.randn(number, model.latent_dim, generator=generator)
    return labels, z, torch.tensor([_middle(model)]).repeat(number, 1) if model.factors else None


def _moved(model: ConditionalGenerator, number: int, steps: Float[Tensor, "m latent_dim"]) -> Float[Tensor, "{number} m 1 h w"]:
    """Typical images, each with its z moved by every one of these steps."""
    labels, z, factors = _typical(model, number)
    m = len(steps)
    z = (z[:, None] + steps).flatten(0, 1)
    images = model.sample(labels.repeat_interleave(m), factors=None if factors is None else factors.repeat_interleave(m, 0), z=z)
    return images.unflatten(0, (number, m))


def style_directions(model: ConditionalGenerator, count: int, number: int = 16) -> Float[Tensor, "{count} latent_dim"]:
    """Find the directions of z along which the images change most.

    Parameters
    ----------
    model : ConditionalGenerator
        In eval mode.
    count : int
        How many directions, 1 to the length of z.
    number : int
        Over how many images, of classes and styles drawn at random, the change is averaged.

    Returns
    -------
    Tensor
        (count, latent_dim): orthogonal unit vectors, the strongest first, the largest number of each positive.

    Notes
    -----
    z ~ N(0, I) looks the same from all sides: no single latent means anything, and one of 64 moves little. With J the Jacobian of the image
    with respect to z, a small step v changes the image by Jv, and its mean squared change is vᵀ E[JᵀJ] v: the largest for the eigenvectors
    of E[JᵀJ] with the largest eigenvalues. J is taken by finite differences.

    References
    ----------
    P. G. Constantine, E. Dow and Q. Wang, "Active subspace methods in theory and practice", SIAM Journal on Scientific Computing 36(4),
    2014, section 2 (for functions of one value; the sum over the pixels is added here).

    Examples
    --------
    >>> from course_lib.models import ConcatGenerator
    >>> G = ConcatGenerator(classes=3, latent_dim=5, features=2).eval()
    >>> style_directions(G, 2).shape
    torch.Size([2, 5])
    """
    d, step = model.latent_dim, 0.1
    drawn = _moved(model, number, torch.cat([torch.zeros(1, d), step * torch.eye(d)])).flatten(2)
    jacobian = (drawn[:, 1:] - drawn[:, :1]) / step
    vectors = torch.linalg.eigh(torch.einsum("nip,njp->ij", jacobian, jacobian)).eigenvectors.T.flip(0)[:count]
    return vectors * vectors.gather(1, vectors.abs().argmax(1, keepdim=True)).sign()


def _named(model: ConditionalGenerator, directions: Float[Tensor, "k latent_dim"]) -> tuple[Float[Tensor, "k latent_dim"], tuple[str, ...]]:
    """What a step along each direction does on average to place and size; the directions turned to go right, down and to the larger."""
    steps = torch.cat([directions, -directions])
    found = glyphs.measure(_moved(model, 36, steps).flatten(0, 1))
    ahead, back = torch.stack([found[factor] for factor in EFFECTS.values()]).unflatten(1, (36, len(steps))).mean(1).chunk(2, dim=1)
    pixels, which = ((ahead - back) / 2).abs().max(0)  # the strongest effect of each direction, per step of 1
    told = pixels >= LEAST
    sign = torch.where(told, (ahead - back).gather(0, which[None])[0].sign(), 1.0)
    names = tuple(list(EFFECTS)[k] if tell else "form" for k, tell in zip(which.tolist(), told.tolist(), strict=True))
    return directions * sign[:, None], names


# ----------------------------------------------------------------------------------------------------------------- a sentence


def spell(sentence: str, classes: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Tell what of a sentence can be drawn from what cannot.

    Parameters
    ----------
    sentence : str
    classes : sequence of str
        The characters that can be drawn.

    Returns
    -------
    text : str
        The sentence in these characters; a capital that is not among them becomes a small letter, every white space a space.
    unknown : tuple of str
        The characters left out, each once.

    Examples
    --------
    >>> spell("Oh, no!", "abcdefghijklmnopqrstuvwxyz")
    ('oh no', (',', '!'))
    """
    text, unknown = "", []
    for character in unicodedata.normalize("NFC", sentence):  # an accent belongs to its letter
        small = character if character in classes else character.lower()
        if character.isspace():
            text += " "
        elif small in classes:
            text += small
        elif character not in unknown:
            unknown.append(character)
    return text, tuple(unknown)


def wrap(text: str, columns: int) -> list[str]:
    """Break a text into lines of at most `columns` characters, at spaces where there are any.

    A space at which a line is broken is not drawn; all others are kept (the standard library's ``textwrap`` drops more of them).

    >>> wrap("a  very longword", 7)
    ['a  very', 'longwor', 'd']
    """
    lines = []
    while len(text) > columns:
        space = text.rfind(" ", 0, columns + 1)
        end = space if space > 0 else columns
        lines.append(text[:end])
        text = text[end + (space > 0) :]
    return [*lines, text]


# ------------------------------------------------------------------------------------------------------- state and what is found


@dataclass(frozen=True)
class State:
    """What the generator is asked for.

    Parameters
    ----------
    board : Board
    first : str
        A class, by its name.
    second : str, optional
        Another; `first` itself if left out.
    mix : float
        Share of the second class, 0 to 1: the generator gets (1 − mix) of the one label and mix of the other.
    factors : tuple of float, optional
        Slant and thickness (pixels), within the ranges of training or a little beyond; the middle of these ranges if left out. Empty for a
        generator whose condition is the class alone.
    seed : int
        The style: z is drawn from N(0, I) with this seed, 0 to 9999.
    edits : tuple of float
        How far z is then moved along the directions of `Board.directions`, at most so many, each from -3 to 3.
    sentence : str
        To be drawn glyph by glyph with the same z and the same factors; at most 60 characters.

    Raises
    ------
    TypeError, ValueError
        If one of them is not of this kind.
    """

    board: Board
    first: str
    second: str | None = None
    mix: float | int = 0.0
    factors: tuple[float | int, ...] | None = None
    seed: int = 0
    edits: tuple[float | int, ...] = ()
    sentence: str = ""

    def __post_init__(self):
        if not isinstance(self.board, Board):
            raise TypeError(f"board: got {type(self.board).__name__}, expected a Board; load_board(name) makes one")
        if self.second is None:
            object.__setattr__(self, "second", self.first)
        if self.factors is None:
            object.__setattr__(self, "factors", self.board.middle)
        for argument in ("first", "second"):
            name = getattr(self, argument)
            if name not in self.board.classes:
                raise ValueError(
                    f"{argument}: {name!r} is no class of {self.board.name}, which draws {', '.join(self.board.classes)}; choose one"
                )
        _require_number("mix", self.mix, 0, 1, "a share of the second class")
        wanted = tuple(self.board.model.factors)
        if not isinstance(self.factors, tuple) or len(self.factors) != len(wanted):
            raise ValueError(
                f"factors: got {self.factors!r}, expected a tuple of {len(wanted)} numbers"
                + (f": {', '.join(wanted)}" if wanted else f", because the condition of {self.board.name} is the class alone")
            )
        for name, value in zip(wanted, self.factors, strict=True):
            low, high = self.board.model.factors[name]
            _require_number(f"factors, {name}", value, *LIMITS[name], f"the generator was trained on {low:g} to {high:g}")
        if type(self.seed) is not int or not 0 <= self.seed <= LAST_SEED:
            raise ValueError(f"seed: got {self.seed!r}, expected a whole number from 0 to {LAST_SEED}")
        if not isinstance(self.edits, tuple) or len(self.edits) > len(self.board.directions):
            raise ValueError(f"edits: got {self.edits!r}, expected a tuple of at most {len(self.board.directions)} numbers")
        for edit in self.edits:
            _require_number("edits", edit, -STYLE_LIMIT, STYLE_LIMIT, "steps along a direction of style")
        if not isinstance(self.sentence, str):
            raise TypeError(f"sentence: got {type(self.sentence).__name__}, expected a string")
        if len(self.sentence) > LONGEST:
            raise ValueError(f"sentence: it has {len(self.sentence)} characters, and {LONGEST} can be drawn; shorten it")
        if self.sentence and not self.board.writes:
            raise ValueError(f"sentence: the classes of {self.board.name} are no characters; leave it empty")

    @property
    def z(self) -> Float[Tensor, "1 latent_dim"]:
        """The style."""
        z = torch.randn(1, self.board.model.latent_dim, generator=torch.Generator().manual_seed(self.seed))
        return z + torch.tensor([self.edits], dtype=torch.float32) @ self.board.directions[: len(self.edits)]

    @property
    def only(self) -> str | None:
        """The class that is asked for alone; None between two."""
        if self.first == self.second or self.mix == 0:
            return self.first
        return self.second if self.mix == 1 else None


def _require_number(name: str, value: float | int, low: float | int, high: float | int, about: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name}: got {type(value).__name__}, expected a number")
    if not low <= value <= high:  # NaN fails too
        raise ValueError(f"{name}: got {value:g}, expected {low:g} to {high:g} ({about})")


def _weights(state: State, shares: Sequence[float | int]) -> Float[Tensor, "n classes"]:
    """A row of class weights for each share of the second class, in place of a class number."""
    rows = torch.zeros(len(shares), len(state.board.classes))
    rows[:, state.board.classes.index(state.first)] += 1 - torch.tensor(shares)
    rows[:, state.board.classes.index(state.second)] += torch.tensor(shares)
    return rows


@dataclass(frozen=True, eq=False)
class _Found:
    """Images with what is found in them: the judge's class and its confidence, and the factors, by name."""

    images: Float[Tensor, "n 1 h w"]
    readings: tuple[tuple[tuple[str, float], ...], ...]  # of each image the likeliest three classes, with their shares
    factors: dict[str, Tensor]


@torch.no_grad()
def _judged(board: Board, images: Float[Tensor, "n 1 h w"]) -> _Found:
    shares, said = board.judge(images).softmax(1).topk(min(3, len(board.classes)))
    readings = tuple(
        tuple((board.classes[k], share) for k, share in zip(*row, strict=True)) for row in zip(said.tolist(), shares.tolist(), strict=True)
    )
    return _Found(images, readings, glyphs.measure(images) if board.model.factors else {})


def _ask(state: State, labels: Tensor) -> Float[Tensor, "n 1 h w"]:
    """Images of these classes, or mixtures of them, in one style and with the same factors."""
    n, factors = len(labels), torch.tensor([state.factors], dtype=torch.float32)
    return state.board.model.sample(labels, factors=factors.expand(n, -1) if state.factors else None, z=state.z.expand(n, -1))


@lru_cache(maxsize=4)
def _between(state: State) -> _Found:
    """The image asked for, and behind it the strip from the first class to the second. The sentence plays no part: hand it in empty."""
    return _judged(state.board, _ask(state, _weights(state, (state.mix, *STRIP))))


@lru_cache(maxsize=4)
def _letters(state: State) -> dict[str, tuple[Float[Tensor, "1 h w"], str]]:
    """Each letter of the sentence once: its image, and what the judge reads."""
    wanted = sorted(set(spell(state.sentence, state.board.classes)[0]) - {" "})
    if not wanted:
        return {}
    found = _judged(state.board, _ask(state, torch.tensor([state.board.classes.index(letter) for letter in wanted])))
    return {letter: (image, reading[0][0]) for letter, image, reading in zip(wanted, found.images, found.readings, strict=True)}


@lru_cache(maxsize=16)
def _by_pen(board: Board, character: str, factors: tuple[float | int, ...]) -> _Found:
    """The character as the data's own pen draws it with these factors, upright font, no shift: what a perfect generator is measured by."""
    given = {name: torch.tensor([float(value)]) for name, value in zip(board.model.factors, factors, strict=True)}
    return _judged(board, glyphs.render(torch.tensor([0]), given, classes=character))


def _found(state: State) -> tuple[_Found, _Found | None]:
    """What was drawn, with the strip, and the pen's version where there is one."""
    pen = _by_pen(state.board, state.only, state.factors) if state.board.model.factors and state.only else None
    return _between(replace(state, sentence="")), pen


def _asked(state: State) -> str:
    """``3`` or ``38 % 3 and 62 % 8``."""
    return state.only or f"{100 - round(100 * state.mix)} % {state.first} and {round(100 * state.mix)} % {state.second}"


def _beyond(state: State) -> list[str]:
    """The factors that lie outside the range of training."""
    ranges = state.board.model.factors
    return [name for name, value in zip(ranges, state.factors, strict=True) if not ranges[name][0] <= value <= ranges[name][1]]


def describe(state: State) -> str:
    """Say what `render` draws, in words and numbers."""
    board, (drawn, pen) = state.board, _found(state)
    edits = [f"{name} {edit:+.1f}" for name, edit in zip(board.names, state.edits, strict=False) if edit]
    moved = f" with {', '.join(edits)}" if edits else ""
    parts = [f"{board.name}, style {state.seed}{moved}. Asked for: {_asked(state)}."]
    for name, value in zip(board.model.factors, state.factors, strict=True):
        by_pen = f"; in the pen's own {state.only}: {pen.factors[name][0]:.2f}" if pen else ""
        parts.append(f"{name.capitalize()} asked {value:.2f}{UNITS[name]}, found {drawn.factors[name][0]:.2f}{by_pen}.")
    for name in _beyond(state):
        low, high = board.model.factors[name]
        parts.append(f"No training image had this {name}: they went from {low:g} to {high:g}.")
    said = [f"{name} ({100 * share:.0f} %)" for name, share in drawn.readings[0] if share >= 0.01]
    parts.append(f"The judge reads {', '.join(said)}.")
    text, unknown = spell(state.sentence, board.classes)
    if text.strip():
        letters = _letters(state)
        read = [" " if letter == " " else letters[letter][1] for letter in text]
        right = sum(asked == said != " " for asked, said in zip(text, read, strict=True))
        parts.append(f"It reads the sentence as “{''.join(read)}”: {right} of {len(text) - text.count(' ')} characters as typed.")
    if unknown:
        parts.append(f"Left out, because {board.name} has never seen them: {', '.join(map(repr, unknown))}.")
    return " ".join(parts)


# ------------------------------------------------------------------------------------------------------------------- drawing

MARGIN, LARGE, SMALL = 8, 6, 2
SIDE, GAP = 28 * LARGE, 16
TOP = 44
STRIP_TOP = TOP + SIDE + 56
WIDTH = 2 * MARGIN + 11 * (28 * SMALL + 8) - 8
SENTENCE_TOP = STRIP_TOP + 28 * SMALL + 68
PITCH, LINE_PITCH = 17, 24  # pixels of the generator from a letter to the next: neighbours overlap, as their rims are empty
COLUMNS = ((WIDTH - 2 * MARGIN) // SMALL - 28) // PITCH + 1
BLUE = (0, 114, 178)


def render(state: State) -> bytes:
    """Draw the image asked for beside the pen's own, the gauges, the strip from class to class, and the sentence.

    Parameters
    ----------
    state : State

    Returns
    -------
    bytes
        A PNG file; the same state gives the same bytes.
    """
    from PIL import Image, ImageDraw

    board, (drawn, pen) = state.board, _found(state)
    text = spell(state.sentence, board.classes)[0]
    lines = wrap(text, COLUMNS)
    ink = _written(state, lines)
    height = SENTENCE_TOP + SMALL * ink.shape[1] + MARGIN if board.writes else SENTENCE_TOP - 28
    picture = Image.new("RGB", (WIDTH, height), "white")
    draw = ImageDraw.Draw(picture)

    panels = [("The generator", _asked(state), drawn)]
    if board.model.factors:
        panels.append(("The pen", f"{state.only} of the same factors" if pen else "draws nothing in between", pen))
    for place, (title, below, found) in enumerate(panels):
        left = MARGIN + place * (SIDE + GAP)
        draw.text((left, 15), title, INK, font(14, bold=True), anchor="ls")
        draw.text((left, 32), below, FAINT, font(12), anchor="ls")
        if found is None:
            draw.rectangle((left, TOP, left + SIDE - 1, TOP + SIDE - 1), outline=LINE)
            continue
        picture.paste(enlarged(found.images[0], LARGE), (left, TOP))
        name, share = found.readings[0][0]
        draw.text((left, TOP + SIDE + 17), f"read as {name}, {100 * share:.0f} %", INK, font(12), anchor="ls")
    left = MARGIN + len(panels) * (SIDE + GAP) + 8
    for place, name in enumerate(board.model.factors):
        _gauge(draw, state, name, left, 4 + 74 * place, drawn, pen)
    _bars(draw, drawn.readings[0], left, 156 if board.model.factors else TOP)
    _strip(draw, picture, state, drawn)
    if board.writes:
        title = "The sentence, in this style" if text.strip() else "Type a sentence: it is drawn here, in this style"
        draw.text((MARGIN, SENTENCE_TOP - 9), title, INK, font(12, bold=True), anchor="ls")
        picture.paste(enlarged(ink, SMALL), (MARGIN, SENTENCE_TOP))
    buffer = io.BytesIO()
    picture.save(buffer, "png", compress_level=1)
    return buffer.getvalue()


def _written(state: State, lines: Sequence[str]) -> Float[Tensor, "1 h w"]:
    """The lines as one grey image: letters overlap by their empty rims, and where ink meets ink the brighter pixel counts."""
    paper = torch.zeros(1, 28 + (len(lines) - 1) * LINE_PITCH, (WIDTH - 2 * MARGIN) // SMALL)
    letters = _letters(state)
    for row, line in enumerate(lines):
        for column, letter in enumerate(line):
            if letter != " ":
                there = paper[:, row * LINE_PITCH :, column * PITCH :][:, :28, :28]
                torch.maximum(there, letters[letter][0], out=there)
    return paper


def _gauge(draw: "ImageDraw.ImageDraw", state: State, name: str, left: int, top: int, drawn: _Found, pen: _Found | None) -> None:
    """An axis with the range of training as a bar; above it a triangle, what was asked; below it a dot, found, and a ring, by the pen."""
    asked, (low, high) = dict(zip(state.board.model.factors, state.factors, strict=True))[name], LIMITS[name]
    width = WIDTH - MARGIN - left

    def place(value: float | int) -> float:
        return left + 4 + (min(max(value, low), high) - low) / (high - low) * (width - 8)

    found = drawn.factors[name][0].item()
    title = f"{name.capitalize()}{', beyond the training images' if name in _beyond(state) else ''}"
    draw.text((left, top + 11), title, INK, font(12, bold=True), anchor="ls")
    marks = [("▼", INK, f"asked {asked:.2f}"), ("●", FRAME, f"found {found:.2f}")]
    marks += [("○", INK, f"by the pen {pen.factors[name][0]:.2f}")] if pen else []
    for k, (mark, colour, words) in enumerate(marks):
        draw.text((left + 100 * k, top + 26), mark, colour, font(12), anchor="ls")
        draw.text((left + 100 * k + 14, top + 26), words, INK, font(12), anchor="ls")
    axis = top + 44
    trained = state.board.model.factors[name]
    draw.line((left, axis, left + width, axis), fill=LINE)
    draw.rectangle((place(trained[0]), axis - 3, place(trained[1]), axis + 3), fill=(215, 215, 215), outline=LINE)
    for value in trained:
        draw.text((place(value), axis + 24), f"{value:g}", FAINT, font(11), anchor="ms")
    x = place(asked)
    draw.polygon([(x, axis - 1), (x - 5, axis - 10), (x + 5, axis - 10)], fill=INK)
    if pen:
        x = place(pen.factors[name][0].item())
        draw.ellipse((x - 4, axis + 4, x + 4, axis + 12), outline=INK, fill="white")
    x = place(found)
    draw.ellipse((x - 3, axis + 5, x + 3, axis + 11), fill=FRAME)


def _bars(draw: "ImageDraw.ImageDraw", reading: Sequence[tuple[str, float]], left: int, top: int) -> None:
    """The judge's likeliest classes."""
    draw.text((left, top + 11), "The judge", INK, font(12, bold=True), anchor="ls")
    longest = max(font(12).getlength(name) for name, _ in reading)
    start = left + round(longest) + 8
    for row, (name, share) in enumerate(reading):
        y = top + 18 + 16 * row
        draw.text((start - 8, y + 11), name, INK, font(12), anchor="rs")
        draw.rectangle((start, y + 2, start + 120, y + 12), outline=LINE)
        draw.rectangle((start, y + 2, start + round(120 * share), y + 12), fill=BLUE)
        draw.text((start + 128, y + 11), f"{100 * share:.0f} %", INK, font(12), anchor="ls")


def _strip(draw: "ImageDraw.ImageDraw", picture: "Image.Image", state: State, drawn: _Found) -> None:
    """From the first class to the second, with what the judge reads at each step."""
    same = state.first == state.second
    title = f"From {state.first} to {state.second}, in this style" + ("; choose another class to go to" if same else "")
    draw.text((MARGIN, STRIP_TOP - 9), title, INK, font(12, bold=True), anchor="ls")
    closest = min(range(len(STRIP)), key=lambda k: abs(STRIP[k] - state.mix))
    for k, share in enumerate(STRIP):
        left, bottom = MARGIN + k * (28 * SMALL + 8), STRIP_TOP + 28 * SMALL
        picture.paste(enlarged(drawn.images[1 + k], SMALL), (left, STRIP_TOP))
        here = k == closest
        draw.text((left + 28, bottom + 15), f"{100 * share:.0f} %", INK if here else FAINT, font(11, bold=here), anchor="ms")
        draw.text((left + 28, bottom + 30), drawn.readings[1 + k][0][0].split("/")[0], INK, font(11), anchor="ms")
        if here:
            draw.rectangle((left - 2, STRIP_TOP - 2, left + 28 * SMALL + 1, bottom + 1), outline=FRAME, width=2)


def static_sheet(state: State) -> "Figure":
    """The picture of a state as a figure, with its description as the text alternative."""
    from PIL import Image

    return as_figure(Image.open(io.BytesIO(render(state))), describe(state))


# ---------------------------------------------------------------------------------------------------------------- the widget


class ConditionBoard(Explorer):
    """Ask a conditional generator for a class, for factors, for something between two classes, or for a sentence.

    Parameters
    ----------
    name, folder
        Which weights; see `load_board`.

    Attributes
    ----------
    first, mix, second, factors, seed, another, styles, sentence
        The controls, in the order in which Tab visits them. `factors` maps a name to its slider, and is empty for a generator whose
        condition is the class alone; `sentence` is None where the classes are no characters.
    board : Board

    Examples
    --------
    >>> board = ConditionBoard()
    >>> board.sentence.value = "Hello?"
    >>> "of 5 characters as typed. Left out, because cgan-glyphs has never seen them: '?'." in board.numbers.value
    True
    """

    def __init__(self, name: str = "cgan-glyphs", folder: str | Path | None = None):
        self.board = load_board(name, folder)
        classes = list(self.board.classes)
        start, end = (classes[min(k, len(classes) - 1)] for k in (3, 8))
        menu = {"options": classes, "layout": {"width": "210px"}}
        self.first = widgets.Dropdown(value=start, description="Class", **menu)
        self.mix = widgets.FloatSlider(
            value=0.0,
            min=0,
            max=1,
            step=0.05,
            readout_format=".0%",
            description="Share of the second",
            layout={"width": "360px"},
            style={"description_width": "160px"},
        )
        self.second = widgets.Dropdown(value=end, description="Second", **menu)
        self.factors = {
            name: widgets.FloatSlider(
                value=middle,
                min=LIMITS[name][0],
                max=LIMITS[name][1],
                step=STEPS[name],
                readout_format=".2f",
                description=f"{name.capitalize()} (trained {low:g} to {high:g})",
                layout={"width": "420px"},
                style={"description_width": "220px"},
            )
            for (name, (low, high)), middle in zip(self.board.model.factors.items(), self.board.middle, strict=True)
        }
        self.seed = widgets.BoundedIntText(value=0, min=0, max=LAST_SEED, description="Style", layout={"width": "170px"})
        self.another = widgets.Button(
            description="Next style", icon="random", tooltip="The next seed, and the style sliders back at 0", layout={"width": "130px"}
        )
        self.styles = [
            widgets.FloatSlider(
                value=0.0,
                min=-STYLE_LIMIT,
                max=STYLE_LIMIT,
                step=0.1,
                readout_format=".1f",
                description=f"Style {k}: {name}",
                layout={"width": "346px"},
                style={"description_width": "130px"},
            )
            for k, name in enumerate(self.board.names, 1)
        ]
        rows = [
            (self.first, self.mix, self.second),
            tuple(self.factors.values()),
            (self.seed, self.another),
            *(tuple(self.styles[k : k + 2]) for k in range(0, len(self.styles), 2)),
        ]
        self.sentence = None
        if self.board.writes:
            self.sentence = widgets.Text(
                description="Sentence",
                placeholder=f"up to {LONGEST} characters of {classes[0]} to {classes[-1]}",
                layout={"width": "720px"},
            )
            rows.append((self.sentence,))
        super().__init__(
            [row for row in rows if row],
            read=self._state,
            render=render,
            describe=describe,
            hint="The style sliders go where the images change most; the first changes them most of all.",
        )
        self.watch(self.first, self.mix, self.second, *self.factors.values(), self.seed, *self.styles)
        if self.sentence is not None:
            self.watch(self.sentence)
        self.another.on_click(self._go_on)

    def _state(self) -> State:
        return State(
            self.board,
            self.first.value,
            self.second.value,
            round(self.mix.value, 4),
            tuple(round(slider.value, 4) for slider in self.factors.values()),
            self.seed.value,
            tuple(round(slider.value, 4) for slider in self.styles),
            "" if self.sentence is None else self.sentence.value,
        )

    def _go_on(self, button: widgets.Button) -> None:
        with self.one_update():
            self.seed.value = (self.seed.value + 1) % (LAST_SEED + 1)
            for slider in self.styles:
                slider.value = 0.0
