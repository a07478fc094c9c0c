"""BM3D: denoising by block-matching and 3-D filtering.

Natural images repeat themselves. BM3D takes a block of the noisy image, finds the blocks that look like it (*grouping*), piles them
into a three-dimensional stack, transforms the stack, shrinks its spectrum and transforms it back (*collaborative filtering*). In the
spectrum of a stack of similar blocks the image sits in few large coefficients, the noise in all of them alike. Every block of the
stack comes back denoised; as blocks overlap, a pixel receives many estimates, whose weighted mean is the result (*aggregation*).

This is done twice. Step 1 sets the small coefficients to zero and gives the *basic estimate*. Step 2 starts again from the noisy image,
but finds the matches in the basic estimate, which is nearly free of noise, and shrinks by an empirical Wiener filter whose signal power
is that of the basic estimate (the *pilot*).

One structure makes this fast: the 2-D transform of a block and its inverse are linear. So each position is transformed once, groups
gather rows of coefficients and scatter rows back, and the inverse transform runs once, after the rows have been added up. Distances are
matrix products. The image is worked through in bands of rows, so that memory grows with the width of the image, not with its area.

The published method, whose steps 1a, 1b, 2a, 2b are marked below:
    K. Dabov, A. Foi, V. Katkovnik, K. Egiazarian, "Image denoising by sparse 3-D transform-domain collaborative filtering",
    IEEE Transactions on Image Processing 16(8), 2007.
From the authors' revision comes what is said below about blocks that overlap; it gives about 0.07 dB more:
    Y. Mäkinen, L. Azzari, A. Foi, "Collaborative filtering of correlated noise: exact transform-domain variance for improved shrinkage
    and patch matching", IEEE Transactions on Image Processing 29, 2020.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from course_lib import images
from course_lib.classical.noise_level import estimate_sigma

__all__ = ["Group", "Stages", "biorthogonal_matrix", "bm3d", "bm3d_stages", "dct_matrix", "haar_matrix", "inspect_block", "kaiser_window"]

# ----------------------------------------------------------------------------------------------------------------------------------
# The transforms. Each is a matrix whose rows are the analysis vectors, of unit length, so that white noise of standard deviation σ has
# standard deviation σ in every coefficient.
# ----------------------------------------------------------------------------------------------------------------------------------


def dct_matrix(size: int) -> Float[Tensor, "{size} {size}"]:
    """Return the orthonormal discrete cosine transform (type II), used on the blocks of step 2.

    Parameters
    ----------
    size : int
        The number of samples.

    Returns
    -------
    Tensor, shape (size, size), float64
        Row k is the cosine of frequency k; row 0 the mean, times √size.

    Examples
    --------
    >>> T = dct_matrix(8)
    >>> torch.allclose(T @ T.T, torch.eye(8, dtype=torch.float64))
    True
    """
    k = torch.arange(size, dtype=torch.float64)
    cosines = torch.cos(math.pi / size * k[:, None] * (k + 0.5))
    return cosines / cosines.norm(dim=1, keepdim=True)


def haar_matrix(size: int) -> Float[Tensor, "{size} {size}"]:
    """Return the orthonormal Haar wavelet transform, used along the stack.

    Parameters
    ----------
    size : int
        The number of samples, a power of two.

    Returns
    -------
    Tensor, shape (size, size), float64
        Row 0 is the mean, times √size; then the differences, from the coarsest scale to the finest.

    Examples
    --------
    >>> haar_matrix(2) * 2**0.5
    tensor([[ 1.,  1.],
            [ 1., -1.]], dtype=torch.float64)
    """
    if size == 1:
        return torch.ones(1, 1, dtype=torch.float64)
    pairs = torch.eye(size // 2, dtype=torch.float64)
    sums = torch.kron(haar_matrix(size // 2), torch.tensor([[1.0, 1.0]], dtype=torch.float64))
    differences = torch.kron(pairs, torch.tensor([[1.0, -1.0]], dtype=torch.float64))
    return torch.cat([sums, differences]) / math.sqrt(2)


def biorthogonal_matrix(size: int) -> Float[Tensor, "{size} {size}"]:
    """Return the periodic biorthogonal spline wavelet transform "bior1.5", used on the blocks of step 1.

    Parameters
    ----------
    size : int
        The number of samples, a power of two.

    Returns
    -------
    Tensor, shape (size, size), float64
        Row 0 is the mean, times √size; then the wavelets, from the coarsest scale to the finest, each of unit length. The rows are not
        orthogonal: the inverse is ``torch.linalg.inv``, not the transpose.

    References
    ----------
    A. Cohen, I. Daubechies, J.-C. Feauveau, "Biorthogonal bases of compactly supported wavelets", Comm. Pure Appl. Math. 45 (1992).

    Examples
    --------
    >>> T = biorthogonal_matrix(8)
    >>> T.shape, bool((T.norm(dim=1) - 1).abs().max() < 1e-12)
    (torch.Size([8, 8]), True)
    """
    low_pass = torch.tensor([3, -3, -22, 22, 128, 128, 22, -22, -3, 3], dtype=torch.float64) * math.sqrt(2) / 256
    scaling, wavelets, n = torch.eye(size, dtype=torch.float64), [], size
    while n > 1:
        split = torch.zeros(n, n, dtype=torch.float64)  # n samples to n/2 sums and n/2 differences, cyclically
        for i in range(n // 2):
            for tap, a in enumerate(low_pass):
                split[i, (2 * i + tap - 4) % n] += a
            split[n // 2 + i, 2 * i], split[n // 2 + i, 2 * i + 1] = 2**-0.5, -(2**-0.5)
        scaling, differences = (split @ scaling).split(n // 2)
        wavelets.insert(0, differences)
        n //= 2
    matrix = torch.cat([scaling, *wavelets])
    return matrix / matrix.norm(dim=1, keepdim=True)


def kaiser_window(size: int, beta: float | int = 2) -> Float[Tensor, "{size} {size}"]:
    """Return the two-dimensional Kaiser window that tapers a block before it is added to its neighbours.

    Parameters
    ----------
    size : int
        Height and width of a block.
    beta : float
        0 gives a flat window, larger values count the rim of a block less: it is where a block's estimate is worst.

    Returns
    -------
    Tensor, shape (size, size), float64

    Examples
    --------
    >>> kaiser_window(8)[0, 0] < kaiser_window(8)[3, 3]
    tensor(True)
    """
    window = torch.kaiser_window(size, periodic=False, beta=beta, dtype=torch.float64)
    return torch.outer(window, window)


# ----------------------------------------------------------------------------------------------------------------------------------
# The parameters, named as in the paper where it has a name for them
# ----------------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Parameters:
    """The parameters of `bm3d`, checked."""

    block_size: int
    step: int
    max_matches: tuple[int, int]
    search_window: int
    max_distance: float | int
    threshold: float | int
    wiener_factor: float | int
    beta: float | int

    def __post_init__(self) -> None:
        for name in ("block_size", "step", "search_window"):
            if not isinstance(getattr(self, name), int) or isinstance(getattr(self, name), bool):
                raise TypeError(f"{name}: got {getattr(self, name)!r}, expected an int")
        if self.block_size not in (4, 8, 16):
            raise ValueError(f"block_size: got {self.block_size}, expected 4, 8 or 16 (the wavelet transform halves it again and again)")
        if not 1 <= self.step <= self.block_size:
            raise ValueError(f"step: got {self.step}, expected 1 to block_size = {self.block_size}, or some pixels lie in no block")
        if self.search_window < 3 or self.search_window % 2 == 0:
            raise ValueError(f"search_window: got {self.search_window}, expected an odd number of at least 3: it has a centre")
        if not (isinstance(self.max_matches, tuple) and len(self.max_matches) == 2 and all(isinstance(m, int) for m in self.max_matches)):
            raise TypeError(f"max_matches: got {self.max_matches!r}, expected two ints, for step 1 and step 2: (16, 32)")
        for m in self.max_matches:
            if m < 1 or m & (m - 1) or m > self.search_window**2:
                most = self.search_window**2
                raise ValueError(f"max_matches: got {m}, expected a power of two (for the Haar transform), at most search_window² = {most}")
        for name in ("max_distance", "threshold", "wiener_factor", "beta"):
            value = getattr(self, name)
            if not isinstance(value, int | float) or isinstance(value, bool):
                raise TypeError(f"{name}: got {value!r}, expected a number")
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name}: got {value}, expected a finite number of at least 0")


def _require_sigma(sigma: float | int | None, y: Float[Tensor, "n c h w"]) -> list[float]:
    """Return the noise level of each image, estimated where it is not given."""
    if sigma is None:
        return estimate_sigma(y).tolist()
    if not isinstance(sigma, int | float) or isinstance(sigma, bool):
        raise TypeError(f"sigma: got {type(sigma).__name__}, expected a number in grey levels of 255, or None to estimate it")
    if not (math.isfinite(sigma) and sigma >= 0):
        raise ValueError(f"sigma: got {sigma}, expected a finite number of at least 0, in grey levels of 255")
    return [float(sigma)] * len(y)


def _require_noisy(y: Float[Tensor, "*n c h w"], name: str, block_size: int) -> Float[Tensor, "n c h w"]:
    images.require_image(y, name, min_size=block_size)
    if y.dtype not in (torch.float32, torch.float64):
        raise TypeError(f"{name}: got dtype {y.dtype}, expected float32 or float64; convert it with {name}.float()")
    return y.reshape(-1, *y.shape[-3:])


def _require_tile(tile: int | None, y: Tensor) -> int:
    if tile is None:
        return 192 // y.shape[-3] if y.device.type == "cpu" else 1024
    if not isinstance(tile, int) or isinstance(tile, bool):
        raise TypeError(f"tile: got {tile!r}, expected an int, the rows of pixels handled at once, or None")
    if tile < 1:
        raise ValueError(f"tile: got {tile}, expected at least 1")
    return tile


# ----------------------------------------------------------------------------------------------------------------------------------
# Grouping (steps 1a.i and 2a.i)
# ----------------------------------------------------------------------------------------------------------------------------------


def _searchable(guide: Float[Tensor, "h w"], p: _Parameters) -> tuple[Float[Tensor, "h2 w2"], Float[Tensor, "h3 w3"]]:
    """Prepare an image for matching: its grey levels, and ‖Z_x‖² for each position x, both padded by half a search window.

    The levels are rounded to whole numbers about mid-grey. Sums of products of these are exact in float32, so that the same blocks match
    whatever the device, the number of threads or the size of the bands. Where no block can lie, ‖Z_x‖² is larger than any distance.
    """
    levels = ((guide.float() - 0.5) * 255).round_().clamp_(-255, 255)
    energy = F.avg_pool2d(levels.square()[None], p.block_size, stride=1, divisor_override=1)[0]
    half = p.search_window // 2
    return F.pad(levels, (half,) * 4), F.pad(energy, (half,) * 4, value=2.0**28)


def _offsets_by_length(search_window: int, device: torch.device) -> Int[Tensor, "offsets"]:
    """List the offsets of a search window, counted row by row from its corner, from the centre outwards."""
    side = torch.arange(search_window, device=device) - search_window // 2
    return torch.argsort((side[:, None] ** 2 + side**2).flatten(), stable=True)


def _match(
    levels: Float[Tensor, "h2 w2"],
    energy: Float[Tensor, "h3 w3"],
    rows: Int[Tensor, "r"],
    columns: Int[Tensor, "r"],
    p: _Parameters,
    max_matches: int,
    max_distance: float | int,
) -> tuple[Int[Tensor, "r k"], Int[Tensor, "r k"], Int[Tensor, "r k"], Int[Tensor, "r"]]:
    """Find the blocks most similar to each reference block in a `_searchable` image.

    ‖Z_x − Z_ref‖² = ‖Z_x‖² − 2 ⟨Z_x, Z_ref⟩ + ‖Z_ref‖², and the inner products with all Z_x in the search window are the correlation of the
    window with the reference block: one convolution with the references as kernels.

    Returns the rows and columns of the matches, best first, their squared distances, and how many of them to use: the largest power of
    two, which the Haar transform wants, of those no farther than ``max_distance`` per pixel, and at least two, be the second ever so
    far, since a stack of one has no third dimension. The others point to the reference block.
    """
    n, window, half, device = p.block_size, p.search_window, p.search_window // 2, levels.device
    searched = levels.unfold(0, window + n - 1, 1).unfold(1, window + n - 1, 1)[rows, columns]
    references = searched[:, half : half + n, half : half + n]
    distances = F.conv2d(searched[None], -2 * references[:, None], energy[rows + half, columns + half], groups=len(rows))[0]
    distances += energy.unfold(0, window, 1).unfold(1, window, 1)[rows, columns]

    # One integer holds a distance and, in its last digits, the rank of the offset by length: of two equally good matches the nearer
    # one is taken, and no two keys are equal.
    order = _offsets_by_length(window, device)
    digits = (window**2 - 1).bit_length()
    key_type, unreachable = torch.int32, min(2 ** (31 - digits), 2**24) - 1
    if max_distance * n * n >= unreachable:
        key_type, unreachable = torch.int64, 2**26
    keys = distances.clamp_(max=unreachable).to(key_type).flatten(1)
    keys.mul_(2**digits).add_(torch.argsort(order).to(key_type))
    best = torch.topk(keys, max_matches, dim=1, largest=False).values
    distance, offset = best >> digits, order[best & (2**digits - 1)]

    near = (distance <= max_distance * n * n).sum(dim=1).clamp_(min=2)
    usable = torch.minimum(near, (distance < unreachable).sum(dim=1))
    count = 2 ** torch.log2(usable + 0.5).floor().long()
    used = torch.arange(max_matches, device=device) < count[:, None]
    match_rows = rows[:, None] + offset.div(window, rounding_mode="floor") - half
    match_columns = columns[:, None] + offset % window - half
    return torch.where(used, match_rows, rows[:, None]), torch.where(used, match_columns, columns[:, None]), distance, count


# ----------------------------------------------------------------------------------------------------------------------------------
# Collaborative filtering (steps 1a.ii and 2a.ii). Spectra are in units of the noise: σ = 1.
# ----------------------------------------------------------------------------------------------------------------------------------


def _block_spectra(x: Float[Tensor, "s h w"], matrix: Float[Tensor, "n n"]) -> Float[Tensor, "s p d"]:
    """Transform the block at every position in two dimensions: along the rows, then down the columns."""
    n = len(matrix)
    along = x.unfold(2, n, 1) @ matrix.T  # (s, h, columns, n)
    return (matrix @ along.unfold(1, n, 1).mT).flatten(3).flatten(1, 2)


def _haar_by_count(max_matches: int) -> Float[Tensor, "l k k"]:
    """Haar transforms of the first 1, 2, 4, … blocks of a stack; the rest becomes zero."""
    heights = [2**i for i in range(max_matches.bit_length())]
    return torch.stack([F.pad(haar_matrix(m), (0, max_matches - m, 0, max_matches - m)) for m in heights])


def _hard_threshold(spectrum: Float[Tensor, "r k d"], variance: Float[Tensor, "r k d"], threshold: float | int) -> Float[Tensor, "r k d"]:
    """Return 1 where a coefficient is larger than ``threshold`` standard deviations of the noise in it, else 0."""
    return _keep_mean(spectrum.square().sub_(variance, alpha=threshold**2).sign_().clamp_(min=0))


def _wiener_gain(pilot: Float[Tensor, "r k d"], variance: Float[Tensor, "r k d"], factor: float | int) -> Float[Tensor, "r k d"]:
    """Return W = P² / (P² + μ² v), where P is the spectrum of the pilot and v the variance of the noise."""
    power = pilot.square()
    return _keep_mean(power.div_(power.add(variance, alpha=max(factor, 1e-6))))


def _keep_mean(gain: Float[Tensor, "r k d"]) -> Float[Tensor, "r k d"]:
    """Leave the mean of a whole stack as it is: where 0 lies on the scale says nothing about an image, least of all about its colours."""
    gain[:, 0, 0] = 1
    return gain


def _weight(gain: Float[Tensor, "r k d"], variance: Float[Tensor, "r k d"]) -> Float[Tensor, "r"]:
    """Return 1 / (variance that remains in the stack): the less noise the estimates of a group have, the more they count."""
    return 1 / (gain.square() * variance).sum(dim=(1, 2))


def _of_step(wiener: bool, sigma: Float[Tensor, "c"], p: _Parameters) -> tuple[Float[Tensor, "n n"], int, float | int]:
    """Return what differs between the steps in grouping: the transform of the blocks, the largest stack, the farthest match."""
    if wiener:
        return dct_matrix(p.block_size), p.max_matches[1], p.max_distance
    return biorthogonal_matrix(p.block_size), p.max_matches[0], p.max_distance + 3 * (255 * sigma[0].item()) ** 2


# ----------------------------------------------------------------------------------------------------------------------------------
# The noise of blocks that overlap (from the revision of 2020). Two blocks of a stack that share pixels share their noise.
# In the mean of the stack it then does not average out, and in the differences it cancels: at low frequencies; at high ones it is the
# other way round. The variance of each coefficient follows from how far apart the blocks lie.
# ----------------------------------------------------------------------------------------------------------------------------------


def _covariances(matrix: Float[Tensor, "n n"], search_window: int) -> tuple[Float[Tensor, "lags d"], Int[Tensor, "codes"], int]:
    """Tabulate how the noise of two blocks correlates, for each shift between them and each coefficient of the 2-D transform.

    Returns the table, the last row of which is zero, for blocks that do not overlap; for each difference of two positions, coded as
    row · stride + column, the row of the table to look up; and the stride.
    """
    n = len(matrix)
    reach = max(search_window, n) - 1
    stride = 2 * reach + 2
    shifted = F.pad(matrix, (n - 1, n - 1)).unfold(1, n, 1)  # (frequency, shift, n)
    along = (shifted * matrix[:, None]).sum(dim=2).T
    table = torch.einsum("yu,xv->yxuv", along, along).reshape(-1, n * n)
    shift = torch.arange(1 - n, n)
    origin = reach * (stride + 1)
    lookup = torch.full((2 * origin + 1,), len(table), dtype=torch.int32)
    lookup[origin + (stride * shift[:, None] + shift).flatten()] = torch.arange(len(table), dtype=torch.int32)
    return F.pad(table, (0, 0, 0, 1)), lookup, stride


def _noise_variance(
    rows: Int[Tensor, "r k"],
    columns: Int[Tensor, "r k"],
    count: Int[Tensor, "r"],
    table: Float[Tensor, "lags d"],
    lookup: Int[Tensor, "codes"],
    stride: int,
) -> Float[Tensor, "r k d"]:
    """Return the variance of the noise in every coefficient of the spectra of stacks, 1 if the blocks do not overlap.

    The Haar transform halves the stack again and again. If A and B are the variances of the sums of two halves of m blocks each, and X
    their covariance, then the whole has A + B + 2X, and the Haar coefficient, their difference over √2m, has (A + B − 2X) / 2m.
    """
    stacks, most = rows.shape
    code, origin = (rows * stride + columns).int(), len(lookup) // 2
    whole = table.new_ones(stacks, most, table.shape[1])
    means, differences, m = [whole[:, :1]], [], 1
    while m < most:
        one, other = code.view(stacks, -1, 2, m).unbind(2)
        shifts = lookup.index_select(0, (one[..., :, None] - other[..., None, :] + origin).flatten())
        covariance = F.embedding_bag(shifts.view(-1, m * m), table, mode="sum").view(stacks, -1, table.shape[1])
        halves = whole[:, 0::2] + whole[:, 1::2]
        differences.insert(0, halves.sub(covariance, alpha=2).div_(2 * m))
        whole = halves.add_(covariance, alpha=2)
        means.append(whole[:, :1] / (2 * m))
        m *= 2
    # The coefficients of a stack that is only partly filled stand further back among those of the full one.
    variance = torch.cat([means[-1], *differences, *means], dim=1)
    take = torch.zeros(len(means), most, dtype=torch.int64)
    for level in range(len(means)):
        take[level, 0] = most + level
        for j in range(1, 2**level):
            take[level, j] = j + (most // 2**level - 1) * 2 ** (j.bit_length() - 1)
    level = torch.log2(count.float()).round().long()
    rows_taken = take.to(count.device)[level] + torch.arange(stacks, device=count.device)[:, None] * variance.shape[1]
    return variance.flatten(0, 1).index_select(0, rows_taken.flatten()).view(stacks, most, -1).clamp_(min=1e-3)


# ----------------------------------------------------------------------------------------------------------------------------------
# One step: grouping and collaborative filtering of all reference blocks, and aggregation (steps 1b and 2b)
# ----------------------------------------------------------------------------------------------------------------------------------


def _step(
    y: Float[Tensor, "c h w"], pilot: Float[Tensor, "c h w"] | None, sigma: Float[Tensor, "c"], p: _Parameters, tile: int
) -> Float[Tensor, "c h w"]:
    """Run one step over the image: hard thresholding if there is no pilot, else Wiener filtering.

    All channels are grouped as the first one is.
    """
    n, half, device, (channels, height, width) = p.block_size, p.search_window // 2, y.device, y.shape
    rows, columns = height - n + 1, width - n + 1  # of the map of block positions
    matrix, max_matches, max_distance = _of_step(pilot is not None, sigma, p)
    window = kaiser_window(n, p.beta).to(y)
    inverse = torch.linalg.inv(matrix)
    synthesis = window.view(-1, 1) * torch.kron(inverse, inverse).to(y)  # from spectra back to blocks, tapered
    haar = _haar_by_count(max_matches).to(y)
    table, lookup, stride = _covariances(matrix, p.search_window)
    table, lookup = table.to(y), lookup.to(device)
    levels, energy = _searchable((y if pilot is None else pilot)[0], p)
    signals = (y if pilot is None else torch.cat([y, pilot])) / sigma.repeat(1 if pilot is None else 2)[:, None, None]

    # Every step-th block is a reference block, and always the last one.
    reference_rows = torch.arange(0, rows + p.step - 1, p.step, device=device).clamp_(max=rows - 1)
    reference_columns = torch.arange(0, columns + p.step - 1, p.step, device=device).clamp_(max=columns - 1)
    at_once = 512 if device.type == "cpu" else 8192  # reference blocks; on the CPU what the cache holds

    # Numerator and denominator of the aggregation, as weighted spectra at each position. The estimates are added up in the order of the
    # references, then along rows, then along columns: the result does not depend on the bands, to the last bit.
    sums = y.new_zeros(channels, 0, n * n)
    weights = y.new_zeros(channels, rows * columns)
    numerators = y.new_zeros(n, channels, rows, width)  # one for each row of a block
    per_band = max(tile // p.step, 1)
    for start in range(0, len(reference_rows), per_band):
        band = reference_rows[start : start + per_band]
        first, last = min(start * p.step, rows - 1), min((start + len(band) - 1) * p.step, rows - 1)
        upper, lower = max(first - half, 0), min(last + half + 1, rows)  # the positions that this band reaches
        spectra = _block_spectra(signals[:, upper : lower + n - 1], matrix.to(y))
        sums = F.pad(sums, (0, 0, 0, (lower - upper) * columns - sums.shape[1]))
        for references in torch.cartesian_prod(band, reference_columns).split(at_once):
            match_rows, match_columns, _, count = _match(levels, energy, *references.unbind(1), p, max_matches, max_distance)
            positions = ((match_rows - upper) * columns + match_columns).flatten()
            used = torch.arange(max_matches, device=device) < count[:, None]
            along = haar[torch.log2(count.float()).round().long()]
            variance = _noise_variance(match_rows, match_columns, count, table, lookup, stride)
            for channel in range(channels):
                spectrum = along @ spectra[channel].index_select(0, positions).unflatten(0, (-1, max_matches))
                if pilot is None:
                    gain = _hard_threshold(spectrum, variance, p.threshold)
                else:
                    pilot_spectrum = along @ spectra[channels + channel].index_select(0, positions).unflatten(0, (-1, max_matches))
                    gain = _wiener_gain(pilot_spectrum, variance, p.wiener_factor)
                weight = _weight(gain, variance)
                estimates = along.mT @ gain.mul_(spectrum).mul_(weight[:, None, None])
                sums[channel].index_add_(0, positions, estimates.flatten(0, 1))
                weights[channel].index_add_(0, positions + upper * columns, (weight[:, None] * used).flatten())
        # Positions that no later band reaches are complete.
        following = rows
        if start + per_band < len(reference_rows):
            following = min(max(min((start + per_band) * p.step, rows - 1) - half, 0), lower)
        complete, sums = sums.split([(following - upper) * columns, (lower - following) * columns], dim=1)
        blocks = (synthesis @ complete.mT).view(channels, n, n, following - upper, columns)
        for i in range(n):
            numerators[:, :, upper:following, i : i + columns] += blocks[:, :, i].transpose(0, 1)
    numerator = torch.zeros_like(y, memory_format=torch.contiguous_format)
    for i in range(n):
        numerator[:, i : i + rows] += numerators[i]
    denominator = F.conv2d(weights.view(channels, 1, rows, columns), window[None, None], padding=n - 1)[:, 0]
    return numerator / denominator * sigma[:, None, None]


# luminance and two colour differences, as the authors' colour version has them: noise of the channels stays independent
_OPPONENT = ((1 / 3, 1 / 3, 1 / 3), (1 / 2, 0.0, -1 / 2), (1 / 4, -1 / 2, 1 / 4))


def _opponent_matrix(y: Float[Tensor, "c h w"]) -> Float[Tensor, "c c"]:
    return y.new_tensor(_OPPONENT if len(y) == 3 else ((1.0,),))


def _two_steps(y: Float[Tensor, "c h w"], sigma: float, p: _Parameters, tile: int) -> tuple[Float[Tensor, "c h w"], Float[Tensor, "c h w"]]:
    """Return the basic and the final estimate of one image. Colour is filtered in the opponent space, grouped on its luminance."""
    if sigma == 0:
        return y.clone(), y.clone()
    opponent = _opponent_matrix(y)
    sigmas = sigma / 255 * opponent.norm(dim=1)
    y = torch.einsum("oc,chw->ohw", opponent, y)
    basic = _step(y, None, sigmas, p, tile)
    final = _step(y, basic, sigmas, p, tile)
    back = torch.linalg.inv(opponent)
    return torch.einsum("co,ohw->chw", back, basic), torch.einsum("co,ohw->chw", back, final)


@torch.no_grad()
def bm3d(
    y: Float[Tensor, "*n c h w"],
    sigma: float | int | None = None,
    *,
    block_size: int = 8,
    step: int = 3,
    max_matches: tuple[int, int] = (16, 32),
    search_window: int = 39,
    max_distance: float | int = 3000,
    threshold: float | int = 2.9,
    wiener_factor: float | int = 0.5,
    beta: float | int = 2,
    tile: int | None = None,
) -> Float[Tensor, "*n c h w"]:
    """Remove white Gaussian noise by block-matching and 3-D filtering.

    Parameters
    ----------
    y : Tensor, shape (C, H, W) or (N, C, H, W), float32 or float64
        The observed image, grey or RGB, each side at least ``block_size``. It may leave [0, 1].
    sigma : float, optional
        Standard deviation of the noise in grey levels of 255, the same in all channels. ``None`` estimates it for each image
        (`course_lib.classical.estimate_sigma`). 0 returns ``y``.
    block_size : int
        Side of a block: 4, 8 or 16.
    step : int
        From one reference block to the next. 1 is slower by a factor of nine and gains about 0.05 dB.
    max_matches : tuple of int
        The largest stacks in step 1 and step 2, powers of two.
    search_window : int
        Side of the square in which the position of a match may lie, odd.
    max_distance : float
        A match differs from the reference block by at most this, mean squared difference in grey levels². In step 1 the blocks are noisy,
        and 3σ² is added: their noise alone makes 2σ².
    threshold : float
        λ₃D: coefficients of step 1 up to λ₃D σ are set to zero.
    wiener_factor : float
        μ²: step 2 multiplies by P² / (P² + μ²σ²), P being the spectrum of the basic estimate.
    beta : float
        Shape of the Kaiser window of the aggregation.
    tile : int, optional
        Rows of pixels handled at once; needs memory, does not change the result. By default 192 / C, on CUDA 1024.

    Returns
    -------
    Tensor, the shape, dtype and device of ``y``
        The final estimate x̂.

    Raises
    ------
    TypeError, ValueError
        ``y`` is not an image, too small, or has NaN; ``sigma`` or a parameter is out of its range.

    Notes
    -----
    The parameters are those of the paper's normal profile, with these differences. The paper has a second profile for σ > 40, because its
    bound on the distance of noisy blocks is fixed (2500, then 5000); here it grows with σ. In step 2 it is 3000 (paper: 400), and a stack
    has two blocks at least: a little better, and one parameter less. The noise of overlapping blocks is taken into account, the mean of a
    whole stack is not shrunk, and with that λ₃D is 2.9 (paper: 2.7) and μ² 0.5 (paper: 1); the authors' later software has 3.0 and 0.4.
    For matching, values are rounded to whole grey levels and clipped to [-0.5, 1.5].

    References
    ----------
    K. Dabov, A. Foi, V. Katkovnik, K. Egiazarian, "Image denoising by sparse 3-D transform-domain collaborative filtering", IEEE
    Transactions on Image Processing 16(8), 2007.

    Examples
    --------
    >>> x = torch.linspace(0, 1, 32).expand(1, 32, 32)
    >>> y = x + 25 / 255 * torch.randn(1, 32, 32, generator=torch.Generator().manual_seed(0))
    >>> bool((bm3d(y, sigma=25) - x).square().mean() < 0.05 * (y - x).square().mean())
    True
    """
    p = _Parameters(block_size, step, max_matches, search_window, max_distance, threshold, wiener_factor, beta)
    batch = _require_noisy(y, "y", block_size)
    tile = _require_tile(tile, y)
    estimates = [_two_steps(image, s, p, tile)[1] for image, s in zip(batch, _require_sigma(sigma, batch), strict=True)]
    return torch.stack(estimates).view(y.shape)


# ----------------------------------------------------------------------------------------------------------------------------------
# The same, to be looked at
# ----------------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    """What one step does with one reference block; K matches, blocks of n × n, C channels (opponent channels for a colour image).

    Attributes
    ----------
    rows, columns : Tensor, shape (K,), int64
        Upper left corners of the matches, the best first; the reference block is the first of them.
    distances : Tensor, shape (K,)
        Mean squared difference from the reference block, in grey levels².
    stack : Tensor, shape (C, K, n, n)
        The noisy blocks.
    spectrum : Tensor, shape (C, K, n, n)
        Their three-dimensional transform, in units of the noise.
    variance : Tensor, shape (K, n, n)
        The variance of the noise in each coefficient, in the same units: 1 everywhere if the blocks do not overlap.
    gain : Tensor, shape (C, K, n, n)
        What each coefficient is multiplied by: 0 or 1 in step 1, W between 0 and 1 in step 2.
    weight : Tensor, shape (C,)
        The weight of this group in the aggregation: 1 / (noise variance that remains in the stack, in grey levels²).
    estimates : Tensor, shape (C, K, n, n)
        The blocks as they come back.
    """

    rows: Int[Tensor, "k"]
    columns: Int[Tensor, "k"]
    distances: Float[Tensor, "k"]
    stack: Float[Tensor, "c k n n"]
    spectrum: Float[Tensor, "c k n n"]
    variance: Float[Tensor, "k n n"]
    gain: Float[Tensor, "c k n n"]
    weight: Float[Tensor, "c"]
    estimates: Float[Tensor, "c k n n"]

    @property
    def shrunk(self) -> Float[Tensor, "c k n n"]:
        """The spectrum after shrinkage."""
        return self.gain * self.spectrum


@dataclass(frozen=True)
class Stages:
    """The two steps of `bm3d`: estimates, and the groups of chosen reference blocks.

    Attributes
    ----------
    sigma : float
        The noise level used, in grey levels of 255.
    basic, final : Tensor, shape (C, H, W)
        The estimates after step 1 and step 2.
    hard_threshold, wiener : list of Group
        What step 1 and step 2 do with each chosen reference block.
    """

    sigma: float
    basic: Float[Tensor, "c h w"]
    final: Float[Tensor, "c h w"]
    hard_threshold: list[Group]
    wiener: list[Group]


@torch.no_grad()
def inspect_block(
    y: Float[Tensor, "c h w"],
    sigma: float | int | None,
    row: int,
    column: int,
    *,
    pilot: Float[Tensor, "c h w"] | None = None,
    block_size: int = 8,
    max_matches: tuple[int, int] = (16, 32),
    search_window: int = 39,
    max_distance: float | int = 3000,
    threshold: float | int = 2.9,
    wiener_factor: float | int = 0.5,
) -> Group:
    """Group and filter the stack of one reference block, as `bm3d` does, and return all that happens on the way.

    Parameters
    ----------
    y : Tensor, shape (C, H, W), float32 or float64
        The observed image.
    sigma : float or None
        Standard deviation of the noise in grey levels of 255, greater than 0; ``None`` estimates it.
    row, column : int
        Upper left corner of the reference block.
    pilot : Tensor, shape (C, H, W), optional
        The basic estimate. Without it the block goes through step 1, with it through step 2.
    block_size, max_matches, search_window, max_distance, threshold, wiener_factor
        As in `bm3d`.

    Returns
    -------
    Group

    Raises
    ------
    TypeError, ValueError
        As in `bm3d`; also if the reference block does not lie in the image.

    Examples
    --------
    >>> y = 0.5 + 25 / 255 * torch.randn(1, 32, 32, generator=torch.Generator().manual_seed(0))
    >>> group = inspect_block(y, 25, row=10, column=12)
    >>> group.stack.shape, (group.rows[0].item(), group.columns[0].item())
    (torch.Size([1, 16, 8, 8]), (10, 12))
    """
    p = _Parameters(block_size, 1, max_matches, search_window, max_distance, threshold, wiener_factor, 0.0)
    batch = _require_noisy(y, "y", block_size)
    (sigma,) = _require_sigma(sigma, batch)
    if sigma == 0:
        raise ValueError("sigma: got 0, expected more than 0: without noise there is nothing to inspect")
    n, half, (height, width) = block_size, search_window // 2, y.shape[-2:]
    for name, at, size in (("row", row, height), ("column", column, width)):
        if not 0 <= at <= size - n:
            raise ValueError(f"{name}: got {at}, expected 0 to {size - n}: the block has {n} pixels and the image {size}")
    if pilot is not None and _require_noisy(pilot, "pilot", block_size).shape != batch.shape:
        raise ValueError(f"pilot: got shape {tuple(pilot.shape)}, expected that of y, {tuple(y.shape)}")

    # Only the surroundings of the block matter.
    upper, left = max(row - half, 0), max(column - half, 0)
    around = slice(upper, row + half + n), slice(left, column + half + n)
    opponent = _opponent_matrix(y)
    sigmas = sigma / 255 * opponent.norm(dim=1)
    noisy = torch.einsum("oc,chw->ohw", opponent, y[:, *around])
    guide = noisy if pilot is None else torch.einsum("oc,chw->ohw", opponent, pilot[:, *around])

    matrix, most, farthest = _of_step(pilot is not None, sigmas, p)
    at = torch.tensor([row - upper], device=y.device), torch.tensor([column - left], device=y.device)
    rows, columns, distances, count = _match(*_searchable(guide[0], p), *at, p, most, farthest)
    table, lookup, stride = _covariances(matrix, search_window)
    variance = _noise_variance(rows, columns, count, table.to(y), lookup.to(y.device), stride)
    used = count.item()
    rows, columns, distances, variance = (values[0, :used] for values in (rows, columns, distances, variance))

    matrix, along = matrix.to(y), haar_matrix(used).to(y)
    inverse = torch.linalg.inv(matrix)
    units = sigmas[:, None, None, None]

    def stack_and_spectrum(x: Tensor) -> tuple[Tensor, Tensor]:
        stack = x.unfold(1, n, 1).unfold(2, n, 1)[:, rows, columns]  # (c, k, n, n)
        return stack, torch.einsum("jk,ckuv->cjuv", along, matrix @ stack @ matrix.mT / units).flatten(2)

    stack, spectrum = stack_and_spectrum(noisy)
    variances = variance.expand_as(spectrum)
    if pilot is None:
        gain = _hard_threshold(spectrum, variances, threshold)
    else:
        gain = _wiener_gain(stack_and_spectrum(guide)[1], variances, wiener_factor)
    shrunk = (gain * spectrum).view_as(stack)
    return Group(
        rows=rows + upper,
        columns=columns + left,
        distances=distances / n**2,
        stack=stack,
        spectrum=spectrum.view_as(stack),
        variance=variance.view(-1, n, n),
        gain=gain.view_as(stack),
        weight=_weight(gain, variances) / (255 * sigmas) ** 2,
        estimates=inverse @ torch.einsum("jk,cjuv->ckuv", along, shrunk) @ inverse.mT * units,
    )


@torch.no_grad()
def bm3d_stages(
    y: Float[Tensor, "c h w"],
    sigma: float | int | None = None,
    blocks: list[tuple[int, int]] | tuple[tuple[int, int], ...] = (),
    *,
    block_size: int = 8,
    step: int = 3,
    max_matches: tuple[int, int] = (16, 32),
    search_window: int = 39,
    max_distance: float | int = 3000,
    threshold: float | int = 2.9,
    wiener_factor: float | int = 0.5,
    beta: float | int = 2,
    tile: int | None = None,
) -> Stages:
    """Run `bm3d` on one image and keep both estimates, and the groups of chosen reference blocks in both steps.

    Parameters
    ----------
    y : Tensor, shape (C, H, W), float32 or float64
        The observed image.
    sigma : float, optional
        Standard deviation of the noise in grey levels of 255; ``None`` estimates it.
    blocks : list of (row, column)
        Upper left corners of the reference blocks to look at.
    block_size, step, max_matches, search_window, max_distance, threshold, wiener_factor, beta, tile
        As in `bm3d`.

    Returns
    -------
    Stages

    Raises
    ------
    TypeError, ValueError
        As in `bm3d` and `inspect_block`.

    Examples
    --------
    >>> y = torch.rand(1, 32, 32, generator=torch.Generator().manual_seed(0))
    >>> stages = bm3d_stages(y, 25, blocks=[(10, 12)])
    >>> stages.final.shape, len(stages.wiener)
    (torch.Size([1, 32, 32]), 1)
    """
    p = _Parameters(block_size, step, max_matches, search_window, max_distance, threshold, wiener_factor, beta)
    batch = _require_noisy(y, "y", block_size)
    (sigma,) = _require_sigma(sigma, batch)
    basic, final = _two_steps(y, sigma, p, _require_tile(tile, y))

    def groups(pilot: Tensor | None) -> list[Group]:
        return [
            inspect_block(
                y,
                sigma,
                row,
                column,
                pilot=pilot,
                block_size=block_size,
                max_matches=max_matches,
                search_window=search_window,
                max_distance=max_distance,
                threshold=threshold,
                wiener_factor=wiener_factor,
            )
            for row, column in blocks
        ]

    return Stages(sigma, basic, final, groups(None), groups(basic))
