#!/usr/bin/env python3
"""Counts the instructions of five small runs under callgrind and compares them with instructions.json.

    instructions.py GRIDLOCK            exit 1 when a run takes 5 % more or fewer than the file says
    instructions.py GRIDLOCK --write    write what was counted to the file

Instructions repeat where seconds do not, so that a run that became slower is seen on a busy machine."""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
FILE = os.path.join(HERE, "instructions.json")
TOLERANCE = 0.05
RUNS = {
    "small8": ["run", "small8.json"],
    "tensor_calls, 256 ranks, 40 calls": ["run", "tensor_calls.json", "--set", "params.data=32", "--set",
                                          "params.calls=40"],
    "step, 64 ranks": ["run", "step.json", "--set", "params.pipe=4", "--set", "params.data=2", "--set",
                       "params.last_stage=3"],
    "stall, 1,024 ranks": ["run", "stall.json", "--set", "params.data=2"],
    "lint, 1,024 ranks": ["lint", "bringup.json", "--set", "params.pipe=16", "--set", "params.data=8", "--set",
                          "params.last_stage=15"],
}


def count(gridlock, arguments, folder):
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=" + os.path.join(folder, "out.%p"), gridlock]
    # libc picks its memcpy by what the processor has; one that all have makes the numbers agree.
    environment = dict(os.environ, GLIBC_TUNABLES="glibc.cpu.hwcaps=-AVX2_Usable,-AVX2,-AVX512F,-ERMS")
    ended = subprocess.run(command + arguments, cwd=HERE, env=environment, text=True, stdout=subprocess.DEVNULL,
                           stderr=subprocess.PIPE, check=False)
    counts = [int(number.replace(",", "")) for number in re.findall(r"I +refs: +([\d,]+)", ended.stderr)]
    if not counts:
        sys.exit("callgrind did not count " + " ".join(arguments) + ":\n" + ended.stderr[-2000:])
    return max(counts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gridlock", type=os.path.abspath)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        counted = {name: count(options.gridlock, arguments, folder) for name, arguments in RUNS.items()}
    if options.write:
        with open(FILE, "w", encoding="utf-8") as file:
            json.dump(counted, file, indent=2)
            file.write("\n")
        return 0
    with open(FILE, encoding="utf-8") as file:
        known = json.load(file)
    failed = False
    for name, instructions in counted.items():
        ratio = instructions / known[name]
        is_off = abs(ratio - 1) > TOLERANCE
        failed = failed or is_off
        print(f"{name:<36} {instructions:>14,} instructions, {ratio:.3f} of what is known{'  <-- off' if is_off else ''}")
    if failed:
        print("If that is meant: bench/instructions.py GRIDLOCK --write, and say in the commit what it bought.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
