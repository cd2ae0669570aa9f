import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPolicy } from '../../src/policy-file/read-policy.ts';
import { anyText } from '../support/arbitraries.ts';
import { policyOf } from '../support/policies.ts';

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
        maxStep: 25,
        rollback: { also: [sre], only: undefined, approve: false, duringFreeze: true },
        duringFreeze: [sre],
        overrideOwner: true,
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
      },
    ]);
    expect(policy.freezes).toMatchObject([
      {
        name: 'weekend',
        lastsMs: 223_200_000,
        timezone: 'Europe/Berlin',
        except: { rollback: false, who: [sre] },
        line: 21,
      },
      { name: 'night', lastsMs: 28_800_000, timezone: 'UTC', except: { rollback: true, who: [] }, line: 22 },
    ]);
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
    ['not a number', `${least}    maxStep: .nan\n`, ['4:14 rules[0].maxStep: write a whole number from 1 to 100']],
    ['infinity', `${least}    maxStep: .inf\n`, ['4:14 rules[0].maxStep: write a whole number from 1 to 100']],
    ['a negative number', `${least}    maxStep: -1\n`, ['4:14 rules[0].maxStep: write a whole number from 1 to 100']],
    ['half a point', `${least}    maxStep: 2.5\n`, ['4:14 rules[0].maxStep: write a whole number from 1 to 100']],
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
      `rules: ${'['.repeat(100_000)}`,
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

  it('in an alias bomb, without expanding it', () => {
    const bomb = [
      'a: &a [lol]',
      ...Array.from({ length: 30 }, (_, at) => `b${at}: &b${at} [${Array(10).fill(at === 0 ? '*a' : `*b${at - 1}`)}]`),
    ];
    const started = performance.now();

    expect(
      faults(bomb.join('\n')).filter(
        (fault) => !/is not allowed|there is no key|rules: is missing|more faults from here/.test(fault),
      ),
    ).toEqual([]);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('in a bomb of merge keys, in linear time', () => {
    const bomb = `a: &a {x: 1}\n${Array.from({ length: 5_000 }, (_, at) => `b${at}: {<<: [*a, *a, *a]}`).join('\n')}`;
    const started = performance.now();

    expect(faults(bomb)).toHaveLength(50);
    expect(performance.now() - started).toBeLessThan(3_000);
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
      ...`v: 1\n${least}groups:\n  sre: [U01ALICE]\nfreezes:\n  - name: n\n    cron: "0 1 * * *"\n    for: 1h`.split(
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
    const started = performance.now();

    expect(faults(`rules:\n${rules}`)).toEqual([]);
    expect(faults(keys)).toHaveLength(50);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

const ownKeys = Reflect.ownKeys(Object.prototype);
