"""``import course_lib`` costs next to nothing, so that a command and a first cell answer at once."""

import json
import subprocess
import sys

HEAVY = ("torch", "numpy", "scipy", "skimage", "sklearn", "matplotlib", "torchvision", "ipywidgets", "PIL", "IPython", "nbformat")


def python(code: str) -> dict:
    """What `code` prints, in a fresh Python."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_nothing_heavy_is_loaded():
    before, after = python(
        "import json, sys; before = list(sys.modules); import course_lib; print(json.dumps([before, list(sys.modules)]))"
    )
    loaded = {name.partition(".")[0] for name in set(after) - set(before)}
    assert loaded & set(HEAVY) == set()
    assert "course_lib" in loaded


def test_submodules_come_on_first_use():
    loaded = python("import json, sys, course_lib; course_lib.files; print(json.dumps('course_lib.files' in sys.modules))")
    assert loaded is True


def test_the_import_adds_at_most_0_3_s_to_that_of_torch():
    # measured without torch, which can only make it longer; the minimum of five is what it costs where nothing else disturbs
    code = "import json, time; t = time.perf_counter(); import course_lib; print(json.dumps({'s': time.perf_counter() - t}))"
    assert min(python(code)["s"] for _ in range(5)) <= 0.3
