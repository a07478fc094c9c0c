"""How far is an estimate x̂ from the clean image x, and a set of generated samples from a set of real ones?

Full-reference metrics give one value per image; the scores of generators work on features of two sets.
"""

from course_lib.metrics.disentanglement import factor_of_latent, linear_probe, mig, mutual_information
from course_lib.metrics.features import fid, inception_score, kid, precision_recall
from course_lib.metrics.likelihood import active_units, negative_log_likelihood
from course_lib.metrics.modes import mode_coverage
from course_lib.metrics.patch_statistics import patch_distance
from course_lib.metrics.pixel import mse, psnr
from course_lib.metrics.segmentation import mean_iou, pixel_accuracy
from course_lib.metrics.structural import ms_ssim, ssim, ssim_map

__all__ = [
    "active_units",
    "factor_of_latent",
    "fid",
    "inception_score",
    "kid",
    "linear_probe",
    "mean_iou",
    "mig",
    "mode_coverage",
    "ms_ssim",
    "mse",
    "mutual_information",
    "negative_log_likelihood",
    "patch_distance",
    "pixel_accuracy",
    "precision_recall",
    "psnr",
    "ssim",
    "ssim_map",
]
