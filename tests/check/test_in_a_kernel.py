"""The same in a real Jupyter kernel: HTML with the same text beside it, and a kernel that survives what it is given."""

import nbclient
import nbformat
import pytest

SETUP = "from course_lib.check import check, hint, use\nimport matplotlib.pyplot as plt"
CELLS = {
    "passes": "def brighten(image, amount):\n    return (image + amount).clamp(0, 1)\ncheck('00.1', brighten)",
    "crashes": "def brighten(image, amount):\n    total = image + amout\n    return total\ncheck('00.1', brighten)",
    "exit": "def brighten(image, amount):\n    exit()\ncheck('00.1', brighten)",
    "quit": "def brighten(image, amount):\n    quit()\ncheck('00.1', brighten)",
    "input": "def brighten(image, amount):\n    return input()\ncheck('00.1', brighten)",
    "plots": "def brighten(image, amount):\n    plt.plot([1, 2])\n    plt.show()\n    display(1)\n    return 0\ncheck('00.1', brighten)",
    "sleeps": (
        "import time, course_lib.check.engine as engine\n"
        "def brighten(image, amount):\n    while True:\n        try: time.sleep(1)\n        except: pass\n"
        "print(engine.check_result('00.1', brighten, seconds=0.3).failure.cause)"
    ),
    "hint": "hint('00.1')",
    "use": "brighten = use('00.1', brighten); brighten.__module__",
    "alive": "1 + 1",
}


def execute() -> dict[str, list]:
    cells = [nbformat.v4.new_code_cell(SETUP)] + [nbformat.v4.new_code_cell(source) for source in CELLS.values()]
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbclient.NotebookClient(notebook, kernel_name="python3", timeout=120, record_timing=False).execute()
    return dict(zip(CELLS, [cell.outputs for cell in notebook.cells[1:]], strict=True))


@pytest.mark.notebooks
def test_in_a_kernel():
    outputs = execute()

    def only(name):
        (output,) = outputs[name]  # one message, and nothing beside it
        return output

    def message(name):
        return only(name).data["text/plain"]

    shown = only("passes").data
    assert shown["text/plain"].startswith("✔ 00.1 Brighten an image: passed (6 of 6 points)")
    assert shown["text/html"].startswith('<div role="status"')
    assert "NameError: name 'amout' is not defined, line 2 of the cell in brighten: `total = image + amout`" in message("crashes")
    assert "asked Python to end" in message("exit")
    assert "asked Python to end" in message("quit")
    assert "waits for the keyboard" in message("input")
    assert "a whole number: 0" in message("plots")
    assert "endless loop" in only("sleeps").text
    assert message("hint").startswith("Hint 1 of 4")
    assert outputs["use"][1].data["text/plain"] == "'course_lib.check.exercises.e00_1_brighten'"
    assert message("alive") == "2"
