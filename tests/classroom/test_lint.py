"""Every rule of the lint: what it refuses, and what looks like it and is allowed."""

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_lib.classroom.lint import headings, known_exercises, links, lint

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}}


def notebook(*cells, **metadata):
    """A notebook with a title, then `cells`."""
    nb = new_notebook(metadata={**KERNEL, **metadata})
    nb.cells = [new_markdown_cell("# Title"), *cells]
    return nb


def found(*cells, ids=(), folder=None, **metadata):
    """What the lint says of a notebook with these cells."""
    return [str(problem) for problem in lint(notebook(*cells, **metadata), "02_x.ipynb", folder, exercise_ids=ids)]


def code(source):
    """What the lint says of one code cell."""
    return found(new_code_cell(source))


def text(source):
    """What the lint says of one Markdown cell."""
    return found(new_markdown_cell(source))


def one(problems, *words):
    """The only problem contains each of `words`."""
    assert len(problems) == 1, problems
    for word in words:
        assert word in problems[0]


class TestCode:
    def test_a_plain_cell_passes(self):
        source = (
            "%matplotlib inline\n%config InlineBackend.figure_formats = ['jpeg']\n# see https://example.org\nx = 1 % 2 if not 3 != 4 else 5"
        )
        assert code(source) == []

    @pytest.mark.parametrize(
        "line", ["!ls", "files = !ls", "%pip install x", "%%bash\nls", "%timeit f()", "%load_ext autoreload", "?print", "x?"]
    )
    def test_shell_and_magics_are_refused(self, line):
        one(code(f"x = 1\n{line}" if not line.startswith("%%") else line), "02_x.ipynb, cell 2, line")

    @pytest.mark.parametrize("line", ["!ls", "%pip install x", "%%bash"])
    def test_the_message_says_which_magics_are_allowed(self, line):
        one(code(line), "no shell commands", "%matplotlib inline")

    @pytest.mark.parametrize(
        "call", ["input('?')", "exit()", "get_ipython().system('ls')", "os.system('ls')", "subprocess.run(['ls'])", "breakpoint()"]
    )
    def test_calls_that_break_a_test_or_a_front_end(self, call):
        one(code(f"import os, subprocess\nx = {call}"), "line 2", call.split("(")[0])

    def test_a_method_called_input_is_not_input(self):
        assert code("net.input(3)\ninputs = [1]") == []

    @pytest.mark.parametrize("path", ["/home/me/x.png", "/data", "~/pictures/a.png", "C:\\\\pictures\\\\a.png", "C:/pictures"])
    def test_absolute_paths(self, path):
        one(code(f"x = load('{path}')"), "line 1", "absolute path")

    @pytest.mark.parametrize("string", ["a/b.png", "../notebooks", " / 255", "/ 255", "px/mm", "/255", "x~/y"])
    def test_strings_that_are_no_paths(self, string):
        assert code(f"x = '{string}'") == []

    def test_units_in_an_fstring_are_no_path(self):
        assert code("print(f'{1}/pixel')") == []
        one(code("print(f'/pixel/{1}')"), "absolute path")

    def test_urls(self):
        one(code("fetch('https://example.org/x.png')"), "URL")
        one(code("fetch(f'https://example.org/{1}')"), "URL")

    def test_fifteen_lines_are_enough(self):
        lines = [f"x{n} = {n}" for n in range(15)]
        blank = ["", "# a comment", '"""Text\nof three\nlines."""']
        assert code("\n".join([*lines, *blank])) == []
        one(code("\n".join([*lines, "y = 1"])), "16 lines of code, at most 15")

    def test_an_exercise_may_be_longer(self):
        lines = "\n".join(f"    x{n} = {n}" for n in range(30))
        assert code(f"def f():\n    ### BEGIN SOLUTION\n{lines}\n    ### END SOLUTION") == []

    @pytest.mark.parametrize(
        "comment", ["# NBVAL_SKIP", "#NBVAL_RAISES_EXCEPTION", "# nbval_ignore_output", "# PYTEST_VALIDATE_IGNORE_OUTPUT"]
    )
    def test_comments_that_switch_nbval_off(self, comment):
        one(code(f"{comment}\nx = 1"), "switches a test off")

    def test_not_python(self):
        one(code("x = (1,\n"), "not Python")

    @pytest.mark.parametrize("tag", ["raises-exception", "skip-execution", "nbval-skip", "nbval-ignore-output"])
    def test_tags_that_switch_tests_off(self, tag):
        one(found(new_code_cell("x = 1", metadata={"tags": [tag]})), repr(tag))

    def test_other_tags_stay(self):
        assert found(new_code_cell("x = 1", metadata={"tags": ["hide-input"]})) == []


class TestNotebook:
    def test_two_cells_with_one_id(self):
        one(found(new_code_cell("x = 1", id="same"), new_code_cell("x = 2", id="same")), "2 cells have the id 'same'")

    def test_widget_state(self):
        one(found(widgets={"state": {}}), "widget state")

    def test_another_kernel(self):
        one(found(kernelspec={"name": "conda-env-x", "display_name": "Other"}), "python3")

    @pytest.mark.parametrize("first", ["Text\n\n# Title", "## Title", "Text"])
    def test_the_first_cell_starts_with_the_title(self, first):
        nb = new_notebook(cells=[new_markdown_cell(first)], metadata=KERNEL)
        problems = [str(p) for p in lint(nb, "02_x.ipynb", exercise_ids=())]
        assert (problems == []) == first.startswith("Text\n\n# ")  # text above the title is allowed

    def test_a_second_title(self):
        one(text("# Another"), "second heading of the first level", "'Another'")

    def test_levels_may_not_jump(self):
        one(text("### Deep"), "jumps from level 1 to 3")
        assert text("## A\n### B\n## C\n### D\n#### E") == []

    def test_hashes_in_fences_are_no_headings(self):
        assert headings("```python\n# comment\n```\n\n## Real ##") == [(2, "Real")]
        assert text("```\n# comment\n```") == []


