"""Measure ours, put it next to the published: ``python benchmarks/run.py [TABLE …]`` (or ``make bench``).

Each module in ``MODULES`` offers ``TABLES``: a dictionary from a table's id to a function that measures it and returns rows
``[{"method": …, "values": {column: number}, "note": …}, …]``. A result is stored in ``benchmarks/results/<id>.json`` with commit, machine
and date; ``benchmarks/LEDGER.md`` is written from these and from ``published.json``. Nothing is typed in by hand.
"""

import argparse
import datetime
import importlib
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import torch

from course_lib.files import atomic_write

HERE = Path(__file__).resolve().parent
MODULES = [
    "foundation",
    "classical",
    "gan",
    "stability",
    "vae",
    "classroom",
    "notebook_cost",
    "denoisers",
    "self_supervised",
    "tiles",
    "super_resolution",
    "conditional",
    "image_to_image",
]


def measures() -> dict:
    """All tables that can be measured, by id."""
    sys.path.insert(0, str(HERE))
    tables = {}
    for module in MODULES:
        tables.update(importlib.import_module(module).TABLES)
    return tables


def provenance() -> dict:
    """Where and when: commit, machine, versions."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=HERE, capture_output=True, text=True, check=False).stdout.strip()
    dirty = subprocess.run(
        ["git", "status", "--porcelain", "--", "../course_lib"], cwd=HERE, capture_output=True, text=True, check=False
    ).stdout
    return {
        "commit": (commit or "none") + ("+changes" if dirty else ""),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {torch.get_num_threads()} thread(s)"
        + (f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ", no GPU"),
        "date": datetime.date.today().isoformat(),
        "torch": torch.__version__,
        "python": platform.python_version(),
    }


def cell(value) -> str:
    """A number as the ledger prints it."""
    if value is None:
        return "–"
    if isinstance(value, str | int):
        return str(value)
    return f"{value:.4f}" if abs(value) < 1 else f"{value:.2f}"


def ledger(published: dict, results: dict) -> str:
    """The side-by-side tables as Markdown."""
    lines = [
        "# The ledger",
        "",
        "Published numbers and ours, side by side. Written by `make bench`; edits by hand are lost.",
        "",
    ]
    for name in [*published, *(key for key in results if key not in published)]:
        head = published.get(name) or results[name]
        rows = [(row, row.get("source", "")) for row in published.get(name, {}).get("rows", [])]
        if name in results:
            where = results[name]["provenance"]
            stamp = f"commit {where['commit']}, {where['date']}, {where['machine']}, torch {where['torch']}"
            rows += [
                ({**row, "method": f"**{row['method']}**"}, "; ".join(filter(None, [row.get("note"), stamp])))
                for row in results[name]["rows"]
            ]
        columns = list(dict.fromkeys([*head.get("columns", []), *(key for row, _ in rows for key in row["values"])]))
        lines += [f"## {head['title']}", "", " ".join(head["protocol"].split()), ""]
        lines += ["| | " + " | ".join(columns) + " | source |", "|---|" + "---:|" * len(columns) + "---|"]
        lines += [
            f"| {row['method']} | " + " | ".join(cell(row["values"].get(key)) for key in columns) + f" | {source} |" for row, source in rows
        ]
        if name not in results:
            lines += ["", "Ours: not measured yet."]
        lines += [""]
    return "\n".join(lines)


def stored() -> dict:
    """The results on disk, by table id."""
    return {path.stem: json.loads(path.read_text()) for path in sorted((HERE / "results").glob("*.json"))}


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m course_lib bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", nargs="*", help="ids of the tables to measure (default: all)")
    parser.add_argument("--list", action="store_true", help="list the tables and stop")
    parser.add_argument("--ledger", action="store_true", help="only write LEDGER.md again from the stored results")
    chosen = parser.parse_args(argv)
    published = json.loads((HERE / "published.json").read_text())
    known = measures()
    if chosen.list:
        print("\n".join(known))
        return 0
    unknown = [name for name in chosen.tables if name not in known]
    if unknown:
        print(f"bench: no table {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    missed = []
    for name in [] if chosen.ledger else chosen.tables or known:
        print(f"{name} …", flush=True)
        try:
            rows = known[name]()
        except FileNotFoundError as error:  # benchmark data is not on this machine: the stored result stays
            missed.append(name)
            print(f"  not measured: {error}")
            continue
        for row in rows:
            print("  " + row["method"] + ": " + ", ".join(f"{key} {cell(value)}" for key, value in row["values"].items()))
        head = published.get(name, {})
        document = {
            "title": head.get("title") or known[name].__doc__.splitlines()[0],
            "protocol": head.get("protocol") or "\n".join(known[name].__doc__.splitlines()[1:]).strip(),
            "rows": rows,
            "provenance": provenance(),
        }
        with atomic_write(HERE / "results" / f"{name}.json") as path:
            path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    with atomic_write(HERE / "LEDGER.md") as path:
        path.write_text(ledger(published, stored()))
    print(f"written: {HERE.name}/LEDGER.md" + (f"; not measured for want of data: {', '.join(missed)}" if missed else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
