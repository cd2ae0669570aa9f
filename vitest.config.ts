import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Tests that start processes take long, and would otherwise run alone at the end: by default the largest file is first. */
const long = /\/(end-to-end|sandbox|failpoints|fuzz|manifests|contracts|reports)\//;

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const [first, then] = [true, false].map((isLong) => files.filter(({ moduleId }) => long.test(moduleId) === isLong));
    return [...(await super.sort(first ?? [])), ...(await super.sort(then ?? []))];
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // Tests wait for events, which come as soon as they can. These are the limits for a machine that is busy with other work.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    isolate: false, // no module keeps state of a test, and loading all modules for each file takes a third of the suite's time
    execArgv: ['--disable-warning=ExperimentalWarning'],
    sequence: { sequencer: LongFirst },
    maxWorkers: 4, // the default on two cores is one, but an end-to-end test mostly waits
  },
});
