"""What PyTorch needs to bring up the groups that areal makes for a 1x1x2 grid: the peer of nccl_overhead's first table.

python3 pytorch_bringup.py        (two GPUs)
"""
import os
import time

import torch
import torch.distributed as dist
import torch.multiprocessing as mp

# model, data (one each rank), pipe (one each rank), tensor, tensor x data; groups of one rank included, gloo twins left out.
GROUPS = [[0, 1], [0], [1], [0], [1], [0, 1], [0, 1]]


def run(rank, eager):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="29577" if eager else "29578")
    torch.cuda.set_device(rank)
    begin = time.time()
    device = {"device_id": torch.device("cuda", rank)} if eager else {}
    dist.init_process_group("nccl", rank=rank, world_size=2, **device)
    tensor = torch.ones(1, device="cuda")
    dist.all_reduce(tensor)
    torch.cuda.synchronize()
    started = time.time()
    groups = [dist.new_group(ranks) for ranks in GROUPS]
    created = time.time()
    for ranks, group in zip(GROUPS, groups):
        if rank in ranks:
            dist.all_reduce(tensor, group=group)
    torch.cuda.synchronize()
    used = time.time()
    if rank == 0:
        print(f"pytorch {torch.__version__} {'eager' if eager else 'lazy'}: init+first {started - begin:.2f} s, "
              f"{len(GROUPS)} groups created {created - started:.2f} s, first operations {used - created:.2f} s", flush=True)
    dist.destroy_process_group()


if __name__ == "__main__":
    for eager in (False, True):
        mp.spawn(run, args=(eager,), nprocs=2)
