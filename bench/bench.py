#!/usr/bin/env python3
"""What whole runs cost: CPU seconds and peak memory of the gridlock process, by workload and size of the world.

    bench.py BUILD [--times N] [--only TEXT] [--peers] [--out FILE] [--compare OLD.json]

BUILD is a build folder of the release preset. Prints a table with targets, writes what was measured as JSON."""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


class Workload:
    def __init__(self, name, ranks, arguments, times=None, seconds=None, mib=None, program="gridlock"):
        self.name, self.ranks, self.arguments, self.times = name, ranks, arguments, times
        self.seconds, self.mib, self.program = seconds, mib, program


def step(data, *more, **targets):
    name = f"step, {512 * data:,} ranks" + (", on fibers" if "fiber" in more else "")
    return Workload(name, 512 * data, ["run", "step.json", "--set", f"params.data={data}", *more], **targets)


def bringup(data, **targets):
    return Workload(f"bringup, {512 * data:,} ranks", 512 * data,
                    ["run", "bringup.json", "--set", f"params.data={data}"], **targets)


WORKLOADS = [
    Workload("smpi_job, 4,096 ranks", 4096, ["run", "smpi_job.json"], mib=64),
    Workload("tensor_calls, 1,024 ranks x 1,000 calls", 1024, ["run", "tensor_calls.json"], seconds=0.205),
    Workload("tensor_calls, 1,048,576 ranks x 10 calls", 1 << 20,
             ["run", "tensor_calls.json", "--set", "params.data=131072", "--set", "params.calls=10"], times=1,
             seconds=10.5),
    Workload("lint, 16,384 ranks", 16384,
             ["lint", "bringup.json", "--set", "params.pipe=16", "--set", "params.data=128", "--set",
              "params.last_stage=15"], seconds=1),
    Workload("barrier, 1,048,576 ranks", 1 << 20, ["run", "barrier.json"], times=1),
    bringup(32),
    bringup(256),
    bringup(2048, times=1),
    bringup(8192, times=1),
    Workload("stall of 1 in 1,048,576 ranks, diagnosed", 1 << 20, ["run", "stall.json"], times=1, seconds=30),
    step(2),
    step(16),
    step(128, seconds=2, mib=512),
    step(128, "--hosting", "fiber", times=1),
    step(2048, times=1, seconds=30, mib=4096),
    step(2048, "--hosting", "fiber", times=1, seconds=60, mib=9216),
    Workload("a C++ program of 10 calls, 1,048,576 ranks", 1 << 20, ["64", "2048", "8"], times=1, mib=6144,
             program="gridlock_ten_calls"),
]


