"""08.3 implement: non-local means for one pixel, as the definition has it."""

import torch
from torch import Tensor

from course_lib.check.authoring import expect_close, expect_shape, expect_type, expect_unchanged, mistake, property_test
from course_lib.check.exercises.e08_2_weight import weight

TITLE = "Non-local means for one pixel"
KIND = "implement"
NOTEBOOK = "08_non_local_means"
MINUTES = 12
DIFFICULTY = 2
POINTS = 8

HINTS = (
    "Two loops over the search window. What do you need from each position: the patch around it, for what? The pixel in its middle, for what?",
    "x̂ = Σ w y / Σ w, with w = weight(d², sigma, h) and d² the mean of the squared difference of two (C, patch_size, patch_size) patches. Returns (C,).",
    """
    cut out the patch around (row, column); start a sum of values and a sum of weights at 0
    for each position of the window, from reach before to reach after, both included:
        cut out its patch, the mean of the squared differences, its weight
        add weight times the pixel in the middle to the one sum, the weight to the other
    the one sum divided by the other
    """,
)


def estimate(
    y, row, column, sigma, h, patch_size, search_window, *, pool=torch.mean, last=1, weigh=weight, normalise=True, skip_centre=False
):
    """The right answer, with a switch for each known mistake."""
    radius, reach = patch_size // 2, search_window // 2

    def patch(i, j):
        return y[:, i - radius : i + radius + 1, j - radius : j + radius + 1]

    total, norm = torch.zeros_like(y[:, 0, 0]), torch.zeros_like(y[0, 0, 0])
    for i in range(row - reach, row + reach + last):
        for j in range(column - reach, column + reach + last):
            if skip_centre and (i, j) == (row, column):
                continue
            w = weigh(pool((patch(i, j) - patch(row, column)).square()), sigma, h)
            total, norm = total + w * y[:, i, j], norm + w
    return total / (norm if normalise else search_window**2)


def nl_means_pixel(y: Tensor, row: int, column: int, sigma: float, h: float, patch_size: int = 5, search_window: int = 11) -> Tensor:
    """The estimate of the pixel (row, column) of one image (C, H, W)."""
    return estimate(y, row, column, sigma, h, patch_size, search_window)


reference = nl_means_pixel


def with_mistake(**switch):
    def answer(y, row, column, sigma, h, patch_size=5, search_window=11):
        return estimate(y, row, column, sigma, h, patch_size, search_window, **switch)

    return answer


