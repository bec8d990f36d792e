// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "lib/base/unique_fd.h"
#include "lib/bpf/datapath.h"

struct ring_buffer;

namespace coax {

/// The reading end of coax_mail. One reader at a time: the instance lock sees to that. What an agent
/// before this one left unread comes first.
class MailRing {
  public:
    static Result<MailRing> open(const std::filesystem::path &directory);

    /// A descriptor that is readable while there is mail; of the caller.
    [[nodiscard]] Result<UniqueFd> ready() const;
    Status read(const MailReader &reader);

  private:
    struct Free {
        void operator()(ring_buffer *ring) const;
    };
    struct Inbox; // where libbpf's callback finds the reader of the moment
    struct FreeInbox {
        void operator()(Inbox *inbox) const;
    };
    MailRing() = default;

    UniqueFd fd_;
    std::unique_ptr<Inbox, FreeInbox> inbox_;
    std::unique_ptr<ring_buffer, Free> ring_; // goes before the inbox
};

} // namespace coax
