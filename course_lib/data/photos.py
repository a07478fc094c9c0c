"""Photographs that lie inside the installed scikit-image and scikit-learn: real images with no download.

Only files that are part of the installed packages are used, and they are read by their path: scikit-image's own functions would fetch
some of theirs from the network.
"""

import difflib
import importlib.util
from pathlib import Path

from jaxtyping import Float
from torch import Tensor

from course_lib.images import load, to_grey
from course_lib.resample import imresize

_FREE = "no known copyright restrictions, as scikit-image states"
_PHOTOS = {  # name: package, file in it, what it shows, licence as the package states it
    "astronaut": ("skimage", "data/astronaut.png", "portrait of the astronaut Eileen Collins, colour 512x512", "public domain (NASA)"),
    "brick": ("skimage", "data/brick.png", "brick wall, a regular texture, grey 512x512", "CC0 (CC0Textures)"),
    "camera": ("skimage", "data/camera.png", "man with a camera on a lawn, grey 512x512", "CC0 (Lav Varshney)"),
    "chelsea": ("skimage", "data/chelsea.png", "face of a cat, fine fur, colour 300x451", "CC0 (Stefan van der Walt)"),
    "clock": ("skimage", "data/clock_motion.png", "clock blurred by a moving camera, grey 300x400", "public domain (Stefan van der Walt)"),
    "coffee": ("skimage", "data/coffee.png", "cup of coffee on wood, colour 400x600", "CC0 (Rachel Michetti)"),
    "coins": ("skimage", "data/coins.png", "Greek coins from Pompeii, grey 303x384", f"{_FREE} (Brooklyn Museum)"),
    "grass": ("skimage", "data/grass.png", "grass, an irregular texture, grey 512x512", "CC0 (linolafett)"),
    "gravel": ("skimage", "data/gravel.png", "gravel, an irregular texture, grey 512x512", "CC0 (CC0Textures)"),
    "hubble": ("skimage", "data/hubble_deep_field.jpg", "galaxies of the Hubble deep field, colour 872x1000", "public domain (NASA)"),
    "tissue": ("skimage", "data/ihc.png", "stained tissue under the microscope, colour 512x512", f"{_FREE} (CMMI)"),
    "moon": ("skimage", "data/moon.png", "surface of the moon, low contrast, grey 512x512", "none stated by scikit-image"),
    "motorcycle": (
        "skimage",
        "data/motorcycle_left.png",
        "motorcycle, left image of a stereo pair, colour 500x741",
        "none stated; cite Scharstein et al., GCPR 2014 (Middlebury stereo benchmark)",
    ),
    "motorcycle_right": (
        "skimage",
        "data/motorcycle_right.png",
        "motorcycle, right image of the same pair, colour 500x741",
        "none stated; cite Scharstein et al., GCPR 2014 (Middlebury stereo benchmark)",
    ),
    "page": ("skimage", "data/page.png", "printed page, unevenly lit, grey 191x384", "none stated by scikit-image"),
    "retina": ("skimage", "data/retina.jpg", "retina of the eye, colour 1411x1411", "CC0 (Mikael Häggström)"),
    "rocket": ("skimage", "data/rocket.jpg", "launch of a rocket at dusk, colour 427x640", "public domain (SpaceX)"),
    "text": ("skimage", "data/text.png", "handwriting on ruled paper, grey 172x448", f"{_FREE} (Wikipedia)"),
    "china": ("sklearn", "datasets/images/china.jpg", "summer palace in China, colour 427x640", "CC BY 2.0 (danielbuechele)"),
    "flower": ("sklearn", "datasets/images/flower.jpg", "dahlia close by, colour 427x640", "CC BY 2.0 (vultilion)"),
}


def photo_names() -> list[str]:
    """List the photographs that `photo` can give.

    Returns
    -------
    list of str
        Names, sorted.

    Examples
    --------
    >>> photo_names()[:3]
    ['astronaut', 'brick', 'camera']
    """
    return sorted(_PHOTOS)


def photo_info(name: str) -> str:
    """Say what a photograph shows and under which licence.

    Parameters
    ----------
    name : str
        One of `photo_names`.

    Returns
    -------
    str
        One line: description, package, licence.

    Raises
    ------
    TypeError, ValueError
        Not a name from the list.

    Examples
    --------
    >>> photo_info("camera")
    'man with a camera on a lawn, grey 512x512; scikit-image; CC0 (Lav Varshney)'
    """
    package, _, shows, licence = _require_name(name)
    return f"{shows}; {'scikit-image' if package == 'skimage' else 'scikit-learn'}; {licence}"


def photo(name: str, size: int | None = None, grey: bool = False) -> Float[Tensor, "c _ _"]:
    """Load a photograph.

    Parameters
    ----------
    name : str
        One of `photo_names`.
    size : int, optional
        Side in pixels, 8 to 2048: the largest centred square is cut out and resized by `imresize` (bicubic, antialiased), then clipped
        to [0, 1]. When None, the whole photograph as it is.
    grey : bool
        One channel, by `course_lib.images.to_grey`.

    Returns
    -------
    Tensor
        (C, H, W), float32, [0, 1]; C = 3 for a colour photograph, 1 for a grey one.

    Raises
    ------
    TypeError, ValueError
        Unknown name (the message lists them), size out of range.
    FileNotFoundError
        The installed package does not contain the file.

    Examples
    --------
    >>> photo("astronaut", size=64).shape, photo("astronaut", size=64, grey=True).shape
    (torch.Size([3, 64, 64]), torch.Size([1, 64, 64]))
    """
    package, inside, _, _ = _require_name(name)
    if size is not None and (isinstance(size, bool) or not isinstance(size, int)):
        raise TypeError(f"size: got {type(size).__name__}, expected an int (the side in pixels) or None")
    if size is not None and not 8 <= size <= 2048:
        raise ValueError(f"size: got {size}, expected 8 to 2048 pixels")
    spec = importlib.util.find_spec(package)  # finds the package without importing it
    file = Path(spec.submodule_search_locations[0]) / inside if spec and spec.submodule_search_locations else Path(package) / inside
    if not file.is_file():
        raise FileNotFoundError(
            f"name: {name!r} is a file of {package} ({inside}), which the installed package lacks; install {package} from PyPI, or choose "
            f"another of {', '.join(photo_names())}"
        )
    image = load(file)
    if grey:
        image = to_grey(image)
    if size is not None:
        height, width = image.shape[-2:]
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        image = imresize(image[:, top : top + side, left : left + side], size=(size, size)).clamp(0, 1)
    return image


def _require_name(name: str) -> tuple[str, str, str, str]:
    if not isinstance(name, str):
        raise TypeError(f"name: got {type(name).__name__}, expected one of {', '.join(photo_names())}")
    if name not in _PHOTOS:
        near = difflib.get_close_matches(name.lower(), _PHOTOS, n=1)
        suggestion = f"; did you mean {near[0]!r}?" if near else "."
        raise ValueError(f"name: got {name!r}{suggestion} Known: {', '.join(photo_names())}")
    return _PHOTOS[name]
