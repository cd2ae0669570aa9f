import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../../src/domain/language/command.ts';
import type { Mistake } from '../../../src/domain/language/mistake.ts';
import { parseCommand } from '../../../src/domain/language/parse-command.ts';
import { formatSteps } from '../../../src/domain/ramp/steps.ts';
import { anyText } from '../../support/arbitraries.ts';
import { processorMs } from '../../support/processor-time.ts';

describe('what is accepted', () => {
  it.each`
    typed                                            | service              | wish
    ${'reviews v3 50'}                               | ${'reviews'}         | ${share('v3', 50)}
    ${'reviews v3 50 %'}                             | ${'reviews'}         | ${share('v3', 50)}
    ${'reviews v3 50%'}                              | ${'reviews'}         | ${share('v3', 50)}
    ${'reviews v3 0'}                                | ${'reviews'}         | ${share('v3', 0)}
    ${'reviews v3 100'}                              | ${'reviews'}         | ${share('v3', 100)}
    ${'  Reviews \t V3\n 50 '}                       | ${'reviews'}         | ${share('v3', 50)}
    ${'shift reviews v3 50'}                         | ${'reviews'}         | ${share('v3', 50)}
    ${'/shift reviews v3 50'}                        | ${'reviews'}         | ${share('v3', 50)}
    ${'`/shift reviews v3 50`'}                      | ${'reviews'}         | ${share('v3', 50)}
    ${'*reviews* `v3` 50,'}                          | ${'reviews'}         | ${share('v3', 50)}
    ${'“reviews” v3 50'}                             | ${'reviews'}         | ${share('v3', 50)}
    ${'re\u200Bviews\u00A0v3 50\u200E'}              | ${'reviews'}         | ${share('v3', 50)}
    ${'reviews v1=80 v3=20'}                         | ${'reviews'}         | ${whole({ v1: 80, v3: 20 })}
    ${'reviews v1=80, v3=20'}                        | ${'reviews'}         | ${whole({ v1: 80, v3: 20 })}
    ${'reviews v1=80,v3=20'}                         | ${'reviews'}         | ${whole({ v1: 80, v3: 20 })}
    ${'reviews v1=80%,,v3=20%'}                      | ${'reviews'}         | ${whole({ v1: 80, v3: 20 })}
    ${'reviews v3=100'}                              | ${'reviews'}         | ${whole({ v3: 100 })}
    ${'reviews v1=0 v2=0 v3=100'}                    | ${'reviews'}         | ${whole({ v1: 0, v2: 0, v3: 100 })}
    ${'reviews 1=40 2=60'}                           | ${'reviews'}         | ${whole({ 1: 40, 2: 60 })}
    ${'reviews 2 60'}                                | ${'reviews'}         | ${share('2', 60)}
    ${'reviews constructor=40 v1=60'}                | ${'reviews'}         | ${whole({ constructor: 40, v1: 60 })}
    ${'constructor constructor 40'}                  | ${'constructor'}     | ${share('constructor', 40)}
    ${'reviews reviews.default.svc.cluster.local 9'} | ${'reviews'}         | ${share('reviews.default.svc.cluster.local', 9)}
    ${'www.example.com v3 50'}                       | ${'www.example.com'} | ${share('v3', 50)}
    ${'promote reviews v3'}                          | ${'reviews'}         | ${share('v3', 100)}
    ${'promote status help'}                         | ${'status'}          | ${share('help', 100)}
    ${'set reviews v3 50'}                           | ${'reviews'}         | ${share('v3', 50)}
    ${'set status v3 50'}                            | ${'status'}          | ${share('v3', 50)}
    ${'set set v1=80 v3=20'}                         | ${'set'}             | ${whole({ v1: 80, v3: 20 })}
    ${'set shift v1=80 v3=20'}                       | ${'shift'}           | ${whole({ v1: 80, v3: 20 })}
    ${'shift v3 50'}                                 | ${'shift'}           | ${share('v3', 50)}
    ${'shift v1=80 v3=20'}                           | ${'shift'}           | ${whole({ v1: 80, v3: 20 })}
    ${'statu v3 50'}                                 | ${'statu'}           | ${share('v3', 50)}
  `('reads $typed as a shift of $service', ({ typed, service, wish }) => {
    expect(parseCommand(typed)).toEqual({
      verb: 'shift',
      service: { service, namespace: undefined, cluster: undefined },
      ...(typed.startsWith('promote') && { promotes: true }),
      wish,
      options: { rule: undefined, reason: undefined, dryRun: false },
    });
  });

  it.each`
    typed                                                 | place
    ${'bookinfo/reviews v3 50'}                           | ${{ namespace: 'bookinfo' }}
    ${'reviews.bookinfo v3 50'}                           | ${{ namespace: 'bookinfo' }}
    ${'reviews.bookinfo.svc.cluster.local v3 50'}         | ${{ namespace: 'bookinfo' }}
    ${'<http://reviews.bookinfo|reviews.bookinfo> v3 50'} | ${{ namespace: 'bookinfo' }}
    ${'reviews v3 50 -n bookinfo'}                        | ${{ namespace: 'bookinfo' }}
    ${'-n=bookinfo reviews v3 50'}                        | ${{ namespace: 'bookinfo' }}
    ${'reviews --namespace Bookinfo v3 50'}               | ${{ namespace: 'bookinfo' }}
    ${'reviews v3 50 –n bookinfo'}                        | ${{ namespace: 'bookinfo' }}
    ${'example.com v3 50'}                                | ${{ service: 'example', namespace: 'com', host: 'example.com' }}
    ${'example.com v3 50 -n shop'}                        | ${{ service: 'example.com', namespace: 'shop' }}
    ${'reviews.far.svc.cluster.local v3 50 -n shop'}      | ${{ service: 'reviews.far.svc.cluster.local', namespace: 'shop' }}
    ${'reviews v3 50 --all-routes'}                       | ${{ service: 'reviews' }}
    ${'vs/edge v3 50 -n shop'}                            | ${{ service: 'vs/edge', namespace: 'shop' }}
    ${'VirtualService/edge v3 50'}                        | ${{ service: 'vs/edge', namespace: undefined }}
    ${'httproute/edge v3 50'}                             | ${{ service: 'httproute/edge', namespace: undefined }}
    ${'bookinfo/reviews v3 50 -n bookinfo'}               | ${{ namespace: 'bookinfo' }}
    ${'reviews v3 50 -n bookinfo --namespace Bookinfo'}   | ${{ namespace: 'bookinfo' }}
    ${'reviews v3 50 --cluster eu --cluster eu'}          | ${{ cluster: 'eu' }}
    ${'reviews v3 50 --cluster Prod_EU'}                  | ${{ cluster: 'Prod_EU' }}
    ${'reviews v3 50 --cluster "two words"'}              | ${{ cluster: 'two words' }}
  `('finds the place in $typed', ({ typed, place }) => {
    expect(parseCommand(typed)).toMatchObject({
      verb: 'shift',
      service: { service: 'reviews', ...place },
      wish: share('v3', 50),
    });
  });

  it.each`
    typed                                              | options
    ${'reviews v3 50 --dry-run'}                       | ${{ dryRun: true }}
    ${'—dry-run reviews v3 50'}                        | ${{ dryRun: true }}
    ${'reviews —DRY-RUN v3 50'}                        | ${{ dryRun: true }}
    ${'reviews v3 50 --reason "red stars"'}            | ${{ reason: 'red stars' }}
    ${'reviews v3 50 —reason “red stars”'}             | ${{ reason: 'red stars' }}
    ${"--reason='red stars' reviews v3 50"}            | ${{ reason: 'red stars' }}
    ${'reviews v3 50 --reason "it\'s --dry-run"'}      | ${{ reason: "it's --dry-run", dryRun: false }}
    ${'reviews v3 50 --reason "--dry-run"'}            | ${{ reason: '--dry-run', dryRun: false }}
    ${'reviews v3 50 --reason "<!channel> <@U1|ana>"'} | ${{ reason: '!channel @ana' }}
    ${'reviews v3 50 --reason "a &lt; b &amp; c"'}     | ${{ reason: 'a < b & c' }}
    ${'reviews v3 50 --reason -1'}                     | ${{ reason: '-1' }}
    ${`reviews v3 50 --reason ${'🌟'.repeat(301)}`}    | ${{ reason: `${'🌟'.repeat(300)}… +1` }}
    ${'reviews v3 50 --route Primary'}                 | ${{ rule: 'Primary' }}
    ${'reviews v3 50 --route "#2"'}                    | ${{ rule: '#2' }}
    ${'--dry-run reviews v3 50 --dry-run'}             | ${{ dryRun: true }}
    ${'reviews v3 50 --route a --route a'}             | ${{ rule: 'a' }}
    ${'reviews v3 50 --reason a --reason "a"'}         | ${{ reason: 'a' }}
  `('finds the flags in $typed', ({ typed, options }) => {
    expect(parseCommand(typed)).toMatchObject({ verb: 'shift', wish: share('v3', 50), options });
  });

  it.each`
    typed                                | command
    ${''}                                | ${{ verb: 'help', topic: undefined }}
    ${' \u200B '}                        | ${{ verb: 'help', topic: undefined }}
    ${'/shift'}                          | ${{ verb: 'help', topic: undefined }}
    ${'help'}                            | ${{ verb: 'help', topic: undefined }}
    ${'help constructor'}                | ${{ verb: 'help', topic: 'constructor' }}
    ${'status'}                          | ${{ verb: 'status', service: undefined }}
    ${'status -n bookinfo'}              | ${{ verb: 'status', service: undefined, namespace: 'bookinfo' }}
    ${'status reviews'}                  | ${{ verb: 'status', service: 'reviews' }}
    ${'status status'}                   | ${{ verb: 'status', service: 'status' }}
    ${'history bookinfo/reviews'}        | ${{ verb: 'history', service: { service: 'reviews', namespace: 'bookinfo' } }}
    ${'audit'}                           | ${{ verb: 'audit', about: { kind: 'everything' } }}
    ${'audit bookinfo/reviews'}          | ${{ verb: 'audit', about: { kind: 'service', service: { service: 'reviews', namespace: 'bookinfo' } } }}
    ${'audit <@U01ALICE|ana>'}           | ${{ verb: 'audit', about: { kind: 'person', user: 'U01ALICE' } }}
    ${'/shift AUDIT <@W01ALICE>'}        | ${{ verb: 'audit', about: { kind: 'person', user: 'W01ALICE' } }}
    ${'tour'}                            | ${{ verb: 'tour', step: 1 }}
    ${'tour 3'}                          | ${{ verb: 'tour', step: 3 }}
    ${'audit c-7f3k9qxz'}                | ${{ verb: 'audit', about: { kind: 'change', id: 'c-7F3K9QXZ' } }}
    ${'history history'}                 | ${{ verb: 'history', service: { service: 'history' } }}
    ${'why reviews v3 50'}               | ${{ verb: 'why', command: { verb: 'shift', service: { service: 'reviews' }, wish: share('v3', 50) } }}
    ${'/shift why reviews v1=80 v3=20'}  | ${{ verb: 'why', command: { verb: 'shift', wish: whole({ v1: 80, v3: 20 }) } }}
    ${'why set status v3 50 -n b'}       | ${{ verb: 'why', command: { verb: 'shift', service: { service: 'status', namespace: 'b' } } }}
    ${'why promote reviews v3'}          | ${{ verb: 'why', command: { verb: 'shift', wish: share('v3', 100) } }}
    ${'why rollback reviews'}            | ${{ verb: 'why', command: { verb: 'rollback', service: { service: 'reviews' } } }}
    ${'why rollback why to c-7F3K2M9P'}  | ${{ verb: 'why', command: { verb: 'rollback', service: { service: 'why' }, backTo: 'c-7F3K2M9P' } }}
    ${'why set why v3 50'}               | ${{ verb: 'why', command: { verb: 'shift', service: { service: 'why' } } }}
    ${'set why v3 50'}                   | ${{ verb: 'shift', service: { service: 'why' } }}
    ${'status why'}                      | ${{ verb: 'status', service: 'why' }}
    ${'pending'}                         | ${{ verb: 'pending' }}
    ${'approve c-7f3k2m9p'}              | ${{ verb: 'approve', id: 'c-7F3K2M9P' }}
    ${'Approve `C-7f3kOiL9`'}            | ${{ verb: 'approve', id: 'c-7F3K0119' }}
    ${'withdraw c-7F3K2M9P'}             | ${{ verb: 'withdraw', id: 'c-7F3K2M9P' }}
    ${'reject c-7F3K2M9P'}               | ${{ verb: 'reject', id: 'c-7F3K2M9P', reason: undefined }}
    ${'reject c-7F3K2M9P --reason “no”'} | ${{ verb: 'reject', id: 'c-7F3K2M9P', reason: 'no' }}
    ${'set approve v3 50'}               | ${{ verb: 'shift', service: { service: 'approve' } }}
    ${'rollback reviews'}                | ${{ verb: 'rollback', service: { service: 'reviews' }, backTo: undefined }}
    ${'rollback reviews to c-7F3K2M9P'}  | ${{ verb: 'rollback', backTo: 'c-7F3K2M9P' }}
    ${'Rollback Reviews to C-7f3kOiL9'}  | ${{ verb: 'rollback', backTo: 'c-7F3K0119' }}
    ${'rollback to to c-7F3K2M9P'}       | ${{ verb: 'rollback', service: { service: 'to' }, backTo: 'c-7F3K2M9P' }}
    ${'lock reviews "a" --reason a'}     | ${{ verb: 'lock', service: { service: 'reviews' }, reason: 'a' }}
    ${'rollback rollback --dry-run'}     | ${{ verb: 'rollback', service: { service: 'rollback' }, options: { dryRun: true } }}
  `('reads $typed', ({ typed, command }) => {
    expect(parseCommand(typed)).toMatchObject(command);
  });
});

