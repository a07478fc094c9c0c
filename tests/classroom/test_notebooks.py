"""Solved notebooks become learners' notebooks, nothing of a learner is lost, no solution leaks, two runs give one file."""

import json
import os
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_lib.classroom import notebooks
from course_lib.classroom.notebooks import NotebookError, learner_version, split

FUNCTION = """def psnr(x, y):
    \"\"\"What is to be written.\"\"\"
    ### BEGIN SOLUTION
    mse = ((x - y) ** 2).mean()
    return -10 * np.log10(mse)
    ### END SOLUTION"""
TOP = """before = 1
### BEGIN SOLUTION
prediction = 20.17 + before
### END SOLUTION
### STUB prediction = ...  # your number, in dB
### STUB if prediction is ...:
### STUB     print("predict first")
after = 2"""
TEXT = "What did you see?\n\n<!-- BEGIN SOLUTION -->\nThe noise is larger than the picture.\n<!-- END SOLUTION -->\n\nGo on."


def sample(*extra, number="98"):
    """A solved notebook with one of everything."""
    cells = [
        new_markdown_cell("# Sample", id="title"),
        new_code_cell("import numpy as np", id="setup"),
        new_code_cell(FUNCTION, id="function"),
        new_code_cell(TOP, id="top"),
        new_markdown_cell(TEXT, id="text"),
        *extra,
    ]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


@pytest.fixture
def checkout(tmp_path):
    """A checkout with one solved notebook."""
    (tmp_path / "solutions").mkdir()
    (tmp_path / "course_lib").mkdir()
    nbformat.write(sample(), tmp_path / "solutions" / "98_sample.ipynb")
    return tmp_path


def quiet(*words):
    """A `say` that says nothing."""


class TestSplit:
    def test_a_function_without_stub_raises_not_implemented(self):
        part = split(FUNCTION, "code", "here")
        assert part.source.splitlines()[-1] == '    raise NotImplementedError("your turn")'
        assert part.source.splitlines()[:2] == FUNCTION.splitlines()[:2]
        assert [line.strip() for line in part.secret] == ["mse = ((x - y) ** 2).mean()", "return -10 * np.log10(mse)"]

    def test_the_generated_function_raises_when_called(self):
        room = {}
        exec(split(FUNCTION, "code", "here").source, room)
        with pytest.raises(NotImplementedError, match="your turn"):
            room["psnr"](1, 2)

    def test_stub_lines_replace_a_solution_and_keep_their_indentation(self):
        expected = 'before = 1\nprediction = ...  # your number, in dB\nif prediction is ...:\n    print("predict first")\nafter = 2'
        assert split(TOP, "code", "here").source == expected

    def test_stub_in_a_method_is_indented_with_its_marker(self):
        source = "class Net:\n    def forward(self, x):\n        ### BEGIN SOLUTION\n        return x\n        ### END SOLUTION"
        source += "\n        ### STUB return None"
        assert split(source, "code", "here").source == "class Net:\n    def forward(self, x):\n        return None"

    def test_the_solved_cell_is_valid_python_with_the_same_meaning(self):
        room = {}
        exec(TOP, room)
        assert room["prediction"] == pytest.approx(21.17)

    def test_text_between_comment_markers_becomes_an_invitation(self):
        assert split(TEXT, "markdown", "here").source == "What did you see?\n\n*Your conclusion here.*\n\nGo on."

    def test_two_solutions_in_one_cell(self):
        part = split(TOP + "\n" + TOP, "code", "here")
        assert part.source.count("prediction = ...") == 2
        assert len(part.secret) == 2

    def test_a_cell_without_markers_stays(self):
        assert split("x = 1\n\n# y", "code", "here") == notebooks.Split("x = 1\n\n# y", [], ["x = 1", "", "# y"])

    @pytest.mark.bad_input
    @pytest.mark.parametrize(
        ("source", "message"),
        [
            ("x = 1\n### BEGIN SOLUTION\ny = 2", r"02_x.ipynb, cell 7, line 2: .*without '### END"),
            ("x = 1\n### END SOLUTION", r"02_x.ipynb, cell 7, line 2: .*without a '### BEGIN"),
            ("### BEGIN SOLUTION\n### BEGIN SOLUTION\ny = 2\n### END SOLUTION\n### END SOLUTION", r"cell 7, line 2: .*begun at line 1"),
            ("### BEGIN SOLUTION\n\n### END SOLUTION\n### STUB x = 1", r"cell 7, line 3: nothing between"),
            ("### BEGIN SOLUTION\nx = 2\n### END SOLUTION", r"cell 7, line 3: .*outside a function needs a stub"),
            ("class A:\n    ### BEGIN SOLUTION\n    x = 2\n    ### END SOLUTION", r"line 4: .*outside a function needs a stub"),
            ("def f():\n    pass\n### BEGIN SOLUTION\nx = 2\n### END SOLUTION", r"line 5: .*outside a function needs a stub"),
            ("# begin solution\nx = 2\n### END SOLUTION", r"line 1: .*looks like a marker"),
            ("## END_SOLUTION", r"line 1: .*looks like a marker"),
            ("x = 1\n### STUB x = 2", r"line 2: .*belongs right after"),
            ("### BEGIN SOLUTION\nx = 2\n### END SOLUTION\n### STUB x = = 3", r"what the learner would get is not Python"),
            ("def f(:\n    ### BEGIN SOLUTION\n    x = 2\n    ### END SOLUTION", r"not Python"),
        ],
    )
    def test_broken_markers_name_notebook_cell_and_line(self, source, message):
        with pytest.raises(NotebookError, match=message):
            split(source, "code", "02_x.ipynb, cell 7")

    @pytest.mark.bad_input
    @pytest.mark.parametrize(
        "source", ["<!-- BEGIN SOLUTION -->\nx", "x\n<!-- END SOLUTION -->", "<!--BEGIN SOLUTION-->\nx\n<!-- END SOLUTION -->"]
    )
    def test_broken_markers_in_text(self, source):
        with pytest.raises(NotebookError, match="cell 7, line"):
            split(source, "markdown", "02_x.ipynb, cell 7")


