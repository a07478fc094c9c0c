"""What every test may ask for: benchmark data, a seeded generator, the devices of this machine."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # two workers with two threads each run ten times slower than with one
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("COURSE_PROGRESS", "off")  # what a test passes is nobody's progress

from pathlib import Path  # noqa: E402

import pytest  # noqa: E402
import torch  # noqa: E402

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def course_data() -> Path:
    """The folder of benchmark sets; a test that needs it is skipped, by name, where ``$COURSE_DATA`` is not set."""
    folder = os.environ.get("COURSE_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("COURSE_DATA is not set: benchmark sets are not on this machine")
    return Path(folder)


@pytest.fixture
def generator() -> torch.Generator:
    """A CPU generator with a fixed seed, new for each test."""
    return torch.Generator().manual_seed(0)


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA here"))])
def device(request) -> torch.device:
    """CPU, and CUDA where there is one."""
    return torch.device(request.param)
