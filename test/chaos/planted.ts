import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { type Edit, type PlantedFault, plantedFaults } from './planted-faults.ts';

/** `--only`: a part of the names of those that are planted. */
const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
const faults = plantedFaults.filter(({ name }) => name.includes(values.only));
if (faults.length === 0) throw new Error(`no fault is called ${values.only}`);

/** Plants one fault after the other into a copy of the tree, and shows that the tests notice each. */
async function main(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'shiftbot-planted-'));
  try {
    await copyTree(folder);
    const sound = await runTests(folder, [...new Set(faults.flatMap(({ tests }) => tests))]);
    if (sound.failed.length > 0) throw new Error(`tests fail without a planted fault:\n${sound.failed.join('\n')}`);
    say(`${sound.passed} tests pass without a planted fault`);

    let missed = 0;
    for (const fault of faults) {
      const { failed, passed } = await withFault(folder, fault, () => runTests(folder, fault.tests));
      if (failed.length === 0) missed += 1;
      const verdict = failed.length === 0 ? `NOT CAUGHT by ${passed} tests` : `caught by ${failed.length}`;
      say([`${verdict}: ${fault.name}`, ...failed.slice(0, 2).map((name) => `    ${name}`)].join('\n'));
    }
    say(`planted: ${faults.length}, not caught: ${missed}`);
    return missed === 0 ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function copyTree(folder: string): Promise<void> {
  for (const name of ['src', 'test', 'manifests', 'package.json', 'tsconfig.json'])
    await cp(resolve(name), join(folder, name), { recursive: true });
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  // Without the global setup, which builds: a planted fault need not compile.
  await writeFile(
    join(folder, 'vitest.config.ts'),
    'export default { test: { testTimeout: 15_000, hookTimeout: 60_000 } };\n',
  );
}

async function withFault<T>(folder: string, { edits }: PlantedFault, work: () => Promise<T>): Promise<T> {
  const files = [...new Set(edits.map(({ file }) => file))];
  const originals = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  try {
    for (const edit of edits) await plant(folder, edit);
    return await work();
  } finally {
    for (const [at, file] of files.entries()) await writeFile(join(folder, file), originals[at] ?? '');
  }
}

/** A missing text is an error: the fault would be planted nowhere, and would seem to be missed by every test. */
async function plant(folder: string, { file, find, replace }: Edit): Promise<void> {
  const [before = '', after, ...more] = (await readFile(join(folder, file), 'utf8')).split(find);
  if (after === undefined || more.length > 0) {
    throw new Error(`${file} contains ${after === undefined ? 'no' : 'more than one'} copy of:\n${find}`);
  }
  await writeFile(join(folder, file), before + replace + after);
}

const report = z.object({
  numPassedTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      message: z.string().default(''),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

interface TestRun {
  readonly passed: number;
  readonly failed: readonly string[];
}

/** A test file that does not load has caught nothing, so that is an error. */
async function runTests(folder: string, files: readonly string[]): Promise<TestRun> {
  const output = join(folder, 'report.json');
  await rm(output, { force: true });
  const vitest = join(folder, 'node_modules/vitest/vitest.mjs');
  const said = await ended([vitest, 'run', '--reporter=json', `--outputFile=${output}`, ...files], folder);
  const text = await readFile(output, 'utf8').catch(() => undefined);
  if (text === undefined) throw new Error(`the tests did not run:\n${said}`);

  const { numPassedTests, testResults } = report.parse(JSON.parse(text));
  const broken = testResults.find(({ assertionResults }) => assertionResults.length === 0);
  if (broken !== undefined) throw new Error(`${broken.name} could not be run: ${broken.message}`);
  const failed = testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName),
  );
  return { passed: numPassedTests, failed };
}

/** The output, whatever the exit code: a failing test exits with an error, and that is what we want. */
function ended(args: readonly string[], cwd: string): Promise<string> {
  const options = { cwd, env: { ...process.env, TMPDIR: cwd }, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((done) => {
    execFile(process.execPath, args, options, (_, out, err) => done(`${out}\n${err}`));
  });
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

process.exit(await main());
