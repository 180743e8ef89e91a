// Includes the headers of Windows: only the parts in use, with the API of Windows 10.
#pragma once
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0a00
#endif
// The order matters: windows.h alone includes the older winsock.h, which conflicts with winsock2.h.
// clang-format off
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
// clang-format on