class TestLearnerVersion:
    def test_outputs_counts_and_traces_of_a_run_go_and_ids_stay(self):
        ran = new_code_cell("1 + 1", id="ran", execution_count=7)
        ran.outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "2"}, execution_count=7)]
        ran.metadata = {
            "tags": ["keep"],
            "execution": {"iopub.execute_input": "2026"},
            "scrolled": True,
            "jupyter": {"source_hidden": True},
        }
        solved = sample(ran)
        solved.metadata.widgets = {"state": {}}
        solved.metadata.language_info = {"name": "python", "version": "3.9.1"}
        nb = learner_version(solved, "98_sample.ipynb").notebook
        nbformat.validate(nb)
        assert [cell.id for cell in nb.cells] == [cell.id for cell in solved.cells]
        assert nb.cells[-1].outputs == []
        assert nb.cells[-1].execution_count is None
        assert nb.cells[-1].metadata == {"tags": ["keep"], "jupyter": {"source_hidden": True}}
        assert set(nb.metadata) == {"kernelspec", "language_info", "course"}
        assert nb.metadata.kernelspec.name == "python3"
        assert nb.metadata.language_info == {"name": "python"}
        assert nb.metadata.course == {"source": "solutions/98_sample.ipynb", "sha256": notebooks.digest(nb)}

    def test_the_solved_notebook_is_not_changed(self):
        solved = sample()
        before = json.dumps(solved)
        learner_version(solved, "98_sample.ipynb")
        assert json.dumps(solved) == before

    @pytest.mark.bad_input
    def test_an_error_names_the_cell(self):
        with pytest.raises(NotebookError, match=r"98_sample.ipynb, cell 6, line 1"):
            learner_version(sample(new_code_cell("### BEGIN SOLUTION\nx = 1")), "98_sample.ipynb")


