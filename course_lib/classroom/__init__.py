"""The house around the lessons: notebooks built, checked and executed, the machine examined, JupyterLab opened.

- `notebooks`: ``solutions/`` (the single source) becomes ``notebooks/`` (what a learner opens)
- `lint`: what a notebook of this course may not contain
- `doctor`: is this machine ready, and what to do where it is not
- `lab`: JupyterLab on notebook 00
- `release`: an nbgrader course from ``solutions/``, for a class
- `grade`: its submissions graded; `steps` in nbgrader's chains, the `sandbox` that learners' code runs in, the cells that are `needed`
  there, the class `report`
"""
