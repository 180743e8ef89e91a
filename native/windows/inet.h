// The types of internet addresses on Windows.
#pragma once
#include "win.h"
