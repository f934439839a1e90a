#include "gloo_backend/messages.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <gloo/context.h>
#include <gloo/transport/unbound_buffer.h>

#include "core/base/check.h"
#include "gloo_backend/call_header.h"

namespace gridlock {
namespace {

using Unbound = std::unique_ptr<gloo::transport::UnboundBuffer>;

enum class SlotPart : std::uint64_t { sender_header, recver_header, data };

/// Gloo's own operations use slots below 0x09 << 56; messages take the upper half.
std::uint64_t slot_of(const PreparedCall& call, SlotPart part) {
  const bool sends = call.kind == CallKind::send;
  const auto sender = static_cast<std::uint64_t>(sends ? call.rank : call.peer);
  const auto recver = static_cast<std::uint64_t>(sends ? call.peer : call.rank);
  const bool sized = part == SlotPart::data;
  const std::array<std::uint64_t, 9> words{call.key.high,
                                           call.key.low,
                                           sender,
                                           recver,
                                           static_cast<std::uint64_t>(call.sequence),
                                           static_cast<std::uint64_t>(call.tag),
                                           static_cast<std::uint64_t>(part),
                                           sized ? static_cast<std::uint64_t>(call.count) : 0,
                                           sized ? static_cast<std::uint64_t>(call.dtype) : 0};
  return mixed(words) | (std::uint64_t{1} << 63);
}

/// One end of a message under way. Stays where it is while Gloo knows its addresses.
class MessageEnd {
 public:
  MessageEnd(gloo::Context& mesh, const PreparedCall& call)
      : call_(call), peer_(call.members[call.peer]), mine_(header_of(call)) {
    const bool sends = call.kind == CallKind::send;
    mine_out_ = mesh.createUnboundBuffer(&mine_, sizeof(mine_));
    theirs_in_ = mesh.createUnboundBuffer(&theirs_, sizeof(theirs_));
    theirs_in_->recv(peer_, slot_of(call, sends ? SlotPart::recver_header : SlotPart::sender_header));
    mine_out_->send(peer_, slot_of(call, sends ? SlotPart::sender_header : SlotPart::recver_header));
    if (call.count == 0) return;
    const std::uint64_t slot = slot_of(call, SlotPart::data);
    if (sends) {
      // Gloo reads only, but its interface has one pointer for both directions.
      data_ = mesh.createUnboundBuffer(const_cast<std::byte*>(call.input.data()), call.input.size());
      data_->send(peer_, slot);
    } else {
      data_ = mesh.createUnboundBuffer(call.output.data(), call.output.size());
      data_->recv(peer_, slot);
    }
  }

  const PreparedCall& call() const { return call_; }

  bool wait() {
    theirs_in_->waitRecv();
    if (!(mine_ == theirs_)) return false;
    mine_out_->waitSend();
    if (data_ != nullptr && call_.kind == CallKind::send) data_->waitSend();
    if (data_ != nullptr && call_.kind == CallKind::recv) data_->waitRecv();
    return true;
  }

 private:
  const PreparedCall& call_;
  int peer_;
  CallHeader mine_;
  CallHeader theirs_;
  Unbound mine_out_;
  Unbound theirs_in_;
  Unbound data_;
};

}  // namespace

void SelfMail::post(const PreparedCall& call) {
  const std::lock_guard lock(mutex_);
  Meeting& meeting = meetings_[{call.key, call.tag, call.sequence}];
  (call.kind == CallKind::send ? meeting.send : meeting.recv) = &call;
  if (meeting.send == nullptr || meeting.recv == nullptr) return;
  meeting.fits = header_of(*meeting.send) == header_of(*meeting.recv);
  if (meeting.fits)
    std::copy(meeting.send->input.begin(), meeting.send->input.end(), meeting.recv->output.begin());
  both_came_.notify_all();
}

bool SelfMail::wait(const PreparedCall& call) {
  std::unique_lock lock(mutex_);
  Meeting& meeting = meetings_[{call.key, call.tag, call.sequence}];
  both_came_.wait(lock, [&] { return meeting.send != nullptr && meeting.recv != nullptr; });
  const bool fits = meeting.fits;
  if (++meeting.waited == 2) meetings_.erase({call.key, call.tag, call.sequence});
  return fits;
}

bool run_messages(GlooLinks& links, SelfMail& self, std::span<const PreparedCall* const> calls,
                  const std::function<void(const PreparedCall&, bool delivered)>& settled) {
  std::vector<std::unique_ptr<MessageEnd>> ends;
  for (const PreparedCall* call : calls) {
    if (call->peer == call->rank) {
      self.post(*call);
    } else {
      ends.push_back(std::make_unique<MessageEnd>(links.world(), *call));
    }
  }
  bool all_fit = true;
  const auto note = [&](bool fits, const PreparedCall& call) {
    settled(call, fits);
    all_fit = all_fit && fits;
  };
  for (const auto& end : ends) note(end->wait(), end->call());
  for (const PreparedCall* call : calls) {
    if (call->peer == call->rank) note(self.wait(*call), *call);
  }
  return all_fit;
}

}  // namespace gridlock
