"""Images: what is accepted, files in and out, ranges, colour."""

import io
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from skimage import color

from course_lib import images


def random_image(*shape, dtype=torch.float32, seed=0):
    return torch.rand(*shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


# ---------------------------------------------------------------------------------------------------- require_image
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 4, 5), (2, 1, 4, 5), (2, 3, 4, 5)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_require_image_returns_the_very_tensor(shape, dtype):
    x = random_image(*shape, dtype=dtype)
    assert images.require_image(x) is x


def test_require_image_accepts_noise_beyond_the_range():
    images.require_image(torch.tensor([[[-1.4, 2.6]]]))
    images.require_image(torch.tensor([[[-10.0, 10.0]]]))


def test_require_image_keeps_the_gradient():
    x = random_image(1, 2, 2).requires_grad_()
    images.require_image(x).sum().backward()
    assert torch.equal(x.grad, torch.ones_like(x))


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (np.zeros((4, 4)), TypeError, r"photo: got a numpy array of shape \(4, 4\).*images.from_numpy"),
        ([[0.0]], TypeError, r"photo: got list, expected a torch tensor"),
        (None, TypeError, r"photo: got NoneType"),
        (torch.zeros(3, 4, 4, dtype=torch.uint8), TypeError, r"photo: got dtype torch.uint8.*images.from_uint8"),
        (torch.zeros(3, 4, 4, dtype=torch.int64), TypeError, r"photo: got dtype torch.int64.*x.float"),
        (torch.zeros(3, 4, 4, dtype=torch.complex64), TypeError, r"photo: got dtype torch.complex64"),
        (torch.zeros(4, 4), ValueError, r"photo: got shape \(4, 4\).*add a channel axis: x\[None\]"),
        (torch.zeros(()), ValueError, r"photo: got shape \(\)"),
        (torch.zeros(1, 1, 3, 4, 4), ValueError, r"photo: got shape \(1, 1, 3, 4, 4\)"),
        (torch.zeros(2, 4, 4), ValueError, r"photo: got shape \(2, 4, 4\), expected .* with C in \(1, 3\)$"),
        (torch.zeros(16, 16, 3), ValueError, r"photo: got shape \(16, 16, 3\).*channels seem to be last.*movedim\(-1, -3\)"),
        (torch.zeros(2, 16, 16, 1), ValueError, r"channels seem to be last"),
        (torch.zeros(0, 3, 4, 4), ValueError, r"photo: got shape \(0, 3, 4, 4\), an empty image"),
        (torch.zeros(3, 0, 4), ValueError, r"an empty image"),
        (torch.full((1, 4, 4), 255.0), ValueError, r"photo: values from 255 to 255 look like a 0–255 scale.*divide by 255"),
        (torch.full((1, 4, 4), -10.1), ValueError, r"0–255 scale"),
        (torch.tensor([[[0.0, float("nan")]]]), ValueError, r"photo: 1 of 2 values are NaN or infinite"),
        (torch.tensor([[[0.0, float("inf")], [0.0, float("-inf")]]]), ValueError, r"photo: 2 of 4 values are NaN or infinite"),
        (torch.tensor([[[300.0, float("nan")]]]), ValueError, r"NaN or infinite"),
    ],
)
def test_require_image_refuses(x, error, message):
    with pytest.raises(error, match=message):
        images.require_image(x, "photo")


@pytest.mark.bad_input
def test_require_image_channels_and_size():
    colour, grey = torch.zeros(3, 8, 9), torch.zeros(1, 8, 9)
    images.require_image(grey, channels=1)
    images.require_image(torch.zeros(2, 8, 9), channels=(1, 2))
    images.require_image(grey, min_size=8)
    with pytest.raises(ValueError, match=r"x: got shape \(3, 8, 9\), expected .* with C = 1; make it grey with images.to_grey"):
        images.require_image(colour, "x", channels=1)
    with pytest.raises(ValueError, match=r"with C = 3$"):
        images.require_image(grey, "x", channels=3)
    with pytest.raises(ValueError, match=r"x: got 8 x 9 pixels, expected at least 9 x 9"):
        images.require_image(grey, "x", min_size=9)


