"""environment.yml (conda, Binder, JupyterHub) installs what pyproject.toml asks for, and nothing by a list of its own."""

import tomllib
from pathlib import Path

import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_packages_come_from_pyproject_alone():
    conda = [entry for entry in ENVIRONMENT["dependencies"] if isinstance(entry, str)]
    (pip,) = [entry["pip"] for entry in ENVIRONMENT["dependencies"] if isinstance(entry, dict)]
    assert pip == ["-e ."]
    assert {entry.partition("=")[0] for entry in conda} == {"python", "pip"}  # a package named here could disagree with pyproject


def test_its_python_is_one_the_course_runs_on():
    (python,) = [entry for entry in ENVIRONMENT["dependencies"] if isinstance(entry, str) and entry.startswith("python=")]
    assert python.removeprefix("python=") in SpecifierSet(PROJECT["requires-python"])


def test_one_open_channel():
    assert ENVIRONMENT["channels"] == ["conda-forge"]  # the default channel asks larger institutions for a licence


def test_torch_and_torchvision_have_lower_bounds_only():
    wanted = {line.partition(">=")[0]: line for line in PROJECT["dependencies"]}
    assert wanted["torch"].startswith("torch>=2.")
    assert wanted["torchvision"].startswith("torchvision>=0.")
    assert all("<" not in line and "==" not in line for line in PROJECT["dependencies"])
