import inspect
import warnings

import numpy as np
import pytest
import pywt
import scipy.fft
import scipy.linalg
import torch
from skimage import data

from course_lib.classical import (
    biorthogonal_matrix,
    bm3d,
    bm3d_stages,
    dct_matrix,
    haar_matrix,
    inspect_block,
    kaiser_window,
)
from course_lib.classical.bm3d import _block_spectra, _covariances, _match, _noise_variance, _Parameters, _searchable

PARAMETERS = _Parameters(8, 3, (16, 32), 39, 3000, 2.9, 0.5, 2)


def noisy(x, sigma, seed=0):
    return x + np.random.default_rng(seed).standard_normal(x.shape) * sigma / 255


def camera(size=64):
    return data.camera()[100 : 100 + size, 150 : 150 + size] / 255


def psnr(x, reference):
    return -10 * np.log10(np.mean((np.asarray(x) - reference) ** 2))


# Transforms


@pytest.mark.parametrize("size", [2, 4, 8, 16])
def test_the_biorthogonal_transform_is_that_of_pywavelets(size):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyWavelets warns that so short a signal is all border: it is periodic
        columns = [np.concatenate(pywt.wavedec(e, "bior1.5", mode="periodization", level=size.bit_length() - 1)) for e in np.eye(size)]
    expected = np.stack(columns, axis=1)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(biorthogonal_matrix(size).numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("size", [4, 8, 16])
def test_dct_haar_and_kaiser_are_those_of_scipy_and_numpy(size):
    np.testing.assert_allclose(dct_matrix(size).numpy(), scipy.fft.dct(np.eye(size), norm="ortho", axis=0), atol=1e-12)
    haar = haar_matrix(size).numpy()
    np.testing.assert_allclose(haar @ haar.T, np.eye(size), atol=1e-12)
    levels = [np.concatenate(pywt.wavedec(e, "haar", level=size.bit_length() - 1)) for e in np.eye(size)]
    np.testing.assert_allclose(haar, np.stack(levels, axis=1), atol=1e-12)
    np.testing.assert_allclose(kaiser_window(size, 2.0).numpy(), np.outer(np.kaiser(size, 2.0), np.kaiser(size, 2.0)), atol=1e-9)


def test_block_spectra_are_the_transforms_of_blocks(generator):
    x = torch.rand(2, 12, 15, generator=generator, dtype=torch.float64)
    T = biorthogonal_matrix(8)
    spectra = _block_spectra(x, T).view(2, 5, 8, 8, 8)
    torch.testing.assert_close(spectra[1, 3, 6], T @ x[1, 3:11, 6:14] @ T.T, atol=1e-12, rtol=0)


# Grouping


@pytest.mark.parametrize(("row", "column"), [(20, 17), (0, 0), (3, 38), (41, 42)])
def test_matches_are_those_of_an_exhaustive_search(row, column):
    image = torch.from_numpy(noisy(camera(50), 25)[:49])
    levels = (255 * (image - 0.5)).round().clamp(-255, 255)
    height, width = levels.shape
    found = []
    for r in range(max(row - 7, 0), min(row + 8, height - 7)):
        for c in range(max(column - 7, 0), min(column + 8, width - 7)):
            distance = (levels[r : r + 8, c : c + 8] - levels[row : row + 8, column : column + 8]).square().sum().item()
            found.append((distance, (r - row) ** 2 + (c - column) ** 2, r, c))  # of equals, the nearer one
    found.sort()
    for farthest in (4000, 1e9, 0):
        p = _Parameters(8, 3, (16, 32), 15, farthest, 2.9, 0.5, 2)
        rows, columns, distances, count = _match(*_searchable(image, p), torch.tensor([row]), torch.tensor([column]), p, 16, farthest)
        near = sum(d <= 64 * farthest for d, *_ in found[:16])
        count = count.item()
        assert count == max(2 ** (near.bit_length() - 1), 2)
        assert list(zip(rows[0, :count].tolist(), columns[0, :count].tolist(), strict=True)) == [(r, c) for *_, r, c in found[:count]]
        assert distances[0, :count].tolist() == [d for d, *_ in found[:count]]
        assert (rows[0, count:] == row).all()
        assert (columns[0, count:] == column).all()


def test_matching_does_not_fail_where_distances_are_large():
    # σ = 120: squared distances need more than 31 bits together with the offset
    image = torch.from_numpy(noisy(camera(40), 120))
    levels = (255 * (image - 0.5)).round().clamp(-255, 255)
    at = torch.tensor([16]), torch.tensor([16])
    _, _, distances, count = _match(*_searchable(image, PARAMETERS), *at, PARAMETERS, 16, 3000 + 3 * 120**2)
    blocks = levels.unfold(0, 8, 1).unfold(1, 8, 1)
    expected = (blocks - blocks[16, 16]).square().sum(dim=(2, 3)).flatten().sort().values
    assert count.item() == 16
    assert distances[0].tolist() == expected[:16].tolist()


# The noise of blocks that overlap


@pytest.mark.parametrize("matrix", [biorthogonal_matrix(8), dct_matrix(8)], ids=["bior", "dct"])
@pytest.mark.parametrize("count", [1, 2, 4, 8])
def test_noise_variance_is_that_of_the_transform_of_the_pixels(generator, matrix, count):
    rows, columns = torch.randint(0, 12, (2, 1, 8), generator=generator)
    rows[0, 3], columns[0, 3] = rows[0, 1] + 30, columns[0, 1]  # one that overlaps none
    table, lookup, stride = _covariances(matrix, 39)
    variance = _noise_variance(rows, columns, torch.tensor([count]), table, lookup, stride)[0, :count]
    # the whole transform as one matrix from pixels to coefficients: white noise has the variance of its squared rows
    atoms = torch.zeros(count, 64, 50, 50, dtype=torch.float64)
    for k in range(count):
        r, c = rows[0, k], columns[0, k]
        block = torch.kron(matrix, matrix).view(64, 8, 8)
        for j in range(count):
            atoms[j, :, r : r + 8, c : c + 8] += haar_matrix(count)[j, k] * block
    expected = atoms.square().sum(dim=(2, 3)).clamp(min=1e-3)
    torch.testing.assert_close(variance, expected, atol=1e-10, rtol=0)


def test_blocks_that_do_not_overlap_have_independent_noise():
    covariances = _covariances(dct_matrix(8), 39)
    rows = torch.tensor([[0, 8, 16, 24]])
    variance = _noise_variance(rows, rows * 0, torch.tensor([4]), *covariances)
    torch.testing.assert_close(variance, torch.ones_like(variance), atol=1e-12, rtol=0)


# The whole


def rebuild(y, sigma, pilot=None):
    """One step by the book: every reference block by itself, its blocks added to the image with weight and window."""
    (_, height, width), window = y.shape, kaiser_window(8)
    numerator, denominator = torch.zeros_like(y), torch.zeros_like(y)
    for row in sorted({*range(0, height - 8, 3), height - 8}):
        for column in sorted({*range(0, width - 8, 3), width - 8}):
            group = inspect_block(y, sigma, row, column, pilot=pilot, search_window=15)
            for r, c, block in zip(group.rows, group.columns, group.estimates[0], strict=True):
                numerator[0, r : r + 8, c : c + 8] += group.weight * window * block
                denominator[0, r : r + 8, c : c + 8] += group.weight * window
    return numerator / denominator


def test_equals_the_two_steps_by_the_book():
    y = torch.from_numpy(noisy(camera(30), 25)[None, :27])
    stages = bm3d_stages(y, 25, search_window=15)
    basic = rebuild(y, 25)
    torch.testing.assert_close(stages.basic, basic, atol=1e-10, rtol=0)
    torch.testing.assert_close(stages.final, rebuild(y, 25, pilot=basic), atol=1e-10, rtol=0)
    assert torch.equal(bm3d(y, 25, search_window=15), stages.final)


@pytest.mark.parametrize("sigma", [15, 25, 50])
def test_is_as_good_as_the_authors_package(sigma):
    package = pytest.importorskip("bm3d")
    x = camera(80)
    y = noisy(x, sigma)
    profile = package.BM3DProfile()
    profile.num_threads = 1
    theirs = package.bm3d(y, sigma / 255, profile)
    ours = bm3d(torch.from_numpy(y)[None], sigma)[0].numpy()
    assert psnr(ours, x) > psnr(theirs, x) - 0.1
    assert 255 * np.sqrt(np.mean((ours - theirs) ** 2)) < 0.1 * sigma


def test_colour_is_as_good_as_the_authors_package():
    package = pytest.importorskip("bm3d")
    x = data.astronaut()[60:124, 190:254] / 255
    y = noisy(x, 25)
    profile = package.BM3DProfile()
    profile.num_threads = 1
    theirs = package.bm3d_rgb(y, 25 / 255, profile)
    ours = bm3d(torch.from_numpy(y).movedim(2, 0), 25).movedim(0, 2).numpy()
    assert psnr(ours, x) > psnr(theirs, x) - 0.1
    grey = bm3d(torch.from_numpy(y).movedim(2, 0)[:, None], 25)[:, 0].movedim(0, 2).numpy()
    assert psnr(ours, x) > psnr(grey, x) + 0.5  # the channels help each other


def test_golden():
    # a change of any parameter or of the method moves this
    x_hat = bm3d(torch.from_numpy(noisy(camera(64), 25))[None], 25)
    assert psnr(x_hat[0], camera(64)) == pytest.approx(29.4598, abs=1e-4)


def test_does_not_depend_on_bands_batch_position_or_memory_layout():
    y = torch.from_numpy(noisy(camera(72), 25)).float()[None, :, :61]
    x_hat = bm3d(y, 25)
    for tile in (1, 24, 50, 1000):
        torch.testing.assert_close(bm3d(y, 25, tile=tile), x_hat, atol=1e-6, rtol=0)
    batch = torch.stack([y.flip(-1), y, 0.5 * y])
    torch.testing.assert_close(bm3d(batch, 25)[1], x_hat, atol=1e-6, rtol=0)
    transposed = y.mT.contiguous().mT  # the same values, not contiguous
    assert not transposed.is_contiguous()
    torch.testing.assert_close(bm3d(transposed, 25), x_hat, atol=1e-6, rtol=0)


def test_keeps_shape_dtype_and_device(device):
    y = torch.from_numpy(noisy(camera(40), 25))[None].to(device)
    double = bm3d(y, 25)
    single = bm3d(y.float(), 25)
    assert (double.dtype, single.dtype, single.shape, single.device) == (torch.float64, torch.float32, y.shape, y.device)
    assert (double - single).square().mean().sqrt() < 1e-3
    torch.testing.assert_close(double.cpu(), bm3d(y.cpu(), 25), atol=1e-4, rtol=0)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 8, 31), (1, 33, 8), (3, 9, 13), (2, 1, 25, 20)])
