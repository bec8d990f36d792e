// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lib/config/document.h"
#include "lib/config/draft.h"
#include "lib/config/problems.h"

namespace coax {

/// Every option of the document into a draft: known, of its type, in its range; defaults filled in.
/// The draft is whole only when no problem was found.
Draft read_draft(const ValueTable &document, Problems &problems);

} // namespace coax
