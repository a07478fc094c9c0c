"""What a learner does: open notebook 01, run it from top to bottom, move the slider with the keyboard, see the picture change."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ARTEFACTS = ROOT / "artefacts"
TOKEN = "browser-test"

# JupyterLab shows the traceback of an error as it shows what is written to stderr
TROUBLE = '.jp-OutputArea-output:is([data-mime-type="application/vnd.jupyter.stderr"], [data-mime-type="application/vnd.jupyter.error"])'

pytestmark = pytest.mark.browser


def run_all(page, address: str, notebook: str) -> None:
    """Open a notebook and choose Run > Run All Cells; returns when every cell has its number and the kernel is idle, or one failed."""
    page.goto(f"{address}/lab/tree/{notebook}?reset&token={TOKEN}")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=120_000)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=120_000)  # in the status bar; without a kernel a dialog asks for one
    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile("^Run$")).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Run All Cells$")).click()
    finished = """() => {
            const texts = [...document.querySelectorAll('TROUBLE')].map(output => output.innerText);
            if (texts.some(text => !/\\d+%\\|/.test(text))) return true;  // the cells below an error will not run
            const cells = [...document.querySelectorAll('.jp-Notebook .jp-CodeCell')];
            const full = cells.filter(cell => cell.querySelector('.cm-content').innerText.trim());
            return full.length && full.every(cell => /^\\[\\d+\\]:$/.test(cell.querySelector('.jp-InputPrompt').innerText.trim()))
                && document.querySelector('.jp-Notebook-ExecutionIndicator[data-status=idle]');
        }""".replace("TROUBLE", TROUBLE)
    try:
        page.wait_for_function(finished, timeout=400_000)
    finally:
        page.screenshot(path=ARTEFACTS / "notebook_01_run.png")  # also, and above all, where it is stuck


def test_the_slider_changes_the_picture_and_the_numbers(page, jupyterlab):
    ARTEFACTS.mkdir(exist_ok=True)
    (notebook,) = (ROOT / "notebooks").glob("01_*[!0-9].ipynb")
    run_all(page, jupyterlab, f"notebooks/{notebook.name}")

    trouble = [text for text in page.locator(TROUBLE).all_inner_texts() if not re.search(r"\d+%\|", text)]
    assert trouble == []  # no errors and no warnings; a progress bar is none
    assert page.get_by_text(re.compile("Error displaying widget|Loading widget")).count() == 0

    # the degradation explorer: the output that has a slider, a picture and a PSNR
    explorer = page.locator(".jp-OutputArea-output").filter(has=page.locator(".noUi-handle")).filter(has_text="PSNR").first
    handle, picture, numbers = (
        explorer.locator(".noUi-handle").first,
        explorer.locator("img").first,
        explorer.locator("[role=status]").first,
    )
    assert handle.get_attribute("role") == "slider"

    def shown() -> dict:
        words = numbers.inner_text()
        return {
            "value": float(handle.get_attribute("aria-valuenow")),
            "src": picture.get_attribute("src"),
            "words": words,
            "psnr": float(re.search(r"PSNR ([\d.]+) dB", words).group(1)),
            "width": picture.evaluate("image => image.complete && image.naturalWidth"),
        }

    picture.scroll_into_view_if_needed()
    before = shown()
    assert before["width"] > 200
    page.screenshot(path=ARTEFACTS / "notebook_01_before.png")
    handle.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(100)
    page.wait_for_function(
        "([image, src, words, old]) => image.src !== src && words.innerText !== old",
        arg=[picture.element_handle(), before["src"], numbers.element_handle(), before["words"]],
        timeout=60_000,
    )
    page.wait_for_timeout(1500)  # the last of the five key presses is drawn
    after = shown()
    page.screenshot(path=ARTEFACTS / "notebook_01.png")
    assert after["value"] > before["value"]
    assert after["src"] != before["src"]
    assert after["width"] == before["width"]
    assert after["psnr"] < before["psnr"]  # a stronger degradation, a lower number: they belong to the picture
