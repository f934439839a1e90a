#!/usr/bin/env python3
"""Draws time and memory of bench.py's runs against the size of the world (Debian: python3-matplotlib).

    plot.py RESULTS.json OUT.svg"""

import json
import sys

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402  (after the choice of how to draw)

FAMILIES = ["step", "bringup"]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        runs = json.load(file)["runs"]
    matplotlib.rcParams["svg.hashsalt"] = "gridlock"  # the same file from the same numbers
    figure, (time, memory) = pyplot.subplots(1, 2, figsize=(9, 3.6))
    for family in FAMILIES:
        rows = sorted((run["ranks"], run["seconds"], run["mib"]) for name, run in runs.items()
                      if run and name.startswith(family + ",") and "fibers" not in name)
        ranks = [row[0] for row in rows]
        time.plot(ranks, [row[1] for row in rows], marker="o", label=family)
        memory.plot(ranks, [row[2] for row in rows], marker="o", label=family)
    for axes, label in ((time, "CPU seconds"), (memory, "peak memory, MiB")):
        axes.set(xscale="log", yscale="log", xlabel="ranks", ylabel=label)
        axes.grid(True, which="major", linewidth=0.3)
        axes.legend()
    figure.tight_layout()
    figure.savefig(sys.argv[2], metadata={"Date": None})


if __name__ == "__main__":
    main()
