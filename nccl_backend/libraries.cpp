#include "nccl_backend/libraries.h"

#include <dlfcn.h>

#include <fmt/format.h>

#include "core/base/input_error.h"

namespace gridlock {
namespace {

constexpr char kCudaLibrary[] = "libcuda.so.1";
constexpr char kNcclLibrary[] = "libnccl.so.2";

void* open_library(const char* name, const char* hint) {
  void* library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (library != nullptr) return library;
  throw InputError("--backend nccl", fmt::format("cannot open {}: {}", name, ::dlerror()), hint);
}

template <typename Result, typename... Arguments>
void bind(void* library, const char* library_name, const char* symbol,
          std::function<Result(Arguments...)>& function, bool needed) {
  void* address = ::dlsym(library, symbol);
  if (address != nullptr) {
    function = reinterpret_cast<Result (*)(Arguments...)>(address);
  } else if (needed) {
    throw InputError("--backend nccl", fmt::format("{} has no function {}", library_name, symbol),
                     fmt::format("NCCL {} or later is needed", nccl_version_text(kNcclVersionMin)));
  }
}

}  // namespace

GpuApi open_gpu_libraries() {
  GpuApi api;
  void* cuda =
      open_library(kCudaLibrary, "it comes with the NVIDIA driver; without a GPU use --backend sim or gloo");
  each_cuda_symbol(api.cuda, [&](const char* symbol, auto& function) {
    bind(cuda, kCudaLibrary, symbol, function, true);
  });
  void* nccl = open_library(kNcclLibrary, "install NCCL or put the folder that holds it on LD_LIBRARY_PATH");
  each_nccl_symbol(api.nccl, [&](const char* symbol, auto& function, bool needed) {
    bind(nccl, kNcclLibrary, symbol, function, needed);
  });
  return api;
}

std::string nccl_version_text(int version) {
  return fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

std::string nccl_result_text(const NcclApi& nccl, int result) {
  const char* text = nccl.error_string(result);
  return text != nullptr ? text : fmt::format("result {}", result);
}

std::string cuda_result_text(const CudaApi& cuda, int result) {
  const char* name = nullptr;
  const bool known = cuda.error_name(result, &name) == kCudaSuccess && name != nullptr;
  return known ? name : fmt::format("CUDA result {}", result);
}

}  // namespace gridlock
