// SPDX-License-Identifier: Apache-2.0
// What a controller says, and the saved view, into the desired state.
#include "agent/control/merge.h"
#include "agent/control/record.h"
#include "agent/control/update_parts.h"
#include "fuzz/require.h"
#include "fuzz/trust_keys.h"

using coax::fuzz::require;

namespace {

constexpr coax::UnixTime kNow{std::chrono::seconds(1800000000)};

class World {
  public:
    World() {
        file_.node.id = coax::NodeId(1);
        file_.node.name = "storage1";
        file_.overlay.vtep_pool = {coax::IpAddress::v4(0x64400000), 10};
    }

    void hear(std::string_view bytes) {
        coax::controller::v1::Update update;
        if (!update.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
            return;
        coax::UpdateParts parts;
        update.set_first(true);
        update.set_last(true);
        const auto whole = parts.add(update);
        require(whole.ok() && whole->has_value(), "one part is a whole");
        for (const bool same_store : {true, false}) {
            claims_.take(**whole, same_store, trust());
            overlay_.take(**whole, same_store);
        }
        check();
    }

    void restore(std::string_view bytes) {
        (void)coax::decode_record(bytes).ok();
        coax::agent::v1::ViewRecord record;
        if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
            return;
        const auto again = coax::decode_record(coax::encode_record(record));
        require(again.ok(), "what is written can be read");
        for (const auto &kept : again->nodes())
            if (auto node = coax::from_record(kept); node.ok())
                claims_.restore(coax::NodeId(kept.id()), *std::move(node), trust());
        check();
    }

  private:
    [[nodiscard]] coax::ClaimTrust trust() const {
        return {anchors_, list_, coax::OnExpiry::kWarn, kNow};
    }

    void check() {
        claims_.recheck(trust());
        const auto merged = coax::merge(file_, claims_, overlay_);
        require(merged.state->peers.empty(), "nobody was certified");
        for (const auto &[vni, network] : merged.state->networks)
            require(vni.value() != 0 && !network.name.empty(), "a network has a number and a name");
    }

    coax::DesiredState file_;
    coax::SshPrivateKey ca_ = coax::fuzz::fixed_key('a');
    coax::SshPrivateKey me_ = coax::fuzz::fixed_key('m');
    coax::TrustAnchors anchors_{{{ca_.public_key(), "ca"}}};
    coax::RevocationList list_;
    coax::Claims claims_{{coax::NodeId(1), "storage1", me_.public_key(), "storage",
                          coax::IpPrefix{coax::IpAddress::v4(0x64400000), 10}}};
    coax::OverlayView overlay_{coax::NodeId(1)};
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char *>(data), size);
    World().hear(bytes);
    World().restore(bytes);
    return 0;
}
