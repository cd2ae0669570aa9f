import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultGuard } from '../../src/domain/policy/ramps/guard-rule.ts';
import { readPolicy } from '../../src/policy-file/read-policy.ts';
import { anyText } from '../support/arbitraries.ts';
import { policyOf } from '../support/policies.ts';
import { processorMs } from '../support/processor-time.ts';

const least = 'rules:\n  - target: "**"\n    shift: [everyone]\n';

function read(text: string | Uint8Array) {
  return readPolicy(typeof text === 'string' ? Buffer.from(text) : text);
}

function faults(text: string | Uint8Array): readonly string[] {
  const policy = read(text);
  return policy.ok ? [] : policy.faults.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

describe('a policy file', () => {
  it('is read completely', () => {
    const policy = policyOf(`
v: 1
groups:
  sre: [U01ALICE, U02BOB]
  payments-team: { usergroup: S0123 }
rules:
  - target: prod-*/payments/*
    channels: [C0PAY]
    shift: [payments-team, W03CAROL]
    approve: { by: [sre], count: 2, from: 25, expires: 30m }
    maxStep: 25
    rollback: [sre]
    duringFreeze: [sre]
    overrideOwner: true
  - name: rest
    target: "**"
    shift: [everyone]
    approve: { by: [everyone] }
    rollback: { only: [sre], approve: true, duringFreeze: false }
    withoutPods: true
freezes:
  - { name: weekend, target: prod-*/**, cron: "0 18 * * FRI", for: 62h, timezone: Europe/Berlin, except: [sre] }
  - { name: night, target: "**", cron: "0 22 * * *", for: 8h }
`);
    const sre = { kind: 'group', name: 'sre', users: ['U01ALICE', 'U02BOB'] };

    expect(policy.rules).toEqual([
      {
        name: 'prod-*/payments/*',
        line: 7,
        target: 'prod-*/payments/*',
        channels: ['C0PAY'],
        shift: [
          { kind: 'usergroup', name: 'payments-team', id: 'S0123' },
          { kind: 'user', id: 'W03CAROL' },
        ],
        approve: { by: [sre], count: 2, from: 25, expiresMs: 1_800_000 },
        maxStep: { points: 25, everyMs: 60_000 },
        rollback: { also: [sre], only: undefined, approve: false, duringFreeze: true },
        duringFreeze: [sre],
        overrideOwner: true,
        withoutPods: false,
      },
      {
        name: 'rest',
        line: 15,
        target: '**',
        channels: undefined,
        shift: [{ kind: 'everyone' }],
        approve: { by: [{ kind: 'everyone' }], count: 1, from: 0, expiresMs: 3_600_000 },
        maxStep: undefined,
        rollback: { also: [], only: [sre], approve: true, duringFreeze: false },
        duringFreeze: [],
        overrideOwner: false,
        withoutPods: true,
      },
    ]);
    expect(policy.freezes).toMatchObject([
      {
        name: 'weekend',
        lastsMs: 223_200_000,
        timezone: 'Europe/Berlin',
        except: { rollback: false, who: [sre] },
        line: 22,
      },
      { name: 'night', lastsMs: 28_800_000, timezone: 'UTC', except: { rollback: true, who: [] }, line: 23 },
    ]);
  });

  it('is read with its ramps, guards and hours', () => {
    const policy = policyOf(`
ramps:
  careful: { steps: "1, 5,  100", every: 10m }
  own: { steps: "10 for 30m, 50 % ask, 100" }
  short: { steps: "10, 20 for 1m", every: 7d }
sequences:
  prod: [prod-eu, arn:aws/us]
rules:
  - target: prod/pay/*
    shift: [everyone]
    ramp: { only: true, noSteeperThan: careful }
    guard:
      errors: { times: 1.5, atMost: 0.7% }
      latency: { times: 1.2 }
      blind: go
      act: take-back
      query: " sum(orders) "
      atMost: 0.02
      mayBeOff: true
    hours: "Mon-Fri  09:00-17:00 Europe/Berlin"
  - target: "**"
    shift: [everyone]
    ramp: {}
    guard: { query: q, atMost: -3, looks: 1 }
    hours: Sun, Wed 22-6 UTC
`);
    const minutes = (ms: number) => ({ kind: 'for', ms: ms * 60_000 });
    const careful = {
      name: 'careful',
      steps: [1, 5, 100].map((percent) => ({ percent, stay: minutes(10) })),
      text: '1, 5, 100 every 10m',
      line: 3,
    };

    expect([...policy.sequences]).toEqual([['prod', ['prod-eu', 'arn:aws/us']]]);
    expect([...policy.ramps]).toEqual([
      ['careful', careful],
      [
        'own',
        {
          name: 'own',
          steps: [
            { percent: 10, stay: minutes(30) },
            { percent: 50, stay: { kind: 'ask' } },
            { percent: 100, stay: minutes(30) },
          ],
          text: '10 for 30m, 50 % ask, 100',
          line: 4,
        },
      ],
      ['short', expect.objectContaining({ text: '10, 20 for 1m every 7d', line: 5 })],
    ]);
    expect(policy.rules?.map(({ ramp, guard, hours }) => ({ ramp, guard, hours }))).toEqual([
      {
        ramp: { only: true, noSteeperThan: careful },
        guard: {
          errors: { times: 1.5, atMost: 0.007 },
          latency: { times: 1.2 },
          blind: 'go',
          act: 'take-back',
          query: { query: 'sum(orders)', atMost: 0.02, looks: 3, act: 'take-back' },
          mayBeOff: true,
        },
        hours: {
          text: 'Mon-Fri 09:00-17:00 Europe/Berlin',
          timezone: 'Europe/Berlin',
          spans: [0, 1, 2, 3, 4].map((day) => ({ from: day * 1440 + 540, to: day * 1440 + 1020 })),
        },
      },
      {
        ramp: { only: false },
        guard: {
          ...defaultGuard,
          query: { query: 'q', atMost: -3, looks: 1, act: 'hold' },
        },
        hours: {
          text: 'Sun, Wed 22-6 UTC',
          timezone: 'UTC',
          spans: [6, 2].map((day) => ({ from: day * 1440 + 1320, to: day * 1440 + 1800 })),
        },
      },
    ]);
  });

  it('has the default guard where a rule says nothing about it', () => {
    const [rule] = policyOf(`${least}    guard: {}\n`).rules ?? [];

    expect(rule?.guard).toEqual(defaultGuard);
  });

  it.each([
    ['with Windows line breaks', least.replaceAll('\n', '\r\n')],
    ['with a byte order mark', `\u{FEFF}${least}`],
    ['in flow style', '{rules: [{target: "**", shift: [everyone]}]}'],
    ['in JSON', '{"rules": [{"target": "**", "shift": ["everyone"]}]}'],
    ['that lets nobody shift', 'rules:\n  - target: "**"\n    shift: []\n'],
  ])('%s is read', (_, text) => {
    expect(faults(text)).toEqual([]);
  });

  it('warns of rules that are never reached', () => {
    const policy = read(`${least}  - target: prod/a/b\n    shift: []\n`);

    expect(policy).toMatchObject({
      ok: true,
      warnings: [
        {
          line: 4,
          column: 5,
          message: 'this rule is never reached: `**` in line 2 matches everything that it matches',
        },
      ],
    });
  });
});

describe('a limit that holds by itself', () => {
  it.each`
    steps               | maxStep | warns
    ${'1, 25, 50, 100'} | ${25}   | ${['6:28 rules[0].ramp.noSteeperThan: a step of `a` gives 50 percentage points more, and `maxStep` is 25: it would be refused']}
    ${'1, 25, 50, 100'} | ${50}   | ${[]}
    ${'50, 25, 50, 75'} | ${49}   | ${['6:28 rules[0].ramp.noSteeperThan: a step of `a` gives 50 percentage points more, and `maxStep` is 49: it would be refused']}
  `('causes a warning when $steps may give $maxStep', ({ steps, maxStep, warns }) => {
    const policy = read(
      `ramps: { a: { steps: "${steps}", every: 5m } }\n${least}    maxStep: ${maxStep}\n    ramp: { noSteeperThan: a }\n`,
    );

    expect(policy.ok && policy.warnings.map(({ line, column, message }) => `${line}:${column} ${message}`)).toEqual(
      warns,
    );
  });
});

describe('approvals that nobody could complete', () => {
  it.each`
    shift           | by                         | warns
    ${'[everyone]'} | ${'[U01ALICE, U02BOB]'}    | ${['4:47 rules[0].approve.count: changes by U01ALICE, U02BOB can never be approved, since people cannot approve their own changes']}
    ${'[U01ALICE]'} | ${'[U01ALICE, U02BOB]'}    | ${['4:47 rules[0].approve.count: changes by U01ALICE can never be approved, since people cannot approve their own changes']}
    ${'[U03CAROL]'} | ${'[U01ALICE, U02BOB]'}    | ${[]}
    ${'[everyone]'} | ${'[U01, U02, U03BOB123]'} | ${[]}
    ${'[everyone]'} | ${'[U01ALICE, everyone]'}  | ${[]}
  `('cause a warning when $shift may shift and 2 of $by must approve', ({ shift, by, warns }) => {
    const policy = read(`rules:\n  - target: "**"\n    shift: ${shift}\n    approve: { by: ${by}, count: 2 }\n`);

    expect(policy.ok && policy.warnings.map(({ line, column, message }) => `${line}:${column} ${message}`)).toEqual(
      warns,
    );
  });
});

const noStep = 'write a whole number from 1 to 100, or with a time, like `{ points: 25, every: 10m }`';

describe('each fault is reported with line and column', () => {
  it.each<[string, string | Uint8Array, readonly string[]]>([
    [
      'no text',
      '',
      [
        '1:1 the file is empty: write `rules:` with a list below it, or unset POLICY_FILE to let every member of the team shift',
      ],
    ],
    [
      'only a comment',
      '# rules\n',
      [
        '1:1 the file is empty: write `rules:` with a list below it, or unset POLICY_FILE to let every member of the team shift',
      ],
    ],
    [
      'no rules',
      'v: 1\n',
      ['1:1 rules: is missing: write rules; a rule that lets everybody shift is `{ target: "**", shift: [everyone] }`'],
    ],
    [
      'an empty list of rules',
      'v: 1\nrules: []\n',
      ['2:8 rules: write rules; a rule that lets everybody shift is `{ target: "**", shift: [everyone] }`'],
    ],
    ['half a file', 'groups:\n  sre: [U01ALICE]\nru', ['3:1 a key needs a colon and a space after it']],
    ['a list at the top', '- a\n', ['1:1 write `rules:` with a list below it']],
    ['another version', `v: 2\n${least}`, ['1:4 v: write `v: 1`, the only version']],
    ['a version in quotes', `v: "1"\n${least}`, ['1:4 v: write `v: 1`, the only version']],
    ['a tab', 'rules:\n\t- target: "**"\n', ['2:1 this line is indented with a tab: use spaces']],
    ['a key that occurs twice', `${least}    shift: [U01ALICE]\n`, ['4:5 `shift` is here twice: keep one']],
    [
      'an unknown key',
      `${least}    chanels: [C01]\n`,
      ['4:5 rules[0]: there is no key `chanels` here; did you mean `channels`?'],
    ],
    [
      'an unknown key at the top',
      `${least}freeze: []\n`,
      ['4:1 there is no key `freeze` here; did you mean `freezes`?'],
    ],
    [
      'a rollback that needs an approval which the rule does not have',
      `${least}    rollback: { approve: true }\n`,
      ['4:26 rules[0].rollback.approve: the rule has no `approve` for rollbacks to use: add one, or remove this'],
    ],
    [
      'an anchor and its alias',
      `${least}    channels: &c [C01]\n    duringFreeze: *c\n`,
      ['4:18 an anchor (&c) is not allowed: remove it', '5:19 an alias (*c) is not allowed: write the value out'],
    ],
    ['a merge key', `${least}    <<: { maxStep: 5 }\n`, ['4:5 a merge key (<<) is not allowed: write the keys out']],
    [
      'a tag of JavaScript',
      `${least}    name: !!js/function "x"\n`,
      ['4:25 a tag (tag:yaml.org,2002:js/function) is not allowed: remove it'],
    ],
    [
      'a tag of YAML',
      `${least}    maxStep: !!int 5\n`,
      ['4:20 a tag (tag:yaml.org,2002:int) is not allowed: remove it'],
    ],
    ['a tag on a key', `${least}    !x maxStep: 5\n`, ['4:5 Unresolved tag: !x']],
    [
      'a prototype',
      `__proto__: { a: 1 }\n${least}    __proto__: { b: 1 }\n`,
      ['1:1 there is no key `__proto__` here', '5:5 rules[0]: there is no key `__proto__` here'],
    ],
    [
      'a group named like a property of every object',
      'rules:\n  - target: "**"\n    shift: [constructor]\n',
      ['3:13 rules[0].shift[0]: no group is called `constructor`: add it under `groups`'],
    ],
    ['yes', `${least}    overrideOwner: yes\n`, ['4:20 rules[0].overrideOwner: write `true` or `false`']],
    ['on', `${least}    rollback: { approve: on }\n`, ['4:26 rules[0].rollback.approve: write `true` or `false`']],
    ['not a number', `${least}    maxStep: .nan\n`, [`4:14 rules[0].maxStep: ${noStep}`]],
    ['infinity', `${least}    maxStep: .inf\n`, [`4:14 rules[0].maxStep: ${noStep}`]],
    ['a negative number', `${least}    maxStep: -1\n`, ['4:14 rules[0].maxStep: write a whole number from 1 to 100']],
    ['half a point', `${least}    maxStep: 2.5\n`, [`4:14 rules[0].maxStep: ${noStep}`]],
    [
      'a time of day as a duration',
      `${least}freezes:\n  - { name: n, target: "**", cron: "0 1 * * *", for: 1:30 }\n`,
      ['5:54 freezes[0].for: write a number with a unit, like `30m`, `2h` or `7d`'],
    ],
    [
      'a negative duration',
      `${least}freezes:\n  - { name: n, target: "**", cron: "0 1 * * *", for: -2h }\n`,
      ['5:54 freezes[0].for: write a number with a unit, like `30m`, `2h` or `7d`'],
    ],
    [
      'a duration that is too long',
      `${least}freezes:\n  - { name: n, target: "**", cron: "0 1 * * *", for: 32d }\n`,
      ['5:54 freezes[0].for: write at most `31d`'],
    ],
    [
      'a number as a duration',
      `${least}    approve: { by: [everyone], expires: 30 }\n`,
      ['4:41 rules[0].approve.expires: write a number with a unit, like `30m`, `2h` or `7d`'],
    ],
    [
      'a regular expression',
      'rules:\n  - target: "(a+)+$"\n    shift: [everyone]\n',
      ['2:13 rules[0].target: write names, `/`, `*` and `**`; there are no other patterns'],
    ],
    [
      'a target with two parts',
      'rules:\n  - target: prod/payments\n    shift: [everyone]\n',
      ['2:13 rules[0].target: write `cluster/namespace/service`; `*` is any name, `**` is everything from there on'],
    ],
    [
      'a list that is not closed',
      'rules: [\n',
      ['2:1 Flow sequence in block collection must be sufficiently indented and end with a ]'],
    ],
    ['a second document', `${least}---\n${least}`, ['4:1 a second document starts here: keep only one']],
    [
      'nesting that never closes',
      `rules: ${'['.repeat(50_000)}`,
      [expect.stringMatching(/^1:\d+ this is nested too deeply$/)],
    ],
    [
      'deep nesting',
      `rules: ${'['.repeat(100)}${']'.repeat(100)}`,
      [
        '1:9 rules[0]: write something like `{ target: "prod/payments/*", shift: [sre] }`',
        '1:20 this is nested too deeply',
      ],
    ],
    ['10 MB', 'a'.repeat(10_000_000), ['1:1 the file is larger than 256 KB']],
    ['bytes that are not UTF-8', new Uint8Array([0x72, 0xff, 0xfe]), ['1:1 the file is not UTF-8']],
    [
      'a rule without a target and one without people',
      'rules:\n  - shift: [everyone]\n  - target: "**"\n',
      [
        '2:5 rules[0].target: is missing: write `cluster/namespace/service`, like `"prod-*/payments/*"`',
        '3:5 rules[1].shift: is missing: write a list in brackets',
      ],
    ],
    [
      'names instead of ids',
      `${least}    channels: ["#pay"]\n    duringFreeze: ["@ana"]\n`,
      [
        '4:16 rules[0].channels[0]: write a channel id, like `C0PAY`: it is at the end of the channel’s details in Slack',
        '5:20 rules[0].duringFreeze[0]: write a user id (`U01ALICE`), the name of a group, or `everyone`',
      ],
    ],
    [
      'a misspelt group',
      `groups: { payments: [U01ALICE] }\nrules:\n  - target: "**"\n    shift: [payment]\n`,
      ['4:13 rules[0].shift[0]: no group is called `payment`; did you mean `payments`?'],
    ],
    [
      'a person named twice',
      'rules:\n  - target: "**"\n    shift: [U01ALICE, U01ALICE]\n',
      ['3:23 rules[0].shift[1]: `U01ALICE` is in this list twice'],
    ],
    [
      'invalid groups',
      `groups:\n  SRE: [U01ALICE]\n  b: { usergroup: U01 }\n  everyone: [U01ALICE]\n  e: []\n${least}`,
      [
        '2:3 groups.SRE: write a name in lower-case letters, digits and dashes',
        '3:19 groups.b.usergroup: write the id of a user group, like `S0123`: it is in the URL of the group in Slack',
        '4:3 groups.everyone: `everyone` has a special meaning: choose another name for the group',
        '5:6 groups.e: write a list in brackets; it is empty',
      ],
    ],
    [
      'both `also` and `only`',
      `${least}    rollback: { also: [everyone], only: [everyone] }\n`,
      ['4:15 rules[0].rollback: keep one of `also` and `only`'],
    ],
    [
      'more approvals than approvers',
      `${least}    approve: { by: [U01ALICE, U02BOB], count: 3 }\n`,
      ['4:47 rules[0].approve.count: needs 3 approvals, but `by` names 2 people: name more'],
    ],
    [
      'two rules with one name',
      `${least}    name: a\n  - { name: a, target: b/c/d, shift: [] }\n`,
      ['5:13 rules[1].name: `a` is already used: choose another name'],
    ],
    [
      'two freezes with one name',
      `${least}freezes:\n  - { name: n, target: "**", cron: "0 1 * * *", for: 1h }\n  - { name: n, target: "**", cron: "0 2 * * *", for: 1h }\n`,
      ['6:13 freezes[1].name: `n` is already used: choose another name'],
    ],
    [
      'an invalid cron expression and time zone',
      `${least}freezes:\n  - { name: n, target: "**", cron: "0 18 * *", for: 1h, timezone: Berlin }\n`,
      [
        '5:36 freezes[0].cron: write minute, hour, day, month and weekday, like `"0 18 * * FRI"`: it has 4 fields and needs 5',
        '5:67 freezes[0].timezone: write a place, like `Europe/Berlin`; an offset would be wrong for half of the year',
      ],
    ],
    [
      'an empty freeze',
      `${least}freezes: [{}]\n`,
      [
        '4:11 freezes[0].name: is missing: write its name',
        '4:11 freezes[0].target: is missing: write `cluster/namespace/service`, like `"prod-*/payments/*"`',
        '4:11 freezes[0].cron: is missing: write when it starts, like `"0 18 * * FRI"`',
        '4:11 freezes[0].for: is missing: write a number with a unit, like `30m`, `2h` or `7d`',
      ],
    ],
  ])('%s', (_, text, told) => {
    expect(faults(text)).toEqual(told);
  });

  const steps = (text: string, every = ', every: 10m') => `ramps:\n  a: { steps: "${text}"${every} }\n${least}`;

  it.each<[string, string, readonly string[]]>([
    [
      'no share',
      steps('1, fast'),
      [
        '2:15 ramps.a.steps: `fast` is not understood in the steps of a ramp. Type the steps and how long each is watched: `10,25,50,100 every 5m`.',
      ],
    ],
    [
      'a share over 100',
      steps('1, 101'),
      ['2:15 ramps.a.steps: `101` is not a percentage. Each step is a whole number from 0 to 100, like `50`.'],
    ],
    [
      'a share twice',
      steps('1, 5, 5'),
      ['2:15 ramps.a.steps: Two steps that follow each other have the same share, 5 %. Did you mean `1,5 every 10m`?'],
    ],
    [
      'too many steps',
      steps(Array.from({ length: 21 }, (_, at) => at).join(',')),
      ['2:15 ramps.a.steps: A ramp has 20 steps at most. These are 21. Leave some out.'],
    ],
    [
      'no times',
      steps('1, 5', ''),
      ['2:15 ramps.a.steps: It is not said how long each step is watched. Did you mean `1,5 every 5m`?'],
    ],
    [
      'an odd time',
      steps('1 during 5m'),
      ['2:15 ramps.a.steps: `during` is not understood in the steps of a ramp. Did you mean `1 for 5m`?'],
    ],
    ['a short time', steps('1 for 14s'), ['2:15 ramps.a.steps: A step cannot last `14s`. A step lasts `15s` to `7d`.']],
    ['a short time for each step', steps('1, 5', ', every: 10s'), ['2:30 ramps.a.every: write `15s` or more']],
    ['a long time for each step', steps('1, 5', ', every: 8d'), ['2:30 ramps.a.every: write at most `7d`']],
    [
      'steps that are no text',
      `ramps:\n  a: { steps: [1, 5], every: 5m }\n${least}`,
      ['2:15 ramps.a.steps: write steps in quotes, like `"1, 5, 25, 50, 100"`'],
    ],
    [
      'a ramp without steps',
      `ramps:\n  a: {}\n${least}`,
      ['2:6 ramps.a.steps: is missing: write steps in quotes, like `"1, 5, 25, 50, 100"`'],
    ],
    [
      'a ramp that is a text',
      `ramps:\n  a: "1, 5"\n${least}`,
      ['2:6 ramps.a: write something like `{ steps: "1, 5, 25, 50, 100", every: 10m }`'],
    ],
    [
      'a target of many stars',
      `rules: [{ target: "${'*a'.repeat(13)}/b/c", shift: [everyone] }]`,
      ['1:19 rules[0].target: write at most 12 stars'],
    ],
    [
      'a sequence of one cluster',
      `sequences: { prod: [eu] }\n${least}`,
      ['1:20 sequences.prod: write clusters in their order, like `[prod-eu, prod-us]`'],
    ],
    [
      'a cluster twice',
      `sequences: { prod: [eu, eu] }\n${least}`,
      ['1:25 sequences.prod[1]: `eu` is in this list twice'],
    ],
    ['ramps that are a list', `ramps: []\n${least}`, ['1:8 ramps: write a name with its steps for each ramp']],
    ...['ask', 'every', 'linear10every1m', 'Fast', '10'].map((name): [string, string, readonly string[]] => [
      `a ramp called ${name}`,
      `ramps:\n  ${name}: { steps: "1, 5", every: 10m }\n${least}`,
      [
        `2:3 ramps.${name}: write a name in lower-case letters, digits and dashes that is no word of a command, like \`careful\``,
      ],
    ]),
    [
      'a ramp that there is not',
      `${least}    ramp: { noSteeperThan: careful }\n`,
      ['4:28 rules[0].ramp.noSteeperThan: no ramp is called `careful`: add it under `ramps`'],
    ],
    [
      'a misspelt ramp',
      `ramps:\n  careful: { steps: "1, 5", every: 10m }\n${least}    ramp: { only: true, noSteeperThan: carful }\n`,
      ['6:40 rules[0].ramp.noSteeperThan: no ramp is called `carful`; did you mean `careful`?'],
    ],
    [
      'a ramp of a rule that is a name',
      `${least}    ramp: careful\n`,
      ['4:11 rules[0].ramp: write something like `{ only: true, noSteeperThan: careful }`'],
    ],
    [
      'an unknown key of a guard',
      `${least}    guard: { blnd: go }\n`,
      ['4:14 rules[0].guard: there is no key `blnd` here; did you mean `blind`?'],
    ],
    [
      'a bound that is no percentage',
      `${least}    guard: { errors: { atMost: 0.05 } }\n`,
      ['4:32 rules[0].guard.errors.atMost: write a percentage, like `5%`'],
    ],
    [
      'a bound of 100 %',
      `${least}    guard: { errors: { atMost: 100% } }\n`,
      ['4:32 rules[0].guard.errors.atMost: write a percentage below 100, like `5%`'],
    ],
    [
      'a bound of nothing',
      `${least}    guard: { errors: { atMost: 0% } }\n`,
      ['4:32 rules[0].guard.errors.atMost: write more than `0%`'],
    ],
    [
      'a tolerance below 1',
      `${least}    guard: { errors: { times: 0.5 } }\n`,
      ['4:31 rules[0].guard.errors.times: write `1` or more'],
    ],
    [
      'latency without a tolerance',
      `${least}    guard: { latency: {} }\n`,
      ['4:23 rules[0].guard.latency.times: is missing: write how many times as often, like `1.2`'],
    ],
    [
      'another act',
      `${least}    guard: { act: rollback }\n`,
      ['4:19 rules[0].guard.act: write `take-back`, `hold` or `tell`'],
    ],
    [
      'another way to be blind',
      `${least}    guard: { blind: hold }\n`,
      ['4:21 rules[0].guard.blind: write `wait` or `go`'],
    ],
    [
      'a query without a bound',
      `${least}    guard: { query: up }\n`,
      ['4:21 rules[0].guard.query: a query needs a bound: write `atMost` beside it'],
    ],
    [
      'a bound without a query',
      `${least}    guard: { atMost: 5 }\n`,
      [
        '4:22 rules[0].guard.atMost: this is the bound of a `query`, and there is none; the bound of failures is in `errors`',
      ],
    ],
    [
      'looks without a query',
      `${least}    guard: { looks: 3 }\n`,
      ['4:21 rules[0].guard.looks: these are the looks at a `query`, and there is none: add one, or remove this'],
    ],
    [
      'a word for mayBeOff',
      `${least}    guard: { mayBeOff: yes }\n`,
      ['4:24 rules[0].guard.mayBeOff: write `true` or `false`'],
    ],
    ...(
      [
        ['Mon-Fri 9-17', 'a place like `Europe/Berlin` has to stand at the end'],
        ['Mon-Fri 9-17 +01:00', 'a place like `Europe/Berlin` has to stand at the end'],
        ['9-17 UTC', '`9-17` names no day before it'],
        ['Mon-Fry 9-17 UTC', '`Mon-Fry` is not a day like `Mon` or days like `Mon-Fri`'],
        ['Mon-Fri UTC', 'the last days have no times'],
        ['Mon 9-12, Tue UTC', 'the last days have no times'],
        ['Mon 9 UTC', '`9` is not a time like `9-17` or `09:00-17:30`'],
        ['Mon 9-25 UTC', '`9-25` is not a time like `9-17` or `09:00-17:30`'],
        ['Mon 9:60-10 UTC', '`9:60-10` is not a time like `9-17` or `09:00-17:30`'],
        ['Mon 24-5 UTC', '`24-5` is not a time like `9-17` or `09:00-17:30`'],
        ['Mon 9-12-17 UTC', '`9-12-17` is not a time like `9-17` or `09:00-17:30`'],
        ['Mon 9-9 UTC', '`9-9` begins when it ends; a whole day is `0-24`'],
        ['Mon 9-12 13-17 UTC', '`Mon 9-12 13-17` has more than days and times: put a comma between them'],
      ] as const
    ).map(([text, wrong]): [string, string, readonly string[]] => [
      `hours like ${text}`,
      `${least}    hours: ${text}\n`,
      [`4:12 rules[0].hours: write days, times and a place, like \`"Mon-Fri 09:00-17:00 Europe/Berlin"\`: ${wrong}`],
    ]),
    [
      'hours that are a number',
      `${least}    hours: 9\n`,
      ['4:12 rules[0].hours: write days, times and a place, like `"Mon-Fri 09:00-17:00 Europe/Berlin"`'],
    ],
  ])('of ramps, guards and hours: %s', (_, text, told) => {
    expect(faults(text)).toEqual(told);
  });

  it('in an alias bomb, without expanding it', () => {
    const bomb = [
      'a: &a [lol]',
      ...Array.from({ length: 30 }, (_, at) => `b${at}: &b${at} [${Array(10).fill(at === 0 ? '*a' : `*b${at - 1}`)}]`),
    ];
    let found: readonly string[] = [];
    const tookMs = processorMs(() => {
      found = faults(bomb.join('\n'));
    });

    const expected = /is not allowed|there is no key|rules: is missing|more faults from here/;
    expect(found.filter((fault) => !expected.test(fault))).toEqual([]);
    expect(tookMs).toBeLessThan(1_000);
  });

  it('in a bomb of merge keys, in linear time', () => {
    const bomb = `a: &a {x: 1}\n${Array.from({ length: 2_000 }, (_, at) => `b${at}: {<<: [*a, *a, *a]}`).join('\n')}`;

    expect(processorMs(() => expect(faults(bomb)).toHaveLength(50))).toBeLessThan(3_000);
  });

  it('in the order of the file, and not more than a person can read', () => {
    const many = `rules:\n${'  - { target: 1 }\n'.repeat(200)}`;

    const told = faults(many);

    expect(told).toHaveLength(50);
    expect(told[0]).toMatch(/^2:5 /);
    expect(told.at(-1)).toBe('26:15 and 351 more faults from here on');
  });
});

describe('any file', () => {
  const aLine = fc.oneof(
    fc.constantFrom(
      ...`v: 1\n${least}groups:\n  sre: [U01ALICE]\nfreezes:\n  - name: n\n    cron: "0 1 * * *"\n    for: 1h\nramps:\n  a: { steps: "1, 5", every: 1m }\n    hours: Mon 9-17 UTC\n    ramp: { only: true, noSteeperThan: a }`.split(
        '\n',
      ),
    ),
    fc.constantFrom(
      '<<: *a',
      '&a',
      '!!js/x 1',
      '? [a]',
      '- - -',
      '__proto__: 1',
      'constructor: {prototype: 1}',
      '%YAML 1.1',
      '---',
      '...',
      '|',
      '>-',
      '{',
      ']',
      '"',
    ),
    anyText(20),
  );

  it('is read or refused, never throws, and changes no prototype', () => {
    fc.assert(
      fc.property(fc.array(aLine, { maxLength: 12 }), (lines) => {
        const policy = read(lines.join('\n'));

        if (!policy.ok) expect(policy.faults.length).toBeGreaterThan(0);
        expect(Reflect.ownKeys(Object.prototype)).toEqual(ownKeys);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is read or refused, also random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(typeof readPolicy(bytes).ok).toBe('boolean');
      }),
      { numRuns: 300 },
    );
  });

  it('is read quickly, also at the maximum size', () => {
    const rules = Array.from({ length: 500 }, (_, at) => `  - { target: prod/ns-${at}/*, shift: [everyone] }\n`).join(
      '',
    );
    const keys = Array.from({ length: 20_000 }, (_, at) => `k${at}: 1\n`).join('');

    expect(processorMs(() => expect(faults(`rules:\n${rules}`)).toEqual([]))).toBeLessThan(2_500);
    expect(processorMs(() => expect(faults(keys)).toHaveLength(50))).toBeLessThan(2_500);
  });
});

const ownKeys = Reflect.ownKeys(Object.prototype);

describe('a file that takes long to read', () => {
  const sentinel = 'the file has more than 60000 words and signs, which are read up to here';

  it.each([
    ['commas', `rules:\n\n [${','.repeat(200_000)}`, `3:1 ${sentinel}`],
    ['lists in lists', `rules: ${'['.repeat(200_000)}`, `1:1 ${sentinel}`],
    ['lines', 'a: 1\n'.repeat(40_000), `20001:1 ${sentinel}`],
  ])('is not read to its end: many %s', (_, text, told) => {
    expect(faults(text)).toEqual([told]);
    expect(processorMs(() => readPolicy(Buffer.from(text)))).toBeLessThan(1_000);
  });

  it('may have 500 rules, each with all that a rule can say', () => {
    const rule = (at: number) => `
  - name: rule-${at}
    target: "*a*a*a*a${'a'.repeat(40)}/*a*a*a*a${'b'.repeat(40)}/*a*a*a*a${at}"
    shift: [U01ALICE, U02BOB, U03CAROL]
    approve: { by: [U01ALICE, U02BOB], count: 2, from: 25, expires: 30m }
    guard: { errors: { times: 1, atMost: 5% }, latency: { times: 1.2 } }
    hours: "Mon-Fri 09:00-17:00 Europe/Berlin"`;
    const text = `rules:${Array.from({ length: 500 }, (__, at) => rule(at)).join('')}\n`;

    expect(readPolicy(Buffer.from(text))).toMatchObject({ ok: true });
    expect(processorMs(() => readPolicy(Buffer.from(text)))).toBeLessThan(5_000);
  });
});
