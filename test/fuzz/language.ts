import { isDeepStrictEqual } from 'node:util';
import { type Command, formatCommand } from '../../src/domain/language/command.ts';
import type { Mistake } from '../../src/domain/language/mistake.ts';
import { parseCommand } from '../../src/domain/language/parse-command.ts';
import { isRampName } from '../../src/domain/ramp/ramp-name.ts';
import { longestStepMs, mostSteps, shortestStepMs } from '../../src/domain/ramp/steps.ts';
import { isHost } from '../../src/domain/routing/names.ts';
import { visible } from '../../src/domain/text/typed-text.ts';
import type { Random } from '../chaos/random.ts';
import { hostilePiece, hostileText, items } from './hostile.ts';
import { target } from './target.ts';

/** What people type, close enough to the language to get far into the parser. */
export const language = target({
  name: 'language',
  share: 300,
  make: typedText,
  run: parseCommand,
  judge: (_, answer) => (answer.verb === 'mistake' ? wrongInMistake(answer) : wrongInCommand(answer)),
});

function typedText(random: Random): string {
  if (random.chance(0.2)) return hostileText(random, 200);
  let words = commandWords(random);
  for (let times = random.between(0, 3); times > 0; times -= 1) words = mutatedWords(random, words);
  const text = words.join(random.chance(0.9) ? ' ' : random.pick(['\u00A0', '\n', '\t ', '  ', ',']));
  return random.chance(0.3) ? asSlackSends(random, text) : text;
}

function commandWords(random: Random): readonly string[] {
  const service = random.pick([
    'reviews',
    'ratings',
    'bookinfo/reviews',
    'reviews.bookinfo.svc.cluster.local',
    'status',
    'set',
    'to',
    'a.b.c',
  ]);
  const version = () => random.pick(['v1', 'v2', 'v3', '1', 'constructor', '50', 'www.example.com']);
  const share = () => random.pick(['0', '50', '50%', '100', '101', '-1', '33.3', '050', '20', '80']);
  const forms: readonly [readonly string[], ...(readonly string[])[]] = [
    [service, version(), share()],
    [service, ...items(random, 4, () => `${version()}${random.pick(['=', ':', ' = ', '= '])}${share()}`)],
    ['set', service, version(), share()],
    ['promote', service, version()],
    ['rollback', service],
    ['rollback', service, 'to', random.pick(['c-7F3K2M9P', 'c-7f3kOiL9', 'c-12', 'v1'])],
    ['status', service],
    ['history', service],
    [random.pick(['apply', 'delete']), random.pick(['bookinfo/all-v1', 'A.yaml', '../x', '/', 'a b'])],
    ['unpin', service, random.pick(['end-user=jason', '#1', 'end-user = jason', '"path starts with /a"', '='])],
    ['init', service, random.pick(['', version()]), random.pick(['', '--http-route'])],
    ['help', random.pick(['shift', 'flags', 'constructor', ''])],
    [service, share(), random.pick(['to', 'for', 'of']), version()],
    ['shfit', service, version(), share()],
    [service, version(), ...steps(random)],
    [service, version(), ...steps(random)],
    [random.pick(['set', 'shift', 'move', 'why', 'promote', 'pause']), service, version(), ...steps(random)],
    [service, version(), random.pick(['careful', 'ramp careful', 'fifty', 'noop', 'linear10every1m', 'linear10'])],
    [
      random.pick(rampVerbs),
      random.pick([service, 'all', 'shop/all', 'r-7f3kOiL9']),
      random.pick(['', 'now', 'v3 50']),
    ],
    [random.pick(['why', 'audit', 'approve', 'reject']), random.pick(['r-7F3K2M9P', 'r-7f3kOiL9', 'r-12'])],
  ];
  const flags = items(random, 3, () =>
    random.pick([
      '-n bookinfo',
      '--namespace=x',
      '--cluster "a b"',
      '--route primary',
      '--reason "red stars"',
      '--reason ‘it’s’',
      '--dry-run',
      '—dry-run',
      '--force',
      'dry-run',
      '(dry run)',
      '— noop',
      '--watch 20m',
      '--watch=1',
      '--no-guard',
    ]),
  );
  return [...random.pick(forms), ...flags];
}

const rampVerbs = ['pause', 'resume', 'next', 'abort', 'finish', 'stop', 'abrot'] as const;

/** The steps of a ramp, some of them nearly right. */
function steps(random: Random): readonly string[] {
  const share = () => random.pick(['1', '10', '25', '50', '100', '0', '50%', '101', '33.3']);
  const time = () => random.pick(['5m', '30m', '15s', '1h', '7d', '5', '10s', '8d', '5 min', '1.5h']);
  const list = [share(), ...items(random, 5, share)].join(
    random.pick([',', ', ', ' ', '->', ' -> ', ' to ', '/', '..']),
  );
  const range = `${share()}${random.pick(['..', ' .. ', '…', '-'])}${share()} by ${share()}`;
  const own = [share(), ...items(random, 5, share)].map(
    (each) => `${each} ${random.pick([`for ${time()}`, 'ask', '', time(), 'pause'])}`,
  );
  const words = random.pick([list, range, own.join(', ')]);
  return [words, ...random.pick([[`${random.pick(['every', 'evry', 'each', 'for'])} ${time()}`], []])];
}

