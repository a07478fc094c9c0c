"""The networks, one method a file."""

from course_lib.models.classifier import FeatureClassifier, JudgeClassifier
from course_lib.models.dcgan import DCGANDiscriminator, DCGANGenerator
from course_lib.models.mlp_gan import MLPDiscriminator, MLPGenerator
from course_lib.models.spectral_norm import spectral_norm

__all__ = [
    "DCGANDiscriminator",
    "DCGANGenerator",
    "FeatureClassifier",
    "JudgeClassifier",
    "MLPDiscriminator",
    "MLPGenerator",
    "spectral_norm",
]
