// Knows how Windows' own headers are to be taken: without what nobody needs, and with the calls of Windows 10.
#pragma once
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0a00
#endif
// In this order: windows.h would bring an older winsock.
// clang-format off
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
// clang-format on
