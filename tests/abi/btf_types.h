// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <bpf/btf.h>

namespace coax::test {

struct BtfMember {
    std::size_t offset = 0; // bytes
    std::size_t size = 0;   // bytes
    bool operator==(const BtfMember &) const = default;
};

struct BtfStruct {
    std::size_t size = 0; // bytes
    std::map<std::string, BtfMember> members;
};

/// The types that the BPF compiler put into one object file.
class BtfTypes {
  public:
    /// Aborts the test run with the path when the file has no BTF.
    static BtfTypes of_object(const std::string &path);

    /// Names of all structs that start with `prefix`.
    [[nodiscard]] std::vector<std::string> struct_names(const std::string &prefix) const;
    [[nodiscard]] std::optional<BtfStruct> find_struct(const std::string &name) const;
    [[nodiscard]] std::optional<std::map<std::string, std::int64_t>>
    find_enum(const std::string &name) const;

  private:
    struct Free {
        void operator()(btf *types) const { btf__free(types); }
    };
    explicit BtfTypes(btf *types) : btf_(types) {}
    std::unique_ptr<btf, Free> btf_;
};

} // namespace coax::test
