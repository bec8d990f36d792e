// SPDX-License-Identifier: Apache-2.0
#include "controller/api/operators_file.h"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>
#include <sys/stat.h>

#include "lib/base/file.h"
#include "lib/base/text.h"

namespace coax::controller {
namespace {

constexpr std::size_t kFileMax = 1U << 20U;

std::optional<Role> role_of(std::string_view word) {
    for (const Role role : {Role::kOperator, Role::kReadOnly})
        if (word == role_name(role))
            return role;
    return std::nullopt;
}

/// The rest of an OpenSSH public key line after its type and its key.
std::string comment_of(std::string_view line) {
    for (int word = 0; word < 2; ++word) {
        const std::size_t space = line.find(' ');
        if (space == std::string_view::npos)
            return "";
        line.remove_prefix(space + 1);
    }
    return std::string(line);
}

Result<OperatorEntry> parse_line(std::string_view line) {
    const std::string_view word = line.substr(0, line.find(' '));
    const std::optional<Role> role = role_of(word);
    if (!role || word.size() == line.size())
        return Error(
            ErrorCode::kInvalid,
            fmt::format("expected \"operator\" or \"read-only\" and a public key, found {}",
                        coax::quoted(line, 40)));
    line.remove_prefix(word.size() + 1);
    OperatorEntry entry;
    COAX_ASSIGN_OR_RETURN(entry.key, SshPublicKey::parse(line));
    entry.role = *role;
    entry.who = comment_of(line);
    if (entry.who.empty())
        entry.who = entry.key.fingerprint();
    return entry;
}

/// Another one when the file was written or replaced.
Result<std::string> stamp_of(const std::filesystem::path &path) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0)
        return Error::from_errno(path.string(), errno);
    return fmt::format("{} {} {} {}.{}", found.st_dev, found.st_ino, found.st_size,
                       found.st_ctim.tv_sec, found.st_ctim.tv_nsec);
}

} // namespace

std::string_view role_name(Role role) {
    return role == Role::kOperator ? "operator" : "read-only";
}

Result<std::vector<OperatorEntry>> parse_operators(std::string_view text, std::string_view file) {
    std::vector<OperatorEntry> entries;
    for (int number = 1; !text.empty(); ++number) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        if (line.empty() || line.front() == '#')
            continue;
        auto entry = parse_line(line);
        if (!entry.ok())
            return entry.error().with_context(fmt::format("{}:{}", file, number));
        for (const OperatorEntry &other : entries)
            if (other.key == entry->key)
                return Error(ErrorCode::kInvalid,
                             fmt::format("{}:{}: expected each key once, found {} again; remove "
                                         "one of the lines",
                                         file, number, entry->key.fingerprint()));
        entries.push_back(*std::move(entry));
    }
    return entries;
}

Result<OperatorsFile::Entries> OperatorsFile::now() {
    COAX_ASSIGN_OR_RETURN(const std::string stamp, stamp_of(path_));
    const Entries known = seen_.with(
        [&](const Seen &seen) { return seen.stamp == stamp ? seen.entries : Entries(); });
    if (known)
        return known;
    COAX_ASSIGN_OR_RETURN(const std::string text, read_file(path_, kFileMax));
    COAX_ASSIGN_OR_RETURN(auto parsed, parse_operators(text, path_.string()));
    const auto entries = std::make_shared<const std::vector<OperatorEntry>>(std::move(parsed));
    seen_.with([&](Seen &seen) { seen = {stamp, entries}; });
    return Entries(entries);
}

Result<std::optional<OperatorEntry>> OperatorsFile::find(const SshPublicKey &key) {
    COAX_ASSIGN_OR_RETURN(const Entries entries, now());
    const auto found = std::find_if(entries->begin(), entries->end(),
                                    [&](const OperatorEntry &e) { return e.key == key; });
    return found == entries->end() ? std::nullopt : std::optional(*found);
}

} // namespace coax::controller
