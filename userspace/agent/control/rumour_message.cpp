// SPDX-License-Identifier: Apache-2.0
#include "agent/control/rumour_message.h"

#include <algorithm>

#include <fmt/format.h>

#include "lib/trust/wire.h"

namespace coax {
namespace {

constexpr std::string_view kForm = "R1";

enum class Type : std::uint8_t { kHead = 1, kAsk = 2, kPart = 3 };

struct Encoder {
    WireWriter out;

    void begin(Type type) {
        out.raw(kForm);
        out.byte(static_cast<std::uint8_t>(type));
    }
    void operator()(const RumourHead &head) {
        begin(Type::kHead);
        out.uint64(head.version);
        out.uint32(head.size);
        out.raw(text_of(head.digest));
    }
    void operator()(const RumourAsk &ask) {
        begin(Type::kAsk);
        out.uint64(ask.version);
        out.uint32(ask.offset);
    }
    void operator()(const RumourPart &part) {
        begin(Type::kPart);
        out.uint64(part.version);
        out.uint32(part.offset);
        out.raw(part.bytes);
    }
};

RumourHead read_head(WireReader &in) {
    RumourHead head;
    head.version = in.uint64();
    head.size = in.uint32();
    const std::string_view digest = in.raw(head.digest.size());
    std::copy(digest.begin(), digest.end(), head.digest.begin());
    return head;
}

} // namespace

std::string encode(const RumourMessage &message) {
    Encoder encoder;
    std::visit([&](const auto &one) { encoder(one); }, message);
    return encoder.out.take();
}

Result<RumourMessage> decode_rumour(Mail::Text text) {
    WireReader in({static_cast<const char *>(static_cast<const void *>(text.data())), text.size()});
    const std::string_view form = in.raw(kForm.size());
    if (form != kForm)
        return Error(form.starts_with(kForm.front()) ? ErrorCode::kVersion : ErrorCode::kInvalid,
                     "mail: expected a rumour of form 1, found something else");
    RumourMessage out;
    const auto type = static_cast<Type>(in.byte());
    if (type == Type::kHead) {
        out = read_head(in);
    } else if (type == Type::kAsk) {
        RumourAsk ask;
        ask.version = in.uint64();
        ask.offset = in.uint32();
        out = ask;
    } else if (type == Type::kPart) {
        RumourPart part;
        part.version = in.uint64();
        part.offset = in.uint32();
        part.bytes = in.raw(std::max<std::size_t>(in.rest().size(), 1));
        out = std::move(part);
    } else {
        return Error(ErrorCode::kInvalid,
                     fmt::format("mail: expected a rumour of type 1..3, found {}",
                                 static_cast<unsigned>(type)));
    }
    COAX_TRY(in.finish("rumour"));
    return out;
}

} // namespace coax