describe('what is accepted of ramps', () => {
  it.each`
    typed                                      | version    | steps
    ${'reviews v3 10,25,50,100 every 5m'}      | ${'v3'}    | ${'10,25,50,100 every 5m'}
    ${'reviews v3 10, 25, 50, 100 every 5m'}   | ${'v3'}    | ${'10,25,50,100 every 5m'}
    ${'/shift Reviews `v3` 10 , 50 EVERY 5m,'} | ${'v3'}    | ${'10,50 every 5m'}
    ${'reviews v3 “10, 50 every 5m”'}          | ${'v3'}    | ${'10,50 every 5m'}
    ${'reviews v3 10%, 50 % every 5m'}         | ${'v3'}    | ${'10,50 every 5m'}
    ${'reviews v3 10..100 by 45 every 5m'}     | ${'v3'}    | ${'10,55,100 every 5m'}
    ${'reviews v3 10 .. 100 by 45 every 5m'}   | ${'v3'}    | ${'10,55,100 every 5m'}
    ${'reviews v3 10 for 30m, 50 ask, 100'}    | ${'v3'}    | ${'10 for 30m, 50 ask, 100 for 30m'}
    ${'reviews v3 linear50every1m'}            | ${'v3'}    | ${'50,100 every 1m'}
    ${'reviews v3 Canary10Percent5Minutes'}    | ${'v3'}    | ${'10,100 every 5m'}
    ${'reviews v3 50 --watch 20m'}             | ${'v3'}    | ${'50 for 20m'}
    ${'--watch=20M reviews v3 50%'}            | ${'v3'}    | ${'50 for 20m'}
    ${'reviews v3 50 for 20m'}                 | ${'v3'}    | ${'50 for 20m'}
    ${'shift reviews v3 10,50 every 5m'}       | ${'v3'}    | ${'10,50 every 5m'}
    ${'set reviews v3 10,50 every 5m'}         | ${'v3'}    | ${'10,50 every 5m'}
    ${'reviews 50 10,25 every 5m'}             | ${'50'}    | ${'10,25 every 5m'}
    ${'reviews 1 10 for 5m, 100 for 1h'}       | ${'1'}     | ${'10 for 5m, 100 for 1h'}
    ${'reviews every 10,25 every 5m'}          | ${'every'} | ${'10,25 every 5m'}
    ${'reviews v3 careful'}                    | ${'v3'}    | ${'careful'}
    ${'reviews v3 Careful'}                    | ${'v3'}    | ${'careful'}
    ${'reviews v3 fifty'}                      | ${'v3'}    | ${'fifty'}
    ${'reviews v3 ramp careful'}               | ${'v3'}    | ${'careful'}
    ${'reviews 50 ramp careful'}               | ${'50'}    | ${'careful'}
    ${'shift reviews v3 careful'}              | ${'v3'}    | ${'careful'}
  `('reads $typed as a ramp to $version: $steps', ({ typed, version, steps }) => {
    const command = parseCommand(typed);

    expect(command).toMatchObject({ verb: 'ramp', service: { service: 'reviews' }, version });
    expect(command.verb === 'ramp' && stepsText(command.steps)).toBe(steps);
    expect(parseCommand(`why ${typed.replace(/^\/shift /, '')}`)).toMatchObject({ verb: 'why', command });
  });

  it.each`
    typed                                                         | service      | options
    ${'reviews v3 10,50 every 5m'}                                | ${'reviews'} | ${{ dryRun: false, noGuard: false }}
    ${'reviews v3 10,50 every 5m --no-guard --dry-run --route x'} | ${'reviews'} | ${{ dryRun: true, noGuard: true, rule: 'x' }}
    ${'reviews v3 10,50 every 5m --all-routes'}                   | ${'reviews'} | ${{ allRules: true, noGuard: false }}
    ${'reviews v3 50 --all-routes --cluster eu,us'}               | ${'reviews'} | ${{ allRules: true, noGuard: false }}
    ${'-n shop reviews v3 --reason "a b" careful —no-guard'}      | ${'reviews'} | ${{ noGuard: true, reason: 'a b' }}
    ${'reviews v3 50 --watch 20m --watch 20m'}                    | ${'reviews'} | ${{ noGuard: false }}
    ${'set next v3 10,50 every 5m'}                               | ${'next'}    | ${{}}
    ${'set text v3 careful'}                                      | ${'text'}    | ${{}}
    ${'statu v3 10,50 every 5m'}                                  | ${'statu'}   | ${{}}
    ${'shift v3 10,50 every 5m'}                                  | ${'shift'}   | ${{}}
    ${'shift v3 10 for 30m, 50 ask, 100'}                         | ${'shift'}   | ${{}}
    ${'move v3 10,50 every 5m'}                                   | ${'move'}    | ${{}}
  `('finds service and flags in $typed', ({ typed, service, options }) => {
    expect(parseCommand(typed)).toMatchObject({ verb: 'ramp', service: { service }, version: 'v3', options });
  });

  it.each`
    typed                                        | command
    ${'pause reviews'}                           | ${{ verb: 'pause', service: { service: 'reviews' } }}
    ${'resume bookinfo/reviews --route primary'} | ${{ verb: 'resume', service: { namespace: 'bookinfo' }, rule: 'primary' }}
    ${'Next Reviews'}                            | ${{ verb: 'next', service: { service: 'reviews' } }}
    ${'next next'}                               | ${{ verb: 'next', service: { service: 'next' } }}
    ${'next reviews --cluster eu,us'}            | ${{ verb: 'next', service: { cluster: 'eu,us' } }}
    ${'finish reviews -n shop --cluster eu'}     | ${{ verb: 'finish', service: { namespace: 'shop', cluster: 'eu' } }}
    ${'abort reviews'}                           | ${{ verb: 'abort', service: { service: 'reviews' }, reason: undefined }}
    ${'abort reviews --reason "too slow"'}       | ${{ verb: 'abort', reason: 'too slow' }}
    ${'pause all'}                               | ${{ verb: 'pause-all' }}
    ${'/shift Pause `ALL`'}                      | ${{ verb: 'pause-all' }}
    ${'pause shop/all'}                          | ${{ verb: 'pause', service: { service: 'all', namespace: 'shop' } }}
    ${'approve r-7f3kOiL9'}                      | ${{ verb: 'approve', id: 'r-7F3K0119' }}
    ${'reject R-7F3K2M9P --reason no'}           | ${{ verb: 'reject', id: 'r-7F3K2M9P', reason: 'no' }}
    ${'withdraw r-7f3k2m9p'}                     | ${{ verb: 'withdraw', id: 'r-7F3K2M9P' }}
    ${'audit r-7f3k2m9p'}                        | ${{ verb: 'audit', about: { kind: 'ramp', id: 'r-7F3K2M9P' } }}
    ${'why r-7f3k2m9p'}                          | ${{ verb: 'why-ramp', id: 'r-7F3K2M9P' }}
    ${'why r-7f3k2m9p v3 50'}                    | ${{ verb: 'why', command: { service: { service: 'r-7f3k2m9p' } } }}
  `('reads $typed', ({ typed, command }) => {
    expect(parseCommand(typed)).toMatchObject(command);
  });
});