# ------------------------------------------------------------------------------------------------------ 8 bits
def test_to_uint8_clips_and_rounds_half_up():
    halves = (torch.arange(255, dtype=torch.float64) + 0.5) / 255
    below = halves - 1e-9
    assert torch.equal(images.to_uint8(halves.reshape(1, 1, -1)).flatten().long(), torch.arange(1, 256))
    assert torch.equal(images.to_uint8(below.reshape(1, 1, -1)).flatten().long(), torch.arange(255))
    assert images.to_uint8(torch.tensor([[[-3.0, -0.001, 1.001, 9.0]]])).flatten().tolist() == [0, 0, 255, 255]


shapes = st.tuples(st.integers(1, 3), st.sampled_from([1, 3]), st.integers(1, 9), st.integers(1, 9)) | st.tuples(
    st.sampled_from([1, 3]), st.integers(1, 9), st.integers(1, 9)
)


@given(shape=shapes, seed=st.integers(0, 2**31))
@settings(deadline=None, max_examples=40)
def test_round_trips(shape, seed):
    bytes_in = torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))
    x = images.from_uint8(bytes_in)
    assert x.dtype == torch.float32
    assert 0 <= float(x.min()) <= float(x.max()) <= 1
    assert torch.equal(images.to_uint8(x), bytes_in)
    assert torch.equal(images.from_numpy(images.to_numpy(x)), x)
    if x.ndim == 3:
        assert torch.equal(images.load(io.BytesIO(images.png_bytes(x))), x)


def test_every_byte_survives():
    every = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16)
    assert torch.equal(images.to_uint8(images.from_uint8(every)), every)
    assert torch.equal(images.to_uint8(images.from_uint8(every).double()), every)


@pytest.mark.bad_input
def test_from_uint8_refuses():
    with pytest.raises(TypeError, match=r"x: got dtype torch.float32, expected torch.uint8"):
        images.from_uint8(torch.zeros(1, 2, 2))
    with pytest.raises(TypeError, match=r"x: got ndarray"):
        images.from_uint8(np.zeros((2, 2), dtype=np.uint8))
    with pytest.raises(ValueError, match=r"x: got shape \(2, 2\)"):
        images.from_uint8(torch.zeros(2, 2, dtype=torch.uint8))
    with pytest.raises(ValueError, match="empty"):
        images.from_uint8(torch.zeros(1, 0, 2, dtype=torch.uint8))


# ------------------------------------------------------------------------------------------------------ numpy
def test_numpy_layout():
    x = random_image(3, 4, 5)
    a = images.to_numpy(x)
    assert a.shape == (4, 5, 3)
    assert a.dtype == np.float32
    assert a[1, 2, 0] == x[0, 1, 2].item()
    assert images.to_numpy(x[:1]).shape == (4, 5)
    assert images.to_numpy(x[None]).shape == (1, 4, 5, 3)
    assert images.to_numpy(x[None, :1].double()).shape == (1, 4, 5, 1)
    assert images.to_numpy(x.double()).dtype == np.float64


def test_numpy_copies(device):
    x = random_image(1, 2, 2).to(device)
    a = images.to_numpy(x)
    a[:] = 7
    assert float(x.max()) <= 1
    b = np.zeros((2, 2), dtype=np.float32)
    y = images.from_numpy(b)
    b[:] = 1
    assert float(y.max()) == 0


@pytest.mark.parametrize(
    ("a", "expected"),
    [
        (np.array([[0, 255]], dtype=np.uint8), [0.0, 1.0]),
        (np.array([[0, 65535]], dtype=np.uint16), [0.0, 1.0]),
        (np.array([[0, 65535]], dtype=">u2"), [0.0, 1.0]),
        (np.array([[False, True]]), [0.0, 1.0]),
        (np.array([[-0.5, 1.5]]), [-0.5, 1.5]),
        (np.array([[1, 0]], dtype=np.uint8)[:, ::-1], [0.0, 1 / 255]),
    ],
)
def test_from_numpy_ranges(a, expected):
    x = images.from_numpy(a)
    assert x.shape == (1, 1, 2)
    assert x.dtype == torch.float32
    assert torch.allclose(x.flatten(), torch.tensor(expected), atol=0, rtol=1e-7)