def test_any_size_from_one_block(generator, shape):
    x = torch.full(shape, 0.5, dtype=torch.float64)
    y = x + 25 / 255 * torch.randn(shape, generator=generator, dtype=torch.float64)
    x_hat = bm3d(y, 25)
    assert x_hat.shape == shape
    assert (x_hat - x).square().mean() < 0.25 * (y - x).square().mean()


def test_what_has_no_noise_stays():
    constant = torch.full((3, 20, 23), 0.4)
    torch.testing.assert_close(bm3d(constant, 25), constant, atol=1e-5, rtol=0)
    torch.testing.assert_close(bm3d(constant), constant, atol=1e-6, rtol=0)  # σ is estimated to be 0
    assert torch.equal(bm3d(torch.zeros(1, 20, 20), 25), torch.zeros(1, 20, 20))
    black = 25 / 255 * torch.from_numpy(np.random.default_rng(0).standard_normal((1, 24, 24)))
    assert bm3d(black, 25).abs().max() < 0.06
    y = torch.from_numpy(camera(32))[None]
    assert torch.equal(bm3d(y, 0), y)


def test_a_shift_of_all_values_shifts_the_result():
    y = torch.from_numpy(np.stack([noisy(0.5 * camera(32), 25, seed) for seed in range(3)]))
    shift = torch.tensor([24.0, -36.0, 12.0], dtype=torch.float64)[:, None, None] / 255  # the luminance by no grey level
    torch.testing.assert_close(bm3d(y + shift, 25), bm3d(y, 25) + shift, atol=1e-9, rtol=0)


