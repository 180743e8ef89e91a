// Knows where Windows has the types of internet addresses.
#pragma once
#include "win.h"
