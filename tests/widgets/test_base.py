"""The shared part of the widgets, with a picture of one number in place of a real one."""

from html.parser import HTMLParser

import ipywidgets as widgets
import pytest

from course_lib.widgets import Explorer


class Bench:
    """An explorer over two sliders that counts its drawings."""

    def __init__(self):
        self.drawn = []
        self.a, self.b = widgets.IntSlider(value=1, max=9), widgets.IntSlider(value=2, max=9)
        self.explorer = Explorer(
            [[self.a], [self.b]],
            read=lambda: (self.a.value, self.b.value),
            render=self.render,
            describe=lambda s: f"a < {s[0]}, b = {s[1]}",
        ).watch(self.a, self.b)

    def render(self, state):
        if state[0] == 9:
            raise ValueError("a: got 9, expected 0 to 8")
        if state[0] == 8:
            raise KeyError("a bug")
        if state[0] == 7:
            raise KeyboardInterrupt
        self.drawn.append(state)
        return f"PNG of {state}".encode()

    @property
    def shown(self):
        return bytes(self.explorer.picture.value).decode()


@pytest.fixture
def bench():
    return Bench()


def test_the_first_picture_is_there_before_anything_is_touched(bench):
    assert bench.drawn == [(1, 2)]
    assert bench.shown == "PNG of (1, 2)"
    assert bench.explorer.message.value == ""


def test_one_change_is_one_drawing(bench):
    bench.a.value = 5
    bench.a.value = 5  # no change
    bench.b.value = 6
    assert bench.drawn == [(1, 2), (5, 2), (5, 6)]
    assert bench.shown == "PNG of (5, 6)"


def test_the_words_follow_and_are_escaped_and_announced(bench):
    bench.a.value = 5
    seen = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: seen.append((tag, dict(attributes)))
    parser.handle_data = seen.append
    parser.feed(bench.explorer.numbers.value)
    (tag, attributes), text = seen
    assert (attributes["role"], attributes["aria-live"]) == ("status", "polite")
    assert text == "a < 5, b = 2"
    assert "<" not in bench.explorer.numbers.value.replace("<div", "").replace("</div", "")


def test_several_changes_in_one_update_draw_once(bench):
    with bench.explorer.one_update():
        bench.a.value, bench.b.value = 3, 4
        with bench.explorer.one_update():  # a handler inside a handler
            bench.a.value = 6
        so_far = list(bench.drawn)  # an assertion here would become the widget's message
    assert so_far == [(1, 2)]
    assert bench.drawn == [(1, 2), (6, 4)]
    assert bench.explorer.message.value == ""
    bench.a.value = 7 - 2
    assert bench.drawn[-1] == (5, 4)


def test_an_error_is_a_sentence_in_the_widget_and_the_next_good_state_clears_it(bench):
    bench.a.value = 9
    message = bench.explorer.message.value
    assert "a: got 9, expected 0 to 8. The picture still shows" in message
    assert 'role="alert"' in message
    assert "Traceback" not in message
    assert "ValueError" not in message
    assert bench.shown == "PNG of (1, 2)"
    assert "a &lt; 1" in bench.explorer.numbers.value  # the words belong to the picture
    bench.a.value = 4
    assert bench.explorer.message.value == ""
    assert bench.shown == "PNG of (4, 2)"


def test_an_error_that_is_a_bug_shows_its_type(bench):
    bench.a.value = 8
    assert "KeyError" in bench.explorer.message.value
    assert "a bug" in bench.explorer.message.value


def test_an_error_in_a_handler_is_shown_too_and_nothing_is_drawn(bench):
    with bench.explorer.one_update():
        bench.b.value = 5
        raise FileNotFoundError("there is no <file>")
    assert "there is no &lt;file&gt;" in bench.explorer.message.value
    assert bench.drawn == [(1, 2)]
    bench.explorer.update()
    assert bench.explorer.message.value == ""
    assert bench.drawn[-1] == (1, 5)


def test_stopping_the_kernel_is_not_an_error_to_be_shown(bench):
    with pytest.raises(KeyboardInterrupt):
        bench.a.value = 7
    bench.a.value = 3  # and the widget goes on
    assert bench.drawn[-1] == (3, 2)


def test_a_widget_that_cannot_start_raises():
    def render(state):
        raise ValueError("cannot start")

    with pytest.raises(ValueError, match="cannot start"):
        Explorer([], read=lambda: 0, render=render, describe=str)


def test_a_button_can_redraw(bench):
    button = widgets.Button()
    button.on_click(bench.explorer.update)
    button.click()
    assert bench.drawn == [(1, 2), (1, 2)]


def test_tab_visits_the_controls_in_their_order_before_the_picture(bench):
    *rows, keys, numbers, message, picture = bench.explorer.children
    assert "arrow keys" in keys.value
    assert [row.children for row in rows] == [(bench.a,), (bench.b,)]
    assert (numbers, message, picture) == (bench.explorer.numbers, bench.explorer.message, bench.explorer.picture)
