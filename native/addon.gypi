{
  # Paths of folders are relative to this file. Commands run in the folder of the binding.gyp that includes it, and paths of
  # sources are relative to that.
  'target_defaults': {
    'default_configuration': 'Release',
  },
  'targets': [
    {
      'target_name': 'wasi_common',
      # Sources come from native/sources.txt, as in CMakeLists.txt.
      'sources': ['<!@(node scripts/build-native.js --sources)'],
      'include_dirs': [
        '.',
        '<!(node -p "require(\'node-addon-api\').include_dir")',
      ],
      'defines': [
        'NAPI_VERSION=8',
        'NAPI_DISABLE_CPP_EXCEPTIONS',
        'NODE_ADDON_API_DISABLE_DEPRECATED',
        # A worker may be terminated during any call, which then cannot even throw. That must not abort the process.
        'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
        'BUILDING_NODE_EXTENSION',
      ],
      'cflags_cc': [
        '-std=c++17',
        '-O2',
        '-Wall',
        '-Wextra',
        '-fno-exceptions',
        '-fno-rtti',
        '-fvisibility=hidden',
        '-ffunction-sections',
        '-fdata-sections',
      ],
      # Overrides the newer standard of Node's own common.gypi.
      'cflags_cc!': ['-std=gnu++17', '-std=gnu++20', '-O3'],
      'conditions': [
        ['OS=="linux"', {
          'include_dirs': ['posix'],
          'ldflags': ['-Wl,-z,now,-z,relro', '-Wl,--gc-sections'],
        }],
        ['OS=="mac"', {
          'include_dirs': ['posix'],
          'xcode_settings': {
            'CLANG_CXX_LANGUAGE_STANDARD': 'c++17',
            'GCC_ENABLE_CPP_EXCEPTIONS': 'NO',
            'GCC_ENABLE_CPP_RTTI': 'NO',
            'GCC_SYMBOLS_PRIVATE_EXTERN': 'YES',
            'GCC_OPTIMIZATION_LEVEL': '2',
            'MACOSX_DEPLOYMENT_TARGET': '11.0',
            'WARNING_CFLAGS': ['-Wall', '-Wextra'],
          },
        }],
        ['OS=="win"', {
          'include_dirs': ['windows'],
          'libraries': ['ntdll.lib', 'ws2_32.lib'],
          # The sources need GCC's builtins. clang-cl, which Visual Studio includes, has them.
          'msbuild_toolset': 'ClangCL',
          'msvs_settings': {
            'VCCLCompilerTool': {
              'AdditionalOptions': ['/std:c++17', '-Wall', '-Wextra', '-Wno-c++98-compat', '-Wno-c++98-compat-pedantic'],
              'ExceptionHandling': '0',
              'RuntimeTypeInfo': 'false',
            },
          },
        }],
      ],
    },
  ],
  'conditions': [
    ['OS=="linux"', {
      'targets': [
        {
          # The sandbox launcher, which run() starts with isolation: 'process'.
          'target_name': 'wasi-common-sandbox',
          'type': 'executable',
          'product_extension': '',
          'sources': ['<!@(node scripts/build-native.js --sources-of-launcher)'],
          'cflags_cc': ['-std=c++17', '-O2', '-Wall', '-Wextra', '-fno-exceptions', '-fno-rtti', '-fPIE'],
          'cflags_cc!': ['-std=gnu++17', '-std=gnu++20', '-O3'],
          'ldflags': ['-pie', '-Wl,-z,now,-z,relro'],
          'ldflags!': ['-rdynamic'],
          # The launcher barely uses the C++ library. Linked statically, it starts sooner.
          'libraries': ['-static-libstdc++', '-static-libgcc'],
        },
      ],
    }],
  ],
}
