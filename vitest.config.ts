import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // Tests wait for events, which come as soon as they can. These are the limits for a machine that is busy with other work.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    isolate: false, // no module keeps state of a test, and loading all modules for each file takes a third of the suite's time
    maxWorkers: 3, // the default on two cores is one, but an end-to-end test mostly waits
  },
});
