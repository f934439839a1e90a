#!/usr/bin/env python3
"""Writes down what a Python mpu object answers, for `gridlock accessors --check` (docs/mpu_dumps.md).

  torchrun --nproc-per-node 8 tools/dump_mpu.py my_project.grid:make_mpu --out dumps/
  python3 tools/dump_mpu.py my_project/grid.py:make_mpu --stand-in --world-size 8 --out dumps/all.json

TARGET is module:name or file.py:name: an object, or a function or class that makes one (called without arguments, or
with those of `rank` and `world_size` that it takes). Without :name the module itself is the mpu.

Under torchrun every process writes rank_N.json below --out, and torch.distributed is the real one. With --stand-in one
process plays all ranks, one after the other, each in a child process of its own: where torch is installed its "fake"
process group is used, otherwise a stand-in of torch that makes groups and moves no data. Every call of new_group is
recorded either way. Needs nothing but Python's standard library, 3.8 or newer.
"""

import argparse
import importlib
import importlib.util
import inspect
import json
import operator
import os
import sys
import types

FORMAT = "gridlock-mpu-dump/1"

# Every name that DeepSpeed reads from an mpu or grid, by what reading it gives.
NUMBERS = """get_model_parallel_rank get_model_parallel_world_size get_tensor_model_parallel_rank
get_tensor_model_parallel_world_size get_tensor_model_parallel_src_rank get_slice_parallel_rank
get_slice_parallel_world_size get_pipe_parallel_rank get_pipe_parallel_world_size get_pipeline_model_parallel_rank
get_pipeline_model_parallel_world_size get_pipeline_parallel_world_size get_data_parallel_rank
get_data_parallel_world_size get_data_parallel_id get_stage_id get_global_rank get_sequence_parallel_rank
get_sequence_parallel_world_size get_sequence_data_parallel_rank get_sequence_data_parallel_world_size""".split()
GROUPS = """get_model_parallel_group get_tensor_model_parallel_group get_tensor_model_parallel_cpu_group
get_slice_parallel_group get_pipe_parallel_group get_pipeline_model_parallel_group get_data_parallel_group
get_data_parallel_group_gloo get_sequence_parallel_group get_sequence_data_parallel_group""".split()
RANKS = ["get_data_parallel_group_ranks"]
CALLS = ["stage_to_global", "initialize_sequence_parallel"]
ATTRIBUTES = """data_parallel_size data_parallel_id pipe_parallel_size model_parallel_size pp_group p2p_groups _topo
_init_tp_mesh_device ColumnParallelLinear RowParallelLinear""".split()
ACCESSORS = NUMBERS + GROUPS + RANKS + CALLS + ATTRIBUTES
# Names of which DeepSpeed uses the value as it does here: never called to look at them.
PRESENCE = ["initialize_sequence_parallel", "_init_tp_mesh_device", "ColumnParallelLinear", "RowParallelLinear"]

# Lists longer than this are written once in a file and referred to.
SHARED_FROM = 64


class Creations:
    """The calls of new_group in their order, and which group object came of which."""

    def __init__(self):
        self.calls = []
        self.index_of = {}
        self.kept = []  # so that no id is used twice

    def add(self, ranks, backend, local, group, is_member):
        self.calls.append({"ranks": ranks, "backend": backend, **({"local": True} if local else {})})
        if is_member:
            self.index_of[id(group)] = len(self.calls) - 1
            self.kept.append(group)


def recording(new_group, creations, rank, world_size, default_backend, made_backend=None):
    """new_group with every call recorded. `made_backend`: what is really made, when not what was asked for."""

    def new_group_recorded(ranks=None, timeout=None, backend=None, *args, **kwargs):
        members = sorted(ranks) if ranks is not None else list(range(world_size))
        local = bool(kwargs.get("use_local_synchronization", False))
        named = {} if timeout is None else {"timeout": timeout}
        group = new_group(ranks, *args, backend=made_backend or backend, **named, **kwargs)
        asked = str(backend if backend is not None else default_backend())
        creations.add(members, asked, local, group, rank in members)
        return group

    return new_group_recorded


