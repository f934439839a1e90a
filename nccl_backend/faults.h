#pragma once

#include <string>

#include "core/base/status.h"
#include "launch/shared_log.h"
#include "nccl_backend/libraries.h"

namespace gridlock {

/// The one seam at which results of CUDA and NCCL become statuses and the trouble that the launcher sees. The
/// first fault of a rank stays: what comes after it follows from it.
class Faults {
 public:
  /// Both outlive this.
  Faults(const GpuApi& api, SharedLog& log) : api_(api), log_(log) {}

  /// Whether the result is success; anything else is a fault. `function` is the library's name for what was
  /// called.
  bool cuda(int result, const char* function);
  /// As above; a call that goes on in the background (ncclInProgress) is no fault. `comm` may be null.
  bool nccl(int result, const char* function, NcclComm comm = nullptr);

  /// What a rank of this world cannot do.
  void refuse(const std::string& text);

  /// ok until the first fault.
  StatusCode code() const { return code_; }
  bool any() const { return code_ != StatusCode::ok; }
  /// What the library said about the first fault.
  const std::string& text() const { return text_; }

 private:
  void set(StatusCode code, Trouble trouble, std::string text);

  const GpuApi& api_;
  SharedLog& log_;
  StatusCode code_ = StatusCode::ok;
  std::string text_;
};

}  // namespace gridlock
