// SPDX-License-Identifier: Apache-2.0
#include "agent/memory.h"

#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "lib/base/file.h"

namespace coax {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kFileLimitBytes = 64U << 20;

Json to_json(const Memory::Endpoints &endpoints) {
    Json out = Json::object();
    for (const auto &[key, address] : endpoints)
        out[key.to_string()] = address ? Json(address->to_string()) : Json();
    return out;
}

Memory::Endpoints endpoints_from(const Json &json) {
    Memory::Endpoints out;
    for (const auto &[text, value] : json.items()) {
        const auto key = PublicKey::parse(text);
        if (!key.ok())
            continue;
        if (value.is_null()) {
            out.emplace(*key, std::nullopt);
            continue;
        }
        if (const auto address = SocketAddress::parse(value.get<std::string>()); address.ok())
            out.emplace(*key, *address);
    }
    return out;
}

std::set<IpPrefix> prefixes_from(const Json &json) {
    std::set<IpPrefix> out;
    for (const auto &item : json) {
        if (const auto prefix = IpPrefix::parse(item.get<std::string>()); prefix.ok())
            out.insert(*prefix);
    }
    return out;
}

} // namespace

Memory::Memory(std::filesystem::path file) : file_(std::move(file)) {}

void Memory::load() {
    const auto text = read_file(file_, kFileLimitBytes);
    if (!text.ok())
        return;
    State read;
    try {
        const Json json = Json::parse(*text);
        for (const auto &[name, port] : json.at("ports").items())
            read.ports[name] = {port.at("netns").get<std::string>(),
                                prefixes_from(port.at("addresses"))};
        for (const auto &[lane, map] : json.at("endpoints").items())
            read.endpoints[static_cast<std::uint32_t>(std::stoul(lane))] = endpoints_from(map);
        for (const auto &[name, index] : json.at("uplinks").items())
            read.uplinks[name] = IfIndex(index.get<std::uint32_t>());
    } catch (const std::exception &) {
        return; // written by nobody we know: as good as none
    }
    state_ = read;
    saved_ = std::move(read);
}

PortRecord Memory::port(const std::string &name) const {
    const auto found = state_.ports.find(name);
    return found == state_.ports.end() ? PortRecord{} : found->second;
}

Status Memory::set_port(const std::string &name, const PortRecord &record) {
    if (record == PortRecord{})
        state_.ports.erase(name);
    else
        state_.ports[name] = record;
    return save();
}

Status Memory::keep_ports(const std::function<bool(const std::string &)> &is_wanted) {
    std::erase_if(state_.ports, [&](const auto &entry) { return !is_wanted(entry.first); });
    return save();
}

Memory::Endpoints Memory::endpoints(std::uint32_t lane) const {
    const auto found = state_.endpoints.find(lane);
    return found == state_.endpoints.end() ? Endpoints{} : found->second;
}

Status Memory::set_endpoints(std::uint32_t lane, const Endpoints &endpoints) {
    if (endpoints.empty())
        state_.endpoints.erase(lane);
    else
        state_.endpoints[lane] = endpoints;
    return save();
}

Status Memory::set_uplinks(const std::map<std::string, IfIndex> &uplinks) {
    state_.uplinks = uplinks;
    return save();
}

Status Memory::clear() {
    state_ = {};
    saved_ = {};
    std::error_code error;
    std::filesystem::remove(file_, error);
    if (error)
        return Error::from_errno("remove " + file_.string(), error.value());
    return {};
}

Status Memory::save() {
    if (state_ == saved_)
        return {};
    Json json = {
        {"ports", Json::object()}, {"endpoints", Json::object()}, {"uplinks", Json::object()}};
    for (const auto &[name, port] : state_.ports) {
        Json addresses = Json::array();
        for (const IpPrefix &prefix : port.addresses)
            addresses.push_back(prefix.to_string());
        json["ports"][name] = {{"netns", port.netns}, {"addresses", std::move(addresses)}};
    }
    for (const auto &[lane, endpoints] : state_.endpoints)
        json["endpoints"][std::to_string(lane)] = to_json(endpoints);
    for (const auto &[name, index] : state_.uplinks)
        json["uplinks"][name] = index.value();
    COAX_TRY(write_file_atomically(file_, json.dump(1) + "\n", 0600));
    saved_ = state_;
    return {};
}

} // namespace coax