class TestExercises:
    def exercise(self, ident, check=None):
        return [new_markdown_cell(f"## Exercise {ident} · implement"), new_code_cell(f'check("{check or ident}", answer)')]

    def test_in_order_and_complete(self):
        use = new_code_cell('f = use("02.1", f)\nhint("02.1")')
        assert found(*self.exercise("02.1"), use, *self.exercise("02.2"), ids=["02.1", "02.2", "01.1"]) == []

    def test_a_check_that_does_not_exist(self):
        problems = found(*self.exercise("02.1"), ids=[])
        assert any("no such exercise" in p and "e02_1_" in p for p in problems)

    def test_a_check_of_another_notebook(self):
        problems = found(*self.exercise("02.1", check="01.1"), ids=["01.1", "02.1"])
        assert any("belongs to another notebook" in p for p in problems)

    def test_an_exercise_without_check(self):
        problems = found(new_markdown_cell("## Exercise 02.1"), new_code_cell("x = 1"))
        one(problems, 'exercise 02.1 has no check("02.1", …)')

    def test_a_check_without_heading(self):
        one(found(new_code_cell('check("02.1", x)'), ids=["02.1"]), 'has no heading with "Exercise 02.1"')

    def test_a_check_below_the_wrong_heading(self):
        first, second = self.exercise("02.1"), self.exercise("02.2")
        problems = found(first[0], second[0], first[1], second[1], ids=["02.1", "02.2"])
        one(problems, 'check("02.1") stands below the heading of exercise 02.2')

    def test_numbers_out_of_order(self):
        problems = found(*self.exercise("02.2"), *self.exercise("02.1"), ids=["02.1", "02.2"])
        one(problems, "numbered 02.2, 02.1; expected 02.1, 02.2")

    def test_an_exercise_that_no_cell_checks(self):
        one(found(*self.exercise("02.1"), ids=["02.1", "02.2"]), "exercise 02.2 exists", "no cell says")

    def test_the_number_has_to_be_plain_to_read(self):
        problems = found(*self.exercise("02.1"), new_code_cell("check(name, x)"), ids=["02.1"])
        one(problems, "plain string")

    def test_exercises_are_known_by_their_files(self, tmp_path):
        for name in ("e01_2_psnr.py", "e01_10_more.py", "__init__.py", "notes.py"):
            (tmp_path / name).touch()
        assert sorted(known_exercises(tmp_path)) == ["01.10", "01.2"]


class TestProse:
    @pytest.mark.parametrize("source", ["![](a.png)", "![x](a.png)", "<img src='a.png'>", '<img src="a.png" alt="">'])
    def test_images_need_alt_text(self, source):
        one(text(source), "no alt text")

    @pytest.mark.parametrize(
        "source", ["![a noisy boat](a.png)", '<img alt="a noisy boat" src="a.png">', "`![](a.png)`", "```\n![](a.png)\n```"]
    )
    def test_images_with_alt_text_and_images_in_code(self, source):
        assert text(source) == []

    @pytest.mark.parametrize(
        ("source", "words"),
        [
            ("a $x^2 b", "odd number of '$'"),
            ("it costs $5\n\nand $x$", "odd number of '$'"),
            ("$$ x \n\n text", "odd number of '$$'"),
            (r"$\frac{a}{b$", "braces"),
            (r"$\left( x )$", r"\left"),
            (r"$$\begin{aligned} x \end{align}$$", r"\begin"),
        ],
    )
    def test_formulas_that_do_not_close(self, source, words):
        one(text(source), words)

    @pytest.mark.parametrize(
        "source",
        [
            r"it costs \$5 and $x_{1}$",
            "`$HOME` and $x$",
            "```\n$\n```",
            "$$\nx = \\left\\{ y \\right\\} \\rightarrow \\leftarrow\n\n+ z\n$$",
            r"$p(\{x\})$",
        ],
    )
    def test_formulas_that_close(self, source):
        assert text(source) == []


class TestLinks:
    def test_relative_links_lead_somewhere(self, tmp_path):
        (tmp_path / "01_y.ipynb").touch()
        (tmp_path / "a b.png").touch()
        good = "[next](01_y.ipynb#Part-two) ![a boat](a%20b.png) [web](https://example.org) [mail](mailto:a@b.c)"
        good += " [here](#Part-one)\n\n## Part one"
        assert list(links(notebook(new_markdown_cell(good)), "x", tmp_path)) == []
        bad = "[next](09_gone.ipynb) ![a boat](gone.png) <a href='gone.md'>x</a> [here](#Part-three) [`code` [1]](gone.txt)"
        problems = [str(p) for p in links(notebook(new_markdown_cell(bad)), "x", tmp_path)]
        assert len(problems) == 5
        assert any("'09_gone.ipynb' leads nowhere" in p for p in problems)
        assert any("'#Part-three' names no heading" in p for p in problems)

    def test_links_are_looked_at_where_a_folder_is_given(self, tmp_path):
        one(found(new_markdown_cell("[x](gone.md)"), folder=tmp_path), "leads nowhere")

    def test_a_formula_with_brackets_is_no_link(self, tmp_path):
        assert list(links(notebook(new_markdown_cell("`x[0](y)` is code")), "x", tmp_path)) == []
