"""06.5 repair: a random crop and mirror that is drawn anew for each half of a pair."""

import math

import torch
from torch import Tensor

from course_lib.check.authoring import Failed, expect, expect_close, expect_shape, mistake, property_test

TITLE = "Repair the jitter"
KIND = "repair"
NOTEBOOK = "06_image_to_image"
MINUTES = 10
DIFFICULTY = 2
POINTS = 10

HINTS = (
    "Write the place of every pixel into both images, as its colour. Do the two squares that come back show the same places, pixel by pixel?",
    "Three numbers are drawn, top, left and whether to mirror: once for a pair, so that both squares are rows top … top + crop of their image, "
    "columns left … left + crop, and both mirrored or neither.",
    """
    lay map and picture on each other as one image of six channels
    cut it once
    take the two halves of its channels apart again
    """,
)


def cut(image, crop, generator):
    """One random square, mirrored with chance 1/2."""
    top = int(torch.randint(image.shape[1] - crop + 1, (), generator=generator))
    left = int(torch.randint(image.shape[2] - crop + 1, (), generator=generator))
    square = image[:, top : top + crop, left : left + crop]
    return square.flip(-1) if torch.rand((), generator=generator) < 0.5 else square


def broken(c, x, generator, crop=64):
    """What is handed out: each image is cut by itself."""
    return cut(c, crop, generator), cut(x, crop, generator)


def augment(c: Tensor, x: Tensor, generator: torch.Generator, crop: int = 64) -> tuple[Tensor, Tensor]:
    """A random square of the pair c, x (3, h, w each), mirrored with chance 1/2: (3, crop, crop) each."""
    pair = cut(torch.cat([c, x]), crop, generator)
    return pair[: len(c)], pair[len(c) :]


reference = augment


def variant(
    *,
    draw=lambda most, g: int(torch.randint(most + 1, (), generator=g)),
    coin=lambda g: bool(torch.rand((), generator=g) < 0.5),
    own_place=False,
    own_coin=False,
    source=lambda g: g,
    axis=-1,
    mirrored=(True, True),
    order=1,
):
    """The jitter with one thing done otherwise."""

    def other(c, x, generator, crop=64):
        g = source(generator)
        squares = []
        for number, image in enumerate((c, x)):
            if number == 0 or own_place:
                top, left = (draw(side - crop, g) for side in image.shape[1:])
            if number == 0 or own_coin:
                heads = coin(g)
            square = image[:, top : top + crop, left : left + crop]
            squares.append(square.flip(axis) if heads and mirrored[number] else square)
        return tuple(squares[::order])

    return other