class TestBuild:
    def test_build_writes_and_a_second_build_changes_nothing(self, checkout):
        assert notebooks.build(checkout, say=quiet) == []
        target = checkout / "notebooks" / "98_sample.ipynb"
        first = (target.read_bytes(), target.stat().st_mtime_ns)
        assert notebooks.build(checkout, say=quiet) == []
        assert (target.read_bytes(), target.stat().st_mtime_ns) == first
        assert not notebooks.worked_in(target)

    def test_the_file_is_as_jupyterlab_saves_it(self, checkout):
        notebooks.build(checkout, say=quiet)
        text = (checkout / "notebooks" / "98_sample.ipynb").read_text()
        assert text == json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    def test_a_notebook_that_was_worked_in_is_not_overwritten(self, checkout):
        notebooks.build(checkout, say=quiet)
        target = checkout / "notebooks" / "98_sample.ipynb"
        nb = nbformat.read(target, 4)
        nb.cells[2].source += "\n# my own work"
        nbformat.write(nb, target)
        before = target.read_bytes()
        (problem,) = notebooks.build(checkout, say=quiet)
        assert "98_sample.ipynb has been worked in" in str(problem)
        assert "--force" in str(problem)
        assert target.read_bytes() == before

    def test_force_moves_the_learners_file_aside_each_time(self, checkout):
        notebooks.build(checkout, say=quiet)
        target = checkout / "notebooks" / "98_sample.ipynb"
        fresh = target.read_bytes()
        works = []
        for n in range(3):
            target.write_bytes(fresh.replace(b"# Sample", f"# Mine {n}".encode()))
            works.append(target.read_bytes())
            assert notebooks.build(checkout, force=True, say=quiet) == []
            assert target.read_bytes() == fresh
        kept = [(checkout / "notebooks" / f"98_sample.mine-{n}.ipynb").read_bytes() for n in (1, 2, 3)]
        assert kept == works

    def test_a_notebook_that_was_only_run_is_built_again(self, checkout):
        notebooks.build(checkout, say=quiet)
        target = checkout / "notebooks" / "98_sample.ipynb"
        fresh = target.read_bytes()
        nb = nbformat.read(target, 4)
        nb.cells[1].execution_count = 1
        nb.metadata.language_info.version = "3.12.1"
        nbformat.write(nb, target)
        assert notebooks.build(checkout, say=quiet) == []
        assert target.read_bytes() == fresh

    @pytest.mark.parametrize("content", [b"", b"{not json", b"[]", b'{"cells": []}'])
    def test_a_damaged_file_counts_as_worked_in(self, checkout, content):
        (checkout / "notebooks").mkdir()
        target = checkout / "notebooks" / "98_sample.ipynb"
        target.write_bytes(content)
        assert len(notebooks.build(checkout, say=quiet)) == 1
        assert target.read_bytes() == content

    def test_one_broken_notebook_does_not_stop_the_others(self, checkout):
        nbformat.write(sample(new_code_cell("### END SOLUTION")), checkout / "solutions" / "97_broken.ipynb")
        (problem,) = notebooks.build(checkout, say=quiet)
        assert "97_broken.ipynb, cell 6, line 1" in str(problem)
        assert (checkout / "notebooks" / "98_sample.ipynb").exists()

    def test_only_chooses_by_number_and_names_what_is_there(self, checkout):
        nbformat.write(sample(), checkout / "solutions" / "97_other.ipynb")
        notebooks.build(checkout, only=["97"], say=quiet)
        assert [p.name for p in (checkout / "notebooks").iterdir()] == ["97_other.ipynb"]
        with pytest.raises(FileNotFoundError, match="no notebook '55'.*97_other, 98_sample"):
            notebooks.build(checkout, only=["55"], say=quiet)

    def test_cells_without_ids_are_refused(self, checkout):
        path = checkout / "solutions" / "98_sample.ipynb"
        raw = json.loads(path.read_text())
        raw["nbformat_minor"] = 4
        for cell in raw["cells"]:
            del cell["id"]
        path.write_text(json.dumps(raw))
        (problem,) = notebooks.build(checkout, say=quiet)
        assert "cells without ids" in str(problem)


