"""The doctor finds what is wrong, says what to do, and speaks on a sick machine too."""

import builtins
import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from course_lib.classroom import doctor
from course_lib.classroom.doctor import Finding, Report

ROOT = Path(__file__).resolve().parents[2]


def findings(name):
    """What one check says."""
    return doctor.CHECKS[name](name)


def the_only(name):
    """A check that says one thing."""
    (finding,) = findings(name)
    return finding


class TestReport:
    def test_this_machine_is_ready(self):
        report = doctor.report()
        assert [finding for finding in report if finding.status == "failed"] == []
        assert {finding.name for finding in report} == set(doctor.CHECKS)
        assert report.ready

    def test_words_not_only_symbols_and_advice_for_what_failed(self):
        report = Report([Finding("a", "ok", "fine"), Finding("b", "warning", "so so", "try x"), Finding("c", "failed", "bad", "do y")])
        text = str(report)
        for words in ("ok", "warning", "failed", "→ try x", "→ do y", "1 of 3 failed"):
            assert words in text
        assert not report.ready
        assert Report(report[:2]).verdict() == "Ready: 2 looked at, 1 with a warning."

    def test_the_table_for_notebooks_escapes_what_it_shows(self):
        page = Report([Finding("a", "failed", "got <b>", "do <i> & go")])._repr_html_()
        assert "got &lt;b&gt;" in page
        assert "→ do &lt;i&gt; &amp; go" in page
        assert "failed" in page
        assert page.count("<tr>") == 1

    def test_a_check_that_breaks_is_a_finding(self, monkeypatch):
        def broken(name):
            raise OSError("libtorch.so: cannot open")

        monkeypatch.setattr(doctor, "CHECKS", {"torch": broken, "Python": doctor.CHECKS["Python"]})
        first, second = doctor.report()
        assert (first.status, second.status) == ("failed", "ok")
        assert "libtorch.so" in first.detail
        assert "pip install" in first.advice

    def test_where_all_is_well_nothing_betrays_the_machine(self, monkeypatch):
        monkeypatch.delenv("COURSE_DATA", raising=False)
        shown = [finding.detail for finding in doctor.report() if finding.status == "ok"]
        assert shown
        assert not [detail for detail in shown if str(ROOT) in detail or str(Path.home()) in detail or sys.prefix in detail]
        assert [detail for detail in shown if "GiB free" in detail] in ([], ["more than 2 GiB free"], ["more than 2 GiB free"] * 2)


