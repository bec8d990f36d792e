// SPDX-License-Identifier: Apache-2.0
#include "abi/btf_types.h"

#include <cstdio>
#include <cstdlib>

namespace coax::test {

BtfTypes BtfTypes::of_object(const std::string &path) {
    btf *types = btf__parse_elf(path.c_str(), nullptr);
    if (types == nullptr) {
        std::fprintf(stderr, "%s: expected a BPF object with BTF\n", path.c_str());
        std::abort();
    }
    return BtfTypes(types);
}

std::vector<std::string> BtfTypes::struct_names(const std::string &prefix) const {
    std::vector<std::string> names;
    for (std::uint32_t id = 1; id < btf__type_cnt(btf_.get()); ++id) {
        const btf_type *type = btf__type_by_id(btf_.get(), id);
        const std::string name = btf__name_by_offset(btf_.get(), type->name_off);
        if (btf_is_struct(type) && name.starts_with(prefix))
            names.push_back(name);
    }
    return names;
}

std::optional<BtfStruct> BtfTypes::find_struct(const std::string &name) const {
    const int id = btf__find_by_name_kind(btf_.get(), name.c_str(), BTF_KIND_STRUCT);
    if (id <= 0)
        return std::nullopt;
    const btf_type *type = btf__type_by_id(btf_.get(), static_cast<std::uint32_t>(id));
    BtfStruct found;
    found.size = type->size;
    for (std::uint32_t i = 0; i < btf_vlen(type); ++i) {
        const btf_member *member = btf_members(type) + i;
        const auto size = btf__resolve_size(btf_.get(), member->type);
        found.members[btf__name_by_offset(btf_.get(), member->name_off)] = {
            btf_member_bit_offset(type, i) / 8, static_cast<std::size_t>(size)};
    }
    return found;
}

std::optional<std::map<std::string, std::int64_t>>
BtfTypes::find_enum(const std::string &name) const {
    const int id = btf__find_by_name_kind(btf_.get(), name.c_str(), BTF_KIND_ENUM);
    if (id <= 0)
        return std::nullopt;
    const btf_type *type = btf__type_by_id(btf_.get(), static_cast<std::uint32_t>(id));
    std::map<std::string, std::int64_t> values;
    for (std::uint32_t i = 0; i < btf_vlen(type); ++i) {
        const struct btf_enum *value = btf_enum(type) + i;
        values[btf__name_by_offset(btf_.get(), value->name_off)] = value->val;
    }
    return values;
}

} // namespace coax::test