function mutatedWords(random: Random, words: readonly string[]): readonly string[] {
  const at = random.between(0, Math.max(0, words.length - 1));
  const word = words[at] ?? '';
  switch (random.between(0, 6)) {
    case 0:
      return words.toSpliced(at, 1);
    case 1:
      return words.toSpliced(at, 0, hostilePiece(random));
    case 2:
      return words.toSpliced(
        at,
        1,
        word.slice(0, random.between(0, word.length)) + hostilePiece(random) + word.slice(1),
      );
    case 3:
      return words.toSpliced(at, 0, word);
    case 4:
      return words.toReversed();
    case 5:
      return words.toSpliced(at, 1, word.toUpperCase());
    default:
      return random.chance(0.05)
        ? words.toSpliced(at, 1, ...Array.from({ length: 300 }, () => word))
        : words.toSpliced(at, 1, `"${word}"`);
  }
}

/** Changes that Slack and phones make to typed text. */
function asSlackSends(random: Random, text: string): string {
  const changes: readonly [(all: string) => string, ...((all: string) => string)[]] = [
    (all) => all.replaceAll('"', random.pick(['“', '”', '„'])),
    (all) => all.replaceAll('--', '—'),
    (all) => all.replaceAll('reviews', '<http://reviews.default|reviews>'),
    (all) => all.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    (all) => `\`${all}\``,
    (all) => [...all].join('\u200B'),
    (all) => all.normalize('NFD'),
  ];
  return random.pick(changes)(text);
}

function wrongInMistake({ wrong, next }: Mistake): string | undefined {
  if (wrong === '' || next === '') return 'a mistake says nothing';
  if (wrong.split('`').length % 2 === 0 || next.split('`').length % 2 === 0) return 'a backtick is not closed';
  if ([wrong, next].some((words) => visible(words) !== words.replaceAll(/ +/g, ' ')))
    return 'a mistake shows invisible characters';
  if (wrong.length + next.length > 2_500) return 'a mistake is too long for an answer';
  const unread = [...next.matchAll(/`(\/shift[^`]*)`/g)].find(
    ([, command = '']) => parseCommand(command).verb === 'mistake',
  );
  return unread === undefined ? undefined : `suggests ${unread[0]}, which the parser does not accept`;
}

function wrongInCommand(command: Command): string | undefined {
  const said = named(command);
  if (said.service !== undefined && !isHost(said.service)) return 'a service has an invalid name';
  if (command.verb === 'shift' && !isWhole(command.wish)) return 'a wish is not a percentage';
  if (command.verb === 'ramp' && !areSteps(command.steps)) return 'steps are out of their bounds';
  const again = parseCommand(formatCommand(command));
  if (again.verb !== command.verb || !isDeepStrictEqual(named(again), said))
    return `is printed as ${formatCommand(command)}`;
  return undefined;
}

/** The command without its wording, because quoted texts that contain quotes may be spelled differently. */
function named(command: Command | Mistake): { readonly service?: string | undefined; readonly more?: unknown } {
  switch (command.verb) {
    case 'shift':
      return {
        service: command.service.service,
        more: [command.service.namespace, command.wish, command.options.dryRun],
      };
    case 'ramp':
      return {
        service: command.service.service,
        more: [
          command.service.namespace,
          command.version,
          command.steps,
          command.options.dryRun,
          command.options.noGuard,
        ],
      };
    case 'pause':
    case 'resume':
    case 'next':
    case 'abort':
    case 'finish':
      return { service: command.service.service, more: command.service.namespace };
    case 'why':
      return named(command.command);
    case 'why-ramp':
    case 'approve':
    case 'reject':
    case 'withdraw':
      return { more: command.id };
    case 'rollback':
      return { service: command.service.service, more: [command.service.namespace, command.backTo] };
    case 'history':
      return { service: command.service.service, more: command.service.namespace };
    case 'apply':
    case 'delete':
      return { more: [command.file, command.place, command.dryRun] };
    case 'unpin':
    case 'init':
      return { service: command.service.service, more: [command.service.namespace, command.dryRun] };
    case 'status':
      return { service: command.service, more: command.namespace };
    default:
      return {};
  }
}

function areSteps(steps: Extract<Command, { verb: 'ramp' }>['steps']): boolean {
  if ('named' in steps) return isRampName(steps.named);
  return (
    steps.length <= mostSteps &&
    steps.at(-1)?.stay.kind === 'for' &&
    steps.every(
      ({ percent, stay }, at) =>
        percent >= 0 &&
        percent <= 100 &&
        percent !== steps[at + 1]?.percent &&
        (stay.kind === 'ask' || (stay.ms >= shortestStepMs && stay.ms <= longestStepMs)),
    )
  );
}

function isWhole(wish: Extract<Command, { verb: 'shift' }>['wish']): boolean {
  const shares = wish.kind === 'share' ? [wish.percent] : Object.values(wish.shares);
  const sum = shares.reduce((all, share) => all + share, 0);
  return (
    shares.every((share) => Number.isInteger(share) && share >= 0 && share <= 100) &&
    (wish.kind === 'share' || sum === 100)
  );
}