def test_estimates_sigma_where_it_is_not_given():
    x = camera(80)
    y = torch.from_numpy(np.stack([noisy(x, 10), noisy(x, 40)]))[:, None]
    x_hat = bm3d(y)
    for i, sigma in enumerate((10, 40)):
        assert psnr(x_hat[i, 0], x) > psnr(bm3d(y[i], sigma)[0], x) - 0.15


@pytest.mark.parametrize(
    "change",
    [
        {"block_size": 4},
        {"block_size": 16, "search_window": 45},
        {"step": 1},
        {"max_matches": (8, 16)},
        {"search_window": 17},
        {"step": 8, "search_window": 3, "max_matches": (4, 8), "tile": 8},  # bands that do not touch
        {"max_distance": 10},
        {"threshold": 2.0},
        {"wiener_factor": 2.0},
        {"beta": 0},
    ],
)
def test_every_parameter_acts_and_none_breaks_it(change):
    x = camera(48)
    y = torch.from_numpy(noisy(x, 25))[None]
    default, changed = bm3d(y, 25), bm3d(y, 25, **change)
    assert (default - changed).abs().max() > 1e-3
    assert psnr(changed[0], x) > psnr(y[0], x) + 5


# The views


def test_a_group_is_consistent():
    y = torch.from_numpy(np.stack([noisy(camera(60), 25, seed) for seed in range(3)]))
    basic = bm3d_stages(y, 25).basic
    for pilot in (None, basic):
        group = inspect_block(y, 25, 30, 21, pilot=pilot)
        k = len(group.rows)
        assert (group.rows[0].item(), group.columns[0].item(), group.distances[0].item()) == (30, 21, 0)
        assert (group.distances.diff() >= 0).all()
        luminance = y.mean(dim=0)[30:38, 21:29]
        torch.testing.assert_close(group.stack[0, 0], luminance)
        assert group.stack.shape == group.spectrum.shape == group.gain.shape == group.estimates.shape == (3, k, 8, 8)
        assert (group.gain >= 0).all()
        assert (group.gain <= 1).all()
        # what comes back is the inverse transform of the shrunk spectrum
        matrix = biorthogonal_matrix(8) if pilot is None else dct_matrix(8)
        sigma = 25 / 255 * torch.tensor([3**-0.5, 2**-0.5, 6**0.5 / 4], dtype=torch.float64)[:, None, None, None]
        again = torch.einsum("jk,ckuv->cjuv", haar_matrix(k), matrix @ group.estimates @ matrix.T / sigma)
        torch.testing.assert_close(again, group.shrunk, atol=1e-9, rtol=0)
        kept = (group.gain.square() * group.variance).sum(dim=(1, 2, 3))
        torch.testing.assert_close(1 / group.weight, kept * (255 * sigma.flatten()) ** 2)
    hard = inspect_block(y, 25, 30, 21)
    assert set(hard.gain.unique().tolist()) == {0.0, 1.0}
    kept = hard.spectrum.abs() > 2.9 * hard.variance.sqrt()
    assert not kept[1:, 0, 0, 0].all()  # small colour differences, which
    kept[:, 0, 0, 0] = True  # all the same are kept: the mean of the stack is never shrunk
    assert torch.equal(hard.gain == 1, kept)


