"""The networks, one method a file."""

from course_lib.models.classifier import FeatureClassifier, JudgeClassifier
from course_lib.models.conditional_vae import ConditionalVAE
from course_lib.models.conv_vae import ConvVAE
from course_lib.models.dcgan import DCGANDiscriminator, DCGANGenerator
from course_lib.models.dncnn import DnCNN
from course_lib.models.encoder_decoder import EncoderDecoder
from course_lib.models.ffdnet import FFDNet
from course_lib.models.mlp_gan import MLPDiscriminator, MLPGenerator
from course_lib.models.mlp_vae import MLPVAE
from course_lib.models.spectral_norm import spectral_norm
from course_lib.models.vae import VAE, VAEOutput

__all__ = [
    "ConditionalVAE",
    "ConvVAE",
    "MLPVAE",
    "VAE",
    "DCGANDiscriminator",
    "DCGANGenerator",
    "DnCNN",
    "EncoderDecoder",
    "FFDNet",
    "FeatureClassifier",
    "JudgeClassifier",
    "MLPDiscriminator",
    "MLPGenerator",
    "VAEOutput",
    "spectral_norm",
]
