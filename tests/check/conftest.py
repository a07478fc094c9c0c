"""Nothing that a test passes is noted as a person's progress."""

import pytest


@pytest.fixture(autouse=True)
def nobodys_progress(monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", "off")