class TestCheck:
    @pytest.fixture
    def built(self, checkout):
        """A checkout in which only the stored outputs are missing."""
        notebooks.build(checkout, say=quiet)
        return checkout

    def problems(self, checkout):
        return [str(p) for p in notebooks.check(checkout) if "since it was last executed" not in str(p)]

    def test_a_built_checkout_is_in_order(self, built):
        assert self.problems(built) == []
        assert any("since it was last executed" in str(p) for p in notebooks.check(built))

    def test_a_changed_source_is_noticed(self, built):
        nbformat.write(sample(new_code_cell("x = 1", id="new")), built / "solutions" / "98_sample.ipynb")
        assert self.problems(built) == ["notebooks/98_sample.ipynb is not what solutions/98_sample.ipynb gives: run 'make notebooks'"]

    def test_a_hand_edit_is_told_from_a_stale_notebook(self, built):
        target = built / "notebooks" / "98_sample.ipynb"
        target.write_text(target.read_text().replace("# Sample", "# Simple"))
        (problem,) = self.problems(built)
        assert "edited by hand" in problem

    def test_missing_and_orphaned_notebooks(self, built):
        target = built / "notebooks" / "98_sample.ipynb"
        target.rename(built / "notebooks" / "97_old.ipynb")
        assert [p.split(":")[0] for p in self.problems(built)] == [
            "notebooks/98_sample.ipynb is missing",
            "notebooks/97_old.ipynb has no source solutions/97_old.ipynb",
        ]

    def test_a_learners_copy_is_nobodys_business(self, built):
        target = built / "notebooks" / "98_sample.ipynb"
        (built / "notebooks" / "98_sample.mine-1.ipynb").write_text(target.read_text().replace("# Sample", "# Mine"))
        assert self.problems(built) == []

    @pytest.mark.parametrize("place", ["source", "spaced", "output", "metadata"])
    def test_a_solution_line_is_found_wherever_it_leaks(self, built, place):
        target = built / "notebooks" / "98_sample.ipynb"
        nb = nbformat.read(target, 4)
        line = "return -10 * np.log10(mse)"
        if place == "source":
            nb.cells[-1].source += f"\n\nWrite `{line}`."
        elif place == "spaced":
            nb.cells[1].source += "\nprint('return   -10*np.log10( mse )')"
        elif place == "output":
            nb.cells[1].outputs = [nbformat.v4.new_output("stream", text=f"hint: {line}\n")]
        else:
            nb.cells[1].metadata["hint"] = [line]
        nbformat.write(nb, target)
        found = [p for p in self.problems(built) if "shows a line of the solution of cell 3" in p]
        assert len(found) == 1
        assert line in found[0]

    def test_lines_that_are_public_or_short_are_no_leak(self, checkout):
        # "before = 1" and "return x" would be secret by place; the first also stands in the open, the second says nothing
        cell = new_code_cell(
            "def same(x):\n    ### BEGIN SOLUTION\n    y = np.asarray(x) + 1\n    return x\n    ### END SOLUTION", id="same"
        )
        shown = new_code_cell("y = np.asarray(x) + 1\nreturned = 'return x'", id="shown")
        nbformat.write(sample(cell, shown), checkout / "solutions" / "98_sample.ipynb")
        notebooks.build(checkout, say=quiet)
        assert self.problems(checkout) == []

    def test_a_leak_into_another_part_of_the_same_notebook_is_found_by_substring(self, checkout):
        shown = new_markdown_cell("Remember that `mse = ((x-y)**2).mean()`.", id="shown")
        nbformat.write(sample(shown), checkout / "solutions" / "98_sample.ipynb")
        notebooks.build(checkout, say=quiet)
        (problem,) = self.problems(checkout)
        assert "cell 6: shows a line of the solution of cell 3" in problem


