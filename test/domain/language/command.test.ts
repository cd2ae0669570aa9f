import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AuditTopic,
  type Command,
  formatCommand,
  type MovingCommand,
} from '../../../src/domain/language/command.ts';
import { parseCommand } from '../../../src/domain/language/parse-command.ts';
import { atOnce, type RampSteps } from '../../../src/domain/ramp/steps.ts';
import { aChangeId, aLabel, aPercent, aRampId, aVersion, aWhole, someSteps } from '../../support/arbitraries.ts';

describe('formatCommand', () => {
  it.each([
    '/shift help',
    '/shift help rollback',
    '/shift status',
    '/shift status reviews',
    '/shift status -n bookinfo --cluster prod-eu',
    '/shift history reviews -n bookinfo',
    '/shift rollback reviews',
    '/shift rollback reviews to c-7F3K2M9P -n bookinfo --reason "red stars" --dry-run',
    '/shift reviews v3 50',
    '/shift reviews v1=80 v3=20 -n bookinfo --cluster prod-eu --route primary --reason "red stars" --dry-run',
    '/shift set status v3 50',
    '/shift audit',
    '/shift audit reviews -n bookinfo --cluster prod-eu',
    '/shift audit @U01ALICE',
    '/shift audit c-7F3K2M9P',
    '/shift tour',
    '/shift tour 3',
    '/shift set audit v3 50',
    '/shift why reviews v3 50 -n bookinfo',
    '/shift why set why v3 50',
    '/shift why rollback reviews to c-7F3K2M9P --route primary',
    '/shift bookinfo/www.example.com v3 50',
    '/shift lock reviews until friday 18:00 -n bookinfo --cluster prod-eu --reason "migrating ratings"',
    '/shift lock reviews',
    '/shift unlock reviews -n bookinfo',
    '/shift freeze prod-*/payments until 2026-12-01 09:00 --reason "incident 42"',
    '/shift freeze ** for 2h',
    '/shift freeze payments for 2h --cluster arn:aws/x',
    '/shift thaw',
    '/shift thaw inc-42',
    '/shift set lock v3 50',
    '/shift pending',
    '/shift approve c-7F3K2M9P',
    '/shift withdraw c-7F3K2M9P',
    '/shift reject c-7F3K2M9P',
    '/shift reject c-7F3K2M9P --reason "not today"',
    '/shift set approve v3 50',
    '/shift apply bookinfo/virtual-service-all-v1',
    '/shift apply Team-A/v1.2_x -n bookinfo --cluster prod-eu --reason "all to v1" --dry-run',
    '/shift delete bookinfo/virtual-service-all-v1 -n bookinfo',
    '/shift unpin reviews end-user=jason',
    '/shift unpin reviews "path starts with /api" -n bookinfo --reason "done testing"',
    '/shift unpin reviews #1 --dry-run',
    '/shift set unpin v3 50',
    '/shift reviews v3 10,25,50,100 every 5m',
    '/shift reviews v3 10 for 30m, 50 ask, 100 for 30m -n bookinfo --route primary --reason "red stars" --dry-run',
    '/shift reviews v3 50 for 20m --no-guard',
    '/shift reviews v3 careful --cluster prod-eu --no-guard',
    '/shift reviews 50 ramp careful',
    '/shift reviews status ramp careful',
    '/shift set next v3 10,50 every 5m',
    '/shift set text v3 careful',
    '/shift set shift v3 careful',
    '/shift why reviews v3 10,50,100 every 5m',
    '/shift why set why v3 10,50,100 every 5m --no-guard',
    '/shift pause reviews',
    '/shift pause all',
    '/shift pause bookinfo/all --cluster prod-eu',
    '/shift resume reviews -n bookinfo --route primary',
    '/shift next next',
    '/shift abort reviews --route primary --reason "too slow"',
    '/shift finish reviews --cluster prod-eu',
    '/shift approve r-7F3K2M9P',
    '/shift reject r-7F3K2M9P --reason "not today"',
    '/shift withdraw r-7F3K2M9P',
    '/shift audit r-7F3K2M9P',
    '/shift why r-7F3K2M9P',
  ])('says %s as it was typed', (line) => {
    expect(formatCommand(read(line))).toBe(line);
  });

  it.each`
    typed                                          | line
    ${'promote reviews v3'}                        | ${'/shift promote reviews v3'}
    ${'set reviews v3 50%'}                        | ${'/shift reviews v3 50'}
    ${'bookinfo/reviews v3 50'}                    | ${'/shift reviews v3 50 -n bookinfo'}
    ${'shift shift v1=80 v3=20'}                   | ${'/shift shift v1=80 v3=20'}
    ${'reviews v3 50 --route "my rule"'}           | ${'/shift reviews v3 50 --route "my rule"'}
    ${'reviews v3 50 --reason \'say "hi"\''}       | ${'/shift reviews v3 50 --reason \'say "hi"\''}
    ${'reviews v3 50 --reason ‘say "it\'s"’'}      | ${'/shift reviews v3 50 --reason ‘say "it\'s"’'}
    ${'lock reviews "migrating ratings" for 120m'} | ${'/shift lock reviews for 2h --reason "migrating ratings"'}
    ${'lock bookinfo/reviews until fri 9:00'}      | ${'/shift lock reviews until friday 09:00 -n bookinfo'}
    ${'freeze `prod-*/Payments` for 2h “red”'}     | ${'/shift freeze prod-*/payments for 2h --reason "red"'}
    ${'/shift freeze **'}                          | ${'/shift freeze **'}
    ${'apply `bookinfo/All.yaml`'}                 | ${'/shift apply bookinfo/All.yaml'}
    ${'/shift DELETE bookinfo/All'}                | ${'/shift delete bookinfo/All'}
    ${'unpin Reviews end-user = Jason'}            | ${'/shift unpin reviews "end-user = Jason"'}
    ${'unpin bookinfo/reviews “x = y or a = b”'}   | ${'/shift unpin reviews "x = y or a = b" -n bookinfo'}
    ${'apply "--force"'}                           | ${'/shift apply "--force"'}
    ${'unpin reviews "—dry-run"'}                  | ${'/shift unpin reviews "—dry-run"'}
    ${'help "–n"'}                                 | ${'/shift help "–n"'}
    ${'reviews v3 10..100 by 40 every 300s'}       | ${'/shift reviews v3 10,50,90,100 every 5m'}
    ${'reviews v3 linear25every1m'}                | ${'/shift reviews v3 25,50,75,100 every 1m'}
    ${'reviews v3 canary10for5m'}                  | ${'/shift reviews v3 10,100 every 5m'}
    ${'reviews v3 50% --watch 20m'}                | ${'/shift reviews v3 50 for 20m'}
    ${'default/reviews.bookinfo v3 50'}            | ${'/shift default/reviews.bookinfo v3 50'}
  `('says $typed as $line', ({ typed, line }) => {
    expect(formatCommand(read(typed))).toBe(line);
    expect(read(line)).toEqual(read(typed));
  });

  it('says every command so that reading it gives the command again', () => {
    fc.assert(
      fc.property(aCommand, (command) => {
        expect(parseCommand(asSlackSends(formatCommand(command)))).toEqual(command);
      }),
      { numRuns: 1500 },
    );
  });

  it('says whatever was read so that it is read again', () => {
    const word = fc.oneof(
      fc.constantFrom(
        'set',
        'shift',
        'status',
        'rollback',
        'promote',
        'to',
        'history',
        'help',
        'reviews',
        'v3',
        '50',
        'v1=80',
      ),
      fc.constantFrom(
        'v3=20',
        'v1=100',
        'c-7f3k2m9p',
        'a.b',
        'x/a.b',
        'a.b.svc',
        'www.a.com',
        '-n',
        'x',
        '--route',
        '"a b"',
      ),
      fc.constantFrom('lock', 'unlock', 'freeze', 'thaw', 'for', '2h', 'until', 'friday', '18:00', 'prod-*/x', '**'),
      fc.constantFrom('approve', 'reject', 'withdraw', 'pending', 'c-7F3K2M9P'),
      fc.constantFrom('apply', 'delete', 'unpin', 'a/b.yaml', 'end-user=jason', '#1', '=', '..', '../x'),
      fc.constantFrom(
        '10,50',
        '10..100',
        '..',
        'by',
        '10',
        'every',
        '5m',
        'for',
        'ask',
        'careful',
        'ramp',
        'linear10every1m',
      ),
      fc.constantFrom(
        'pause',
        'resume',
        'next',
        'abort',
        'finish',
        'all',
        'x/all',
        'why',
        'audit',
        'r-7f3k2m9p',
        'text',
      ),
      fc.constantFrom(
        '--all-routes',
        '--anyway',
        '--watch 20m',
        '--no-guard',
        '--watch',
        'test',
        'ramp',
        'move',
        'noop',
        'dry-run',
      ),
      fc.constantFrom('\'say "a"\'', '--reason', 'a"b\'c’d', '--dry-run', '--cluster=arn:aws/x', '--cluster'),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (words) => {
        const command = parseCommand(words.join(' '));

        if (command.verb !== 'mistake') expect(parseCommand(formatCommand(command))).toEqual(command);
      }),
      { numRuns: 5000, examples: [[['a.b', '-n', 'withdraw', 'test', 'set']]] },
    );
  });
});