# ---- torch.distributed as it is installed ----


class RealDistributed:
    """torch.distributed: started by torchrun, or on torch's fake process group."""

    def __init__(self, rank, world_size, backend, fake):
        import torch.distributed as dist

        self.dist = dist
        self.creations = Creations()
        if fake:
            from torch.testing._internal.distributed.fake_pg import FakeStore

            dist.init_process_group("fake", store=FakeStore(), rank=rank, world_size=world_size)
        elif not dist.is_initialized():
            dist.init_process_group(backend)
        self.rank = dist.get_rank()
        self.world_size = dist.get_world_size()
        recorder = recording(
            dist.new_group,
            self.creations,
            self.rank,
            self.world_size,
            (lambda: backend) if fake else dist.get_backend,
            "fake" if fake else None,
        )
        self.replace("new_group", recorder)
        if fake:
            self.replace("all_gather_object", only_own_object(self.world_size))

    def replace(self, name, function):
        """In every module of torch.distributed that has the function under its name."""
        old = getattr(self.dist, name)
        for module in [m for n, m in sys.modules.items() if n.startswith("torch.distributed")]:
            if vars(module).get(name) is old:
                setattr(module, name, function)

    def describe(self):
        import torch

        return "torch " + torch.__version__

    def group(self, value):
        """What a group is written as; None for what is no group."""
        if value is self.dist.GroupMember.NON_GROUP_MEMBER or (isinstance(value, int) and value == -100):
            return {"non_member": True}
        if value is self.dist.group.WORLD:
            return {"group": "world"}
        if id(value) in self.creations.index_of:
            return {"group": self.creations.index_of[id(value)]}
        if isinstance(value, self.dist.ProcessGroup):
            ranks = sorted(self.dist.get_process_group_ranks(value))
            return {"group": {"ranks": ranks, "backend": str(self.dist.get_backend(value))}}
        return None

    def close(self):
        self.dist.destroy_process_group()


def only_own_object(world_size):
    """One process plays one rank at a time and cannot know what others would give."""

    def all_gather_object(object_list, obj, group=None):
        for i in range(len(object_list)):
            object_list[i] = obj

    return all_gather_object


# ---- a stand-in where torch is not installed ----


class Numbers:
    """What torch.arange and torch.tensor give for whole numbers, as far as meshes of ranks are made of it."""

    def __init__(self, flat, shape):
        self.flat = list(flat)
        self.shape = tuple(shape)
        self.ndim = len(self.shape)

    @classmethod
    def of(cls, nested):
        """Of numbers in lists of equal lengths, or of something that has them as tolist(); else TypeError."""
        if hasattr(nested, "tolist"):
            nested = nested.tolist()
        if not isinstance(nested, (list, tuple, range)):
            return cls([operator.index(nested)], ())
        rows = [cls.of(row) for row in nested]
        if len({row.shape for row in rows}) > 1:
            raise TypeError("rows of unequal lengths")
        return cls([n for row in rows for n in row.flat], (len(rows),) + (rows[0].shape if rows else ()))

    def numel(self):
        return len(self.flat)

    def dim(self):
        return self.ndim

    def size(self, dim=None):
        return self.shape if dim is None else self.shape[dim]

    def view(self, *shape):
        shape = list(shape[0] if len(shape) == 1 and isinstance(shape[0], (list, tuple)) else shape)
        if -1 in shape:
            shape[shape.index(-1)] = len(self.flat) // max(-product(shape), 1)
        if product(shape) != len(self.flat):
            raise RuntimeError("shape %s is invalid for input of size %d" % (shape, len(self.flat)))
        return Numbers(self.flat, shape)

    reshape = view

    def flatten(self):
        return self.view(-1)

    def tolist(self):
        return [row.tolist() for row in self] if self.ndim else self.flat[0]

    item = tolist

    def same(self, *args, **kwargs):
        return self

    to = cpu = cuda = int = long = clone = detach = contiguous = same

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, i):
        if not self.ndim or not -len(self) <= operator.index(i) < len(self):
            raise IndexError("index %s of a mesh of shape %s" % (i, self.shape))
        step = product(self.shape[1:])
        start = operator.index(i) % len(self) * step
        return Numbers(self.flat[start : start + step], self.shape[1:])

    def __iter__(self):
        return (self[i] for i in range(len(self)))