@pytest.mark.bad_input
@pytest.mark.parametrize(
    ("a", "error", "message"),
    [
        ([[0.0]], TypeError, r"a: got list"),
        (np.zeros((2, 2), dtype=np.int64), TypeError, r"a: got dtype int64"),
        (np.zeros((2, 2), dtype=complex), TypeError, r"a: got dtype complex128"),
        (np.zeros(4), ValueError, r"a: got shape \(4,\)"),
        (np.zeros((4, 4, 4)), ValueError, r"a: got shape \(4, 4, 4\).*drop the alpha channel"),
        (np.zeros((3, 4, 5)), ValueError, r"a: got shape \(3, 4, 5\)"),
        (np.zeros((0, 4)), ValueError, r"empty"),
        (np.full((2, 2), np.nan), ValueError, r"a: 4 of 4 values are NaN"),
        (np.full((2, 2), 200.0), ValueError, r"a: values from 200 to 200 look like a 0–255 scale"),
    ],
)
def test_from_numpy_refuses(a, error, message):
    with pytest.raises(error, match=message):
        images.from_numpy(a)


# ------------------------------------------------------------------------------------------------------ colour
def test_luma_and_ycbcr_equal_scikit_image(device):
    x = random_image(2, 3, 7, 9, dtype=torch.float64).to(device)
    expected = color.rgb2ycbcr(images.to_numpy(x)) / 255
    assert np.abs(images.to_numpy(images.luma(x))[..., 0] - expected[..., 0]).max() < 1e-12
    assert np.abs(images.to_numpy(images.rgb_to_ycbcr(x)) - expected).max() < 1e-12
    assert images.luma(x[0]).shape == (1, 7, 9)
    assert torch.equal(images.luma(x[0]), images.luma(x)[0])
    assert np.abs(images.to_numpy(images.luma(x.float()))[..., 0] - expected[..., 0]).max() < 1e-6


def test_ycbcr_round_trip(device):
    x = random_image(2, 3, 7, 9, dtype=torch.float64).to(device)
    assert float((images.ycbcr_to_rgb(images.rgb_to_ycbcr(x)) - x).abs().max()) < 1e-14
    assert float((images.ycbcr_to_rgb(images.rgb_to_ycbcr(x.float())) - x.float()).abs().max()) < 2e-6
    expected = color.ycbcr2rgb(images.to_numpy(images.rgb_to_ycbcr(x)) * 255)
    assert np.abs(images.to_numpy(images.ycbcr_to_rgb(images.rgb_to_ycbcr(x))) - expected).max() < 1e-10


def test_grey_weights():
    primaries = torch.eye(3, dtype=torch.float64)[:, None, :]  # one pixel each of red, green, blue
    assert images.to_grey(primaries).flatten().tolist() == [0.2989, 0.5870, 0.1140]
    assert torch.allclose(images.luma(primaries).flatten() * 255 - 16, torch.tensor([65.481, 128.553, 24.966], dtype=torch.float64))


def test_grey_images_pass_through():
    x = random_image(2, 1, 4, 4)
    assert torch.equal(images.to_grey(x), x)
    assert torch.equal(images.luma(x), x)


def test_colour_keeps_dtype_device_and_gradient(device):
    for dtype in (torch.float32, torch.float64):
        x = random_image(3, 4, 4, dtype=dtype).to(device).requires_grad_()
        for function in (images.luma, images.to_grey, images.rgb_to_ycbcr, images.ycbcr_to_rgb):
            y = function(x)
            assert y.dtype == dtype
            assert y.device.type == device.type
            (gradient,) = torch.autograd.grad(y.sum(), x)
            assert bool((gradient != 0).any())


