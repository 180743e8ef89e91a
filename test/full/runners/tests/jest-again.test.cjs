// The same tests a second time, so that Jest has two files for its workers.
require('./jest.test.cjs')