const aService = fc.record({
  service: aLabel,
  namespace: fc.option(fc.constantFrom('bookinfo', 'default'), { nil: undefined }),
  cluster: fc.option(fc.constantFrom('prod-eu', 'arn:aws:eks:eu-1:1:cluster/x', 'Two words', '-odd'), {
    nil: undefined,
  }),
});

const aReason = fc
  .string({
    unit: fc.constantFrom('a', 'Z', '9', ' ', "'", '"', '<', '>', '&', '=', '-', '`', 'é', '🌟'),
    minLength: 1,
  })
  .map((text) => text.trim().replaceAll(/ +/g, ' '))
  .filter((text) => text !== '' && !(text.includes('"') && text.includes("'")));

const anyOptions = fc.record({
  rule: fc.option(fc.constantFrom('primary', '#2', 'default', 'With "quotes"', '--odd'), { nil: undefined }),
  reason: fc.option(aReason, { nil: undefined }),
  dryRun: fc.boolean(),
});

const aWish = fc.oneof(
  fc.record({ kind: fc.constant('share' as const), version: aVersion, percent: aPercent }),
  fc.record({ kind: fc.constant('whole' as const), shares: aWhole }),
);

/** Services with names that are nearly commands, and that people put before a ramp. */
const awkwardServices = fc.constantFrom(
  'text',
  'about',
  'pages',
  'shift',
  'ramp',
  'all',
  'move',
  'next',
  'stop',
  'noop',
);
const aRampedService = fc.oneof(
  aService,
  fc.record({
    service: awkwardServices,
    namespace: fc.constantFrom(undefined, 'bookinfo'),
    cluster: fc.constant(undefined),
  }),
);

