// SPDX-License-Identifier: Apache-2.0
#include "cli/json.h"

#include <utility>

#include "lib/trust/armor.h"

namespace coax::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

/// `index` is -1 for a singular field.
Json scalar(const Message &message, const FieldDescriptor &field, int index) {
    const Reflection &in = *message.GetReflection();
    const bool one = index < 0;
    switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
        return one ? in.GetInt32(message, &field) : in.GetRepeatedInt32(message, &field, index);
    case FieldDescriptor::CPPTYPE_INT64:
        return one ? in.GetInt64(message, &field) : in.GetRepeatedInt64(message, &field, index);
    case FieldDescriptor::CPPTYPE_UINT32:
        return one ? in.GetUInt32(message, &field) : in.GetRepeatedUInt32(message, &field, index);
    case FieldDescriptor::CPPTYPE_UINT64:
        return one ? in.GetUInt64(message, &field) : in.GetRepeatedUInt64(message, &field, index);
    case FieldDescriptor::CPPTYPE_DOUBLE:
        return one ? in.GetDouble(message, &field) : in.GetRepeatedDouble(message, &field, index);
    case FieldDescriptor::CPPTYPE_FLOAT:
        return one ? in.GetFloat(message, &field) : in.GetRepeatedFloat(message, &field, index);
    case FieldDescriptor::CPPTYPE_BOOL:
        return one ? in.GetBool(message, &field) : in.GetRepeatedBool(message, &field, index);
    case FieldDescriptor::CPPTYPE_ENUM:
        return one ? in.GetEnum(message, &field)->name()
                   : in.GetRepeatedEnum(message, &field, index)->name();
    case FieldDescriptor::CPPTYPE_STRING: {
        std::string text =
            one ? in.GetString(message, &field) : in.GetRepeatedString(message, &field, index);
        return field.type() == FieldDescriptor::TYPE_BYTES ? encode_base64(text) : std::move(text);
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
        return to_json(one ? in.GetMessage(message, &field)
                           : in.GetRepeatedMessage(message, &field, index));
    }
    return nullptr;
}

} // namespace

Json to_json(const Message &message) {
    Json out = Json::object();
    const auto &descriptor = *message.GetDescriptor();
    for (int i = 0; i < descriptor.field_count(); ++i) {
        const FieldDescriptor &field = *descriptor.field(i);
        if (!field.is_repeated() && field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
            !message.GetReflection()->HasField(message, &field)) {
            out[field.name()] = nullptr;
            continue;
        }
        if (!field.is_repeated()) {
            out[field.name()] = scalar(message, field, -1);
            continue;
        }
        Json items = Json::array();
        for (int item = 0; item < message.GetReflection()->FieldSize(message, &field); ++item)
            items.push_back(scalar(message, field, item));
        out[field.name()] = std::move(items);
    }
    return out;
}

std::string dump(const Json &json, bool one_line) {
    return json.dump(one_line ? -1 : 2, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace coax::cli