/** What was typed; words that must stand in what is wrong; what must stand in what to type next. */
const mistakes: readonly (readonly [typed: string, wrong: string, next: string])[] = [
  // decisions
  ['approve', 'names a change', '`/shift approve c-7F3K9QXZ`'],
  ['approve reviews', 'is not the id of a change', '`/shift pending`'],
  ['approve c-7F3K2M9P now', '`now` is more than I understand', '`/shift approve c-7F3K2M9P`'],
  ['approve c-7F3K2M9P --dry-run', 'no dry run', '`/shift pending`'],
  ['approve c-7F3K2M9P --reason ok', 'Only a rejection says why', '`/shift approve c-7F3K2M9P`'],
  ['withdraw c-7F3K2M9P --dry-run', 'no dry run', '`/shift pending`'],
  ['reject c-7F3K2M9P not today', 'more than I understand', '`/shift reject c-7F3K2M9P --reason "not today"`'],
  ['reject c-7F3K2M9P now --reason x', 'more than I understand', '`/shift reject c-7F3K2M9P --reason "x"`'],
  ['pending reviews', 'more than I understand', '`/shift pending`'],
  ['aprove c-7F3K2M9P', "I don't know `aprove`", '`/shift approve c-7f3k2m9p`'],
  ['approve v3 50', 'is a command', '`/shift set approve v3 50`'],
  ['why approve c-7F3K2M9P', 'only asked about what moves traffic', '`/shift why reviews v3 50`'],
  // what policy is asked about
  ['why', 'Why what?', '`/shift why reviews v3 50`'],
  ['why status', 'only asked about what moves traffic', '`/shift why reviews v3 50`'],
  ['why why reviews v3 50', 'only asked about what moves traffic', '`/shift why reviews v3 50`'],
  ['why help', 'only asked about what moves traffic', '`/shift why reviews v3 50`'],
  ['why reviews v3', 'How much should `v3`', '`/shift why reviews v3 50`'],
  ['why rolback reviews', "I don't know `rolback`", '`/shift why rollback reviews`'],
  ['why reviews v3 50 -n b x', 'is more than I understand', '`/shift why reviews v3 50 -n b`'],
  ['why v3 50', '`why` is a command', '`/shift set why v3 50`'],
  ['why v1=80 v3=20', '`why` is a command', '`/shift set why v1=80 v3=20`'],
  // locks and freezes
  ['lock', 'A lock is about one service', '`/shift lock reviews for 2h`'],
  ['lock for 2h', 'A lock is about one service', '`/shift lock reviews for 2h`'],
  ['lock reviews for', '`for` does not say when', '`until friday 18:00`'],
  ['lock reviews for 2 hours', '`for 2 hours` does not say when', '`for 2h`'],
  ['lock reviews until friday', '`until friday` does not say when', '`until friday 18:00`'],
  ['lock reviews until 18', '`until 18` does not say when', '`until 18:00`'],
  [
    'lock reviews migrating ratings for 2h',
    'A reason needs quotes',
    '`/shift lock reviews for 2h --reason "migrating ratings"`',
  ],
  ['lock reviews "a" "b"', 'several reasons', 'one pair of quotes'],
  ['lock reviews "a" --reason b', 'several reasons', 'one pair of quotes'],
  ['lock v3 50', '`lock` is a command', '`/shift set lock v3 50`'],
  ['unlock', 'Which lock', '`/shift unlock reviews`'],
  ['unlock reviews now', '`now` is more', '`/shift unlock reviews`'],
  ['freeze', 'What is to be frozen', '`/shift freeze prod-*/payments for 2h`'],
  ['freeze a/b/c/d', 'does not name what to freeze', '`/shift freeze prod-*/payments for 2h`'],
  ['freeze payments -n x', '`-n x` is not understood', '`prod-eu/payments`'],
  ['freeze prod incident forty-two', 'A reason needs quotes', '`/shift freeze prod --reason "incident forty-two"`'],
  ['thaw a b', '`b` is more', '`/shift thaw a`'],
  // what is missing
  ['reviews', 'How much of `reviews`', '`/shift reviews v3 50`'],
  ['set', 'Nothing is named', '`/shift reviews v3 50`'],
  ['set status', 'How much of `status`', '`/shift set status v3 50`'],
  ['reviews v3', 'How much should `v3` of `reviews`', '`/shift reviews v3 50`'],
  ['set status v3', 'How much should `v3` of `status`', '`/shift set status v3 50`'],
  ['reviews 50', '50 % for which version', '`/shift reviews v3 50`'],
  ['reviews 50%', '50 % for which version', '`/shift reviews v3 50%`'],
  ['promote', 'a service and a version', '`/shift promote reviews v3`'],
  ['promote ratings', 'a service and a version', '`/shift promote ratings v3`'],
  ['rollback', 'names a service', '`/shift rollback reviews`'],
  ['history', 'about one service', '`/shift history reviews`'],
  ['reviews v3 50 -n', '`-n` needs a value', '`-n bookinfo`'],
  ['reviews v3 50 --reason', '`--reason` needs a value', '`--reason "red stars"`'],
  ['reviews v3 50 --reason ""', '`--reason` needs a value', '`--reason "red stars"`'],
  ['reviews v3 50 --cluster --dry-run', '`--cluster` needs a value', '`--cluster prod-eu`'],
  ['reviews v3 50 --route=', '`--route` needs a value', '`--route default`'],
  // what is too much, or in another order
  ['reviews 50 v3', 'before the version', '`/shift reviews v3 50`'],
  ['set status 50 v3', 'before the version', '`/shift set status v3 50`'],
  ['reviews v3 50 now please', '`now please` is more', '`/shift reviews v3 50`'],
  ['reviews v3 to 50', '`to` is more', '`/shift reviews v3 50`'],
  ['reviews v1 80 v3 20', 'typed with `=`', '`/shift reviews v1=80 v3=20`'],
  ['reviews v1 80 v3 30', '80 + 30 is 110', '`/shift reviews v1=80 v3=20`'],
  ['promote reviews v3 50', '`50` is more', '`/shift promote reviews v3`'],
  ['status reviews ratings', '`ratings` is more', '`/shift status reviews`'],
  ['history reviews v3', '`v3` is more', '`/shift history reviews`'],
  ['history " reviews " v3', '`v3` is more', '`/shift history reviews`'],
  ['help shift me', '`me` is more', '`/shift help'],
  // words that are no command
  ['stats reviews', "don't know `stats`", '`/shift status reviews`'],
  ['rolback reviews', "don't know `rolback`", '`/shift rollback reviews`'],
  ['rolback reviews to c-12', "don't know `rolback`", '`/shift help rollback`'],
  ['tour three', '`three` is no step', '`/shift tour 3`'],
  ['tour 3 now', '`now` is more', '`/shift tour`'],
  ['audit @ana', '`@ana` is', 'Pick the person from the list'],
  ['audit @ana reviews', '`reviews` is more', '`/shift help`'],
  ['audit reviews v1', '`v1` is more', '`/shift audit reviews`'],
  ['adit reviews', "don't know `adit`", '`/shift audit reviews`'],
  ['histroy reviews', "don't know `histroy`", '`/shift history reviews`'],
  ['promot', "don't know `promot`", '`/shift help promote`'],
  ['move reviews v3 50', "don't know `move`", '`/shift reviews v3 50`'],
  ['shfit reviews v3 50', "don't know `shfit`", '`/shift reviews v3 50`'],
  ['status v3 50', '`status` is a command', '`/shift set status v3 50`'],
  ['help v1=80 v3=20', '`help` is a command', '`/shift set help v1=80 v3=20`'],
  ['status reviews v3 50', '`status` is a command', '`/shift reviews v3 50`'],
  ['rollback reviews v1=100', '`rollback` is a command', '`/shift reviews v1=100`'],
  // changes
  ['rollback reviews c-7f3k2m9p', 'after `to`', '`/shift rollback reviews to c-7F3K2M9P`'],
  ['rollback reviews to c-7f3k', '`to c-7f3k` does not name', '`/shift history reviews`'],
  ['rollback reviews to v1', '`to v1` does not name', '`/shift rollback reviews`'],
  ['rollback reviews to', '`to` does not name', '`/shift rollback reviews`'],
  ['rollback reviews to c-7F3K2M9P now', 'does not name', '`/shift rollback reviews`'],
  // sums
  ['reviews v3=50', '50 is 50, not 100', '`/shift reviews v3 50`'],
  ['reviews v1=50 v3=20', '50 + 20 is 70, not 100', '`/shift reviews v1=50 v3=50`'],
  ['reviews v1=60 v3=60', '60 + 60 is 120, not 100', '`/shift reviews v1=60 v3=40`'],
  ['reviews v1=100 v2=50 v3=1', '151, not 100', '`/shift reviews v1=66 v2=33 v3=1`'],
  ['set status v1=50 v3=20', '70, not 100', '`/shift set status v1=50 v3=50`'],
  ['reviews v1=0 v2=0', '0 + 0 is 0', '`/shift reviews v1=0 v2=100`'],
  // pairs
  ['reviews v1=50 v1=50', '`v1` is given twice', '`/shift reviews v1=80 v3=20`'],
  ['reviews v1 v3=50', '`v1` is not a version and its percentage', '`/shift reviews v1=80 v3=20`'],
  ['reviews v1= v3=100', '`v1=` is not', '`/shift reviews v1=80 v3=20`'],
  ['reviews =50 v3=50', '`=50` is not', '`/shift reviews v1=80 v3=20`'],
  ['reviews v1=50=50', '`v1=50=50` is not', '`/shift reviews v1=80 v3=20`'],
  ['reviews v1 = 70 v3 = 30', '`v1 = 70 v3 = 30` is not', '`/shift reviews v1=70 v3=30`'],
  ['reviews v1= 70, v3 =30', '`v1= 70 v3 =30` is not', '`/shift reviews v1=70 v3=30`'],
  ['reviews v1:70 v3:30', '`v1:70 v3:30` is not', '`/shift reviews v1=70 v3=30`'],
  ['reviews v1: 70%, v3: 30%', '`v1: 70% v3: 30%` is not', '`/shift reviews v1=70% v3=30%`'],
  ['reviews v3:50', '`v3:50` is not how', '`/shift reviews v3 50`'],
  ['reviews 50 % to v3', '`50% to v3` is not', '`/shift reviews v3 50%`'],
  ['set status 50% to v3 --dry-run', '`50% to v3` is not', '`/shift set status v3 50% --dry-run`'],
  ['reviews v1=50,5 v3=49,5', '`5` is not', '`/shift reviews v1=80 v3=20`'],
  // names
  ['rеviews v3 50', '`rеviews` (with U+0435)', 'lower-case letters'],
  ['reviews vЗ 50', '`vз` (with U+0437)', '`v3`'],
  ['reviews ж', '`ж` (with U+0436)', '`v3`'],
  ['re\u202Eviews v3 50', 'U+202E', 'lower-case letters'],
  ['reviews\0 v3 50', 'U+0000', 'lower-case letters'],
  ['revie\uD83Dws v3 50', 'U+D83D', 'lower-case letters'],
  ['cafe\u0301 v3 50', 'U+0301', 'lower-case letters'],
  ['🌟 v3 50', 'U+1F31F', 'lower-case letters'],
  ['<!channel> v3 50', '`!channel` cannot be', 'lower-case letters'],
  ['<@U1|ana> v3 50', '`@ana` cannot be', 'lower-case letters'],
  ['<#C1|general> v3 50', '`#general` cannot be', 'lower-case letters'],
  ['&lt;@U1&gt; v3 50', '`<@u1>` cannot be', 'lower-case letters'],
  ['__proto__ v3 50', '`__proto__` cannot be', 'lower-case letters'],
  ['reviews __proto__=100', '`__proto__` cannot be', '`v3`'],
  ['a/b/c v3 50', '`a/b/c` cannot be', '`bookinfo/reviews`'],
  ['/reviews v3 50', '`/reviews` cannot be', '`bookinfo/reviews`'],
  ['-n bookinfo default/reviews v3 50', 'two namespaces', 'one of them'],
  ['reviews v3 50 -n Книга', '`Книга` (with U+041A', '`-n bookinfo`'],
  ['reviews v3 50 -n a_b', '`a_b` cannot be a namespace', '`-n bookinfo`'],
  // flags and quotes
  ['reviews v3 50 --dryrun', '`--dryrun`', '`--dry-run`'],
  ['reviews v3 50 --resaon x', '`--resaon`', '`--reason`'],
  // a dry run, asked for in other words
  ['dry v2 50 -n r23 dry-run', 'asked for with `--dry-run`', '`/shift dry v2 50 -n r23 --dry-run`'],
  ['dry v2 50 -n r23 -- dry-run', 'asked for with `--dry-run`', '`/shift dry v2 50 -n r23 --dry-run`'],
  ['dry v2 50 -n r23 — dry-run', 'asked for with `--dry-run`', '`/shift dry v2 50 -n r23 --dry-run`'],
  ['dry-run dry v2 50 -n r23', 'asked for with `--dry-run`', '`/shift dry v2 50 -n r23 --dry-run`'],
  ['dry v2 50 -n r23 (dry run)', 'asked for with `--dry-run`', '`/shift dry v2 50 -n r23 --dry-run`'],
  ['reviews v3 50 [DRY_RUN]', 'asked for with `--dry-run`', '`/shift reviews v3 50 --dry-run`'],
  ['reviews v3 50 “dry run”', 'asked for with `--dry-run`', '`/shift reviews v3 50 --dry-run`'],
  ['reviews v3 50 ‑‑dry‑run', 'asked for with `--dry-run`', '`/shift reviews v3 50 --dry-run`'],
  ['reviews v3 50 −−dry−run', 'asked for with `--dry-run`', '`/shift reviews v3 50 --dry-run`'],
  ['noop reviews v3 50', 'asked for with `--dry-run`', '`/shift reviews v3 50 --dry-run`'],
  ['.noop reviews v1=80 v3=20', 'asked for with `--dry-run`', '`/shift reviews v1=80 v3=20 --dry-run`'],
  ['reviews v3 50 no-op', 'asked for with `--dry-run`', '`/shift reviews v3 50 --dry-run`'],
  ['reviews v3 50 dry-run=true', 'asked for with `--dry-run`', '`/shift reviews v3 50 --dry-run`'],
  ['promote reviews v3 dryrun', 'asked for with `--dry-run`', '`/shift promote reviews v3 --dry-run`'],
  ['rollback reviews dry-run', 'asked for with `--dry-run`', '`/shift rollback reviews --dry-run`'],
  ['rollback reviews to c-7F3K2M9P noop', 'asked for', '`/shift rollback reviews to c-7f3k2m9p --dry-run`'],
  ['dry-run rollback reviews', 'asked for with `--dry-run`', '`/shift rollback reviews --dry-run`'],
  ['noop rollback reviews -n shop', 'asked for', '`/shift rollback reviews -n shop --dry-run`'],
  ['apply Bookinfo/All (dry run)', 'asked for with `--dry-run`', '`/shift apply Bookinfo/All --dry-run`'],
  ['delete x Dry-Run -n shop', 'asked for with `--dry-run`', '`/shift delete x -n shop --dry-run`'],
  ['dry run unpin reviews #1', 'asked for with `--dry-run`', '`/shift unpin reviews #1 --dry-run`'],
  ['why reviews v3 50 dry-run', 'asked for with `--dry-run`', '`/shift why reviews v3 50 --dry-run`'],
  // … where something else is wrong, too
  ['reviews 50 v3 dry-run', 'before the version', '`/shift reviews v3 50 --dry-run`'],
  ['dry-run reviews 50 v3', 'before the version', '`/shift reviews v3 50 --dry-run`'],
  ['reviews v3 noop', 'How much should `v3`', '`/shift reviews v3 50 --dry-run`'],
  ['reviews 50 dry-run', '50 % for which version', '`/shift reviews v3 50 --dry-run`'],
  ['rolback reviews dry-run', "don't know `rolback`", '`/shift rollback reviews --dry-run`'],
  ['reviews v1=60 v3=60 dry run', '60 + 60 is 120', '`/shift reviews v1=60 v3=40 --dry-run`'],
  ['rollback reviews c-7f3k2m9p noop', 'after `to`', '`/shift rollback reviews to c-7F3K2M9P --dry-run`'],
  ['reviews v3 50 dry', '`dry` is more', '`/shift reviews v3 50 --dry-run`'],
  ['dry reviews v3 50', "don't know `dry`", '`/shift reviews v3 50 --dry-run`'],
  ['reviews v3 50 dry-rnu', '`dry-rnu` is more', '`/shift reviews v3 50 --dry-run`'],
  ['reviews v3 50 --reason dry run', '`run` is more', '`/shift reviews v3 50 --reason "dry" --dry-run`'],
  ['reviews v3 50 --dry', '`--dry`', 'Did you mean `--dry-run`?'],
  ['reviews v3 50 --dry run', '`--dry`', 'Did you mean `--dry-run`?'],
  ['reviews v3 50 --noop', '`--noop`', 'Did you mean `--dry-run`?'],
  // … and where there is none
  ['approve c-7F3K2M9P dry-run', 'no dry run', '`/shift pending`'],
  ['reject c-7F3K2M9P noop', 'no dry run', '`/shift pending`'],
  ['reject c-7F3K2M9P dry', 'more than I understand', 'no dry run'],
  ['aprove c-7F3K2M9P dry-run', "don't know `aprove`", '`/shift help approve`'],
  ['lock reviews (dry run)', 'no dry run', '`/shift status`'],
  ['lock reviews dry', 'A reason needs quotes', 'no dry run'],
  ['thaw f-7f3k9qxz noop', 'no dry run', '`/shift status`'],
  // … and where it is only a name
  ['dry 50 v2', 'before the version', '`/shift dry v2 50`'],
  ['status reviews dry-run', '`dry-run` is more', '`/shift status reviews`'],
  ['reviews 50 v3 --reason "after the dry run"', 'before', '`/shift reviews v3 50 --reason "after the dry run"`'],
  // one flag with two values
  ['reviews v3 50 --route orders --all-routes', 'names one rule, and `--all-routes` means all', 'one of the two'],
  ['rollback reviews --all-routes', 'whatever its rules', 'Leave `--all-routes` out'],
  ['reviews v3 50 --all-routes=yes', '`--all-routes` takes no value', 'Leave it as `--all-routes`'],
  ['reviews v3 50 --route orders --route rest', '`--route` twice: which one?', '`--route orders` or `--route rest`'],
  ['reviews v3 50 --route Rest --route rest', '`--route` twice', '`--route Rest` or `--route rest`'],
  ['reviews v3 50 --route "my rule" --route=rest', '`--route` twice', '`--route "my rule"` or `--route rest`'],
  ['reviews v3 50 -n a -n b', '`-n` twice: which one?', '`-n a` or `-n b`'],
  ['reviews v3 50 -n a --namespace b', '`--namespace` twice: which one?', '`-n a` or `-n b`'],
  ['-n a reviews v3 50 —namespace=b', '`--namespace` twice', '`-n a` or `-n b`'],
  ['reviews v3 50 --cluster eu,', '`eu,` leaves the name of a cluster out', '`--cluster prod-eu,prod-us`'],
  ['reviews v3 50 --cluster eu,us,eu', '`eu` is named twice', '`--cluster prod-eu,prod-us`'],
  ['reviews v1=50 v3=50 --cluster eu,us', 'this is a whole split', '`/shift reviews v3 50 --cluster eu,us`'],
  ['status reviews --cluster eu,us', '`status` is about one cluster', '`--cluster eu`'],
  ['why rollback reviews --cluster eu,us', '`rollback` is about one cluster', '`--cluster eu`'],
  ['reviews v3 50 --cluster eu --cluster us', '`--cluster` twice', '`--cluster eu` or `--cluster us`'],
  ['reviews v3 50 --reason red --reason "red stars"', '`--reason` twice', 'one pair of quotes'],
  ['promote reviews v3 -n a -n b', '`-n` twice', '`-n a` or `-n b`'],
  ['rollback reviews --route a --route b', '`--route` twice', '`--route a` or `--route b`'],
  ['why reviews v3 50 --route a --route b', '`--route` twice', '`--route a` or `--route b`'],
  ['apply x -n a -n b', '`-n` twice', '`-n a` or `-n b`'],
  ['delete x --cluster eu --cluster EU', '`--cluster` twice', '`--cluster eu` or `--cluster EU`'],
  ['unpin reviews #1 -n a --namespace b', 'twice', '`-n a` or `-n b`'],
  ['lock reviews --reason a --reason b', '`--reason` twice', 'one pair of quotes'],
  ['freeze prod --cluster eu --cluster us', '`--cluster` twice', '`--cluster eu` or `--cluster us`'],
  ['status -n a -n b', '`-n` twice', '`-n a` or `-n b`'],
  ['reject c-7F3K2M9P --reason a --reason b', '`--reason` twice', 'one pair of quotes'],
  // what a lock or a freeze does not know
  ['lock reviews for 2h --dry-run', 'has no dry run', '`/shift status`'],
  ['lock --dry-run -n shop', 'has no dry run', '`/shift status -n shop`'],
  ['unlock reviews --dry-run', 'has no dry run', '`/shift status`'],
  ['freeze prod-* --dry-run', 'has no dry run', '`/shift status`'],
  ['thaw f-7f3k9qxz --dry-run', 'has no dry run', '`/shift status`'],
  ['lock reviews --route orders', '`--route` is not understood', '`/shift help lock`'],
  ['unlock reviews --route orders', '`--route` is not understood', '`/shift help unlock`'],
  ['freeze prod-* --route orders', '`--route` is not understood', '`/shift help freeze`'],
  ['thaw f-7f3k9qxz --route orders', '`--route` is not understood', '`/shift help thaw`'],
  ['reviews v3 50 --force', '`--force`', '`--namespace`'],
  ['reviews v3 50 --constructor x', '`--constructor`', '`--namespace`'],
  ['reviews v3 50 -v3', '`-v3`', '`-n`'],
  ['reviews v3 50 --dry-run=no', 'takes no value', '`--dry-run`'],
  ['reviews v3 50 "--dry-run"', 'asked for with `--dry-run`', '`/shift reviews v3 50 --dry-run`'],
  ['reviews v3 50 --reason "red stars', 'never closed', '`--reason "red stars"`'],
  ['reviews v3 50 --reason red stars', '`stars` is more', '`/shift reviews v3 50 --reason "red"`'],
  // ramps
  ['reviews v3 10 -> 20 every 5m', '`->` is not understood', '`/shift reviews v3 10,20 every 5m`'],
  ['reviews v3 10 -&gt; 20 every 5m', '`->` is not understood', '`/shift reviews v3 10,20 every 5m`'],
  ['reviews v3 10,25 every 5 m', '`5` is not a length of time', '`/shift reviews v3 10,25 every 5m`'],
  ['reviews v3 10,25 evry 5m -n shop', '`evry` is not', '`/shift reviews v3 10,25 every 5m -n shop`'],
  ['reviews v3 10,25,50', 'how long each step is watched', '`/shift reviews v3 10,25,50 every 5m`'],
  ['reviews v3 10 50', 'how long each step is watched', '`/shift reviews v3 10,50 every 5m`'],
  ['reviews v3 10,50', '`10,50` is not a percentage', '`/shift reviews v3 10,50 every 5m`'],
  ['reviews v3 10..100 by 10', 'how long each step is watched', '`/shift reviews v3 10..100 by 10 every 5m`'],
  ['reviews v3 10..100 every 5m --no-guard', 'how far', '`/shift reviews v3 10..100 by 10 every 5m --no-guard`'],
  ['reviews v3 10,25 every 5s', 'cannot last `5s`', '`15s` to `7d`'],
  ['reviews v3 10 for 1s, 30', 'cannot last `1s`', '`15s` to `7d`'],
  ['reviews v3 10,150 every 5m', '`150` is not a percentage', 'whole number'],
  ['reviews v3 10,10 every 5m', 'the same share, 10 %', '`/shift reviews v3 10 for 5m`'],
  ['reviews v3 50 ask', 'nothing to ask about', '`/shift reviews v3 50 ask, 100`'],
  ['reviews v3 1..100 by 1 every 5m', '20 steps at most', '`/shift reviews v3 1..100 by 6 every 5m`'],
  ['reviews v3 every 5m', 'No step is named', '`/shift reviews v3 10,25,50,100 every 5m`'],
  ['reviews v3 linear10every', 'is not understood', '`/shift reviews v3 10,25,50,100 every 5m`'],
  ['reviews v3 ramp', '`ramp` is not a percentage', 'whole number'],
  ['reviews 10,25,50 every 5m', 'for which version', '`/shift reviews v3 10,25,50 every 5m`'],
  ['reviews 10, 25, 50 every 5m', 'for which version', '`/shift reviews v3 10,25,50 every 5m`'],
  ['reviews 10, 100 every 5m', 'for which version', '`/shift reviews v3 10,100 every 5m`'],
  ['reviews 10 for 30m, 50 ask, 100', 'for which version', '`/shift reviews v3 10 for 30m, 50 ask, 100 for 30m`'],
  ['reviews 50 for 20m', 'for which version', '`/shift reviews v3 50 for 20m`'],
  ['reviews 10,50 every 5m v3', 'not how a ramp is typed', '`/shift reviews v3 10,50 every 5m`'],
  ['reviews 10,50 every 5m to v3', 'not how a ramp is typed', '`/shift reviews v3 10,50 every 5m`'],
  ['reviews to v3 10,50 every 5m', 'not how a ramp is typed', '`/shift reviews v3 10,50 every 5m`'],
  ['reviews v3: 10,50 every 5m', 'not how a ramp is typed', '`/shift reviews v3 10,50 every 5m`'],
  ['reviews v3=10,50 every 5m', 'not how a ramp is typed', '`/shift reviews v3 10,50 every 5m`'],
  ['reviews 50 careful', 'before the version', '`/shift reviews careful 50`'],
  ['reviews v3 10,25 every 5m please', '`please` is more', '`/shift reviews v3 10,25 every 5m`'],
  ['reviews v3 careful please', '`please` is more', '`/shift reviews v3 careful`'],
  ['move reviews v3 10,50 every 5m', "don't know `move`", '`/shift reviews v3 10,50 every 5m`'],
  ['ramp reviews v3 careful', "don't know `ramp`", '`/shift reviews v3 careful`'],
  ['shfit reviews v3 careful', "don't know `shfit`", '`/shift reviews v3 careful`'],
  ['status v3 10,50 every 5m', '`status` is a command', '`/shift set status v3 10,50 every 5m`'],
  ['status reviews v3 10,50 every 5m', '`status` is a command', '`/shift reviews v3 10,50 every 5m`'],
  ['pause v3 10,50 every 5m', '`pause` is a command', '`/shift set pause v3 10,50 every 5m`'],
  ['why v3 10,50 every 5m', '`why` is a command', '`/shift set why v3 10,50 every 5m`'],
  ['why reviews v3 10,50 evry 5m', '`evry` is not', '`/shift why reviews v3 10,50 every 5m`'],
  ['promote reviews v3 10,50 every 5m', 'no steps', '`/shift reviews v3 10,50 every 5m`'],
  ['promote reviews v3 careful', '`careful` is more', '`/shift reviews v3 careful` for a ramp'],
  ['shift reviews v3', 'How much should `v3`', '`/shift reviews v3 50`'],
  // … a dry run of one
  ['reviews v3 10, 50 every 5m dry run', 'asked for', '`/shift reviews v3 10,50 every 5m --dry-run`'],
  [
    'reviews v3 10 for 5m, 50 ask, 100 noop',
    'asked for',
    '`/shift reviews v3 10 for 5m, 50 ask, 100 for 5m --dry-run`',
  ],
  ['noop reviews v3 careful', 'asked for', '`/shift reviews v3 careful --dry-run`'],
  ['why reviews v3 10,50 every 5m dry-run -n x', 'asked for', '`/shift why reviews v3 10,50 every 5m -n x --dry-run`'],
  ['x/reviews v3 10,50 every 5m dry-run', 'asked for', '`/shift reviews v3 10,50 every 5m -n x --dry-run`'],
  ['reviews v3 10,50 evry 5m noop', '`evry` is not', '`/shift reviews v3 10,50 every 5m --dry-run`'],
  ['pause reviews noop', 'has no dry run', '`/shift status`'],
  ['abort reviews --dry-run', 'has no dry run', '`/shift status`'],
  ['abrot reviews dry-run', "don't know `abrot`", '`/shift help abort`'],
  // … its flags
  ['reviews v3 50 --watch 20', '`20` is not a length of time', '`--watch 20m`'],
  ['reviews v3 50 --watch 5s', '`5s` is not how long', '`15s` to `7d`'],
  ['reviews v3 50 --watch', '`--watch` needs a value', '`--watch 20m`'],
  ['reviews v3 50 --watch 20m --watch 10m', '`--watch` twice', '`--watch 20m` or `--watch 10m`'],
  ['reviews v3 --watch 20m', 'How much should `v3`', '`/shift reviews v3 50 --watch 20m`'],
  ['reviews v3 10,50 every 5m --watch 20m', 'for one step', '`/shift reviews v3 10,50 every 5m`'],
  ['reviews v3 careful --watch 20m', 'for one step', '`/shift reviews v3 careful`'],
  ['reviews v1=80 v3=20 --watch 20m', 'a whole split', '`/shift reviews v3 50 --watch 20m`'],
  ['reviews 50 v3 --watch 20m --no-guard', 'before', '`/shift reviews v3 50 --watch 20m --no-guard`'],
  ['promote reviews v3 --watch 20m', 'about a ramp', '`/shift help ramp`'],
  ['reviews v3 50 --no-guard', 'about a ramp', '`/shift help ramp`'],
  ['rollback reviews --no-guard', 'about a ramp', '`/shift help ramp`'],
  ['pause reviews --watch 20m', 'about a ramp', '`/shift help ramp`'],
  ['reviews v3 careful --no-guard=yes', 'takes no value', '`--no-guard`'],
  ['reviews v3 careful --noguard', 'no flag `--noguard`', '`--no-guard`'],
  ['reviews v3 10,50 --every 5m', 'no flag `--every`', '`10,25,50,100 every 5m`'],
  // … and commands about one
  ['pause', 'Which ramp', '`/shift pause reviews`'],
  ['next reviews now', '`now` is more', '`/shift next reviews`'],
  ['next reviews --reason x', 'Only `abort` says why', '`/shift next reviews`'],
  ['abort reviews too slow', '`too slow` is more', '`/shift abort reviews --reason "too slow"`'],
  ['abort reviews "too slow" -n x', '`too slow` is more', '`/shift abort reviews --reason "too slow" -n x`'],
  ['abort reviews now --reason slow', '`now` is more', '`/shift abort reviews --reason "slow"`'],
  ['abort r-7f3k2m9p', '`r-7F3K2M9P` is a ramp', '`/shift status`'],
  ['pause all now', '`now` is more', '`/shift pause all`'],
  ['pause all -n shop', 'takes no flags', '`/shift pause all`'],
  ['resume all', '`all` is none', '`/shift status`'],
  ['pause v3 50', '`pause` is a command', '`/shift set pause v3 50`'],
  ['next reviews v3 50', '`next` is a command', '`/shift reviews v3 50`'],
  ['abrot reviews', "don't know `abrot`", '`/shift abort reviews`'],
  ['pasue all', "don't know `pasue`", '`/shift pause all`'],
  ['stop reviews', "don't know `stop`", '`/shift pause reviews` or `/shift abort reviews`'],
  ['continue reviews', "don't know `continue`", '`/shift resume reviews`'],
  ['why pause reviews', 'only asked about what moves traffic', '`/shift why reviews v3 50`'],
  ['reject r-7F3K2M9P not today', 'more than I understand', '`/shift reject r-7F3K2M9P --reason "not today"`'],
  // what cannot be seen is not suggested
  ['promote reviews --cluster "a\u2066b"', 'a service and a version', '`/shift help`'],
  ['help me \uD8CE', 'is more', '`/shift help'],
  ['reviews.bookinfo.svc.e\0vil v3 50', 'cannot be the name', 'lower-case letters'],
  // length
  ['x'.repeat(8000), '8000 characters', '`/shift help`'],
  // the flags that were typed stay
  ['reviews 50 v3 -n prod --dry-run', 'before the version', '`/shift reviews v3 50 -n prod --dry-run`'],
  ['promote reviews --cluster eu', 'a version', '`/shift promote reviews v3 --cluster eu`'],
  ['helpdesk 50 v3 --dry-run', 'before the version', '`/shift helpdesk v3 50 --dry-run`'],
  ['status-page 50 v3 --dry-run', 'before the version', '`/shift status-page v3 50 --dry-run`'],
  ['move reviews v3 50 --reason "a`b"', "don't know `move`", '`/shift reviews v3 50 --reason "a\'b"`'],
  ['rollback reviews to x -n prod --dry-run', 'does not name', '`/shift history reviews -n prod`'],
  ['bookinfo/reviews 50 v3', 'before the version', '`/shift bookinfo/reviews v3 50`'],
  [`${'long-name.'.repeat(20)}example 50 v3`, 'before the version', `/shift ${'long-name.'.repeat(20)}example v3 50`],
];

