// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "lib/base/result.h"
#include "lib/base/unique_fd.h"
#include "lib/net/links.h"

namespace coax {

/// Another network namespace, open.
struct Namespace {
    UniqueFd fd;
    std::unique_ptr<Links> links;
    bool is_own = false; // it is the agent's own
};

/// Network namespaces by name. Blocking, one loop.
class Namespaces {
  public:
    virtual ~Namespaces() = default;
    /// A name under /run/netns or an absolute path; kNotFound when there is none.
    virtual Result<Namespace> open(const std::string &name_or_path) = 0;
};

/// The kernel's.
class SystemNamespaces final : public Namespaces {
  public:
    static Result<std::unique_ptr<SystemNamespaces>> create();
    Result<Namespace> open(const std::string &name_or_path) override;

  private:
    explicit SystemNamespaces(UniqueFd own) : own_(std::move(own)) {}
    UniqueFd own_;
};

} // namespace coax
