"""A real browser: the map painter takes a stamp from a click on the map, and from the keyboard."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ARTEFACTS = ROOT / "artefacts"
TOKEN = "browser-test"
pytestmark = pytest.mark.browser


def test_a_click_on_the_map_stamps_there(page, jupyterlab):
    ARTEFACTS.mkdir(exist_ok=True)
    page.goto(f"{jupyterlab}/lab?reset&token={TOKEN}")
    page.locator(".jp-LauncherCard", has_text="Python 3").first.click()
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=120_000)
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.type("from course_lib import widgets; widgets.MapPainter('scenes')")
    page.keyboard.press("Shift+Enter")
    output = page.locator(".jp-OutputArea-output").filter(has_text="New map").first
    picture, numbers = output.locator("img").first, output.locator("[role=status]").first
    picture.wait_for(timeout=120_000)
    picture.scroll_into_view_if_needed()
    page.screenshot(path=ARTEFACTS / "map_painter_before.png")

    # the buttons lie exactly on the map: cell (row 9, column 3) of 16, 24 pixels each, from (8, 42)
    box = picture.bounding_box()
    cell = output.locator("button[title='Row 9 of 16, column 3']").bounding_box()
    assert abs(cell["x"] - box["x"] - 8 - 2 * 24) < 1
    assert abs(cell["y"] - box["y"] - 42 - 8 * 24) < 1
    assert box["width"] == 800

    def changed(act) -> str:
        src, words = picture.get_attribute("src"), numbers.inner_text()
        act()
        for _ in range(600):
            if picture.get_attribute("src") != src and numbers.inner_text() != words:
                return numbers.inner_text()
            page.wait_for_timeout(100)
        raise AssertionError(f"after a minute the widget still says: {numbers.inner_text()}")

    output.get_by_role("button", name="tree", exact=True).click()
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()  # choosing the stamp may have scrolled
    words = changed(lambda: page.mouse.click(box["x"] + 8 + 2.5 * 24, box["y"] + 42 + 8.5 * 24))
    assert "with 1 stamp;" in words
    assert re.search(r"The last stamp, tree at row 34, column 10,", words)
    page.screenshot(path=ARTEFACTS / "map_painter_mouse.png")

    # and without the mouse: four steps to the right, then the button
    handles = output.locator(".noUi-handle")
    handles.nth(1).focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(150)
    button = output.get_by_role("button", name="Stamp here")
    button.focus()
    words = changed(lambda: page.keyboard.press("Space"))
    assert "with 2 stamps;" in words
    assert "tree at row 34, column 18" in words
    page.screenshot(path=ARTEFACTS / "map_painter_keys.png")
    assert page.get_by_text(re.compile("Error displaying widget|Loading widget")).count() == 0
