// SPDX-License-Identifier: Apache-2.0
#include "controller/distribution/wire_update.h"

#include <algorithm>
#include <utility>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>

namespace coax::controller {
namespace {

using google::protobuf::internal::WireFormatLite;

/// Tag and length of ToAgent.update, and the fields of the update that are no lists.
std::string head_of(const v1::Update &scalars, std::size_t rest_bytes) {
    const std::string fields = scalars.SerializeAsString();
    std::string head;
    {
        google::protobuf::io::StringOutputStream out(&head);
        google::protobuf::io::CodedOutputStream coded(&out);
        coded.WriteTag(WireFormatLite::MakeTag(v1::ToAgent::kUpdateFieldNumber,
                                               WireFormatLite::WIRETYPE_LENGTH_DELIMITED));
        coded.WriteVarint64(fields.size() + rest_bytes);
    }
    return head + fields;
}

} // namespace

SharedUpdate collect_update(const ClusterView &view, Position since, std::size_t part_bytes) {
    SharedUpdate update{since, view.now(), view.revision(), {}};
    std::string part;
    const auto finish_part = [&] {
        update.parts.push_back(std::make_shared<const std::string>(std::move(part)));
        part.clear();
    };
    view.changes(since, [&](std::string_view field) {
        if (!part.empty() && part.size() + field.size() > part_bytes)
            finish_part();
        part += field;
    });
    if (!part.empty())
        finish_part();
    return update;
}

std::vector<WireMessage> wire_messages(const SharedUpdate &update, const std::string &store_id,
                                       const std::string &own_fields) {
    const std::size_t count = std::max<std::size_t>(update.parts.size(), 1);
    std::vector<WireMessage> messages(count);
    for (std::size_t i = 0; i < count; ++i) {
        WireMessage &message = messages[i];
        if (!update.parts.empty())
            message.fields = update.parts[i];
        if (i + 1 == count)
            message.tail = own_fields;
        v1::Update scalars;
        scalars.set_store_id(store_id);
        scalars.set_revision(update.revision.value());
        scalars.set_snapshot(update.since == Position());
        scalars.set_first(i == 0);
        scalars.set_last(i + 1 == count);
        message.head = head_of(scalars, message.bytes());
    }
    return messages;
}

} // namespace coax::controller
