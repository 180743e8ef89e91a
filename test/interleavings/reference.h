// Resolves a path in unchanging files, by a walk that shares no code with resolve.cc.
#pragma once
#include "walk.h"

namespace interleavings {

// Requires that resolve() had the same result. Call it before Walk::finish().
void compare_with_reference(Files& files, const Path& path, unsigned how, const Walk& walk, Answer answer,
                            const ResolvedParent& resolved);

}  // namespace interleavings