def product(sizes):
    result = 1
    for size in sizes:
        result *= size
    return result


def arange(*bounds, **ignored):
    return Numbers.of(range(*bounds))


def tensor(data, **ignored):
    try:
        return Numbers.of(data)
    except TypeError:
        return Anything()


class StandInGroup:
    def __init__(self, ranks, backend):
        self.ranks = ranks
        self.backend = backend

    def rank(self):
        return self.ranks.index(StandIn.rank)

    def size(self):
        return len(self.ranks)


class Anything:
    """A name of torch that user code mentions: a type, a decorator, a base class, a device."""

    def __init__(self, *args, **kwargs):
        pass

    def __call__(self, *args, **kwargs):
        return args[0] if len(args) == 1 and callable(args[0]) else self

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything()

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        return False


class StandIn(types.ModuleType):
    """torch.distributed for one rank of a world: groups are made and remembered, no data moves."""

    rank = 0
    NON_GROUP_MEMBER = object()

    def __init__(self, rank, world_size, backend):
        super().__init__("torch.distributed")
        StandIn.rank = rank
        self.__path__ = []
        self.world_size = world_size
        self.creations = Creations()
        self.world = StandInGroup(list(range(world_size)), backend)
        self.ProcessGroup = StandInGroup
        self.group = types.SimpleNamespace(WORLD=self.world)
        self.GroupMember = types.SimpleNamespace(WORLD=self.world, NON_GROUP_MEMBER=self.NON_GROUP_MEMBER)
        self.new_group = recording(self.make_group, self.creations, rank, world_size, lambda: backend)
        self.all_gather_object = only_own_object(world_size)

    def make_group(self, ranks=None, backend=None, **ignored):
        members = sorted(ranks) if ranks is not None else list(self.world.ranks)
        if len(set(members)) != len(members) or not set(members) <= set(self.world.ranks):
            raise ValueError("new_group: %s in a world of %d" % (members, self.world_size))
        if StandIn.rank not in members:
            return self.NON_GROUP_MEMBER
        return StandInGroup(members, backend or self.world.backend)

    def new_subgroups(self, group_size=None, group=None, timeout=None, backend=None, **ignored):
        """Neighbours in groups of that size. torch's default size, the GPUs of a node, is not known here."""
        if group_size is None or group_size <= 0:
            raise ValueError("The arg 'group_size' (%s) must be positive" % group_size)
        if group_size > self.world_size:
            raise ValueError(
                "The arg 'group_size' (%d) must not exceed the world size (%d)" % (group_size, self.world_size)
            )
        if self.world_size % group_size != 0:
            raise ValueError("The world size (%d) must be divisible by group_size=%d" % (self.world_size, group_size))
        ranks = self.get_process_group_ranks(group)
        rows = [ranks[i : i + group_size] for i in range(0, len(ranks), group_size)]
        return self.new_subgroups_by_enumeration(rows, timeout, backend)

    def new_subgroups_by_enumeration(self, ranks_per_subgroup_list, timeout=None, backend=None, **ignored):
        """The group of this rank, and what new_group gave for each list."""
        if not ranks_per_subgroup_list:
            raise ValueError("The arg 'ranks_per_subgroup_list' cannot be empty")
        mine, groups, seen = None, [], {}
        for ranks in ranks_per_subgroup_list:
            groups.append(self.new_group(ranks, timeout=timeout, backend=backend))
            for rank in ranks:
                if rank in seen:
                    raise ValueError("Rank %d has appeared in both subgroup %s and %s" % (rank, seen[rank], ranks))
                seen[rank] = ranks
            if StandIn.rank in ranks:
                mine = groups[-1]
        return mine, groups

    def is_available(self):
        return True

    def is_initialized(self):
        return True

    def is_nccl_available(self):
        return True

    def init_process_group(self, *args, **kwargs):
        return None

    def destroy_process_group(self, *args, **kwargs):
        return None

    def barrier(self, *args, **kwargs):
        return None

    monitored_barrier = barrier

    def get_backend(self, group=None):
        return (group or self.world).backend

    def get_rank(self, group=None):
        if group is self.NON_GROUP_MEMBER:
            return -1
        ranks = (group or self.world).ranks
        return ranks.index(StandIn.rank) if StandIn.rank in ranks else -1

    def get_world_size(self, group=None):
        return -1 if group is self.NON_GROUP_MEMBER else len((group or self.world).ranks)

    def get_process_group_ranks(self, group=None):
        return list((group or self.world).ranks)

    def get_global_rank(self, group, group_rank):
        return group.ranks[group_rank]

    def get_group_rank(self, group, global_rank):
        return group.ranks.index(global_rank)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        if name[:1].isupper():
            return Anything()
        raise AttributeError(
            "the stand-in of torch.distributed has no %r: it makes groups and moves no data; run under torchrun" % name
        )


