"""An mpu on a device mesh of torch: data x context x tensor, its data groups over data and context."""

from torch.distributed.device_mesh import init_device_mesh

DATA, CONTEXT, TENSOR = 2, 2, 3


class Mesh:
    def __init__(self):
        self.mesh = init_device_mesh("cuda", (DATA, CONTEXT, TENSOR), mesh_dim_names=("data", "context", "tensor"))
        self.data = self.mesh["data", "context"]._flatten("data_context")

    def get_model_parallel_rank(self):
        return self.mesh.get_local_rank("tensor")

    def get_model_parallel_world_size(self):
        return self.mesh["tensor"].size()

    def get_model_parallel_group(self):
        return self.mesh.get_group("tensor")

    def get_data_parallel_rank(self):
        return self.data.get_local_rank()

    def get_data_parallel_world_size(self):
        return self.data.size()

    def get_data_parallel_group(self):
        return self.data.get_group()


class WrongDimension(Mesh):
    """Takes the context ranks of its mesh for the ranks of the model."""

    def get_model_parallel_rank(self):
        return self.mesh.get_local_rank("context")
