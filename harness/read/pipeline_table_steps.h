#pragma once

#include "harness/read/pipeline_request.h"

namespace gridlock {

/// The steps of a request with a table: for each rank of the pipeline its row, one action after the other.
/// Labels are the table's own words ("2SEND_F1"). Each transfer is a batch of its own (Exchange::batched), as
/// torch's pipelines send, or a plain call; torch uses other communicators for the two.
///
/// With pairs, the pipe group is first split into groups of neighbours: GRID-pairs-0 (ranks 0 and 1, 2 and 3,
/// ...), GRID-pairs-1 (1 and 2, ...) and, where the ends trade, GRID-pairs-ends.
///
/// Requires: request.table.
JsonNode::Array table_steps(const PipelineRequest& request, const JsonMaker& make);

}  // namespace gridlock