const aMovingCommand: fc.Arbitrary<MovingCommand> = fc.oneof(
  fc.record({
    verb: fc.constant('ramp' as const),
    service: aRampedService,
    version: fc.oneof(aVersion, fc.constantFrom('ramp', 'next', 'every', 'noop')),
    steps: fc.oneof(
      someSteps,
      fc.constantFrom('careful', 'v3', 'a-b-1', 'status', 'all').map((named) => ({ named })),
    ),
    options: fc.tuple(anyOptions, fc.boolean()).map(([options, noGuard]) => ({ ...options, noGuard })),
  }),
  fc.record({
    verb: fc.constant('ramp' as const),
    service: fc
      .tuple(aService, fc.constantFrom('eu,us', 'arn:aws:eks:eu-1:1:cluster/x,us'))
      .map(([service, cluster]) => ({
        ...service,
        cluster,
      })),
    version: aVersion,
    steps: fc.oneof(
      someSteps,
      aPercent.map((percent): RampSteps => [{ percent, stay: atOnce }]),
    ),
    options: anyOptions.map((options) => ({ ...options, noGuard: false })),
  }),
  fc.record({ verb: fc.constant('shift' as const), service: aService, wish: aWish, options: anyOptions }),
  fc.record({
    verb: fc.constant('rollback' as const),
    service: aService,
    backTo: fc.option(aChangeId, { nil: undefined }),
    options: anyOptions,
  }),
);

const anyRule = fc.constantFrom(undefined, 'primary', '#2');
/** A service called `all` is not typed without its namespace. */
const anyRamp = {
  service: aRampedService.filter(({ service, namespace }) => service !== 'all' || namespace !== undefined),
  rule: anyRule,
};
const aRampCommand: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    verb: fc.constantFrom('pause' as const, 'resume' as const, 'next' as const, 'finish' as const),
    ...anyRamp,
  }),
  fc.record({ verb: fc.constant('abort' as const), ...anyRamp, reason: fc.option(aReason, { nil: undefined }) }),
  fc.constant({ verb: 'pause-all' as const }),
  aRampId.map((id) => ({ verb: 'why-ramp' as const, id })),
);

