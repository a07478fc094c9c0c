"""What the solved notebooks cost the machine. The term plan in INSTRUCTORS.md takes its seconds from here."""

import os

import psutil
from nbclient import NotebookClient

from course_lib.classroom import notebooks


def cost_of(path) -> dict:
    """Seconds of the processor and peak memory of the kernel that runs one notebook from top to bottom, on the CPU with one thread."""
    nb = notebooks.read(path)
    seen = {}

    def look(cell, cell_index, execute_reply):
        kernel = psutil.Process(client.km.provisioner.process.pid)
        seen["CPU seconds"] = sum(kernel.cpu_times()[:2])
        lines = (line.split() for line in open(f"/proc/{kernel.pid}/status"))  # noqa: SIM115
        seen["peak memory MB"] = next(int(line[1]) / 1024 for line in lines if line[0] == "VmHWM:")

    client = NotebookClient(
        nb,
        kernel_manager_class=notebooks._kernel_manager_class(),
        timeout=600,
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_executed=look,
    )
    environment = {**os.environ, "COURSE_STRICT": "1", "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    environment.pop("COURSE_DATA", None)
    client.execute(env=environment)
    return {key: round(value, 1) for key, value in seen.items()}


def notebook_cost() -> list[dict]:
    """Running a notebook

    Each notebook of `solutions/` from top to bottom in a kernel of its own, without a GPU, with one thread: seconds of the processor (start
    of the kernel and imports included) and the peak of the kernel's memory, in MB. Linux.
    """
    return [{"method": path.stem, "values": cost_of(path)} for path in notebooks.numbered(notebooks.find_root() / "solutions")]


TABLES = {"notebook-cost": notebook_cost}