class TestSettled:
    def stream(self, text, name="stdout"):
        return nbformat.v4.new_output("stream", name=name, text=text)

    def test_progress_bars_leave_no_trace(self):
        bar = "\r  0%|          | 0/3 [00:00<?, ?it/s]\r100%|██████████| 3/3 [00:00<00:00, 19.62it/s]\n"
        assert notebooks.settled([self.stream(bar, "stderr"), self.stream("a\n"), self.stream(bar, "stderr"), self.stream("b\n")]) == [
            self.stream("a\n"),
            self.stream("b\n"),
        ]

    def test_pieces_of_one_stream_are_joined_as_they_came(self):
        assert notebooks.settled([self.stream("step 1\rst"), self.stream("ep 2\ndone\n")]) == [self.stream("step 2\ndone\n")]

    def test_text_that_only_looks_a_little_like_a_bar_stays(self):
        text = "accuracy 98% | loss 0.1 | 3/4 right\n|x| 2 it\n"
        assert notebooks.settled([self.stream(text)]) == [self.stream(text)]

    def test_a_widget_leaves_a_line_and_a_picture_beside_it_stays(self):
        view = {"application/vnd.jupyter.widget-view+json": {"model_id": "a1b2"}, "text/plain": "IntSlider(value=3)"}
        (bare,) = notebooks.settled([nbformat.v4.new_output("display_data", view)])
        assert list(bare.data) == ["text/plain"]
        assert "IntSlider" not in bare.data["text/plain"]
        (rich,) = notebooks.settled([nbformat.v4.new_output("display_data", {**view, "image/png": "AAAA"})])
        assert dict(rich.data) == {"image/png": "AAAA"}

    @pytest.mark.parametrize(
        ("output", "words"),
        [
            (nbformat.v4.new_output("stream", text="<function f at 0x7f3a12345678>\n"), "memory address"),
            (nbformat.v4.new_output("execute_result", {"text/plain": "<object at 0x10f3a12345>"}), "memory address"),
            (nbformat.v4.new_output("stream", name="stderr", text="UserWarning: odd\n"), "stderr"),
            (nbformat.v4.new_output("stream", text=f"{sys.prefix}/bin/python\n"), "a path of this machine"),
            (nbformat.v4.new_output("execute_result", {"text/html": "<b>/home/ann/course</b>"}), "(/home/ann)"),
            (nbformat.v4.new_output("error", ename="ValueError", evalue="odd"), "ValueError: odd"),
        ],
    )
    def test_what_may_not_be_stored_is_named(self, output, words):
        (problem,) = notebooks.unstable([output], "solutions/01_x.ipynb, cell 3")
        assert words in str(problem)
        assert "cell 3" in str(problem)

    def test_colours_and_quotients_are_neither_addresses_nor_paths(self):
        assert notebooks.unstable([self.stream("colour 0xFF00FF, 0x1F, px/home, ../notebooks, 3/tmp/4\n")], "here") == []


RICH = """import os, sys, time

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
from tqdm import tqdm

figure, axis = plt.subplots(figsize=(2, 1))
axis.plot(np.sin(np.arange(30)))
plt.show()
for _ in tqdm(range(3)):
    time.sleep(0.01)
print(sys.executable == os.environ["THIS_PYTHON"], set("abcdefgh"))
slider = widgets.IntSlider(value=3, description="strength")
display(widgets.VBox([slider, widgets.Output()]))
slider"""