@pytest.mark.bad_input
@pytest.mark.parametrize(
    "function",
    [images.luma, images.to_grey, images.rgb_to_ycbcr, images.ycbcr_to_rgb, images.to_uint8, images.to_numpy, images.png_bytes]
    + [lambda x: images.crop_to_multiple(x, 2), lambda x: images.save(x, "never_written.png")],
)
def test_every_function_refuses_what_is_no_image(function):
    for bad, error, message in [
        (torch.zeros(3, 4, 4, dtype=torch.uint8), TypeError, "x: got dtype torch.uint8"),
        (np.zeros((4, 4)), TypeError, "x: got a numpy array"),
        (torch.zeros(4, 4), ValueError, "x: got shape"),
        (torch.zeros(3, 0, 4), ValueError, "x: got shape"),
        (torch.full((3, 4, 4), 128.0), ValueError, "0–255 scale"),
        (torch.full((3, 4, 4), float("nan")), ValueError, "NaN"),
    ]:
        with pytest.raises(error, match=message):
            function(bad)


@pytest.mark.bad_input
def test_ycbcr_needs_colour():
    for function in (images.rgb_to_ycbcr, images.ycbcr_to_rgb):
        with pytest.raises(ValueError, match="with C = 3"):
            function(torch.zeros(1, 4, 4))


# ------------------------------------------------------------------------------------------------------ cropping
@given(shape=shapes, s=st.integers(1, 9))
@settings(deadline=None, max_examples=40)
def test_crop_to_multiple(shape, s):
    x = random_image(*shape)
    if s > min(shape[-2:]):
        return
    y = images.crop_to_multiple(x, s)
    height, width = y.shape[-2:]
    assert height % s == 0
    assert width % s == 0
    assert 0 <= shape[-2] - height < s
    assert 0 <= shape[-1] - width < s
    assert torch.equal(y, x[..., :height, :width])


@pytest.mark.bad_input
def test_crop_to_multiple_refuses():
    x = torch.zeros(1, 4, 6)
    for s in (0, -2, 5):
        with pytest.raises(ValueError, match=f"s: got {s}, expected 1 to 4"):
            images.crop_to_multiple(x, s)
    for s in (2.0, True, None):
        with pytest.raises(TypeError, match="s: got"):
            images.crop_to_multiple(x, s)


# ------------------------------------------------------------------------------------------------------ files
@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".PNG"])
@pytest.mark.parametrize("channels", [1, 3])
def test_save_and_load_without_loss(tmp_path, suffix, channels):
    x = images.from_uint8(torch.randint(0, 256, (channels, 7, 5), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)))
    images.save(x, tmp_path / f"a{suffix}")
    y = images.load(str(tmp_path / f"a{suffix}"))
    assert y.dtype == torch.float32
    assert y.is_contiguous()
    assert torch.equal(x, y)


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".webp"])
def test_save_and_load_with_loss(tmp_path, suffix):
    ramp = torch.linspace(0.1, 0.9, 32).expand(3, 32, 32)
    images.save(ramp, tmp_path / f"a{suffix}")
    assert float((images.load(tmp_path / f"a{suffix}") - ramp).abs().max()) < 6 / 255


def test_save_rounds_half_up(tmp_path):
    images.save(torch.full((1, 2, 2), 0.5), tmp_path / "a.png")
    assert np.asarray(Image.open(tmp_path / "a.png")).tolist() == [[128, 128], [128, 128]]


def test_save_replaces_and_leaves_one_file(tmp_path, monkeypatch):
    images.save(torch.zeros(1, 2, 2), tmp_path / "a.png")

    def fail(self, path, **_):
        path.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        images.save(torch.ones(1, 2, 2), tmp_path / "a.png")
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]
    assert float(images.load(tmp_path / "a.png").max()) == 0


