import { readRampId } from '../routing/names.ts';
import { nearest } from '../text/nearest.ts';
import { quote, withIds } from '../text/typed-text.ts';
import { clustersIn, namesClusters } from './clusters.ts';
import { type Command, isVerb, type Verb, verbs } from './command.ts';
import { corrected } from './correct.ts';
import type { Flags } from './flags.ts';
import { formatFlags, join } from './format-flags.ts';
import { helpLine, type Mistake, mistake, plain, tooMuch } from './mistake.ts';
import { parseDecision } from './parse-decision.ts';
import { parseFileCommand, parseInit, parseUnpin } from './parse-edit.ts';
import { parseHold } from './parse-hold.ts';
import { parseAudit, parseHistory, parseStatus, parseTour } from './parse-look.ts';
import { isMove, looksLikeMove, parsePromote, parseRollback, parseShift } from './parse-move.ts';
import { parseRampCommand } from './parse-ramp-command.ts';
import { mostRampWords } from './parse-steps.ts';
import { isWeight, looksLikeWish } from './parse-wish.ts';
import { type Line, readLine } from './read-line.ts';

const maxTypedLength = 4000;

/** Words after a mistyped command, up to which the whole line is corrected. */
const mostCorrected = 20;

/** Only `audit` reads a mention as a person. In other commands it is text, and keeps the name that people see. */
const asksForAudit = /^\s*(?:\/shift\s+)?audit\s/i;

/** Reads one line of the /shift language. Never throws. */
export function parseCommand(text: string): Command | Mistake {
  if (text.length > maxTypedLength) return mistake(`That is ${text.length} characters long.`, helpLine);
  const line = readLine(asksForAudit.test(text) ? withIds(text) : text);
  if (!line.ok) return line.mistake;
  const parse = ({ words, flags }: Line) => inOneCluster(withoutStrayFlags(parseWords(words, flags), flags), flags);
  const command = parse(line.value);
  return command.verb === 'mistake' ? corrected(command, line.value, parse) : command;
}

/** Flags of one command are refused elsewhere: without `--watch` a shift would stay, whatever it does. */
function withoutStrayFlags(command: Command | Mistake, { watchMs, noGuard, httpRoute }: Flags): Command | Mistake {
  if (httpRoute !== undefined && command.verb !== 'init' && command.verb !== 'mistake')
    return mistake('`--http-route` is not understood here.', 'Leave it out; see `/shift help init`.');
  const { verb } = command.verb === 'why' ? command.command : command;
  const flag = watchMs !== undefined ? '--watch' : noGuard && '--no-guard';
  if (verb === 'ramp' || verb === 'mistake' || flag === undefined) return command;
  return mistake(`\`${flag}\` is not understood here: it is about a ramp.`, 'Leave it out; see `/shift help ramp`.');
}

/** What only looks at something, or holds it, or goes back, is about one cluster. */
function inOneCluster(command: Command | Mistake, { cluster }: Flags): Command | Mistake {
  const { verb } = command.verb === 'why' ? command.command : command;
  if (!namesClusters(cluster) || verb === 'mistake' || mayNameClusters.has(verb)) return command;
  const [first = ''] = clustersIn(cluster);
  return mistake(
    `\`${verb}\` is about one cluster, and ${quote(cluster)} are several.`,
    `Type it for each of them: \`${formatFlags({ cluster: first })}\`.`,
  );
}

const mayNameClusters: ReadonlySet<string> = new Set(['ramp', 'pause', 'resume', 'next', 'abort', 'finish']);

function parseWords(words: readonly string[], flags: Flags): Command | Mistake {
  const [first, ...rest] = words;
  if (first === undefined) return { verb: 'help', topic: undefined };
  if (first === 'shift' && isTypedTwice(words, flags)) return parseShift(rest, flags);
  if (!isVerb(first)) return isMistypedVerb(words, flags) ? unknownVerb(first, rest, flags) : parseShift(words, flags);
  if (first === 'why') return parseWhy(rest, flags);
  const saysWhen = (first === 'lock' || first === 'freeze') && rest.some((word) => word === 'for' || word === 'until');
  const namesRule = first === 'unpin' && !rest[0]?.includes('=') && rest.some((word) => word.includes('='));
  if (looksLikeMove(rest) && first !== 'set' && first !== 'promote' && !saysWhen && !namesRule)
    return verbAsService(first, rest, flags);

  switch (first) {
    case 'help':
      return rest.length > 1 ? tooMuch(rest.slice(1), '/shift help rollback') : { verb: 'help', topic: rest[0] };
    case 'set':
      return parseShift(rest, flags);
    case 'promote':
      return parsePromote(rest, flags);
    case 'rollback':
      return parseRollback(rest, flags);
    case 'apply':
    case 'delete':
      return parseFileCommand(first, rest, flags);
    case 'unpin':
      return parseUnpin(rest, flags);
    case 'init':
      return parseInit(rest, flags);
    case 'status':
      return parseStatus(rest, flags);
    case 'history':
      return parseHistory(rest, flags);
    case 'approve':
    case 'reject':
    case 'withdraw':
      return parseDecision(first, rest, flags);
    case 'lock':
    case 'unlock':
    case 'freeze':
    case 'thaw':
      return parseHold(first, rest, flags);
    case 'pause':
    case 'resume':
    case 'next':
    case 'abort':
    case 'finish':
      return parseRampCommand(first, rest, flags);
    case 'pending':
      return rest.length > 0 ? tooMuch(rest, '/shift pending') : { verb: 'pending' };
    case 'audit':
      return parseAudit(rest, flags);
    case 'tour':
      return parseTour(rest);
  }
}