own_place, own_coin = variant(own_place=True), variant(own_coin=True)
in_the_middle = variant(draw=lambda most, g: most // 2)
in_the_corner = variant(draw=lambda most, g: 0)
never_the_last = variant(draw=lambda most, g: int(torch.randint(max(most, 1), (), generator=g)))
never_mirrored = variant(coin=lambda g: False)
always_mirrored = variant(coin=lambda g: True)
seldom_mirrored = variant(coin=lambda g: bool(torch.rand((), generator=g) < 0.1))
upside_down = variant(axis=-2)
only_the_map = variant(mirrored=(True, False))
only_the_picture = variant(mirrored=(False, True))
exchanged = variant(order=-1)
own_seed = variant(source=lambda g: torch.Generator().manual_seed(0))
same_seed_again = variant(source=lambda g: torch.Generator().manual_seed(g.initial_seed()))
global_source = variant(source=lambda g: None)


def one_shift(c, x, generator, crop=64):
    pair = torch.cat([c, x])
    place = int(torch.randint(min(pair.shape[1:]) - crop + 1, (), generator=generator))
    pair = pair[:, place : place + crop, place : place + crop]
    pair = pair.flip(-1) if torch.rand((), generator=generator) < 0.5 else pair
    return pair[:3], pair[3:]


def fixed_size(c, x, generator, crop=64):
    return augment(c, x, generator, min(64, *c.shape[1:]))


MISTAKES = (
    mistake(own_coin, "The places agree now. But whether to mirror is still drawn twice: half of the pairs do not match."),
    mistake(own_place, "Both are mirrored or neither, now. But the place of the square is still drawn twice."),
    mistake(only_the_map, "Only the map is mirrored."),
    mistake(only_the_picture, "Only the picture is mirrored."),
    mistake(in_the_middle, "The pairs match, but always the middle is cut out: nothing is gained by the size."),
    mistake(in_the_corner, "The pairs match, but always the same corner is cut out: nothing is gained by the size."),
    mistake(never_the_last, "randint(n) ends at n − 1: a side of h has h − crop + 1 places for the square, and the last one never comes."),
    mistake(one_shift, "One number for both directions: top and left are drawn each by itself, or only the diagonal is seen."),
    mistake(never_mirrored, "The pairs match, but nothing is ever mirrored."),
    mistake(always_mirrored, "Every pair is mirrored: then there are as few as before. It is a coin."),
    mistake(seldom_mirrored, "The coin is not fair: mirror with chance ½."),
    mistake(upside_down, "You turn the pair upside down, and houses stand on their roofs. The last axis runs from left to right."),
    mistake(exchanged, "Map and picture have changed places: the map comes first."),
    mistake(own_seed, "A generator made inside draws the same numbers in every call: one place for all pairs. Use the one that is handed in."),
    mistake(same_seed_again, "Set back to its seed, the generator gives the same numbers in every call. Draw once, for both."),
    mistake(global_source, "The numbers come from PyTorch's global source, not from the generator that is handed in: the training could not be repeated."),
    mistake(fixed_size, "The side of the square is crop; 64 is only its default."),
)  # fmt: skip


def places(case, height, width):
    """A map and a picture whose pixels say where they are: row, column, and 0 for the map or 1 for the picture."""
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return [torch.stack([rows, columns, torch.full_like(rows, kind)]).float().to(case.device) for kind in (0, 1)]


def place_of(square, crop):
    """Top, left and mirrored?, of a square whose pixels say where they are."""
    rows, columns = square[:2].round().int().tolist()
    top, left = min(map(min, rows)), min(map(min, columns))
    across = list(range(left, left + crop))
    mirrored = columns[0] == across[::-1]
    upright = all(row == [top + number] * crop for number, row in enumerate(rows))
    if not upright or any(row != (across[::-1] if mirrored else across) for row in columns):
        cause = "A square is a stretch of rows and a stretch of columns, upright, mirrored from left to right or not."
        got = f"rows from {rows[0][0]} to {rows[-1][0]}, columns from {columns[0][0]} to {columns[0][-1]}"
        raise Failed("an upright square of the image", got, value=(rows, columns), cause=cause)
    return top, left, mirrored


def draws(answer, case, times, crop=4):
    """What so many calls for a pair of 6 × 5 pixels with one generator give: a list of (place in the map, place in the picture)."""
    c, x = places(case, 6, 5)
    generator = torch.Generator().manual_seed(case.seed + 7)
    found = []
    for _ in range(times):
        got = answer(c, x, generator, crop)
        expect(isinstance(got, tuple | list) and len(got) == 2, expected="two images, the map's square and the picture's", got=got)
        for square in got:
            expect_shape(square, (3, crop, crop))
        if [square[2, 0, 0].item() for square in got] != [0, 1]:
            raise Failed("first the map's square, then the picture's", "the picture's first", value="exchanged")
        found.append(tuple(place_of(square, crop) for square in got))
    return found


def matching(answer, case, times, calls):
    """The places of so many pairs, all of which must match."""
    found = draws(answer, case, times)
    for of_map, of_picture in found:
        if of_map != of_picture:
            raise Failed("squares of one place, mirrored alike", f"{said(of_map)}; {said(of_picture)}", value=of_picture, input=calls)
    return [place for place, _ in found]


def said(place):
    top, left, mirrored = place
    return f"rows {top} to {top + 3}, columns {left} to {left + 3}{', mirrored' if mirrored else ''}"


CALL = "a pair of 6 × 5 pixels, crop = 4, call {} with one generator"
CALLS = "120 calls for a pair of 6 × 5 pixels, crop = 4"


@property_test("two squares")
def two_squares(answer, case):
    c, x = places(case, 66, 65)
    got = answer(c, x, torch.Generator().manual_seed(case.seed))
    expect(isinstance(got, tuple | list) and len(got) == 2, expected="two images, the map's square and the picture's", got=got)
    for image in got:
        expect_shape(image, (3, 64, 64))
    draws(answer, case, 8)


@property_test("the same place", points=3)
def same_place(answer, case):
    for number, (of_map, of_picture) in enumerate(draws(answer, case, 30), 1):
        if of_map[:2] != of_picture[:2]:
            wanted, got = (said((*place[:2], False)) for place in (of_map, of_picture))
            raise Failed(f"{wanted} of the picture, as of the map", got, value=(of_map, of_picture), input=CALL.format(number))


@property_test("mirrored together", points=2)
def mirrored_together(answer, case):
    for number, (of_map, of_picture) in enumerate(draws(answer, case, 30), 1):
        if of_map[2] != of_picture[2]:
            wanted, got = ("mirrored" if place[2] else "not mirrored" for place in (of_map, of_picture))
            raise Failed(f"the picture {wanted}, as the map is", got, value=(of_map, of_picture), input=CALL.format(number))


@property_test("every place", points=1)
def every_place(answer, case):
    found = sorted({place[:2] for place in matching(answer, case, 120, CALLS)})
    for axis, most, name in ((0, 2, "top rows"), (1, 1, "left columns")):
        seen, wanted = sorted({place[axis] for place in found}), list(range(most + 1))
        if seen != wanted:
            raise Failed(str(wanted), str(seen), value=found, input=f"{CALLS}: the {name} that came")
    if len(found) < 6:
        raise Failed("6, three top rows with two left columns each", str(len(found)), value=found, input=f"{CALLS}: how many places came")


@property_test("a fair coin", points=1)
def fair_coin(answer, case):
    share = sum(mirrored for _, _, mirrored in matching(answer, case, 120, CALLS)) / 120
    expect(abs(share - 0.5) < 0.2, expected="about 0.5", got=share, input=f"{CALLS}: the share of mirrored pairs")


@property_test("the generator decides", points=1)
def by_the_generator(answer, case):
    first = matching(answer, case, 12, "12 calls with one generator")
    if len(set(first)) == 1:
        raise Failed("several places", "the same in all of them", value=first[0], input="12 calls with one generator")
    torch.manual_seed(case.seed + 1)
    if matching(answer, case, 12, "12 calls with one generator") != first:
        raise Failed(
            "the same squares", "others", value="others", input="12 calls, and the same again with another generator of the same seed"
        )


@property_test("random pictures, against the reference", points=2)
def agrees_with_the_reference(answer, case):
    generator = torch.Generator().manual_seed(case.seed)
    for crop in (3, 5):
        c, x = case.rand(3, 8, 6), case.rand(3, 8, 6)
        given = f"a random pair of 8 × 6 pixels, crop = {crop}"
        got = answer(c, x, generator, crop)
        expect(isinstance(got, tuple | list) and len(got) == 2, expected="two images", got=got, input=given)
        for image in got:
            expect_shape(image, (3, crop, crop), input=given)
        best, nearest = math.inf, None
        for top in range(8 - crop + 1):
            for left in range(6 - crop + 1):
                for mirrored in (False, True):
                    squares = [image[:, top : top + crop, left : left + crop] for image in (c, x)]
                    squares = [square.flip(-1) for square in squares] if mirrored else squares
                    distance = (squares[0] - got[0]).abs().max().item()
                    if distance < best:
                        best, nearest = distance, squares
        expect_close(got[0], nearest[0], tol=1e-6, input=given + ": the map, beside its nearest square")
        expect_close(got[1], nearest[1], tol=1e-6, input=given + ": the picture, beside its square at the map's place")