def measure(command, times, cwd=HERE):
    """Median CPU seconds and largest peak memory in MiB of the processes of a command; None when it failed."""
    seconds, peak = [], 0
    for _ in range(times):
        with open(os.devnull, "wb") as nowhere:
            child = subprocess.Popen(command, cwd=cwd, stdout=nowhere, stderr=nowhere)
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in (0, 4):  # a stall is what one of the workloads is about
            return None
        seconds.append(used.ru_utime + used.ru_stime)
        peak = max(peak, used.ru_maxrss // 1024)
    return {"seconds": round(statistics.median(seconds), 3), "mib": peak}


def target_text(measured, target):
    if target is None:
        return ""
    return f"{measured / target:.2f} of {target:g}"


def print_row(name, cost, workload=None, old=None):
    if cost is None:
        print(f"{name:<44} did not end well")
        return
    row = f"{name:<44} {cost['seconds']:>9.3f} s {cost['mib']:>7,} MiB"
    if workload:
        row += f"  {target_text(cost['seconds'], workload.seconds):<14} {target_text(cost['mib'], workload.mib):<14}"
    if old:
        row += f"  {cost['seconds'] / old['seconds']:.2f} x the seconds, {cost['mib'] / old['mib']:.2f} x the memory"
    print(row.rstrip(), flush=True)


def smpi(times):
    """The job of smpi_job.json on SimGrid's SMPI; None where that is not installed."""
    if not shutil.which("smpicc"):
        print("no smpicc here (Debian: libsimgrid-dev, simgrid): that peer is left out")
        return None
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "platform.xml"), "w", encoding="utf-8") as file:
            file.write('<?xml version="1.0"?>\n<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">\n'
                       '<platform version="4.1"><cluster id="c" prefix="h" suffix="" radical="0-4095" speed="1Gf" '
                       'bw="12.5GBps" lat="10us"/></platform>\n')
        with open(os.path.join(folder, "hosts"), "w", encoding="utf-8") as file:
            file.writelines(f"h{i}\n" for i in range(4096))
        subprocess.run(["smpicc", "-O2", os.path.join(HERE, "peers/smpi_job.c"), "-o", "job"], cwd=folder, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return measure(["smpirun", "-np", "4096", "-platform", "platform.xml", "-hostfile", "hosts", "./job"], times,
                       folder)


def open_mpi(times):
    """The same job as 128 real processes on this machine."""
    if not shutil.which("mpicc"):
        print("no mpicc here (Debian: libopenmpi-dev): that peer is left out")
        return None
    with tempfile.TemporaryDirectory() as folder:
        built = subprocess.run(["mpicc", "-O2", os.path.join(HERE, "peers/smpi_job.c"), "-o", "job"], cwd=folder,
                               stderr=subprocess.DEVNULL, check=False)
        if built.returncode != 0:
            print("mpicc cannot build it (Debian: libopenmpi-dev has the headers): that peer is left out")
            return None
        return measure(["mpirun", "--allow-run-as-root", "--oversubscribe", "-np", "128", "./job"], times, folder)


def measure_peers(measured):
    ours = measured["smpi_job, 4,096 ranks"]
    for name, peer in (("the same job on SMPI, 4,096 ranks", smpi), ("the same job on Open MPI, 128 ranks", open_mpi)):
        cost = peer(1)
        if cost is None:
            continue
        measured[name] = cost
        print_row(name, cost)
        if "SMPI" in name and ours:
            print(f"  {cost['seconds'] / ours['seconds']:.0f} times the seconds, {cost['mib'] / ours['mib']:.0f} times the memory")
    grid = [sys.executable, os.path.join(HERE, "peers/reference_grid.py"), "16", "128", "8"]
    name = "one rank's grid in Python, 16,384 ranks"
    measured[name] = measure(grid, 1)
    print_row(name, measured[name])


def micro(build):
    """The parts, by Google Benchmark: name to nanoseconds."""
    binary = os.path.join(build, "bin", "gridlock_bench")
    if not os.path.exists(binary):
        return {}
    ended = subprocess.run([binary, "--benchmark_format=json"], text=True, capture_output=True, check=True)
    units = {"ns": 1, "us": 1e3, "ms": 1e6}
    return {one["name"]: one["cpu_time"] * units[one["time_unit"]] for one in json.loads(ended.stdout)["benchmarks"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=os.path.abspath)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--only", default="", help="workloads with this in their name")
    parser.add_argument("--peers", action="store_true", help="also what does the same elsewhere, where it is installed")
    parser.add_argument("--out", default="bench.json")
    parser.add_argument("--compare", metavar="OLD.json", help="ratios to an earlier run; of the same machine, or they mean little")
    options = parser.parse_args()
    old = {}
    if options.compare:
        with open(options.compare, encoding="utf-8") as file:
            old = json.load(file)
    binaries = os.path.join(options.build, "bin")
    gridlock = os.path.join(binaries, "gridlock")
    measured = {}
    for workload in WORKLOADS:
        if options.only not in workload.name:
            continue
        command = [os.path.join(binaries, workload.program), *workload.arguments]
        cost = measure(command, workload.times or options.times)
        measured[workload.name] = cost and {"ranks": workload.ranks, **cost}
        print_row(workload.name, cost, workload, old.get("runs", {}).get(workload.name))
    if options.peers:
        measured.setdefault("smpi_job, 4,096 ranks", measure([gridlock, "run", "smpi_job.json"], options.times))
        measure_peers(measured)
    parts = micro(options.build)
    for name, nanoseconds in parts.items():
        ratio = f"  {nanoseconds / old['parts'][name]:.2f} x" if name in old.get("parts", {}) else ""
        print(f"{name:<44} {nanoseconds:>15,.0f} ns{ratio}")
    with open(options.out, "w", encoding="utf-8") as file:
        json.dump({"machine": platform.processor() or platform.machine(), "runs": measured, "parts": parts}, file, indent=2)
        file.write("\n")
    print(f"written to {options.out}")
    return 0 if all(measured.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