describe('what changes objects', () => {
  it.each`
    typed                                      | command
    ${'apply bookinfo/virtual-service-all-v1'} | ${{ verb: 'apply', file: 'bookinfo/virtual-service-all-v1', dryRun: false }}
    ${'apply Bookinfo/All.yml --dry-run'}      | ${{ verb: 'apply', file: 'Bookinfo/All.yml', dryRun: true }}
    ${'delete x -n shop --cluster prod'}       | ${{ verb: 'delete', file: 'x', place: { namespace: 'shop', cluster: 'prod' } }}
    ${'unpin reviews end-user=Jason'}          | ${{ verb: 'unpin', service: { service: 'reviews' }, rule: 'end-user=Jason' }}
    ${'unpin reviews #2 --reason "no more"'}   | ${{ verb: 'unpin', rule: '#2', reason: 'no more' }}
    ${'unpin reviews v1=50 v3=50'}             | ${{ verb: 'unpin', rule: 'v1=50 v3=50' }}
    ${'unpin v1=50 v3=50'}                     | ${{ verb: 'mistake' }}
    ${'unpin v3 50'}                           | ${{ verb: 'mistake' }}
    ${'apply v3 50'}                           | ${{ verb: 'mistake' }}
    ${'init reviews'}                          | ${{ verb: 'init', service: { service: 'reviews' }, dryRun: false }}
    ${'init shop/reviews V1 --http-route'}     | ${{ verb: 'init', service: { service: 'reviews', namespace: 'shop' }, version: 'v1', httpRoute: true }}
    ${'init reviews --reason "new" --dry-run'} | ${{ verb: 'init', reason: 'new', dryRun: true }}
    ${'reviews v3 50 --http-route'}            | ${{ verb: 'mistake' }}
  `('reads $typed', ({ typed, command }) => {
    expect(parseCommand(typed)).toMatchObject(command);
  });

  it.each`
    typed                        | next
    ${'apply'}                   | ${'/shift apply bookinfo/virtual-service-all-v1'}
    ${'delete ../etc/passwd'}    | ${'/shift delete bookinfo/virtual-service-all-v1'}
    ${'apply /etc/passwd'}       | ${'/shift apply bookinfo/virtual-service-all-v1'}
    ${'apply a//b'}              | ${'/shift apply bookinfo/virtual-service-all-v1'}
    ${'apply a;b'}               | ${'/shift apply bookinfo/virtual-service-all-v1'}
    ${'apply a b'}               | ${'/shift apply a'}
    ${'apply x --route primary'} | ${'/shift help apply'}
    ${'unpin'}                   | ${'/shift unpin reviews end-user=jason'}
    ${'unpin ratings'}           | ${'/shift unpin ratings end-user=jason'}
    ${'init'}                    | ${'/shift init reviews'}
    ${'init reviews v1 v2'}      | ${'/shift init reviews v1'}
    ${'init reviews --route a'}  | ${'/shift help init'}
    ${'aply bookinfo/all'}       | ${'/shift apply bookinfo/all'}
  `('answers $typed with $next', ({ typed, next }) => {
    const answer = parseCommand(typed);

    expect(answer).toMatchObject({ verb: 'mistake', next: expect.stringContaining(`\`${next}`) });
  });

  it('takes no version whose name no version has', () => {
    expect(parseCommand('init reviews "a b"')).toMatchObject({
      verb: 'mistake',
      wrong: '`a b` cannot be the name of a version.',
    });
  });
});

