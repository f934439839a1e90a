"""An mpu as a project might write it: pipe x data x tensor over all ranks, with the names of Megatron and DeepSpeed."""

import torch.distributed as dist

PIPE, DATA, TENSOR = 2, 2, 2


class ThreeAxes:
    def __init__(self):
        rank = dist.get_rank()
        self.stage, rest = divmod(rank, DATA * TENSOR)
        self.data, self.tensor = divmod(rest, TENSOR)
        at = lambda p, d, t: (p * DATA + d) * TENSOR + t
        for p in range(PIPE):
            for d in range(DATA):
                group = dist.new_group([at(p, d, t) for t in range(TENSOR)])
                if (p, d) == (self.stage, self.data):
                    self.tensor_group = group
        for p in range(PIPE):
            for t in range(TENSOR):
                group = dist.new_group([at(p, d, t) for d in range(DATA)])
                if (p, t) == (self.stage, self.tensor):
                    self.data_group = group
        for d in range(DATA):
            for t in range(TENSOR):
                group = dist.new_group([at(p, d, t) for p in range(PIPE)])
                if (d, t) == (self.data, self.tensor):
                    self.pipe_group = group
        for d in range(DATA):
            group = dist.new_group([at(p, d, t) for p in range(PIPE) for t in range(TENSOR)])
            if d == self.data:
                self.model_group = group

    def get_model_parallel_rank(self):
        return self.stage * TENSOR + self.tensor

    def get_model_parallel_world_size(self):
        return PIPE * TENSOR

    def get_model_parallel_group(self):
        return self.model_group

    def get_tensor_model_parallel_rank(self):
        return self.tensor

    def get_tensor_model_parallel_world_size(self):
        return TENSOR

    def get_tensor_model_parallel_group(self):
        return self.tensor_group

    def get_pipeline_model_parallel_rank(self):
        return self.stage

    def get_pipeline_model_parallel_world_size(self):
        return PIPE

    def get_pipeline_model_parallel_group(self):
        return self.pipe_group

    def get_data_parallel_rank(self):
        return self.data

    def get_data_parallel_world_size(self):
        return DATA

    def get_data_parallel_group(self):
        return self.data_group


class SwappedData(ThreeAxes):
    """Counts data ranks from the other end, and makes its groups in another order on rank 5."""

    def __init__(self):
        if dist.get_rank() == 5:
            dist.new_group([0, 1])
        super().__init__()

    def get_data_parallel_rank(self):
        return DATA - 1 - self.data

    def get_slice_paralel_group(self):
        return self.tensor_group
