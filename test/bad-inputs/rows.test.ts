import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const tests = resolve(import.meta.dirname, '..');

/**
 * Where each bad input of the list is held to its answer, by words in the names of tests. A row that is not here has nothing in the
 * product yet that could take it.
 */
const rows: readonly (readonly [row: number, input: string, held: Readonly<Record<string, readonly string[]>>])[] = [
  [
    1,
    'an empty command, help, unknown verbs, mistyped names',
    { 'bad-inputs/typed.test.ts': ['row 1:'], 'domain/parse-command.test.ts': ['a mistake'] },
  ],
  [
    2,
    'arguments too many, missing, reordered; quotes, line breaks',
    { 'bad-inputs/typed.test.ts': ['row 2:'], 'domain/parse-command.test.ts': ['what is accepted'] },
  ],
  [
    3,
    'weights that are none',
    {
      'bad-inputs/typed.test.ts': ['rows 3 and 29'],
      'domain/parse-command.test.ts': ['is every way to write a number'],
    },
  ],
  [
    4,
    'weights whose sum is not the total',
    { 'bad-inputs/typed.test.ts': ['row 4:'], 'contracts/virtual-service.test.ts': ['weights as people leave them'] },
  ],
  [
    5,
    'objects of other shapes',
    {
      'bad-inputs/typed.test.ts': ['row 5:'],
      'contracts/virtual-service.test.ts': ['which rule is meant', 'says of $rule that it is a $because'],
    },
  ],
  [
    6,
    'a version that nothing defines',
    {
      'bad-inputs/typed.test.ts': ['row 1:'],
      'domain/decide.test.ts': ['version-gone'],
      'contracts/mesh.test.ts': ['sees a version that is not defined any more'],
    },
  ],
  [7, 'a target that is there already', { 'bad-inputs/typed.test.ts': ['row 7:'] }],
  [
    8,
    'a service in several places',
    {
      'bad-inputs/typed.test.ts': ['rows 8 and 9'],
      'contracts/mesh.test.ts': ['names all objects that route one host'],
    },
  ],
  [
    9,
    'a namespace that may not be seen',
    { 'bad-inputs/typed.test.ts': ['rows 8 and 9'], 'bad-inputs/surroundings.test.ts': ['(row 9)'] },
  ],
  [10, 'names that look like others', { 'bad-inputs/typed.test.ts': ['row 10:'] }],
  [
    11,
    'text that pings, links or formats',
    { 'bad-inputs/hostile-text.test.ts': ['rows 11 and 30'], 'slack/card.test.ts': ['neither pings nor links'] },
  ],
  [
    12,
    'what is too long',
    {
      'bad-inputs/typed.test.ts': ['row 12:'],
      'bad-inputs/hostile-text.test.ts': ['row 12:'],
      'slack/card.test.ts': ["stays within Slack's limits"],
    },
  ],
  [
    13,
    'forged requests',
    {
      'http/slack-guard.test.ts': [
        'answers 401 to $what',
        'answers 415 to $what',
        'closes on 100 MB',
        'answers 408 to a body',
        'ssl_check in the query string',
      ],
    },
  ],
  [
    14,
    'signed, but odd',
    {
      'bad-inputs/delivered.test.ts': ['row 14:'],
      'http/slack-guard.test.ts': ['answers 400 to $what, though it is signed'],
    },
  ],
  [
    15,
    'buttons altered, or from elsewhere',
    { 'bad-inputs/delivered.test.ts': ['row 15:'], 'slack/card.test.ts': ['the value of a button'] },
  ],
  [
    16,
    'the same gesture again',
    {
      'bad-inputs/delivered.test.ts': ['rows 16 and 18'],
      'bad-inputs/limits.test.ts': ['a delivery that comes again'],
      'workflow/roll-back.test.ts': ['typed once and delivered again'],
    },
  ],
  [18, 'double clicks, both buttons, old cards', { 'bad-inputs/delivered.test.ts': ['rows 16 and 18'] }],
  [
    19,
    'a rollback of what others came after',
    { 'bad-inputs/delivered.test.ts': ['row 19:'], 'workflow/roll-back.test.ts': ['of what others came after'] },
  ],
  [
    20,
    'a rollback of a rollback, or to what is gone',
    { 'bad-inputs/typed.test.ts': ['row 20:'], 'bad-inputs/delivered.test.ts': ['a rollback of a rollback'] },
  ],
  [
    21,
    '500 commands in a minute',
    { 'bad-inputs/limits.test.ts': ['row 21:'], 'contracts/limits.test.ts': ['let so many through at once'] },
  ],
  [
    22,
    'two people on one service',
    { 'bad-inputs/typed.test.ts': ['row 22:'], 'workflow/request.test.ts': ['at once'] },
  ],
  [
    25,
    'an environment that is wrong',
    {
      'config.test.ts': [
        'lists everything that is wrong at once',
        'never tells a value',
        'refuses a secret that is given twice',
      ],
    },
  ],
  [
    26,
    'a Redis that cannot be used',
    {
      'bad-inputs/surroundings.test.ts': ['row 26:'],
      'redis/connect.test.ts': ['names the setting by which Redis may forget changes'],
    },
  ],
  [27, 'a cluster of another age or size', { 'bad-inputs/surroundings.test.ts': ['row 27:'] }],
  [29, 'numbers of other locales', { 'bad-inputs/typed.test.ts': ['rows 3 and 29'] }],
  [30, 'text that looks like words of ours', { 'bad-inputs/hostile-text.test.ts': ['rows 11 and 30'] }],
];

describe('every bad input is held to its answer', () => {
  it.each(rows)('row %i: %s', (_, __, held) => {
    for (const [file, names] of Object.entries(held)) {
      const text = readFileSync(join(tests, file), 'utf8');
      for (const name of names) expect(text, `${file} has no test about "${name}"`).toContain(name);
    }
  });
});