class StandInMesh:
    """torch.distributed.device_mesh.DeviceMesh. The groups of a dimension are made before those of the next, in the
    order of the ranks after that dimension and the last one have changed places, as torch did before its meshes were
    layouts (swapdims, torch 2.6; 2.15 counts through the other dimensions as they are). A mesh of one dimension over
    the whole world takes the default group."""

    dist = None  # the stand-in that makes the groups

    def __init__(self, device_type, mesh, *, mesh_dim_names=None, groups=None, root=None, dims=None, **ignored):
        self.device_type = device_type
        self.mesh = Numbers.of(mesh)
        self.mesh_dim_names = None if mesh_dim_names is None else tuple(mesh_dim_names)
        if self.mesh.numel() > self.dist.world_size:
            raise RuntimeError(
                "Mesh should not be bigger than default world size %d, but found %d ranks!"
                % (self.dist.world_size, self.mesh.numel())
            )
        if self.mesh_dim_names is not None and len(self.mesh_dim_names) != self.mesh.ndim:
            raise RuntimeError("mesh_dim_names must be as many as the mesh has dimensions")
        self.root = root or self
        self.dims = dims  # of the root
        self.flattened = {}
        self.groups = self.make_groups() if groups is None else groups

    def make_groups(self):
        if self.mesh.ndim == 1 and self.mesh.numel() == self.dist.world_size:
            return [self.dist.world]
        groups = []
        for dim in range(self.mesh.ndim):
            order = list(range(self.mesh.ndim))
            order[dim], order[-1] = order[-1], order[dim]
            groups.append(self.make_group_of_rank(rows_of(self.mesh, order[:-1], order[-1:])))
        return groups

    def make_group_of_rank(self, rows):
        """Every rank makes all groups and keeps its own."""
        mine = None
        for ranks in rows:
            group = self.dist.new_group(ranks)
            if StandIn.rank in ranks:
                mine = group
        return mine

    def dim_of(self, mesh_dim, of):
        if mesh_dim is None and self.mesh.ndim > 1:
            raise RuntimeError(
                "Found the DeviceMesh have %d dimensions: mesh_dim is needed to %s" % (self.mesh.ndim, of)
            )
        if not isinstance(mesh_dim, str):
            return mesh_dim or 0
        if mesh_dim not in (self.mesh_dim_names or ()):
            raise KeyError("Mesh dimension %r does not exist: %s" % (mesh_dim, self.mesh_dim_names))
        return self.mesh_dim_names.index(mesh_dim)

    def get_group(self, mesh_dim=None):
        if isinstance(mesh_dim, str) and mesh_dim in self.root.flattened:
            return self.root.flattened[mesh_dim].get_group()
        group = self.groups[self.dim_of(mesh_dim, "get a group")]
        if group is None:
            raise RuntimeError("rank %d is not in the mesh %s" % (StandIn.rank, self.mesh.tolist()))
        return group

    def get_all_groups(self):
        return [self.get_group(dim) for dim in range(self.mesh.ndim)]

    def get_rank(self):
        return StandIn.rank

    def get_local_rank(self, mesh_dim=None):
        return self.dist.get_rank(self.get_group(self.dim_of(mesh_dim, "get a local rank")))

    def get_coordinate(self):
        if StandIn.rank not in self.mesh.flat:
            return None
        return place_in(self.mesh.shape, self.mesh.flat.index(StandIn.rank))

    @property
    def ndim(self):
        return self.mesh.ndim

    @property
    def shape(self):
        return self.mesh.shape

    def size(self, mesh_dim=None):
        return self.mesh.numel() if mesh_dim is None else self.mesh.shape[self.dim_of(mesh_dim, "get a size")]

    def __getitem__(self, names):
        names = (names,) if isinstance(names, str) else tuple(names)
        if not self.mesh_dim_names:
            raise RuntimeError("Cannot slice a DeviceMesh without mesh_dim_names!")
        if names == self.mesh_dim_names:
            return self
        if len(names) == 1 and names[0] in self.root.flattened:
            return self.root.flattened[names[0]]
        dims = [self.dim_of(name, "slice") for name in names]
        if dims != sorted(set(dims)):
            raise KeyError("Mesh dimensions must be sliced in their order %s, got %s" % (self.mesh_dim_names, names))
        rest = [dim for dim in range(self.mesh.ndim) if dim not in dims]
        rows = rows_of(self.mesh, rest, dims)
        mine = next((row for row in rows if StandIn.rank in row), rows[0])
        return StandInMesh(
            self.device_type,
            Numbers(mine, [self.mesh.shape[dim] for dim in dims]),
            mesh_dim_names=names,
            groups=[self.groups[dim] for dim in dims],
            root=self.root,
            dims=[self.dims[dim] if self.dims else dim for dim in dims],
        )

    def _flatten(self, mesh_dim_name=None):
        """One dimension of several: its groups are made, unless they are the world."""
        name = mesh_dim_name or "_".join(self.mesh_dim_names)
        if self.mesh.ndim == 1 and name == self.mesh_dim_names[0]:
            return self
        if name not in self.root.flattened:
            dims = self.dims if self.dims is not None else list(range(self.mesh.ndim))
            rest = [dim for dim in range(self.root.mesh.ndim) if dim not in dims]
            rows = rows_of(self.root.mesh, rest, dims)
            whole = len(rows) == 1 and len(rows[0]) == self.dist.world_size
            groups = [self.dist.world if whole else self.make_group_of_rank(rows)]
            self.root.flattened[name] = StandInMesh(
                self.device_type, self.mesh.flat, mesh_dim_names=(name,), groups=groups, root=self.root, dims=dims
            )
        return self.root.flattened[name]

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        return False


