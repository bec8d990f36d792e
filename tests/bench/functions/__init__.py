# SPDX-License-Identifier: Apache-2.0
"""Instructions by function of a guest: sections of its life, and what each cost."""
