"""The class report where there is little to report on."""

import nbformat
import pytest

from course_lib.classroom.report import write_report

HEAD = "learner,notebook,exercise,title,status,points,max_points,first_failing,flags,seconds\n"


def test_a_class_of_one_without_flags(tmp_path):
    (tmp_path / "exercises.csv").write_text(HEAD + "Zoë,00_start_here,00.1,Brighten,passed,6.0,6.0,,,1.5\n", encoding="utf-8")
    report = nbformat.read(write_report(tmp_path), as_version=4)
    text = "".join(out.get("text", "") for cell in report.cells for out in cell.get("outputs", []))
    assert "learners: 1, submissions: 1, exercises: 1" in text
    assert "median 1.5 s" in text
    assert "nothing" in text


def test_without_a_table_it_says_what_to_run(tmp_path):
    with pytest.raises(FileNotFoundError, match="course_lib grade"):
        write_report(tmp_path)
