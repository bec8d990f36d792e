// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lib/bpf/maps.h"

namespace coax {

Result<std::vector<LearnedEntry>> read_learned(const DatapathMaps &maps);

/// See Datapath::age.
Result<std::size_t> age_learned(const DatapathMaps &maps, std::uint64_t older_than_ns);

} // namespace coax
