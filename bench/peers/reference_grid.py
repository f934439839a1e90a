#!/usr/bin/env python3
"""Does for one rank what Python grid code of training frameworks does: coordinates of all ranks in a dictionary, groups
found by filtering it, one creation after another for every group of the world. Prints its seconds.

    reference_grid.py PIPE DATA TENSOR"""

import collections
import itertools
import sys
import time


class Topology:
    def __init__(self, axes, dims):
        self.axes, self.dims = axes, dims
        self.coordinate = collections.namedtuple("coordinate", axes)
        self.rank_of = {}
        for rank, place in enumerate(itertools.product(*[range(dim) for dim in dims])):
            self.rank_of[self.coordinate(**dict(zip(axes, place)))] = rank

    def matching(self, **wanted):
        return [rank for place, rank in self.rank_of.items()
                if all(getattr(place, axis) == index for axis, index in wanted.items())]

    def lists_along(self, axis):
        others = [other for other in self.axes if other != axis]
        lists = []
        for place in itertools.product(*[range(self.dims[self.axes.index(other)]) for other in others]):
            fixed = dict(zip(others, place))
            lists.append([self.rank_of[self.coordinate(**fixed, **{axis: index})]
                          for index in range(self.dims[self.axes.index(axis)])])
        return lists


class Registry:
    def __init__(self):
        self.groups = {}

    def new_or_get_group(self, ranks):
        key = tuple(sorted(ranks))
        return self.groups.setdefault(key, len(self.groups))


def build_grid(rank, pipe, data, tensor):
    topology, registry, own = Topology(["pipe", "data", "tensor"], [pipe, data, tensor]), Registry(), {}
    for index in range(data):
        ranks = topology.matching(data=index)
        group = registry.new_or_get_group(ranks)
        if rank in ranks:
            own["model"] = group
    for family in ("data", "pipe", "tensor"):
        for ranks in topology.lists_along(family):
            group = registry.new_or_get_group(ranks)
            if rank in ranks:
                own[family] = group
    for stage in range(pipe):
        ranks = topology.matching(pipe=stage)
        group = registry.new_or_get_group(ranks)
        if rank in ranks:
            own["tensor_data"] = group
    return own


def main():
    sizes = [int(word) for word in sys.argv[1:]]
    start = time.process_time()
    own = build_grid(0, *sizes)
    assert len(own) == 5
    print(f"{time.process_time() - start:.4f}")


if __name__ == "__main__":
    main()