/** After `why` comes the command that it asks about. */
function parseWhy(words: readonly string[], flags: Flags): Command | Mistake {
  if (words.length === 0) return mistake('Why what?', 'Type what you would type to do it: `/shift why reviews v3 50`.');
  const id = words.length === 1 ? readRampId(words[0] ?? '') : undefined;
  if (id !== undefined) return { verb: 'why-ramp', id };
  const command = words[0] === 'why' ? undefined : parseWords(words, flags);
  if (command?.verb === 'shift' || command?.verb === 'ramp' || command?.verb === 'rollback')
    return { verb: 'why', command };
  if (looksLikeMove(words) && isMove(parseShift(['why', ...words], flags))) return verbAsService('why', words, flags);
  if (command?.verb === 'mistake') return mistake(command.wrong, asQuestion(command.next));
  return mistake(
    'Policy is only asked about what moves traffic.',
    'Type a shift, a promotion or a rollback: `/shift why reviews v3 50`.',
  );
}

/** Somebody who only asked what policy says must not copy a command that acts. */
function asQuestion(next: string): string {
  return next.replaceAll(/`\/shift (?!(?:help|status|history|audit|why|pending)(?: |`))/g, '`/shift why ');
}

/**
 * `/shift shift reviews v3 50`: the first word is not a service. In `shift reviews v3`, too, where `v3` might else be the name of a ramp.
 */
function isTypedTwice(words: readonly string[], flags: Flags): boolean {
  const [, ...rest] = words;
  const whole = parseShift(words, flags);
  if (whole.verb === 'ramp') return 'named' in whole.steps;
  if (!rest[0]?.includes('=') && looksLikeWish(rest.slice(1))) return true;
  return whole.verb === 'mistake' && parseShift(rest, flags).verb === 'ramp';
}

/** Words that people put before a ramp, and that are no command. */
const besideShift = ['shift', 'ramp', 'move', 'start'];

/** Words that people know from other tools, before the name of a service. */
const standIns: Readonly<Record<string, readonly Verb[]>> = {
  ...{ cancel: ['abort'], stop: ['pause', 'abort'] },
  ...{ continue: ['resume'], unpause: ['resume'], skip: ['next'] },
};

/** True for an extra word before a whole shift or ramp, and for a word that is nearly a command and has none behind it. */
function isMistypedVerb(words: readonly string[], flags: Flags): boolean {
  const [first = '', ...rest] = words;
  const [, second = '', third = ''] = rest;
  const ramp =
    words.length > mostRampWords || parseShift(words, flags).verb !== 'mistake' ? undefined : parseShift(rest, flags);
  const namesService = !isWeight(rest[0] ?? '') && rest[0] !== 'to';
  if (ramp?.verb === 'ramp' && !('named' in ramp.steps) && namesService) return true;
  if (looksLikeWish(rest)) return rest.length === 3 && second !== 'to' && !isWeight(second) && isWeight(third);
  if (looksLikeMove(rest)) return false;
  if (ramp?.verb === 'ramp' && nearlyOne(first, besideShift) !== undefined) return true;
  return nearVerbs(first, rest).length > 0;
}

/** None for `withdraw/api`, which is a service of that namespace. */
function nearVerbs(word: string, rest: readonly string[]): readonly string[] {
  if (/^[^/]+\/[^/]+$/.test(word)) return [];
  const known = rest.length === 1 && Object.hasOwn(standIns, word) ? standIns[word] : undefined;
  const near = nearlyOne(word, rest.length === 1 ? verbs : []) ?? nearest(word, verbs);
  return known ?? (near === undefined ? [] : [near]);
}

/** Also `abrot`: its letters are right. */
function nearlyOne(word: string, candidates: readonly string[]): string | undefined {
  const letters = [...word.slice(0, 20)].toSorted().join('');
  const shuffled = candidates.find(
    (candidate) => candidate.length > 3 && [...candidate].toSorted().join('') === letters,
  );
  return shuffled ?? nearest(word, candidates);
}

function unknownVerb(word: string, rest: readonly string[], flags: Flags): Mistake {
  const near = looksLikeMove(rest) ? [] : nearVerbs(word, rest);
  const [verb] = near;
  const wrong = `I don't know ${quote(word)}.`;
  const isLong = rest.length > mostCorrected; // `wthy wthy wthy …` corrects each word in turn
  if (verb !== undefined && (isLong || parseWords([verb, ...rest], flags).verb === 'mistake'))
    return mistake(wrong, `Did you mean \`${verb}\`? See \`/shift help ${verb}\`.`);
  const meant = near.length === 0 ? [rest] : near.map((each) => [each, ...rest]);
  return mistake(
    wrong,
    `Did you mean ${meant.map((words) => `\`${join('/shift', ...words.map(plain))}\``).join(' or ')}?`,
  );
}

/** Either a service has the name of a command, or there is a command too many before a whole shift. */
function verbAsService(verb: Verb, rest: readonly string[], flags: Flags): Mistake {
  const wrong = `${quote(verb)} is a command, and what follows reads like a shift.`;
  if (isMove(parseShift(rest, flags))) return mistake(wrong, `Did you mean \`${join('/shift', ...rest.map(plain))}\`?`);
  return mistake(
    wrong,
    `If a service is named so, type \`${join('/shift', 'set', verb, ...rest.map(plain))}\`; else see \`/shift help ${verb}\`.`,
  );
}