def place_in(shape, index):
    """The coordinates of the number at that place of the flat list."""
    place = []
    for size in reversed(shape):
        index, at = divmod(index, size)
        place.append(at)
    return place[::-1]


def rows_of(mesh, outer, inner):
    """One list for each place on the dimensions `outer`, in their order, with the numbers along those of `inner`."""
    rows = {}
    for index, number in enumerate(mesh.flat):
        place = place_in(mesh.shape, index)
        key = tuple(place[dim] for dim in outer)
        rows.setdefault(key, []).append((tuple(place[dim] for dim in inner), number))
    return [[number for _, number in sorted(rows[key])] for key in sorted(rows)]


def init_device_mesh(device_type, mesh_shape, *, mesh_dim_names=None, **ignored):
    if mesh_dim_names is not None and len(set(mesh_dim_names)) != len(mesh_dim_names):
        raise RuntimeError("Each mesh_dim_name must be unique, got %s" % (mesh_dim_names,))
    if mesh_dim_names is not None and len(mesh_shape) != len(mesh_dim_names):
        raise RuntimeError("mesh_shape and mesh_dim_names should have same length!")
    if not device_type.isalpha():
        raise RuntimeError("Device type with index is not supported, got %r" % device_type)
    return StandInMesh(device_type, arange(product(mesh_shape)).view(mesh_shape), mesh_dim_names=mesh_dim_names)


