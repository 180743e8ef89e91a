// Resolves a path in files that do not change, by a walk that shares nothing with resolve.cc.
#pragma once
#include "walk.h"

namespace interleavings {

// Requires that resolve() came to the same end. Call it before Walk::finish().
void compare_with_reference(Files& files, const Path& path, unsigned how, const Walk& walk, Answer answer,
                            const ResolvedParent& resolved);

}  // namespace interleavings