class TestSickMachines:
    @pytest.mark.parametrize("missing", ["torch", "torchvision", "matplotlib", "psutil", "packaging", "course_lib.data"])
    def test_a_missing_package_never_stops_it(self, missing, monkeypatch):
        real = builtins.__import__

        def without(name, *rest, **named):
            if (
                name == missing
                or name.startswith(missing + ".")
                or (missing == "course_lib.data" and name == "course_lib" and "data" in rest[2])
            ):
                raise ModuleNotFoundError(f"No module named {missing!r}")
            return real(name, *rest, **named)

        monkeypatch.setattr(builtins, "__import__", without)
        report = doctor.report()
        bad = [finding for finding in report if finding.status == "failed"]
        assert bad
        assert all(missing.split(".")[0] in finding.detail and finding.advice for finding in bad)

    def test_old_python(self, monkeypatch):
        monkeypatch.setattr(platform, "python_version_tuple", lambda: ("3", "9", "18"))
        finding = the_only("Python")
        assert finding.status == "failed"
        assert "PYTHON=python3.12" in finding.advice

    def test_a_package_too_old_and_one_missing(self, monkeypatch):
        real = importlib.metadata.version

        def version(name):
            if name == "scipy":
                return "1.4.1"
            if name == "tqdm":
                raise importlib.metadata.PackageNotFoundError(name)
            return real(name)

        monkeypatch.setattr(importlib.metadata, "version", version)
        old, missing = sorted(findings("packages"), key=lambda finding: finding.detail)
        assert old.status == missing.status == "failed"
        assert "scipy 1.4.1 is installed, >=" in old.detail
        assert "tqdm is not installed" in missing.detail
        assert '"tqdm>=' in missing.advice

    def test_without_the_installed_package_pyproject_is_asked(self, monkeypatch):
        installed = doctor.requirements()

        def gone(name):
            raise importlib.metadata.PackageNotFoundError(name)

        monkeypatch.setattr(importlib.metadata, "requires", gone)
        assert sorted(doctor.requirements()) == sorted(installed)

    def test_torch_and_torchvision_that_do_not_match(self, monkeypatch):
        import torchvision.ops

        def mismatch(*_):
            raise RuntimeError("operator torchvision::nms does not exist")

        monkeypatch.setattr(torchvision.ops, "nms", mismatch)
        finding = the_only("torch")
        assert finding.status == "failed"
        assert "torchvision::nms" in finding.detail
        assert finding.advice.count("torchvision") >= 2

    def test_a_gpu_that_does_not_compute(self, monkeypatch):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: "Old Card")
        monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: SimpleNamespace(total_memory=4 * 2**30))

        def ones(*_, **__):
            raise RuntimeError("no kernel image is available for execution on the device")

        monkeypatch.setattr(torch, "ones", ones)
        finding = the_only("GPU")
        assert finding.status == "warning"
        assert "Old Card, 4 GiB: no kernel image" in finding.detail
        assert "CUDA_VISIBLE_DEVICES=" in finding.advice

    def test_without_a_gpu_all_is_well(self, monkeypatch):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
        monkeypatch.setattr(shutil, "which", lambda name: None)
        assert the_only("GPU") == Finding("GPU", "ok", "no GPU: not needed, all notebooks run on the CPU")
        monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/nvidia-smi")
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        assert the_only("GPU").status == "warning"

    def test_disk(self, monkeypatch):
        monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1.9 * 2**30))
        finding = the_only("disk")
        assert finding.status == "warning"
        assert "1.9 GiB free at" in finding.detail
        monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=2.1 * 2**30))
        assert the_only("disk") == Finding("disk", "ok", "more than 2 GiB free")

    def test_memory(self, monkeypatch):
        import psutil

        monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=8 * 2**30))
        monkeypatch.setattr(doctor, "_number", lambda path: None)
        assert the_only("memory") == Finding("memory", "ok", "more than 2 GiB free")
        monkeypatch.setattr(doctor, "_number", lambda path: {"memory.max": 3 * 2**30, "memory.current": 2 * 2**30}[path.name])
        finding = the_only("memory")
        assert finding.status == "warning"
        assert finding.detail == "1.0 GiB free"

    def test_more_threads_than_cores(self, monkeypatch):
        monkeypatch.setattr(torch, "get_num_threads", lambda: 4096)
        assert the_only("threads").status == "warning"

    def test_fonts_that_draw_nothing(self, monkeypatch):
        from matplotlib.figure import Figure

        monkeypatch.setattr(Figure, "text", lambda *_, **__: None)
        assert the_only("fonts").status == "failed"

    def test_a_folder_that_cannot_be_written(self, monkeypatch, tmp_path):
        monkeypatch.setattr(doctor, "folder", lambda: tmp_path / "gone")
        finding = the_only("writing")
        assert finding.status == "failed"
        assert "No such file" in finding.detail
        assert finding.advice

    def test_the_data_folder(self, monkeypatch, tmp_path):
        monkeypatch.delenv("COURSE_DATA", raising=False)
        assert the_only("data").status == "ok"
        monkeypatch.setenv("COURSE_DATA", str(tmp_path / "gone"))
        assert the_only("data").status == "failed"
        monkeypatch.setenv("COURSE_DATA", str(tmp_path))
        assert the_only("data").status == "warning"
        for name in ("Set5", "Set12", ".hidden"):
            (tmp_path / name).mkdir()
        assert the_only("data") == Finding("data", "ok", f"COURSE_DATA={tmp_path}: Set12, Set5")


class TestCommand:
    def test_exit_code(self, monkeypatch, capsys):
        monkeypatch.setattr(doctor, "CHECKS", {"x": lambda name: [Finding(name, "warning", "so so")]})
        assert doctor.main([]) == 0
        monkeypatch.setattr(doctor, "CHECKS", {"x": lambda name: [Finding(name, "failed", "bad", "mend it")]})
        assert doctor.main([]) == 1
        assert "→ mend it" in capsys.readouterr().out

    def test_a_terminal_without_symbols(self):
        environment = {**os.environ, "PYTHONIOENCODING": "ascii", "OMP_NUM_THREADS": "1"}
        done = subprocess.run([sys.executable, "-m", "course_lib", "doctor"], cwd=ROOT, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "? ok" in done.stdout
        assert done.stdout.startswith(f"Python is {sys.executable}\n")