class StandInDistributed:
    def __init__(self, rank, world_size, backend):
        self.dist = StandIn(rank, world_size, backend)
        self.creations = self.dist.creations
        self.rank = rank
        self.world_size = world_size
        torch = types.ModuleType("torch")
        torch.__path__ = []
        torch.__version__ = "0.0.0"
        torch.distributed = self.dist
        torch.arange = arange
        torch.tensor = torch.as_tensor = tensor
        torch.__getattr__ = lambda name: hidden(name) if name.startswith("__") else Anything()
        sys.modules["torch"] = torch
        sys.modules["torch.distributed"] = self.dist
        StandInMesh.dist = self.dist
        meshes = types.ModuleType("torch.distributed.device_mesh")
        for module in (meshes, self.dist):
            module.DeviceMesh = StandInMesh
            module.init_device_mesh = init_device_mesh
        self.dist.device_mesh = meshes
        sys.modules["torch.distributed.device_mesh"] = meshes

    def describe(self):
        return "stand-in"

    def group(self, value):
        if value is StandIn.NON_GROUP_MEMBER:
            return {"non_member": True}
        if value is self.dist.world:
            return {"group": "world"}
        if id(value) in self.creations.index_of:
            return {"group": self.creations.index_of[id(value)]}
        if isinstance(value, StandInGroup):
            return {"group": {"ranks": value.ranks, "backend": value.backend}}
        return None

    def close(self):
        pass


def hidden(name):
    raise AttributeError(name)


def torch_is_installed():
    return importlib.util.find_spec("torch") is not None


# ---- the object ----


def load_target(target, rank, world_size):
    """The object that TARGET names. Whatever it raises is the user's to see."""
    place, _, name = target.partition(":")
    if place.endswith(".py"):
        spec = importlib.util.spec_from_file_location(os.path.splitext(os.path.basename(place))[0], place)
        if spec is None or not os.path.exists(place):
            raise SystemExit("dump_mpu: there is no file %s" % place)
        sys.path.insert(0, os.path.dirname(os.path.abspath(place)))
        found = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = found
        spec.loader.exec_module(found)
    else:
        sys.path.insert(0, os.getcwd())
        found = importlib.import_module(place)
    for part in filter(None, name.split(".")):
        if not hasattr(found, part):
            raise SystemExit("dump_mpu: %s has no %r" % (place, part))
        found = getattr(found, part)
    if callable(found) and (inspect.isclass(found) or not any(hasattr(found, n) for n in ACCESSORS)):
        offered = {"rank": rank, "world_size": world_size}
        wanted = inspect.signature(found).parameters
        found = found(**{key: value for key, value in offered.items() if key in wanted})
        if found is None:
            raise SystemExit("dump_mpu: %s gave None, which is no mpu" % target)
    return found


def plain(value):
    """Numbers and lists of numbers as JSON has them; raises TypeError for anything else."""
    if isinstance(value, float):
        raise TypeError
    if isinstance(value, (list, tuple, range)):
        return [plain(item) for item in value]
    if type(value).__module__.startswith("torch"):
        raise TypeError  # a tensor is no number to DeepSpeed, even one with __index__
    return int(operator.index(value))


