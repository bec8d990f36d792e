// SPDX-License-Identifier: Apache-2.0
// An object file as the compiler left it, loaded without a skeleton.
#pragma once

#include <array>
#include <cstdarg>
#include <cstdio>
#include <string>

#include <bpf/libbpf.h>

#include "harness/bpf_maps.h"
#include "harness/bpf_run.h"

namespace coax::test {

inline constexpr std::array kPrograms = {"tc_port", "tc_lane", "tc_handover", "tc_uplink",
                                         "xdp_uplink"};

/// Loads with maps of its own; nothing is pinned. The log is what libbpf says, the verifier's too.
class LoadedObject {
  public:
    explicit LoadedObject(const std::string &path) {
        text().clear();
        libbpf_set_print(keep);
        object_ = bpf_object__open_file(path.c_str(), nullptr);
        if (object_ == nullptr)
            return;
        isolate_maps(object_);
        loaded_ = bpf_object__load(object_) == 0;
    }
    ~LoadedObject() { bpf_object__close(object_); }
    LoadedObject(const LoadedObject &) = delete;
    LoadedObject &operator=(const LoadedObject &) = delete;

    [[nodiscard]] bool loaded() const { return loaded_; }
    [[nodiscard]] int program_fd(const char *program) const {
        return bpf_program__fd(bpf_object__find_program_by_name(object_, program));
    }
    [[nodiscard]] int map_fd(const char *map) const {
        return bpf_map__fd(bpf_object__find_map_by_name(object_, map));
    }
    /// As the compiler made them.
    [[nodiscard]] const bpf_insn *instructions(const char *program) const {
        return bpf_program__insns(bpf_object__find_program_by_name(object_, program));
    }
    [[nodiscard]] std::size_t instruction_count(const char *program) const {
        return bpf_program__insn_cnt(bpf_object__find_program_by_name(object_, program));
    }
    [[nodiscard]] static const std::string &log() { return text(); }

  private:
    static std::string &text() {
        static std::string kept;
        return kept;
    }
    static int keep(libbpf_print_level level, const char *format, va_list arguments) {
        if (level == LIBBPF_DEBUG)
            return 0;
        std::array<char, 65536> line{};
        const int length = std::vsnprintf(line.data(), line.size(), format, arguments);
        text() += line.data();
        return length;
    }

    bpf_object *object_ = nullptr;
    bool loaded_ = false;
};

} // namespace coax::test
