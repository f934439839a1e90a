#pragma once

#include "harness/read/pipeline_request.h"

namespace gridlock {

/// The steps of a request with a table: for each rank of the pipeline its row, one action after the other.
/// Labels are the table's own words ("2SEND_F1"). Transfers that follow each other go into one batch
/// (Exchange::batched) or one by one.
///
/// With pairs, the pipe group is first split into groups of neighbours: GRID-pairs-0 (ranks 0 and 1, 2 and 3,
/// ...), GRID-pairs-1 (1 and 2, ...) and, where the ends trade, GRID-pairs-ends.
///
/// Requires: request.table.
JsonNode::Array table_steps(const PipelineRequest& request, const JsonMaker& make);

}  // namespace gridlock
