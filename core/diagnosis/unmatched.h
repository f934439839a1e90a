#pragma once

#include <optional>
#include <string>

#include "core/diagnosis/coming.h"
#include "core/diagnosis/finding.h"
#include "core/diagnosis/transfer_counts.h"

namespace gridlock {

/// A send or recv whose partner never comes, or may be in a history that is lost.
struct Unmatched {
  const Transfer* transfer;
  RankId waiting;
  RankId peer;
  int node;
  ComingAnswer answer;
  /// Short text of the call that waits.
  std::string call;

  const Record& mine() const { return *transfer->mine; }
  bool is_send() const { return mine().call == CallKind::send; }
};

/// Everything but the summary and who is odd; the peer is blamed.
Finding about_unmatched(const Evidence& evidence, const Unmatched& found);

/// Turns the blame around: the rank that waits is the odd one.
void blame_waiting(const Unmatched& found, Finding& finding);

/// Where the two ends parted, as their labels tell: later calls took the place of the one that is missing.
struct Parting {
  const Record* alone;    ///< the call that has no partner, on the rank that waits
  const Record* instead;  ///< what the other one called there
};

/// Nothing where no label tells.
std::optional<Parting> parting_of(const Evidence& evidence, const Unmatched& found);

/// A call as a short text, with its label behind it.
std::string labelled(const Evidence& evidence, RankId rank, const Record& call);

/// "{who} made one in addition", for a call that is one too many.
std::string additional_text(const Unmatched& found, const OddEndAnswer& odd, const std::string& extra);

/// What happened to a message that will not come.
std::string summary_of(Scene& scene, const Unmatched& found, const OddEndAnswer& odd,
                       const std::optional<Parting>& parting);

/// Where they parted, and whom that is blamed on.
void tell_sides(const Evidence& evidence, const Unmatched& found, const OddEndAnswer& odd,
                const std::optional<Parting>& parting, Finding& finding);

}  // namespace gridlock