def whole_patches(y, row, column, sigma, h, patch_size=5, search_window=11):
    return nl_means_pixel(
        torch.nn.functional.avg_pool2d(y, patch_size, 1, patch_size // 2), row, column, sigma, h, patch_size, search_window
    )


def single_pixels(y, row, column, sigma, h, patch_size=5, search_window=11):
    return nl_means_pixel(y, row, column, sigma, h, 1, search_window)


def box_mean(y, row, column, sigma, h, patch_size=5, search_window=11):
    reach = search_window // 2
    return y[:, row - reach : row + reach + 1, column - reach : column + reach + 1].mean(dim=(1, 2))


def exchanged(y, row, column, sigma, h, patch_size=5, search_window=11):
    return nl_means_pixel(y, column, row, sigma, h, patch_size, search_window)


def sizes_exchanged(y, row, column, sigma, h, patch_size=5, search_window=11):
    return nl_means_pixel(y, row, column, sigma, h, search_window, patch_size)


def mean_of_channels(y, row, column, sigma, h, patch_size=5, search_window=11):
    return nl_means_pixel(y, row, column, sigma, h, patch_size, search_window).mean().expand(y.shape[0])


def each_channel(y, row, column, sigma, h, patch_size=5, search_window=11):
    return torch.cat([nl_means_pixel(y[c : c + 1], row, column, sigma, h, patch_size, search_window) for c in range(y.shape[0])])


MISTAKES = (
    mistake(with_mistake(normalise=False), "The weights are not normalised: divide by their sum, not by the number of positions."),
    mistake(with_mistake(pool=torch.sum), "d² is the mean over the patch, not the sum: with the sum every patch looks far away."),
    mistake(with_mistake(last=0), "The last row and column of the window are missing: range(a, b) ends before b."),
    mistake(with_mistake(skip_centre=True), "The pixel itself is left out; it belongs to the mean, with the weight 1 of a perfect match."),
    mistake(single_pixels, "You compare single pixels. The weight comes from the patches around them."),
    mistake(box_mean, "All weights are equal: this is the mean of the surrounding pixels, a box filter."),
    mistake(whole_patches, "You average means of patches; only the pixel in the middle of each patch is wanted."),
    mistake(exchanged, "Row and column are exchanged: y[:, row, column]."),
    mistake(sizes_exchanged, "patch_size and search_window are exchanged."),
    mistake(each_channel, "The channels have weights of their own; the patches are compared over all channels together."),
    mistake(mean_of_channels, "One value for each channel is wanted."),
    mistake(lambda y, row, column, *rest, **more: y[:, row, column], "That is the noisy pixel itself."),
)


def scene(case, channels=1):
    """Stripes that repeat every four columns and change slowly downwards, and a little noise."""
    columns = torch.arange(20, device=case.device) % 4 / 4
    rows = torch.linspace(0, 0.3, 20, device=case.device)[:, None]
    tint = torch.linspace(1, 0.6, channels, device=case.device)[:, None, None]
    return tint * (columns + rows) + 0.04 * case.randn(channels, 20, 20)


@property_test("type")
def gives_a_tensor(answer, case):
    expect_type(answer(scene(case), 9, 10, 10, 10.0, 3, 7), Tensor)


@property_test("shape")
def one_value_for_each_channel(answer, case):
    expect_shape(answer(scene(case, 3), 9, 10, 10, 10.0, 3, 7), (3,))


@property_test("constant image")
def keeps_a_constant(answer, case):
    expect_close(answer(torch.full((1, 20, 20), 0.6, device=case.device), 9, 10, 10, 10.0, 3, 7), torch.tensor([0.6]), tol=1e-4)


@property_test("by hand", points=2)
def averages_perfect_matches_only(answer, case):
    y = torch.zeros(1, 20, 20, device=case.device)
    y[:, :, ::4] = 0.5  # stripes: where a patch of 3 x 3 has its stripe in the middle, and only there, it matches
    y[0, 9, 8] = 0.6
    y[0, 9, 12] = 0.4
    # window of 9: columns 4 to 12 of rows 5 to 13, so 3 stripes of 9 pixels that match well enough, and nothing else
    expect_close(
        answer(y, 9, 8, 100 * 2**-0.5 * 0.4, 5.0, 3, 9),
        torch.tensor([0.5]),
        tol=5e-3,
        input="stripes every four columns, one pixel of them 0.6 and another 0.4",
    )


@property_test("all alike", points=2)
def becomes_the_mean_where_noise_explains_everything(answer, case):
    y = 0.5 + 0.02 * case.randn(1, 20, 20)
    expect_close(
        answer(y, 9, 10, 60, 1.0, 3, 5), y[0, 7:12, 8:13].mean()[None], input="an image with noise far below sigma = 60: all weights are 1"
    )


@property_test("colour", points=2)
def compares_all_channels_together(answer, case):
    y = scene(case, 3)
    expect_close(answer(y, 9, 10, 8, 12.0, 3, 7), nl_means_pixel(y, 9, 10, 8, 12.0, 3, 7))
    expect_unchanged(answer)


@property_test("against the reference", points=2)
def agrees_with_the_reference(answer, case):
    y = scene(case)
    for row, column, patch_size, search_window in ((9, 10, 3, 7), (8, 11, 5, 9), (10, 7, 3, 11)):
        expect_close(
            answer(y, row, column, 8, 15.0, patch_size, search_window), nl_means_pixel(y, row, column, 8, 15.0, patch_size, search_window)
        )
