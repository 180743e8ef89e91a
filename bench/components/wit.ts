/** The text of the interfaces that the bench's component imports: as much of them as it calls. */

/** The version of WASI that the component imports. */
export const version = '0.2.12'

const interfaces = `
package wasi:io@${version} {
  interface error {
    resource error;
  }
  interface poll {
    resource pollable;
    poll: func(in: list<borrow<pollable>>) -> list<u32>;
  }
  interface streams {
    use error.{error};
    use poll.{pollable};
    variant stream-error {
      last-operation-failed(error),
      closed,
    }
    resource input-stream {
      blocking-read: func(len: u64) -> result<list<u8>, stream-error>;
    }
    resource output-stream {
      check-write: func() -> result<u64, stream-error>;
      write: func(contents: list<u8>) -> result<_, stream-error>;
      blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>;
      subscribe: func() -> pollable;
    }
  }
}
package wasi:clocks@${version} {
  interface monotonic-clock {
    now: func() -> u64;
  }
  interface wall-clock {
    record datetime {
      seconds: u64,
      nanoseconds: u32,
    }
    now: func() -> datetime;
  }
}
package wasi:random@${version} {
  interface random {
    get-random-bytes: func(len: u64) -> list<u8>;
  }
}
package wasi:filesystem@${version} {
  interface types {
    use wasi:io/streams@${version}.{input-stream, output-stream};
    use wasi:clocks/wall-clock@${version}.{datetime};
    enum error-code {
      access, would-block, already, bad-descriptor, busy, deadlock, quota, exist, file-too-large,
      illegal-byte-sequence, in-progress, interrupted, invalid, io, is-directory, loop,
      too-many-links, message-size, name-too-long, no-device, no-entry, no-lock,
      insufficient-memory, insufficient-space, not-directory, not-empty, not-recoverable,
      unsupported, no-tty, no-such-device, overflow, not-permitted, pipe, read-only, invalid-seek,
      text-file-busy, cross-device,
    }
    enum descriptor-type {
      unknown, block-device, character-device, directory, fifo, symbolic-link, regular-file, socket,
    }
    flags descriptor-flags {
      read, write, file-integrity-sync, data-integrity-sync, requested-write-sync, mutate-directory,
    }
    flags path-flags { symlink-follow }
    flags open-flags { create, directory, exclusive, truncate }
    record descriptor-stat {
      %type: descriptor-type,
      link-count: u64,
      size: u64,
      data-access-timestamp: option<datetime>,
      data-modification-timestamp: option<datetime>,
      status-change-timestamp: option<datetime>,
    }
    record directory-entry {
      %type: descriptor-type,
      name: string,
    }
    resource descriptor {
      read-via-stream: func(offset: u64) -> result<input-stream, error-code>;
      write-via-stream: func(offset: u64) -> result<output-stream, error-code>;
      read: func(length: u64, offset: u64) -> result<tuple<list<u8>, bool>, error-code>;
      write: func(buffer: list<u8>, offset: u64) -> result<u64, error-code>;
      stat: func() -> result<descriptor-stat, error-code>;
      stat-at: func(path-flags: path-flags, path: string) -> result<descriptor-stat, error-code>;
      open-at: func(path-flags: path-flags, path: string, open-flags: open-flags, %flags: descriptor-flags) -> result<descriptor, error-code>;
      read-directory: func() -> result<directory-entry-stream, error-code>;
    }
    resource directory-entry-stream {
      read-directory-entry: func() -> result<option<directory-entry>, error-code>;
    }
  }
  interface preopens {
    use types.{descriptor};
    get-directories: func() -> list<tuple<descriptor, string>>;
  }
}
package wasi:cli@${version} {
  interface stdout {
    use wasi:io/streams@${version}.{output-stream};
    get-stdout: func() -> output-stream;
  }
}
`

/** Returns the text of a world that exports loops of these names. */
export const worldOf = (loops: readonly string[]): string => `
package bench:components;

world guest {
  import wasi:io/error@${version};
  import wasi:io/poll@${version};
  import wasi:io/streams@${version};
  import wasi:clocks/monotonic-clock@${version};
  import wasi:clocks/wall-clock@${version};
  import wasi:random/random@${version};
  import wasi:filesystem/types@${version};
  import wasi:filesystem/preopens@${version};
  import wasi:cli/stdout@${version};
  ${loops.map(name => `export ${name}: func(turns: u32, failed: u32) -> u32;`).join('\n  ')}
}
${interfaces}`
