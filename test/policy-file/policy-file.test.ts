import { mkdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openPolicy, PolicyFile } from '../../src/policy-file/policy-file.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function text(maxStep: number): string {
  return `rules:\n  - target: "**"\n    shift: [everyone]\n    maxStep: ${maxStep}\n`;
}

describe('a policy file that changes', () => {
  let folder: string;
  let path: string;
  let log: InMemoryLog;

  beforeEach(async () => {
    folder = temporaryFolder();
    path = join(folder, 'policy.yaml');
    log = new InMemoryLog();
  });

  async function opened(first = text(1), everyMs?: number): Promise<PolicyFile> {
    await writeFile(path, first);
    const found = openPolicy(path);
    if (!found.ok) throw new Error(found.faults.join('\n'));
    return new PolicyFile(found.first, log, everyMs);
  }

  /** Long enough for a new text to be seen twice. */
  async function lookTwice(file: PolicyFile): Promise<void> {
    await file.look();
    await file.look();
  }

  function stepOf(file: PolicyFile): number | undefined {
    return file.current().rules?.[0]?.maxStep?.points;
  }

  it('is in force once it was found unchanged', async () => {
    const file = await opened();
    await writeFile(path, text(2));

    await file.look();
    const once = stepOf(file);
    await file.look();

    expect([once, stepOf(file)]).toEqual([1, 2]);
    expect(file.problem()).toBeUndefined();
    expect(log.lines).toEqual([{ level: 'info', message: 'new policy in force', fields: { rules: 1, freezes: 0 } }]);
  });

  it('keeps the last good policy when the file has faults, and says where', async () => {
    const file = await opened();
    await writeFile(path, `${text(2)}    chanels: [C01]\n    maxSteps: 3\n`);

    await lookTwice(file);
    await lookTwice(file);

    expect(stepOf(file)).toBe(1);
    expect(file.problem()).toBe('5:5 rules[0]: there is no key `chanels` here; did you mean `channels`? (and 1 more)');
    expect(log.lines).toEqual([
      {
        level: 'warn',
        message: 'the policy file has faults, so the last good policy stays in force',
        fields: {
          faults: [
            '5:5 rules[0]: there is no key `chanels` here; did you mean `channels`?',
            '6:5 rules[0]: there is no key `maxSteps` here; did you mean `maxStep`?',
          ],
        },
      },
    ]);
  });

  it.each([
    ['is reverted', text(1)],
    ['is corrected', text(3)],
  ])('reports no problem any more when the fault %s', async (_, after) => {
    const file = await opened();
    await writeFile(path, 'rules: 1');
    await lookTwice(file);

    await writeFile(path, after);
    await lookTwice(file);

    expect(file.problem()).toBeUndefined();
    expect(text(stepOf(file) ?? 0)).toBe(after);
  });

  it('keeps the last good policy while the file is missing, and reads it when it is back', async () => {
    const file = await opened();
    await rm(path);
    await lookTwice(file);
    const whileGone = [stepOf(file), file.problem()];

    await writeFile(path, text(4));
    await lookTwice(file);

    expect(whileGone).toEqual([1, 'it cannot be read']);
    expect([stepOf(file), file.problem()]).toEqual([4, undefined]);
  });

  it('does not read the whole file when it is too large', async () => {
    const file = await opened();
    await writeFile(path, 'a'.repeat(10_000_000));
    await lookTwice(file);

    expect([stepOf(file), file.problem()]).toEqual([1, '1:1 the file is larger than 256 KB']);
  });

  it('does not use a file that is still being written', async () => {
    const file = await opened(`${text(1)}  - target: a/b/c\n    shift: []\n`);
    const whole = `${text(2)}  - target: d/e/f\n    shift: []\n`;
    const seen = new Set<number | undefined>();

    for (let length = 0; length <= whole.length; length += 7) {
      await writeFile(path, whole.slice(0, length));
      await file.look();
      seen.add(file.current().rules?.length);
    }
    await writeFile(path, whole);
    await lookTwice(file);

    expect([...seen]).toEqual([2]);
    expect(file.current().rules?.map(({ target }) => target)).toEqual(['**', 'd/e/f']);
  });

  it('follows the symbolic links of a mounted ConfigMap', async () => {
    await mkdir(join(folder, 'first'));
    await mkdir(join(folder, 'second'));
    await writeFile(join(folder, 'first/policy.yaml'), text(1));
    await writeFile(join(folder, 'second/policy.yaml'), text(2));
    await symlink('first', join(folder, '..data'));
    await symlink('..data/policy.yaml', path);
    const found = openPolicy(path);
    if (!found.ok) throw new Error(found.faults.join('\n'));
    const file = new PolicyFile(found.first, log);

    await symlink('second', join(folder, '..new'));
    await rename(join(folder, '..new'), join(folder, '..data'));
    await lookTwice(file);

    expect(await readlink(join(folder, '..data'))).toBe('second');
    expect(stepOf(file)).toBe(2);
  });

  it('reads the file again and again, and always has a policy', async () => {
    const file = await opened(text(1), 1);
    const steps = new Set<number | undefined>();
    file.start();
    const comesTo = async (next: string, { step, isGood }: { readonly step: number; readonly isGood: boolean }) => {
      await writeFile(path, next);
      const look = () => {
        steps.add(stepOf(file));
        return { step: stepOf(file), isGood: file.problem() === undefined };
      };
      await expect.poll(look, { interval: 1 }).toEqual({ step, isGood });
    };

    await comesTo(text(2), { step: 2, isGood: true });
    await comesTo('rules: [', { step: 2, isGood: false });
    await comesTo(text(3), { step: 3, isGood: true });
    file.stop();

    expect(steps).not.toContain(undefined);
  });

  it('logs the warnings of the file', async () => {
    await opened(`${text(1)}  - target: a/b/c\n    shift: []\n`);

    expect(log.lines).toEqual([
      {
        level: 'warn',
        message: 'the policy file has warnings',
        fields: { warnings: ['5:5 this rule is never reached: `**` in line 2 matches everything that it matches'] },
      },
    ]);
  });

  it('cannot be opened when it does not exist', () => {
    expect(openPolicy(join(folder, 'nowhere'))).toEqual({ ok: false, faults: ['names a file that cannot be read'] });
  });
});