def test_stages_hold_the_chosen_groups():
    y = torch.from_numpy(noisy(camera(40), 25))[None]
    stages = bm3d_stages(y, None, blocks=[(3, 6), (32, 32)])
    assert 20 < stages.sigma < 30
    assert [group.rows[0].item() for group in stages.hard_threshold] == [3, 32]
    assert [group.columns[0].item() for group in stages.wiener] == [6, 32]
    expected = inspect_block(y, stages.sigma, 32, 32, pilot=stages.basic)
    assert torch.equal(stages.wiener[1].estimates, expected.estimates)


def test_the_views_have_the_defaults_of_bm3d():
    defaults = {name: p.default for name, p in inspect.signature(bm3d).parameters.items() if p.kind is p.KEYWORD_ONLY}
    for view in (bm3d_stages, inspect_block):
        for name, p in inspect.signature(view).parameters.items():
            if p.kind is p.KEYWORD_ONLY and name != "pilot":
                assert p.default == defaults[name], name


# Bad input


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"sigma": -1}, ValueError, "sigma: got -1"),
        ({"sigma": float("nan")}, ValueError, "sigma: got nan"),
        ({"sigma": "25"}, TypeError, "sigma: got str"),
        ({"block_size": 7}, ValueError, "block_size: got 7"),
        ({"block_size": 8.0}, TypeError, "block_size: got 8.0"),
        ({"step": 9}, ValueError, "step: got 9"),
        ({"step": 0}, ValueError, "step: got 0"),
        ({"max_matches": 16}, TypeError, "max_matches: got 16"),
        ({"max_matches": (16, 20)}, ValueError, "max_matches: got 20"),
        ({"max_matches": (16, 32), "search_window": 5}, ValueError, "max_matches: got 32"),
        ({"search_window": 38}, ValueError, "search_window: got 38"),
        ({"max_distance": -1}, ValueError, "max_distance: got -1"),
        ({"threshold": float("inf")}, ValueError, "threshold: got inf"),
        ({"wiener_factor": None}, TypeError, "wiener_factor: got None"),
        ({"tile": 0}, ValueError, "tile: got 0"),
        ({"tile": 2.5}, TypeError, "tile: got 2.5"),
    ],
)
def test_refuses_bad_parameters(arguments, error, message):
    with pytest.raises(error, match=message):
        bm3d(torch.rand(1, 16, 16), **arguments)


@pytest.mark.bad_input
def test_refuses_bad_images():
    with pytest.raises(ValueError, match="NaN"):
        bm3d(torch.full((1, 16, 16), torch.nan), 25)
    with pytest.raises(ValueError, match="at least 8 x 8"):
        bm3d(torch.rand(1, 1, 64), 25)  # one row
    with pytest.raises(ValueError, match="0–255"):
        bm3d(255 * torch.rand(1, 16, 16), 25)
    with pytest.raises(TypeError, match="uint8"):
        bm3d(torch.zeros(1, 16, 16, dtype=torch.uint8), 25)
    with pytest.raises(TypeError, match="float16"):
        bm3d(torch.rand(1, 16, 16).half(), 25)
    with pytest.raises(ValueError, match="column: got 9"):
        inspect_block(torch.rand(1, 16, 16), 25, 3, 9)
    with pytest.raises(ValueError, match="sigma: got 0"):
        inspect_block(torch.rand(1, 16, 16), 0, 3, 3)
    with pytest.raises(ValueError, match="pilot: got shape"):
        inspect_block(torch.rand(1, 16, 16), 25, 3, 3, pilot=torch.rand(1, 16, 17))
