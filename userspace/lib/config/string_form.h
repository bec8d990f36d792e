// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace coax {

/// What a text option may hold.
struct StringForm {
    std::string_view expected; // completes "expected ..."
    bool (*valid)(std::string_view text);
};

extern const StringForm kInstanceName;
extern const StringForm kNodeName;
extern const StringForm kShortName; // networks and ports
extern const StringForm kInterfaceName;
extern const StringForm kNetnsName;
extern const StringForm kDirectory;
extern const StringForm kLogLevelName;
extern const StringForm kFilePath;
extern const StringForm kNetworkId;
extern const StringForm kHostPort;

} // namespace coax
