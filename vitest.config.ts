import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // What is awaited comes as soon as it can; these say when a machine that is busy with other things, too, may be given up on.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    isolate: false, // no module keeps what a test does, and loading all of them for each file is a third of what the suite costs
    maxWorkers: 3, // on two cores the default is one, though most of an end-to-end test is waiting
  },
});