@pytest.mark.bad_input
def test_save_refuses(tmp_path):
    x = torch.zeros(3, 4, 4)
    for name in ("a", "a.xyz", "a.txt"):
        with pytest.raises(ValueError, match=r"has the extension .* use .png"):
            images.save(x, tmp_path / name)
    with pytest.raises(ValueError, match=r"x: got a batch of shape \(2, 3, 4, 4\).*plots.grid"):
        images.save(torch.zeros(2, 3, 4, 4), tmp_path / "a.png")
    with pytest.raises(ValueError, match="x: got a batch"):
        images.png_bytes(x[None])
    with pytest.raises(TypeError, match="path: got int"):
        images.save(x, 3)
    with pytest.raises(FileNotFoundError, match="nowhere does not exist"):
        images.save(x, tmp_path / "nowhere" / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_load_modes(tmp_path):
    colour = images.from_uint8(torch.randint(0, 256, (3, 4, 5), dtype=torch.uint8, generator=torch.Generator().manual_seed(2)))
    images.save(colour, tmp_path / "colour.png")
    images.save(colour[:1], tmp_path / "grey.png")
    assert torch.equal(images.load(tmp_path / "colour.png", "rgb"), colour)
    assert torch.equal(images.load(tmp_path / "colour.png", "grey"), images.to_grey(colour))
    assert torch.equal(images.load(tmp_path / "grey.png", "grey"), colour[:1])
    repeated = images.load(tmp_path / "grey.png", "rgb")
    assert torch.equal(repeated, colour[:1].repeat(3, 1, 1))
    repeated[0] = 0  # no shared memory between the channels
    assert torch.equal(repeated[1:], colour[:1].repeat(2, 1, 1))


def test_load_an_open_file(tmp_path):
    images.save(torch.ones(1, 2, 3), tmp_path / "a.png")
    with open(tmp_path / "a.png", "rb") as file:
        assert images.load(file).shape == (1, 2, 3)


def png(width, height, bit_depth, colour_type, rows):
    """A PNG file by hand, for what Pillow cannot write."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, bit_depth, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_load_16_bits():
    values = [0, 1, 300, 65535]
    x = images.load(io.BytesIO(png(4, 1, 16, 0, b"\0" + struct.pack(">4H", *values))))
    assert torch.allclose(x.flatten().double() * 65535, torch.tensor(values, dtype=torch.float64), atol=0.01)
    colour = images.load(io.BytesIO(png(1, 1, 16, 2, b"\0" + struct.pack(">3H", 0, 32768, 65535))))
    assert colour.shape == (3, 1, 1)
    assert torch.allclose(colour.flatten(), torch.tensor([0.0, 0.5, 1.0]), atol=1 / 255)


def test_load_palette_bilevel_cmyk_and_float(tmp_path):
    picture = Image.new("P", (2, 1))
    picture.putpalette([255, 0, 0, 0, 0, 255])
    picture.putpixel((1, 0), 1)
    picture.save(tmp_path / "palette.png")
    assert images.load(tmp_path / "palette.png")[:, 0].tolist() == [[1, 0], [0, 0], [0, 1]]
    Image.new("1", (2, 1), 1).save(tmp_path / "bilevel.png")
    assert images.load(tmp_path / "bilevel.png").tolist() == [[[1, 1]]]
    Image.new("CMYK", (8, 8), (0, 0, 0, 0)).save(tmp_path / "cmyk.tif")
    assert images.load(tmp_path / "cmyk.tif").shape == (3, 8, 8)
    Image.fromarray(np.array([[0.25, 1.0]], dtype=np.float32)).save(tmp_path / "float.tif")
    assert images.load(tmp_path / "float.tif").tolist() == [[[0.25, 1.0]]]


def test_load_lays_transparency_on_white(tmp_path):
    Image.new("RGBA", (1, 1), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    assert images.load(tmp_path / "clear.png").flatten().tolist() == [1, 1, 1]
    Image.new("RGBA", (1, 1), (0, 0, 0, 128)).save(tmp_path / "half.png")
    assert torch.allclose(images.load(tmp_path / "half.png"), torch.tensor(127 / 255), atol=1.1 / 255)
    Image.new("LA", (1, 1), (40, 255)).save(tmp_path / "grey.png")
    assert images.load(tmp_path / "grey.png").flatten().tolist() == pytest.approx([40 / 255])
    picture = Image.new("P", (1, 1))
    picture.putpalette([9, 9, 9])
    picture.save(tmp_path / "palette.png", transparency=0)
    assert images.load(tmp_path / "palette.png").flatten().tolist() == [1, 1, 1]


def test_load_turns_by_exif(tmp_path):
    values = np.zeros((16, 32, 3), dtype=np.uint8)
    values[:8, :8] = 255  # white at the top left
    exif = Image.Exif()
    exif[0x0112] = 6  # to be seen turned by 90° clockwise
    Image.fromarray(values).save(tmp_path / "a.jpg", exif=exif, quality=95)
    x = images.load(tmp_path / "a.jpg")
    assert x.shape == (3, 32, 16)
    assert float(x[:, :6, 10:].mean()) > 0.9
    assert float(x[:, 10:, :].mean()) < 0.1


@pytest.mark.bad_input
def test_load_what_is_not_there(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match=r"there is no file .*missing.png.*check the spelling"):
        images.load(tmp_path / "missing.png")
    with pytest.raises(ValueError, match=r"is a folder; name one image file"):
        images.load(tmp_path)
    with pytest.raises(TypeError, match="path: got int"):
        images.load(3)
    with pytest.raises(TypeError, match="open the file in binary mode"):
        images.load(io.StringIO("text"))
    (tmp_path / "file").write_text("x")
    with pytest.raises(ValueError, match=r"cannot be read \(Not a directory\)"):
        images.load(tmp_path / "file" / "a.png")
    with pytest.raises(ValueError, match="mode: got 'gray'"):
        images.load(tmp_path / "file", mode="gray")

    def refuse(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(images.Path, "read_bytes", refuse)
    with pytest.raises(ValueError, match=r"cannot be read \(Permission denied\); check its permissions"):
        images.load(tmp_path / "file")


@pytest.mark.bad_input
@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_load_a_damaged_file(tmp_path, suffix):
    x = random_image(3, 24, 24)
    images.save(x, tmp_path / f"a{suffix}")
    whole = images.load(tmp_path / f"a{suffix}")
    data = (tmp_path / f"a{suffix}").read_bytes()
    messages = []
    for length in range(0, len(data), max(1, len(data) // 40)):
        damaged = tmp_path / f"cut{suffix}"
        damaged.write_bytes(data[:length])
        try:
            y = images.load(damaged)
        except ValueError as error:
            messages.append(str(error))
        else:
            assert torch.equal(y, whole)  # only the end mark was cut
    assert len(messages) >= 39
    assert all(f"{damaged} is damaged or not an image" in message for message in messages)


@pytest.mark.bad_input
def test_load_what_is_no_image(tmp_path):
    for data in (b"", b"hello", b"<html>404</html>", bytes(range(256)) * 8, b"\x89PNG\r\n\x1a\n" + b"\0" * 64):
        (tmp_path / "a.png").write_bytes(data)
        with pytest.raises(ValueError, match=r"a.png is damaged or not an image \((empty|\d+ bytes)"):
            images.load(tmp_path / "a.png")
    Image.fromarray(np.array([[0.25, 2.0]], dtype=np.float32)).save(tmp_path / "float.tif")
    with pytest.raises(ValueError, match=r"float.tif .* has values outside 0..1"):
        images.load(tmp_path / "float.tif")
    Image.fromarray(np.array([[0, 70000]], dtype=np.int32)).save(tmp_path / "int.tif")
    with pytest.raises(ValueError, match=r"int.tif .* has values outside 0..65535"):
        images.load(tmp_path / "int.tif")


def test_importing_is_cheap():
    program = (
        "import course_lib.images, sys; print([m for m in ('PIL', 'scipy', 'skimage', 'matplotlib', 'torchvision') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
