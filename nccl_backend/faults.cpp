#include "nccl_backend/faults.h"

#include <utility>

#include <fmt/format.h>

namespace gridlock {

bool Faults::cuda(int result, const char* function) {
  if (result == kCudaSuccess) return true;
  set(StatusCode::backend_error, Trouble::backend_error,
      fmt::format("{}: {}", function, cuda_result_text(api_.cuda, result)));
  return false;
}

bool Faults::nccl(int result, const char* function, NcclComm comm) {
  if (result == kNcclSuccess || result == kNcclInProgress) return true;
  std::string text = fmt::format("{}: {}", function, nccl_result_text(api_.nccl, result));
  const char* last = api_.nccl.last_error(comm);
  if (last != nullptr && *last != '\0') text += fmt::format(" ({})", last);
  const bool is_remote = result == kNcclRemoteError;
  const StatusCode code = is_remote                        ? StatusCode::peer_lost
                          : result == kNcclInvalidArgument ? StatusCode::invalid_argument
                                                           : StatusCode::backend_error;
  set(code, is_remote ? Trouble::peer_lost : Trouble::backend_error, std::move(text));
  return false;
}

void Faults::refuse(const std::string& text) { set(StatusCode::backend_error, Trouble::backend_error, text); }

void Faults::set(StatusCode code, Trouble trouble, std::string text) {
  if (any()) return;
  code_ = code;
  text_ = std::move(text);
  log_.set_trouble(trouble, text_);
}

}  // namespace gridlock