@pytest.mark.notebooks
class TestExecute:
    def run(self, checkout, *cells):
        path = checkout / "solutions" / "98_sample.ipynb"
        nbformat.write(sample(*cells), path)
        return path, [str(p) for p in notebooks.execute(checkout, say=quiet)]

    def test_two_runs_give_the_same_file(self, checkout, monkeypatch):
        monkeypatch.setenv("THIS_PYTHON", sys.executable)
        path, problems = self.run(checkout, new_code_cell(RICH, id="rich"))
        assert problems == []
        first = path.read_bytes()
        assert notebooks.execute(checkout, say=quiet) == []
        assert path.read_bytes() == first
        nb = nbformat.read(path, 4)
        assert "widgets" not in nb.metadata
        rich = nb.cells[-1]
        assert rich.metadata == {}
        assert [cell.execution_count for cell in nb.cells if cell.cell_type == "code"] == [1, 2, 3, 4]
        kinds = [next(iter(set(output.get("data", {})) & {"image/png"}), output.output_type) for output in rich.outputs]
        assert kinds == ["image/png", "stream", "display_data", "execute_result"]
        assert rich.outputs[1].text.startswith("True {")  # this very Python; the order of a set is that of a fixed hash seed
        assert notebooks.build(checkout, say=quiet) == []
        assert notebooks.check(checkout) == []

    def test_the_kernel_runs_strictly_with_one_thread_beside_its_notebook(self, checkout, monkeypatch):
        monkeypatch.setenv("MPLBACKEND", "Agg")
        monkeypatch.setenv("COURSE_DATA", str(checkout))
        monkeypatch.setenv("HERE", os.path.realpath(checkout / "solutions"))
        source = "import os\nhere = os.environ\nprint(here['COURSE_STRICT'], here['OMP_NUM_THREADS'], os.getcwd() == here['HERE'])\n"
        source += "print('COURSE_DATA' in here, here.get('MPLBACKEND') == 'Agg')"
        path, problems = self.run(checkout, new_code_cell(source, id="where"))
        assert problems == []
        assert nbformat.read(path, 4).cells[-1].outputs[0].text == "1 1 True\nFalse False\n"

    def test_an_error_names_the_cell_and_leaves_the_file(self, checkout):
        path, problems = self.run(checkout, new_code_cell("print('before')", id="ok"), new_code_cell("1 / 0", id="bad"))
        assert len(problems) == 1
        assert problems[0].startswith("solutions/98_sample.ipynb, cell 7 (1 / 0)")
        assert "ZeroDivisionError" in problems[0]
        assert nbformat.read(path, 4).cells[5].outputs == []

    def test_an_error_inside_a_widget_fails_too(self, checkout):
        source = "import ipywidgets\nwith (out := ipywidgets.Output()):\n    raise ValueError('hidden in a widget')\nout"
        _, problems = self.run(checkout, new_code_cell(source, id="widget"))
        assert problems == ["solutions/98_sample.ipynb: an error inside a widget: ValueError: hidden in a widget"]

    def test_a_warning_on_stderr_fails(self, checkout):
        _, problems = self.run(checkout, new_code_cell("import warnings\nwarnings.warn('careful')", id="warn"))
        assert len(problems) == 1
        assert "cell 6: writes to stderr" in problems[0]
        assert "careful" in problems[0]

    def test_a_notebook_too_heavy_is_refused(self, checkout):
        _, problems = self.run(checkout, new_code_cell("print('x' * 700_000)", id="heavy"))
        assert len(problems) == 1
        assert "at most 600" in problems[0]


class TestCommandLine:
    def test_build_then_check(self, checkout, monkeypatch, capsys):
        monkeypatch.chdir(checkout)
        assert notebooks.main(["build"]) == 0
        assert "built    notebooks/98_sample.ipynb" in capsys.readouterr().out
        assert notebooks.main(["check", "--only", "98"]) == 1  # never executed
        captured = capsys.readouterr()
        assert captured.out == "notebooks check: 1 notebook, 1 problem\n"
        assert "make solutions ONLY=98" in captured.err

    def test_an_unknown_number_is_an_error(self, checkout, monkeypatch, capsys):
        monkeypatch.chdir(checkout / "solutions")
        assert notebooks.main(["build", "--only", "12"]) == 1
        assert "no notebook '12'" in capsys.readouterr().err

    def test_the_root_is_found_from_below(self, checkout):
        assert notebooks.find_root(checkout / "solutions") == checkout
