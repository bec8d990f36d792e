// SPDX-License-Identifier: Apache-2.0
#include "cli/operator_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/config/document.h"
#include "lib/control/pinned_channel.h"

namespace coax::cli {
namespace {

constexpr std::size_t kFileBytesMax = 64 * 1024;

/// Reads one key after the other; the first thing that is wrong is kept.
class Reader {
  public:
    Reader(const ValueTable &table, std::string_view file) : table_(table), file_(file) {}

    std::string text(std::string_view key) {
        const Value *value = find(key);
        if (value == nullptr)
            return missing(key, "text");
        const auto *found = std::get_if<std::string>(&value->data);
        return found != nullptr && !found->empty() ? *found : wrong(key, "text", *value);
    }
    std::vector<std::string> texts(std::string_view key) {
        const Value *value = find(key);
        const auto *list = value == nullptr ? nullptr : std::get_if<ValueList>(&value->data);
        std::vector<std::string> out;
        for (const Value &item : list == nullptr ? ValueList() : *list) {
            const auto *text = std::get_if<std::string>(&item.data);
            out.push_back(text == nullptr ? wrong(key, "a list of text", item) : *text);
        }
        if (out.empty())
            missing(key, "a list of text");
        return out;
    }
    bool flag(std::string_view key) {
        const Value *value = find(key);
        if (value == nullptr)
            return false;
        const auto *found = std::get_if<bool>(&value->data);
        if (found == nullptr)
            wrong(key, "true or false", *value);
        return found != nullptr && *found;
    }
    [[nodiscard]] const Status &status() const { return status_; }

  private:
    const Value *find(std::string_view key) {
        for (const Entry &entry : table_) {
            if (entry.key == key)
                return &entry.value;
        }
        return nullptr;
    }
    std::string missing(std::string_view key, std::string_view expected) {
        return fail(fmt::format("{}: {}: expected {}, found nothing", file_, key, expected));
    }
    std::string wrong(std::string_view key, std::string_view expected, const Value &value) {
        return fail(fmt::format("{}:{}: {}: expected {}, found {}", file_, value.line, key,
                                expected, value.describe()));
    }
    std::string fail(std::string text) {
        if (status_.ok())
            status_ = Error(ErrorCode::kInvalid,
                            fmt::format("{}; `coax login` writes this file", std::move(text)));
        return "";
    }

    const ValueTable &table_;
    std::string_view file_;
    Status status_;
};

} // namespace

std::string OperatorFile::to_text() const {
    std::vector<std::string> addresses;
    for (const std::string &controller : controllers)
        addresses.push_back(coax::quoted(controller, 4096));
    return fmt::format(
        "# How `coax` reaches the controllers of this overlay; made by `coax login`.\n"
        "network_id = {}\n"
        "controllers = [{}]\n"
        "key = {}\n"
        "agent = {} # the key is in ssh-agent\n"
        "tls_certificate = \"\"\"\n{}\"\"\"\n",
        coax::quoted(network_id), fmt::join(addresses, ", "), coax::quoted(key.key, 4096),
        key.agent, certificate_to_pem(tls_certificate));
}

Result<OperatorFile> OperatorFile::parse(std::string_view text, std::string_view file) {
    COAX_ASSIGN_OR_RETURN(const ValueTable table, parse_document(text, file));
    Reader reader(table, file);
    OperatorFile out;
    out.network_id = reader.text("network_id");
    out.controllers = reader.texts("controllers");
    out.key = {reader.text("key"), reader.flag("agent")};
    const std::string pem = reader.text("tls_certificate");
    if (!reader.status().ok())
        return reader.status().error();
    auto certificate = certificate_from_pem(pem);
    if (!certificate.ok())
        return certificate.error().with_context(fmt::format("{}: tls_certificate", file));
    out.tls_certificate = std::move(*certificate);
    return out;
}

Result<OperatorFile> OperatorFile::load(const std::filesystem::path &path) {
    COAX_ASSIGN_OR_RETURN(const std::string text, read_file(path, kFileBytesMax));
    return parse(text, path.string());
}

} // namespace coax::cli
