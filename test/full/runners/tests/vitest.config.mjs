// Runs the same tests in the pool that the environment names.
export default {
  test: {
    include: ['tests/vitest.test.js'],
    pool: process.env.WASI_COMMON_POOL,
    testTimeout: 60_000,
    watch: false,
  },
}