describe('a mistake', () => {
  it.each(mistakes)('in %j says what is wrong (%s) and what to type next (%s)', (typed, wrong, next) => {
    const answer = mistakeOf(typed);

    expect(answer.wrong).toContain(wrong);
    expect(answer.next).toContain(next);
    for (const command of suggested(answer)) expect(parseCommand(command)).not.toHaveProperty('verb', 'mistake');
  });

  it.each([
    ...[
      '-1',
      '101',
      '33.3',
      '50.0',
      '.5',
      '1e2',
      '0x32',
      '0b11',
      '050',
      '00',
      '-0',
      '+50',
      '5O',
      '５０',
      '٥٠',
      '५०',
      '½',
    ],
    ...[
      'NaN',
      'Infinity',
      '2147483648',
      '9007199254740993',
      '9'.repeat(400),
      '50,5',
      '1,000',
      '1_0',
      '50%%',
      '%50',
      '−5',
      '5०',
    ],
  ])('is every way to write a number but a whole one from 0 to 100: %s', (number) => {
    for (const typed of [`reviews v3 ${number}`, `reviews v3=${number}`, `reviews v1=50 v3=${number}`]) {
      expect(mistakeOf(typed).wrong).toMatch(/is not a percentage|not a version and its percentage/);
    }
    expect(mistakeOf(`set reviews v3 ${number}`)).toEqual(mistakeOf(`reviews v3 ${number}`));
  });

  it('suggests only commands that can be read, in the same place and no more in earnest than what was typed', () => {
    const word = fc.oneof(
      {
        arbitrary: fc.constantFrom(
          'reviews',
          'ratings',
          'bookinfo/reviews',
          'vs/edge',
          'www.a.com',
          'v1',
          'v3',
          '50',
          '101',
          '0',
          '%',
        ),
        weight: 6,
      },
      {
        arbitrary: fc.constantFrom(
          'set',
          'shift',
          'status',
          'rollback',
          'promote',
          'help',
          'history',
          'audit',
          'to',
          'stats',
          'sets',
          'approve',
          'reject',
          'withdraw',
          'pending',
          'aprove',
        ),
        weight: 4,
      },
      {
        arbitrary: fc.constantFrom(
          'v1=80',
          'v3=20',
          'v3=50',
          '=',
          'v1=',
          'c-7f3k2m9p',
          'c-12',
          'helpdesk',
          'status-page',
        ),
        weight: 3,
      },
      {
        arbitrary: fc.constantFrom(
          ...[
            '10,50',
            '10..100',
            'by',
            'every',
            '5m',
            'for',
            'ask',
            '->',
            'evry',
            'careful',
            'ramp',
            'linear10every1m',
          ],
          ...['pause', 'next', 'abort', 'abrot', 'stop', 'all', 'r-7f3k2m9p', '--watch 20m', '--no-guard'],
        ),
        weight: 5,
      },
      {
        arbitrary: fc.constantFrom('Ж', 'a`b', "'x'", '"a b"', 'a_b', '🌟', ',', '**', '-n prod', '--route "a`b"'),
        weight: 2,
      },
      { arbitrary: anyText(5), weight: 1 },
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (words) => {
        const answer = parseCommand(`${words.join(' ')} --dry-run --cluster eu`);
        if (answer.verb !== 'mistake') return;
        for (const each of suggested(answer)) {
          const command = parseCommand(each);

          expect(['mistake', 'approve', 'reject', 'withdraw', 'pause', 'abort', 'next']).not.toContain(command.verb);
          if (command.verb === 'shift' || command.verb === 'ramp' || command.verb === 'rollback')
            expect(command).toMatchObject({ service: { cluster: 'eu' }, options: { dryRun: true } });
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('suggests nothing that changes anything where a dry run was asked for, however it was written', () => {
    const word = fc.constantFrom(
      ...[
        'reviews',
        'bookinfo/reviews',
        'vs/edge',
        'v1',
        'v3',
        '50',
        '101',
        'v1=80',
        'v3=20',
        '=',
        'to',
        'please',
        '#1',
        'for',
        '2h',
      ],
      ...['set', 'status', 'rollback', 'rolback', 'promote', 'apply', 'delete', 'unpin', 'why', 'help', 'history'],
      ...['approve', 'aprove', 'reject', 'withdraw', 'lock', 'unlock', 'freeze', 'thaw', 'prod-*', 'c-7f3k2m9p'],
      ...[
        '10,50',
        'every',
        '5m',
        'ask',
        '->',
        'careful',
        'ramp',
        'pause',
        'abort',
        'abrot',
        'finish',
        'next',
        'all',
        'stop',
      ],
      ...['-n shop', '--cluster eu', '--reason "red stars"', '--watch 20m', '--no-guard'],
    );
    const wish = fc.constantFrom(
      ...['dry-run', 'dryrun', 'dry run', '(dry run)', '-- dry-run', '— dry-run', '− dry–run', '‑‑dry‑run', 'Dry-Run!'],
      ...['noop', '.noop', 'no-op', 'NOOP', '[noop]', 'dry-run=true', '--dry-run'],
    );
    const line = fc
      .tuple(fc.array(word, { maxLength: 3 }), wish, fc.array(word, { maxLength: 3 }))
      .map(([before, asked, after]) => [...before, asked, ...after].join(' '));
    fc.assert(
      fc.property(line, (typed) => {
        const answer = parseCommand(typed);
        if (answer.verb !== 'mistake') return;
        for (const each of suggested(answer)) expect(changesSomething(parseCommand(each))).toBe(false);
      }),
      { numRuns: 5000 },
    );
  });

  it('suggests no name that was not typed, but for the examples', () => {
    const word = fc.constantFrom(
      'ratings',
      'rаtings',
      'details`s',
      'stable',
      'canаry',
      '50',
      'to',
      'status',
      'stats',
      'x'.repeat(70),
    );
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), (words) => {
        const answer = parseCommand(words.join(' '));
        if (answer.verb !== 'mistake') return;
        for (const command of suggested(answer).map(parseCommand)) {
          if (command.verb === 'ramp') expect(words).toContain(command.service.service);
          if (command.verb !== 'shift') continue;

          expect([...words, 'reviews']).toContain(command.service.service);
          expect(command.wish.kind === 'whole' || [...words, 'v3'].includes(command.wish.version)).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('whatever is typed', () => {
  const anything = fc.oneof(
    anyText(300),
    fc.string({ unit: 'grapheme', maxLength: 200 }),
    fc
      .array(
        fc.constantFrom(
          '<',
          '@',
          '!',
          '|',
          '>',
          '"',
          "'",
          '‘',
          '=',
          '-',
          '—',
          '`',
          '*',
          ',',
          ' ',
          'a',
          '5',
          '/',
          '.',
          '&amp;',
        ),
      )
      .map((parts) => parts.join('')),
  );

  it('is a command or a mistake with two short sentences, and changes nothing that all objects share', () => {
    const shared = Object.getOwnPropertyNames(Object.prototype);

    fc.assert(
      fc.property(anything, (typed) => {
        const answer = parseCommand(typed);

        if (answer.verb !== 'mistake') return;
        expect(answer.wrong).not.toBe('');
        expect(answer.next).not.toBe('');
        expect(answer.wrong.split('`').length % 2).toBe(1);
        expect(answer.next.split('`').length % 2).toBe(1);
        expect(answer.wrong).not.toMatch(/[\p{C}]/u);
      }),
      { numRuns: 3000 },
    );
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(shared);
  });

  it.each([
    `x${'*'.repeat(3998)}x`,
    '*'.repeat(4000),
    'a '.repeat(2000),
    '"'.repeat(4000),
    '"a" '.repeat(1000),
    `"${'a '.repeat(1999)}`,
    "'a".repeat(2000),
    'a='.repeat(2000),
    `reviews ${'v=1,'.repeat(990)}`,
    `reviews ${Array.from({ length: 600 }, (_, at) => `${at}=0`).join(' ')}`,
    '<@'.repeat(2000),
    `audit ${'<@U'.repeat(1300)}`,
    `audit <@U${'A|'.repeat(1900)}`,
    `<@${'a|'.repeat(1999)}`,
    '<http:'.repeat(660),
    '&amp;'.repeat(800),
    'a.'.repeat(2000),
    `${'a-'.repeat(1999)}_`,
    '—a '.repeat(1333),
    '-n '.repeat(1333),
    '\u200B'.repeat(4000),
    `x${' '.repeat(3998)}x`,
    '👩‍👩‍👧'.repeat(500),
    'x'.repeat(1_000_000),
    `reviews v3 ${'10,'.repeat(1300)}`,
    `reviews v3 ${'10 for 5m, '.repeat(300)}`,
    `reviews v3 ${'10 -> '.repeat(600)}`,
    `reviews v3 10 ${'-'.repeat(700)}`,
    `reviews v3 ${'10 '.repeat(250)}`,
    `a b c ${'10 for 5m, '.repeat(60)}x`,
    'wthy '.repeat(700),
    `to www.example.com 3${'-'.repeat(560)}`,
    `a b ${'.'.repeat(560)}`,
    `a b ${'1h'.repeat(280)}`,
    `status a ${'0 '.repeat(300)}dry-run`,
  ])('is answered in less than 5 ms, also the long line %#', (typed) => {
    expect(processorMs(() => parseCommand(typed), { times: 20 })).toBeLessThan(5);
  });
});

function stepsText(steps: Extract<Command, { verb: 'ramp' }>['steps']): string {
  return 'named' in steps ? steps.named : formatSteps(steps);
}

function share(version: string, percent: number) {
  return { kind: 'share', version, percent };
}

function whole(shares: Record<string, number>) {
  return { kind: 'whole', shares };
}

function mistakeOf(typed: string): Mistake {
  const answer: Command | Mistake = parseCommand(typed);
  if (answer.verb !== 'mistake') throw new Error(`${JSON.stringify(typed)} is read as ${JSON.stringify(answer)}`);
  return answer;
}

function changesSomething(command: Command | Mistake): boolean {
  switch (command.verb) {
    case 'shift':
    case 'ramp':
    case 'rollback':
      return !command.options.dryRun;
    case 'apply':
    case 'delete':
    case 'unpin':
      return !command.dryRun;
    default:
      return [
        ...['approve', 'reject', 'withdraw', 'lock', 'unlock', 'freeze', 'thaw'],
        ...['pause', 'pause-all', 'resume', 'next', 'abort', 'finish'],
      ].includes(command.verb);
  }
}

/** The commands that a mistake shows to be copied. */
function suggested({ next }: Mistake): readonly string[] {
  return [...next.matchAll(/`\/shift ?([^`]*)`/g)].map(([, command = '']) => command);
}
