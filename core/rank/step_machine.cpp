#include "core/rank/step_machine.h"

namespace gridlock {

void host_machine(Rank& rank, StepMachine& machine) {
  Reply reply;
  while (reply.status.code() != StatusCode::world_ended) {
    const Request request = machine.next(rank, reply);
    if (request.kind == RequestKind::done) return;
    reply = rank.execute(request);
    if (request.kind == RequestKind::exit) return;
  }
}

}  // namespace gridlock
