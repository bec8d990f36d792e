// SPDX-License-Identifier: Apache-2.0
// The maps of an object under test, as a whole.
#pragma once

#include <bpf/libbpf.h>

namespace coax::test {

/// Before the load: takes the pins off every map (each object has maps of its own) and shrinks the
/// large ones.
void isolate_maps(bpf_object *object);

/// After the load: as if loaded now. Hash maps and rings are empty, arrays zero. Aborts on a kind of
/// map it does not know.
void empty_maps(bpf_object *object);

} // namespace coax::test
