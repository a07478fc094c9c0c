"""The networks, one method a file."""

from course_lib.models.auxiliary_classifier import AuxiliaryClassifierDiscriminator
from course_lib.models.classifier import FeatureClassifier, JudgeClassifier
from course_lib.models.colourise import colourise, luma_and_chroma
from course_lib.models.concat_gan import ConcatDiscriminator, ConcatGenerator
from course_lib.models.conditional_batch_norm import ConditionalBatchNorm2d, ConditionalNormGenerator
from course_lib.models.conditional_vae import ConditionalVAE
from course_lib.models.conv_vae import ConvVAE
from course_lib.models.dcgan import DCGANDiscriminator, DCGANGenerator
from course_lib.models.dncnn import DnCNN
from course_lib.models.encoder_decoder import EncoderDecoder
from course_lib.models.espcn import ESPCN
from course_lib.models.ffdnet import FFDNet
from course_lib.models.fsrcnn import FSRCNN
from course_lib.models.mlp_gan import MLPDiscriminator, MLPGenerator
from course_lib.models.mlp_vae import MLPVAE
from course_lib.models.patch_discriminator import PatchDiscriminator, measured_receptive_field, receptive_field
from course_lib.models.projection_discriminator import ProjectionDiscriminator
from course_lib.models.resnet_generator import ResnetGenerator
from course_lib.models.semi_supervised_discriminator import SemiSupervisedDiscriminator
from course_lib.models.skip_network import SkipNetwork
from course_lib.models.spectral_norm import spectral_norm
from course_lib.models.srcnn import SRCNN
from course_lib.models.srresnet import MSRResNet, SRResNet
from course_lib.models.super_resolution import multiply_adds, self_ensemble, super_resolve
from course_lib.models.unet import UNet
from course_lib.models.vae import VAE, VAEOutput

__all__ = [
    "ESPCN",
    "FSRCNN",
    "MLPVAE",
    "SRCNN",
    "VAE",
    "AuxiliaryClassifierDiscriminator",
    "ConcatDiscriminator",
    "ConcatGenerator",
    "ConditionalBatchNorm2d",
    "ConditionalNormGenerator",
    "ConditionalVAE",
    "ConvVAE",
    "DCGANDiscriminator",
    "DCGANGenerator",
    "DnCNN",
    "EncoderDecoder",
    "FFDNet",
    "FeatureClassifier",
    "JudgeClassifier",
    "MLPDiscriminator",
    "MLPGenerator",
    "MSRResNet",
    "PatchDiscriminator",
    "ProjectionDiscriminator",
    "ResnetGenerator",
    "SRResNet",
    "SemiSupervisedDiscriminator",
    "SkipNetwork",
    "UNet",
    "VAEOutput",
    "colourise",
    "luma_and_chroma",
    "measured_receptive_field",
    "multiply_adds",
    "receptive_field",
    "self_ensemble",
    "spectral_norm",
    "super_resolve",
]
