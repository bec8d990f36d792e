// SPDX-License-Identifier: Apache-2.0
#include "lib/bpf/mail_ring.h"

#include <cerrno>

#include <fcntl.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

namespace coax {

struct MailRing::Inbox {
    const MailReader *reader = nullptr;

    static int take(void *inbox, void *data, std::size_t bytes) {
        const MailReader *reader = static_cast<Inbox *>(inbox)->reader;
        coax_mail_record record{};
        if (bytes != sizeof(record))
            return 0;
        std::memcpy(&record, data, sizeof(record));
        if (record.bytes_count <= sizeof(record.bytes))
            (*reader)(record);
        return 0;
    }
};

void MailRing::Free::operator()(ring_buffer *ring) const {
    ring_buffer__free(ring);
}

void MailRing::FreeInbox::operator()(Inbox *inbox) const {
    delete inbox; // NOLINT(cppcoreguidelines-owning-memory): the deleter of a unique_ptr
}

Result<MailRing> MailRing::open(const std::filesystem::path &directory) {
    const auto pin = directory / "coax_mail";
    MailRing mail;
    mail.fd_ = UniqueFd(bpf_obj_get(pin.c_str()));
    if (!mail.fd_.valid())
        return Error::from_errno(fmt::format("open pinned map {}", pin.string()), errno);
    mail.inbox_.reset(new Inbox); // NOLINT(cppcoreguidelines-owning-memory)
    mail.ring_.reset(ring_buffer__new(mail.fd_.get(), Inbox::take, mail.inbox_.get(), nullptr));
    if (!mail.ring_)
        return Error::from_errno(fmt::format("read ring buffer {}", pin.string()), errno);
    return mail;
}

Result<UniqueFd> MailRing::ready() const {
    UniqueFd copy(::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0));
    if (!copy.valid())
        return Error::from_errno("wait for mail in coax_mail", errno);
    return copy;
}

Status MailRing::read(const MailReader &reader) {
    inbox_->reader = &reader;
    const int rc = ring_buffer__consume(ring_.get());
    inbox_->reader = nullptr;
    if (rc < 0)
        return Error::from_errno("read mail from coax_mail", -rc);
    return {};
}

} // namespace coax
