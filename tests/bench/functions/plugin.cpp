// SPDX-License-Identifier: Apache-2.0
// Plugin of qemu's code generator (docs/devel/tcg-plugins.rst; the interface of qemu 7.2): counts the
// instructions of a guest by the address of the translated block. When the guest makes the file
// section-N in the folder `dir=`, all counts so far are written to section-N.counts, as lines
// "address count", the address in hexadecimal. Debian has no package with the plugins' header.
#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>

#include <sys/inotify.h>
#include <unistd.h>

extern "C" {
struct qemu_plugin_tb;
struct qemu_info_t;
constexpr int kAddInline = 0; // QEMU_PLUGIN_INLINE_ADD_U64

[[gnu::visibility("default")]] extern const int qemu_plugin_version;
const int qemu_plugin_version = 1;

void qemu_plugin_register_vcpu_tb_trans_cb(std::uint64_t id,
                                           void (*translated)(std::uint64_t, qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_inline(qemu_plugin_tb *block, int operation, void *counter,
                                              std::uint64_t operand);
std::size_t qemu_plugin_tb_n_insns(const qemu_plugin_tb *block);
std::uint64_t qemu_plugin_tb_vaddr(const qemu_plugin_tb *block);
}

namespace {

namespace fs = std::filesystem;

/// Counters are added to by generated code, so they never move and never go.
struct Counts {
    std::mutex mutex;
    std::unordered_map<std::uint64_t, std::unique_ptr<std::uint64_t>> by_address;
};

Counts &counts() {
    static auto *const all = new Counts; // qemu ends without asking its threads
    return *all;
}

void translated(std::uint64_t /*id*/, qemu_plugin_tb *block) {
    const std::lock_guard lock(counts().mutex);
    auto &counter = counts().by_address[qemu_plugin_tb_vaddr(block)];
    if (!counter)
        counter = std::make_unique<std::uint64_t>(0);
    qemu_plugin_register_vcpu_tb_exec_inline(block, kAddInline, counter.get(),
                                             qemu_plugin_tb_n_insns(block));
}

/// Under another name first: the guest takes the file for whole when it is there.
void write_counts(const fs::path &section) {
    const fs::path part = section.string() + ".part";
    {
        std::ofstream out(part);
        const std::lock_guard lock(counts().mutex);
        for (const auto &[address, count] : counts().by_address)
            if (*count != 0)
                out << std::hex << address << ' ' << std::dec << *count << '\n';
    }
    fs::rename(part, section.string() + ".counts");
}

void watch(int notify, const fs::path &folder) {
    fs::path next = folder / "section-0";
    int number = 0;
    std::array<char, 4096> events{};
    do {
        while (fs::exists(next)) {
            write_counts(next);
            next = folder / ("section-" + std::to_string(++number));
        }
    } while (::read(notify, events.data(), events.size()) > 0);
}

} // namespace

extern "C" [[gnu::visibility("default")]] int
qemu_plugin_install(std::uint64_t id, const qemu_info_t * /*info*/, int argc, char **argv) {
    constexpr std::string_view kFolder = "dir=";
    const std::string_view option = argc == 1 ? argv[0] : "";
    if (!option.starts_with(kFolder))
        return 1;
    const fs::path folder(option.substr(kFolder.size()));
    const int notify = ::inotify_init1(IN_CLOEXEC);
    if (::inotify_add_watch(notify, folder.c_str(), IN_CREATE | IN_MOVED_TO) < 0)
        return 1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    std::thread(watch, notify, folder).detach();
    return 0;
}
