// Says which tests scripts/rust.js runs.
export default {
  files: ['dist-test/test/component/rust.suite.js'],
  timeout: '5m',
  workerThreads: false,
}
