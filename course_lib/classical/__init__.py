"""Restoration without learning: local filters, total variation, non-local means and BM3D."""

from course_lib.classical.back_projection import back_projection
from course_lib.classical.bm3d import (
    Group,
    Stages,
    biorthogonal_matrix,
    bm3d,
    bm3d_stages,
    dct_matrix,
    haar_matrix,
    inspect_block,
    kaiser_window,
)
from course_lib.classical.filters import bilateral_filter, gaussian_filter, median_filter, unsharp_mask
from course_lib.classical.noise_level import estimate_sigma
from course_lib.classical.non_local_means import nl_means, nl_means_naive, nl_means_weights
from course_lib.classical.total_variation import total_variation, tv_chambolle

__all__ = [
    "Group",
    "Stages",
    "back_projection",
    "bilateral_filter",
    "biorthogonal_matrix",
    "bm3d",
    "bm3d_stages",
    "dct_matrix",
    "estimate_sigma",
    "gaussian_filter",
    "haar_matrix",
    "inspect_block",
    "kaiser_window",
    "median_filter",
    "nl_means",
    "nl_means_naive",
    "nl_means_weights",
    "total_variation",
    "tv_chambolle",
    "unsharp_mask",
]