def written(value, distributed):
    """One answer as the dump has it."""
    if value is None:
        return {"value": None}
    group = distributed.group(value)
    if group is not None:
        return group
    try:
        return {"value": plain(value)}
    except TypeError:
        return {"type": type(value).__name__, "text": shortened(repr(value))}


def shortened(text):
    return text if len(text) <= 200 else text[:197] + "..."


def raised(error):
    return {"raises": type(error).__name__, "text": shortened(" ".join(str(error).split()))}


def attempt(action):
    try:
        return action()
    except (Exception, SystemExit) as error:  # whatever the object raises is an answer
        return raised(error)


def stage_calls(mpu, distributed):
    """stage_to_global as DeepSpeed calls it: every stage, and the copy of a tied layer on the first."""
    stages = 1
    for name in ("get_pipe_parallel_world_size", "get_pipeline_model_parallel_world_size", "pipe_parallel_size"):
        try:
            value = getattr(mpu, name)
            stages = max(stages, operator.index(value() if callable(value) else value))
        except Exception:  # told where that name is read
            pass
    calls = [(stage, {}) for stage in range(stages)] + [(0, {"data": 0, "model": 1})]
    return {
        "calls": [
            {
                "stage": stage,
                **({"with": others} if others else {}),
                **attempt(lambda: written(mpu.stage_to_global(stage_id=stage, **others), distributed)),
            }
            for stage, others in calls
        ]
    }


def topology(topo):
    """Axes and sizes, and how many digits its rank strings have."""
    if topo is None:
        return {"value": None}
    names = topo.get_axis_names() if hasattr(topo, "get_axis_names") else topo.axes
    found = {"axes": {str(name): operator.index(topo.get_dim(name)) for name in names}}
    if hasattr(topo, "get_rank_repr"):
        digits = attempt(lambda: {"digits": len(topo.get_rank_repr(rank=0).rpartition("_")[2])}).get("digits")
        if digits:
            found["digits"] = digits
    return found


def answer(mpu, name, distributed):
    try:
        if not hasattr(mpu, name):
            return {"missing": True}
    except Exception as error:  # a property that raises something else than AttributeError
        return raised(error)
    if name in PRESENCE:
        return {"present": True}
    if name == "stage_to_global":
        return stage_calls(mpu, distributed)
    if name == "_topo":
        return attempt(lambda: topology(mpu._topo))
    if name in ATTRIBUTES:
        return attempt(lambda: written(getattr(mpu, name), distributed))
    return attempt(lambda: written(getattr(mpu, name)(), distributed))


def dump_rank(target, distributed):
    mpu = load_target(target, distributed.rank, distributed.world_size)
    kind = type(mpu)
    return {
        "rank": distributed.rank,
        "object": mpu.__name__ if inspect.ismodule(mpu) else kind.__module__ + "." + kind.__qualname__,
        "names": sorted(n for n in dir(mpu) if n.startswith("get_") and n not in ACCESSORS)[:200],
        "accessors": {name: answer(mpu, name, distributed) for name in ACCESSORS},
        "creations": distributed.creations.calls,
        "torch_distributed": distributed.describe(),
    }


# ---- files ----


class Table:
    """Equal values once."""

    def __init__(self):
        self.items = []
        self.place = {}

    def put(self, value):
        key = json.dumps(value)
        if key not in self.place:
            self.place[key] = len(self.items)
            self.items.append(value)
        return self.place[key]


