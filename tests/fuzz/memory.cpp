// SPDX-License-Identifier: Apache-2.0
// What the agent wrote down of its own settings (configured.json).
#include "agent/memory.h"

#include "fuzz/files.h"
#include "fuzz/require.h"
#include "harness/scratch_folder.h"

using coax::Memory;
using coax::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    static const coax::test::ScratchFolder folder(coax::fuzz::fast_folder());
    const std::string path = folder.path() / "configured.json";
    coax::fuzz::write_file(path, coax::fuzz::as_text(data, size));

    Memory memory(path);
    memory.load();
    const coax::PortRecord record{.netns = "c1", .addresses = {}};
    require(memory.set_port("red-c1", record).ok(), "what was read can be added to");
    Memory again(path);
    again.load();
    require(again.port("red-c1") == record, "what was written can be read");
    require(again.uplinks() == memory.uplinks(), "uplinks survive a restart");
    for (const std::uint32_t lane : {0U, 1U, 7U})
        require(again.endpoints(lane) == memory.endpoints(lane), "endpoints survive a restart");
    return 0;
}
