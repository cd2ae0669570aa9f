import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkPolicy } from '../../src/policy-file/check-policy.ts';
import { policyJsonSchema } from '../../src/policy-file/schema.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const least = 'rules:\n  - target: "**"\n    shift: [everyone]\n';

function file(name: string, text: string): string {
  const path = join(folder, `${name}.yaml`);
  writeFileSync(path, text);
  return path;
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built program, with an empty environment. */
function run(...options: readonly string[]): Promise<Ended> {
  return new Promise((done) => {
    const child = execFile(process.execPath, [resolve('dist/main.js'), ...options], { env: {} }, (_, stdout, stderr) =>
      done({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

describe('a policy against the audit', () => {
  const alice = { at: '2026-11-22T14:03:11.000Z', by: { user: 'U01ALICE' }, channel: 'C01', deed: 'shift' };
  const reviews = { cluster: 'sandbox', namespace: 'default', service: 'reviews' };
  const shifted = { ...alice, service: reviews, from: { v1: 100 }, to: { v1: 50, v3: 50 } };

  function against(policy: string, events: readonly object[]): string {
    const audit = join(folder, 'audit.ndjson');
    writeFileSync(audit, `${events.map((event) => JSON.stringify(event)).join('\n')}\n{"kind": "acc`);
    return checkPolicy(file('against', policy), new Date('2026-11-24T12:00:00Z'), audit).text;
  }

  it('tells the decisions that would be others', () => {
    const text = against(
      'rules:\n  - { target: "*/*/reviews", shift: [U02BOB] }\n  - { target: "**", shift: [everyone] }\n',
      [
        { ...shifted, kind: 'accepted' },
        { ...shifted, kind: 'accepted', service: { ...reviews, service: 'ratings' } },
        { ...shifted, kind: 'denied', because: 'not-allowed', service: { ...reviews, service: 'details' } },
        { ...shifted, kind: 'denied', because: 'locked' },
        { ...shifted, kind: 'accepted', rampId: 'r-7F3K9QXZ' },
        { ...alice, kind: 'applied' },
      ],
    );

    expect(text).toContain('3 decisions, 2 would be others\n');
    expect(text).toContain(
      '2026-11-22T14:03:11.000Z U01ALICE shift sandbox/default/reviews: was allowed, would be refused (not-allowed, rule */*/reviews, line 2)',
    );
    expect(text).toContain('sandbox/default/details: was refused (not-allowed), would be allowed');
  });

  it('counts what Slack alone could tell', () => {
    const policy = 'groups: { pay: { usergroup: S01PAY } }\nrules:\n  - { target: "**", shift: [pay] }\n';

    expect(against(policy, [{ ...shifted, kind: 'accepted' }])).toContain(
      '1 decisions, 0 would be others; 1 hang on user groups of Slack and cannot be told',
    );
  });
});

describe('npm start -- --check-policy', () => {
  const broken: Readonly<Record<string, readonly [text: string, first: string]>> = {
    empty: ['', '1:1 the file is empty'],
    tabs: ['rules:\n\t- target: "**"\n', '2:1 this line is indented with a tab'],
    version: [`v: 2\n${least}`, '1:4 v: write `v: 1`'],
    unknown: [`${least}    chanels: [C01]\n`, '4:5 rules[0]: there is no key `chanels` here'],
    twice: [`${least}    shift: []\n`, '4:5 `shift` is here twice: keep one'],
    alias: [`${least}    channels: &c [C01]\n`, '4:18 an anchor (&c) is not allowed'],
    merge: [`${least}    <<: { maxStep: 5 }\n`, '4:5 a merge key (<<) is not allowed'],
    tag: [`${least}    name: !!js/function "x"\n`, '4:25 a tag (tag:yaml.org,2002:js/function) is not allowed'],
    bool: [`${least}    overrideOwner: yes\n`, '4:20 rules[0].overrideOwner: write `true` or `false`'],
    group: ['rules:\n  - target: "**"\n    shift: [sre]\n', '3:13 rules[0].shift[0]: no group is called `sre`'],
    steps: [
      `ramps: { careful: { steps: "5, 5" } }\n${least}`,
      '1:28 ramps.careful.steps: Two steps that follow each other have the same share, 5 %.',
    ],
    ramp: [
      `${least}    ramp: { noSteeperThan: careful }\n`,
      '4:28 rules[0].ramp.noSteeperThan: no ramp is called `careful`',
    ],
    hours: [`${least}    hours: Mon-Fri 9-17\n`, '4:12 rules[0].hours: write days, times and a place'],
    large: ['a'.repeat(300_000), '1:1 the file is larger than 256 KB'],
  };

  it.each(Object.entries(broken))(
    'gives line and column of the fault (%s), and exits with 78',
    async (name, [text, first]) => {
      const path = file(name, text);

      const { code, stdout, stderr } = await run('--check-policy', path);

      expect([code, stdout]).toEqual([78, '']);
      expect(stderr.split('\n').slice(0, 2)).toEqual([`${path}: 1 fault`, expect.stringContaining(`  ${first}`)]);
    },
  );

  it('summarizes a good file, and exits with 0', async () => {
    const path = file('good', `${least}  - target: a/b/c\n    shift: []\n`);

    const { code, stdout, stderr } = await run('--check-policy', path);

    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(
      `${path}: ok, 2 rules, 0 groups, 0 freezes, 0 ramps\n  warning: 4:5 this rule is never reached: \`**\` in line 2 matches everything that it matches\n`,
    );
  });

  it('says that it cannot read a missing file, and exits with 78', async () => {
    const path = join(folder, 'nowhere');

    expect(await run('--check-policy', path)).toEqual({
      code: 78,
      stdout: '',
      stderr: `${path}: 1 fault\n  names a file that cannot be read\n`,
    });
  });

  it.each([[['--check-policy']], [['--check-policy', 'a', 'b']], [['--help']]])(
    'lists the options for %j, and exits with 64',
    async (options) => {
      const { code, stderr } = await run(...options);

      expect(code).toBe(64);
      expect(stderr).toContain('--check-policy FILE');
      expect(stderr).toContain('--policy-schema');
    },
  );

  it('prints the schema for editors with --policy-schema', async () => {
    const { code, stdout } = await run('--policy-schema');

    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(policyJsonSchema());
  });
});

describe('the next freezes', () => {
  it('are the next three, each in its time zone, the current one first', () => {
    const path = file(
      'freezes',
      `groups: { sre: [U01ALICE] }\n${least}freezes:
  - { name: weekend, target: prod-*/**, cron: "0 18 * * FRI", for: 62h, timezone: Europe/Berlin }
  - { name: night, target: "**", cron: "30 22 * * SUN", for: 90m, timezone: America/New_York }
`,
    );

    expect(checkPolicy(path, new Date('2026-11-21T12:00:00Z')).text.split('\n')).toEqual([
      `${path}: ok, 1 rule, 1 group, 2 freezes, 0 ramps`,
      '  freeze weekend, prod-*/**: Fri 2026-11-20 18:00 to Mon 2026-11-23 08:00 (62h) Europe/Berlin',
      '  freeze night, **: Sun 2026-11-22 22:30 to Mon 2026-11-23 00:00 (90m) America/New_York',
      '  freeze weekend, prod-*/**: Fri 2026-11-27 18:00 to Mon 2026-11-30 08:00 (62h) Europe/Berlin',
    ]);
  });

  it('follow the change of the clocks', () => {
    const path = file(
      'moved',
      `${least}freezes:\n  - { name: w, target: "**", cron: "0 18 * * FRI", for: 62h, timezone: Europe/Berlin }\n`,
    );

    const { text } = checkPolicy(path, new Date('2026-10-20T12:00:00Z'));

    expect(text).toContain('Fri 2026-10-23 18:00 to Mon 2026-10-26 07:00 (62h)');
  });

  it('have no end when they follow each other without a gap', () => {
    const path = file('always', `${least}freezes:\n  - { name: a, target: "**", cron: "0 0 * * *", for: 1d }\n`);

    expect(checkPolicy(path, new Date('2026-10-20T12:00:00Z')).text).toContain(
      'freeze a, **: Tue 2026-10-20 00:00 with no end UTC',
    );
  });
});

describe('ramps and hours', () => {
  const path = file(
    'ramps',
    `ramps:
  careful: { steps: "1, 5, 25, 50, 100", every: 10m }
  gated: { steps: "10 for 30m, 50  ask, 100" }
sequences: { prod: [prod-eu, prod-us] }
rules:
  - { name: pay, target: a/b/c, shift: [everyone], ramp: { only: true, noSteeperThan: careful }, hours: "Mon-Fri 9-17 Europe/Berlin" }
  - { target: "**", shift: [everyone], maxStep: 25, ramp: { noSteeperThan: careful } }
`,
  );

  it.each`
    now                       | hours
    ${'2026-11-21T12:00:00Z'} | ${'next Mon 2026-11-23 09:00'}
    ${'2026-11-23T08:00:00Z'} | ${'now'}
    ${'2026-11-23T16:00:00Z'} | ${'next Tue 2026-11-24 09:00'}
  `('are summed up, at $now too', ({ now, hours }: { now: string; hours: string }) => {
    expect(checkPolicy(path, new Date(now)).text.split('\n')).toEqual([
      `${path}: ok, 2 rules, 0 groups, 0 freezes, 2 ramps`,
      '  warning: 7:76 rules[1].ramp.noSteeperThan: a step of `careful` gives 50 percentage points more, and `maxStep` is 25: it would be refused',
      '  ramp careful, 1, 5, 25, 50, 100 every 10m: 100 % after 40m',
      '  ramp gated, 10 for 30m, 50 ask, 100: 100 % after 30m, and asks once',
      '  sequence prod: prod-eu, then prod-us',
      `  hours of pay, Mon-Fri 9-17 Europe/Berlin: ${hours}`,
    ]);
  });
});
