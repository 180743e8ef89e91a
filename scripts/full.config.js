// Says which tests scripts/full.js runs: one file at a time, since each is large.
export default {
  files: ['dist-test/test/full/*.full.js'],
  concurrency: 1,
  timeout: '5m',
  workerThreads: false,
}
