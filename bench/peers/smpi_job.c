/* The peer of smpi_job.json for SimGrid's SMPI: three communicator splits of a pipe x data x tensor grid (8 x data x 8), then
 * 10 rounds of all_reduce on tensor, all_reduce on data and a ring of send and recv on pipe, 256 floats each.
 * smpicc -O2 peers/smpi_job.c -o smpi_job && smpirun -np 4096 -platform PLATFORM ./smpi_job */
#include <mpi.h>

enum { kPipe = 8, kTensor = 8, kCount = 256, kRounds = 10 };

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  int rank, size, stage;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  const int data = size / (kPipe * kTensor);
  const int p = rank / (data * kTensor), d = rank / kTensor % data, t = rank % kTensor;
  MPI_Comm tensor_group, data_group, pipe_group;
  MPI_Comm_split(MPI_COMM_WORLD, p * data + d, t, &tensor_group);
  MPI_Comm_split(MPI_COMM_WORLD, p * kTensor + t, d, &data_group);
  MPI_Comm_split(MPI_COMM_WORLD, d * kTensor + t, p, &pipe_group);
  MPI_Comm_rank(pipe_group, &stage);
  float in[kCount] = {0}, out[kCount];
  for (int round = 0; round < kRounds; ++round) {
    MPI_Allreduce(in, out, kCount, MPI_FLOAT, MPI_SUM, tensor_group);
    MPI_Allreduce(in, out, kCount, MPI_FLOAT, MPI_SUM, data_group);
    MPI_Sendrecv(in, kCount, MPI_FLOAT, (stage + 1) % kPipe, 0, out, kCount, MPI_FLOAT, (stage + kPipe - 1) % kPipe, 0,
                 pipe_group, MPI_STATUS_IGNORE);
  }
  MPI_Finalize();
  return 0;
}
