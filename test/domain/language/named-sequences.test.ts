import { describe, expect, it } from 'vitest';
import { withSequences } from '../../../src/domain/language/named-sequences.ts';
import { parseCommand } from '../../../src/domain/language/parse-command.ts';

const sequences = new Map([['prod', ['prod-eu', 'prod-us']]]);

describe('a sequence that the policy file names', () => {
  it.each([
    ['reviews v3 50 --cluster prod', 'reviews v3 50 --cluster prod-eu,prod-us'],
    ['promote reviews v3 --cluster prod', 'reviews v3 100 --cluster prod-eu,prod-us'],
    ['reviews v3 10,50 every 5m --cluster prod', 'reviews v3 10,50 every 5m --cluster prod-eu,prod-us'],
    ['why reviews v3 50 --cluster prod', 'why reviews v3 50 --cluster prod-eu,prod-us'],
    ['abort reviews --cluster prod', 'abort reviews --cluster prod-eu,prod-us'],
  ])('makes %s the same as %s', (typed, meant) => {
    expect(withSequences(parseCommand(typed), sequences)).toEqual(parseCommand(meant));
  });

  it.each(['status reviews', 'status', 'rollback reviews', 'apply a/b', 'reviews v1=50 v3=50'])(
    'is no cluster of %s',
    (typed) => {
      expect(withSequences(parseCommand(`${typed} --cluster prod`), sequences)).toMatchObject({ verb: 'mistake' });
    },
  );

  it.each(['reviews v3 50 --cluster prod-eu', 'reviews v3 50', 'help'])('is not meant by %s', (typed) => {
    expect(withSequences(parseCommand(typed), sequences)).toEqual(parseCommand(typed));
  });
});
