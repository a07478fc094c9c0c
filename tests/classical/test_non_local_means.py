import numpy as np
import pytest
import torch
from skimage import data
from skimage.restoration import denoise_nl_means

from course_lib.classical import nl_means, nl_means_naive, nl_means_weights


def noisy_camera(size, sigma):
    x = data.camera()[100 : 100 + size, 150 : 150 + size] / 255
    return x, x + np.random.default_rng(0).standard_normal(x.shape) * sigma / 255


def psnr(x, reference):
    return -10 * np.log10(np.mean((np.asarray(x) - reference) ** 2))


@pytest.mark.parametrize("form", ["pixel", "patch"])
@pytest.mark.parametrize(("channels", "patch_size", "search_window"), [(1, 5, 7), (3, 3, 5), (1, 3, 25)])
def test_equals_the_naive_double_loop(generator, form, channels, patch_size, search_window):
    y = torch.rand(channels, 9, 11, generator=generator, dtype=torch.float64)
    settings = {"h": 60, "patch_size": patch_size, "search_window": search_window, "form": form}
    ours, naive = nl_means(y, 30, **settings), nl_means_naive(y, 30, **settings)
    assert (ours - y).abs().max() > 0.1
    torch.testing.assert_close(ours, naive, atol=1e-10, rtol=0)
    torch.testing.assert_close(nl_means(y.float(), 30, **settings), naive.float(), atol=1e-6, rtol=0)


@pytest.mark.parametrize("sigma", [15, 25])
def test_is_as_good_as_the_exact_mode_of_scikit_image(sigma):
    # theirs approximates the exponential and drops weights below exp(−5): the images differ a little, their PSNR hardly
    x, y = noisy_camera(96, sigma)
    h = 0.9 * sigma
    theirs = denoise_nl_means(y, patch_size=7, patch_distance=10, h=h / 255, sigma=sigma / 255, fast_mode=False, preserve_range=True)
    ours = nl_means(torch.from_numpy(y)[None], sigma, h=h)[0].numpy()
    assert psnr(ours, x) == pytest.approx(psnr(theirs, x), abs=0.02)
    assert np.abs(ours - theirs).mean() < 3e-3


@pytest.mark.parametrize("form", ["pixel", "patch"])
def test_takes_away_most_of_the_noise(form):
    x, y = noisy_camera(96, 25)
    x_hat = nl_means(torch.from_numpy(y)[None], 25, form=form)[0]
    assert psnr(x_hat, x) > psnr(y, x) + 7.5


def test_the_weights_give_the_estimate():
    _, y = noisy_camera(24, 25)
    y = torch.from_numpy(np.stack([y, y**2, 1 - y]))
    estimate = nl_means(y, 25)
    for row, column in [(12, 11), (0, 23)]:
        weights = nl_means_weights(y, 25, row, column)
        assert weights.sum().item() == pytest.approx(1, abs=1e-12)
        window = torch.nn.functional.pad(y, (10,) * 4)[:, row : row + 21, column : column + 21]
        torch.testing.assert_close((weights * window).sum(dim=(1, 2)), estimate[:, row, column], atol=1e-12, rtol=0)
    assert (weights[:10] == 0).all()  # above the image


def test_a_constant_and_the_limits_of_h(generator):
    constant = torch.full((1, 12, 12), 0.25)
    torch.testing.assert_close(nl_means(constant, 25), constant)
    y = torch.rand(1, 12, 12, generator=generator, dtype=torch.float64)
    assert torch.equal(nl_means(y, 25, h=0), y)
    torch.testing.assert_close(nl_means(y, 0, h=1e-3), y)  # so small that nothing is similar
    mean = y.mean().expand_as(y)
    torch.testing.assert_close(nl_means(y, 0, h=1e6, search_window=25), mean, atol=1e-6, rtol=0)  # everything is
    torch.testing.assert_close(nl_means(y, 1e4, search_window=25), mean)  # noise explains every difference


def test_estimates_sigma_where_it_is_not_given():
    _, y = noisy_camera(64, 25)
    y = torch.from_numpy(y)[None]
    assert (nl_means(y) - nl_means(y, 25)).abs().mean() < 5e-3
    assert (nl_means(y) - nl_means(y, 10)).abs().mean() > 2e-2


def test_keeps_shape_dtype_and_batch_independence(generator, device):
    y = torch.rand(2, 3, 16, 19, generator=generator).to(device)
    for form in ("pixel", "patch"):
        x = nl_means(y, 40, search_window=9, form=form)
        assert (x.shape, x.dtype, x.device) == (y.shape, y.dtype, y.device)
        torch.testing.assert_close(nl_means(y[1], 40, search_window=9, form=form), x[1], atol=1e-6, rtol=0)
        transposed = nl_means(y.mT, 40, search_window=9, form=form)  # not contiguous
        torch.testing.assert_close(transposed.mT, x, atol=1e-5, rtol=0)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"sigma": -1}, ValueError, "sigma: got -1"),
        ({"sigma": "25"}, TypeError, "sigma: got str"),
        ({"h": float("nan")}, ValueError, "h: got nan"),
        ({"patch_size": 6}, ValueError, "patch_size: got 6"),
        ({"search_window": 20}, ValueError, "search_window: got 20"),
        ({"search_window": 21.0}, TypeError, "search_window: got float"),
        ({"form": "block"}, ValueError, "form: got 'block'"),
    ],
)
def test_refuses_bad_parameters(arguments, error, message):
    with pytest.raises(error, match=message):
        nl_means(torch.rand(1, 16, 16), **arguments)


@pytest.mark.bad_input
def test_refuses_bad_images():
    with pytest.raises(ValueError, match="NaN"):
        nl_means(torch.full((1, 16, 16), torch.nan), 25)
    with pytest.raises(ValueError, match="at least 4 x 4"):
        nl_means(torch.rand(1, 1, 16), 25)
    with pytest.raises(TypeError, match="float16"):
        nl_means(torch.rand(1, 16, 16).half(), 25)
    with pytest.raises(ValueError, match="row: got 16"):
        nl_means_weights(torch.rand(1, 16, 16), 25, 16, 0)
    with pytest.raises(ValueError, match="h: got 0"):
        nl_means_weights(torch.rand(1, 16, 16), 25, 3, 0, h=0)
