#include "core/rank/step_machine.h"

namespace gridlock {

bool host_machine(Rank& rank, StepMachine& machine) {
  Reply reply;
  while (reply.status.code() != StatusCode::world_ended) {
    const Request request = machine.next(rank, reply);
    if (request.kind == RequestKind::done) return true;
    reply = rank.execute(request);
    if (request.kind == RequestKind::exit) return true;
  }
  return false;
}

}  // namespace gridlock
