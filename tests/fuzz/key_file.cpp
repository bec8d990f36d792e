// SPDX-License-Identifier: Apache-2.0
// The private key of a lane as a file.
#include <sys/stat.h>

#include "fuzz/files.h"
#include "fuzz/require.h"
#include "harness/scratch_folder.h"
#include "lib/wireguard/wireguard.h"

using coax::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    static const coax::test::ScratchFolder folder(coax::fuzz::fast_folder());
    const std::string path = folder.path() / "lane0.key";
    const std::string_view content = coax::fuzz::as_text(data, size);
    coax::fuzz::write_file(path, content);
    require(::chmod(path.c_str(), 0600) == 0, "the file can be made private");

    const auto key = coax::load_or_create_key(folder.path().string(), 0);
    require(coax::fuzz::read_file(path) == content, "a file that is there is not written");
    if (!key.ok()) {
        require(key.error().message().find(path) != std::string::npos, "an error names the file");
        return 0;
    }
    const auto bytes = key->expose();
    require((bytes[0] & 7U) == 0 && (bytes[31] & 0xc0U) == 0x40, "a key is clamped (RFC 7748)");
    return 0;
}