const anEnd = fc.oneof(
  fc.record({ kind: fc.constant('for' as const), ms: fc.integer({ min: 1, max: 99_999 }).map((s) => s * 1000) }),
  fc.record(
    {
      kind: fc.constant('until' as const),
      day: fc.constantFrom('today', 'tomorrow', 'monday', 'friday', '2026-12-01', '2028-02-29'),
      time: fc.constantFrom('00:00', '09:05', '23:59'),
    },
    { requiredKeys: ['kind', 'time'] },
  ),
);
const aScope = fc.record({
  pattern: fc.constantFrom('prod-*', '**', 'payments', 'prod-eu/pay-*', '*/*', 'inc-42', 'f-7f3k9qxz'),
  cluster: fc.option(fc.constantFrom('prod-eu', 'Two words'), { nil: undefined }),
});
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const aHoldCommand: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ verb: fc.constant('lock' as const), service: aService, end: maybe(anEnd), reason: maybe(aReason) }),
  fc.record({ verb: fc.constant('unlock' as const), service: aService }),
  fc.record({ verb: fc.constant('freeze' as const), scope: aScope, end: maybe(anEnd), reason: maybe(aReason) }),
  fc.record({ verb: fc.constant('thaw' as const), scope: maybe(aScope) }),
);

const aPlace = fc.record({
  namespace: maybe(fc.constantFrom('bookinfo')),
  cluster: maybe(fc.constantFrom('prod-eu', 'Two words')),
});
const anEditCommand: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    verb: fc.constantFrom('apply' as const, 'delete' as const),
    file: fc.constantFrom('bookinfo/all-v1', 'A/b_c.d', 'x'),
    place: aPlace,
    reason: maybe(aReason),
    dryRun: fc.boolean(),
  }),
  fc.record({
    verb: fc.constant('unpin' as const),
    service: aService,
    rule: fc.constantFrom('end-user=Jason', '#1', 'path starts with /api', "it's = x", 'a = b or c ~ d.*'),
    reason: maybe(aReason),
    dryRun: fc.boolean(),
  }),
);

const aTopic: fc.Arbitrary<AuditTopic> = fc.oneof(
  fc.constant({ kind: 'everything' as const }),
  fc.record({ kind: fc.constant('service' as const), service: aService }),
  fc.record({ kind: fc.constant('person' as const), user: fc.stringMatching(/^[UW][A-Z0-9]{1,12}$/) }),
  fc.record({ kind: fc.constant('change' as const), id: aChangeId }),
  fc.record({ kind: fc.constant('ramp' as const), id: aRampId }),
);

const anyId = fc.oneof(aChangeId, aRampId);

const aCommand: fc.Arbitrary<Command> = fc.oneof(
  aHoldCommand,
  aRampCommand,
  anEditCommand,
  aMovingCommand,
  fc.record({ verb: fc.constant('why' as const), command: aMovingCommand }),
  fc.record({ verb: fc.constant('history' as const), service: aService }),
  fc.integer({ min: 1, max: 99 }).map((step) => ({ verb: 'tour' as const, step })),
  aTopic.map((about) => ({ verb: 'audit' as const, about })),
  aService.map((service) => ({ verb: 'status' as const, ...service })),
  fc.record({ verb: fc.constantFrom('approve' as const, 'withdraw' as const), id: anyId }),
  fc.record({ verb: fc.constant('reject' as const), id: anyId, reason: fc.option(aReason, { nil: undefined }) }),
  fc.constant({ verb: 'pending' as const }),
  fc.record({ verb: fc.constant('help' as const), topic: fc.option(aLabel, { nil: undefined }) }),
);

function read(line: string): Command {
  const command = parseCommand(line.replace(/^\/shift /, ''));
  if (command.verb === 'mistake') throw new Error(`${line}: ${command.wrong}`);
  return command;
}

/** The text of a slash command, in which Slack escapes three characters. */
function asSlackSends(line: string): string {
  return line
    .replace(/^\/shift ?/, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
