/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
#pragma once

#include "lib/maps.bpf.h"

/* This node's settings, or NULL while it has none. */
static __always_inline const struct coax_settings *settings_get(void) {
    __u32 key = 0;
    const struct coax_settings *settings = bpf_map_lookup_elem(&coax_settings, &key);

    return settings && settings->lanes ? settings : 0;
}