def document(ranks, world_size, target, axes):
    creations, shared = Table(), Table()
    for rank in ranks:
        rank["creations"] = creations.put(rank["creations"])
        for found in rank["accessors"].values():
            if isinstance(found.get("value"), list) and len(found["value"]) > SHARED_FROM:
                found["shared"] = shared.put(found.pop("value"))
    about = {"target": target, "object": ranks[0]["object"], "names": ranks[0]["names"]}
    about.update(python=sys.version.split()[0], torch_distributed=ranks[0]["torch_distributed"])
    for rank in ranks:
        for key in ("object", "names", "torch_distributed"):
            del rank[key]
    return {
        "format": FORMAT,
        "about": about,
        "world_size": world_size,
        **({"axes": axes} if axes else {}),
        "creations": creations.items,
        "shared": shared.items,
        "ranks": ranks,
    }


def write(path, content):
    folder = os.path.dirname(path)
    if folder:
        os.makedirs(folder, exist_ok=True)
    with open(path, "w") as file:
        # One rank a line: small, and still a text that diff can compare.
        head = {key: value for key, value in content.items() if key != "ranks"}
        file.write(json.dumps(head)[:-1] + ', "ranks": [\n')
        file.write(",\n".join(json.dumps(rank) for rank in content["ranks"]) + "\n]}\n")


def play(options, rank):
    """The rank in a child process, whose module globals are its own."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(read_end)
            made = (
                RealDistributed(rank, options.world_size, options.backend, True)
                if torch_is_installed() and not options.without_torch
                else StandInDistributed(rank, options.world_size, options.backend)
            )
            with os.fdopen(write_end, "w") as pipe:
                pipe.write(json.dumps(dump_rank(options.target, made)))
            status = 0
        except SystemExit as stop:
            print(stop, file=sys.stderr)
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    os.close(write_end)
    with os.fdopen(read_end) as pipe:
        text = pipe.read()
    if os.waitpid(child, 0)[1] != 0:
        raise SystemExit("dump_mpu: rank %d could not be dumped" % rank)
    return json.loads(text)


def read_axes(text):
    axes = {}
    for part in filter(None, text.split(",")):
        name, _, size = part.partition("=")
        if not name or not size.isdigit() or int(size) < 1 or name in axes:
            raise argparse.ArgumentTypeError("expected name=size,name=size,..., each name once, got %r" % text)
        axes[name] = int(size)
    return axes


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", nargs="?", help="module:name or file.py:name")
    parser.add_argument("--out", help="folder for rank_N.json; with --stand-in the one file")
    parser.add_argument("--stand-in", action="store_true", help="play all ranks in turn, without other processes")
    parser.add_argument("--without-torch", action="store_true", help="the stand-in even where torch is installed")
    parser.add_argument("--world-size", type=int, help="ranks to play with --stand-in")
    parser.add_argument("--backend", default="", help="default backend (gloo; with --stand-in nccl)")
    parser.add_argument("--axes", type=read_axes, default={}, help="sizes, slowest first: pipe=2,data=2,tensor=2")
    parser.add_argument("--list", action="store_true", help="print the names that are asked for, and stop")
    options = parser.parse_args()
    if options.list:
        return options
    if not options.target or not options.out:
        parser.error("TARGET and --out are needed")
    if options.stand_in and (options.world_size is None or options.world_size < 1):
        parser.error("--stand-in needs --world-size N")
    if not options.stand_in and "RANK" not in os.environ:
        parser.error("start it with torchrun, or give --stand-in --world-size N")
    options.backend = options.backend or ("nccl" if options.stand_in else "gloo")
    return options


def main():
    options = read_options()
    if options.list:
        print("\n".join(ACCESSORS))
    elif options.stand_in:
        if torch_is_installed() and not options.without_torch:
            import torch.distributed  # once, and not in every child
        ranks = [play(options, rank) for rank in range(options.world_size)]
        write(options.out, document(ranks, options.world_size, options.target, options.axes))
    else:
        distributed = RealDistributed(-1, -1, options.backend, False)
        rank = dump_rank(options.target, distributed)
        path = os.path.join(options.out, "rank_%d.json" % distributed.rank)
        write(path, document([rank], distributed.world_size, options.target, options.axes))
        distributed.close()


if __name__ == "__main__":
    main()
