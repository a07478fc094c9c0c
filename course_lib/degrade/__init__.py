"""How images break: callable degradations ``y = A(x, generator=None)``, the linear ones with their exact adjoint.

``A + GaussianNoise(5)`` is the forward model y = A(x) + n; ``Compose([A, B])`` is one after the other.
"""

from course_lib.degrade.base import Degradation
from course_lib.degrade.blur import Blur, disk_kernel, gaussian_kernel, motion_kernel
from course_lib.degrade.compose import Compose
from course_lib.degrade.downsample import Downsample
from course_lib.degrade.jpeg import Jpeg
from course_lib.degrade.mask import Mask
from course_lib.degrade.noise import GaussianNoise, ImpulseNoise, PoissonNoise

__all__ = [
    "Blur",
    "Compose",
    "Degradation",
    "Downsample",
    "GaussianNoise",
    "ImpulseNoise",
    "Jpeg",
    "Mask",
    "PoissonNoise",
    "disk_kernel",
    "gaussian_kernel",
    "motion_kernel",
]
