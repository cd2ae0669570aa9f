import { readChangeId } from '../routing/names.ts';
import { nearest } from '../text/nearest.ts';
import { asTyped, quote, toWords, visible, type Word, withIds } from '../text/typed-text.ts';
import { type Command, formatCommand, formatFlags, isVerb, join, type Verb, verbs } from './command.ts';
import { asReason, type Flags, options, takeFlags } from './flags.ts';
import { type Mistake, mistake, no, type Parsed, plain, tooMuch } from './mistake.ts';
import { parseFileCommand, parseUnpin } from './parse-edit.ts';
import { parseFreeze, parseLock, parseThaw, parseUnlock } from './parse-hold.ts';
import { isWeight, looksLikeWish, parseWish, versionName } from './parse-wish.ts';
import { typedService } from './typed-service.ts';

const maxTypedLength = 4000;

/** Elsewhere a mention is a part of a text, and stays what people read. */
const asksForAudit = /^\s*(?:\/shift\s+)?audit\s/i;

/** Reads one line of the /shift language. Never throws, whatever it is given. */
export function parseCommand(text: string): Command | Mistake {
  if (text.length > maxTypedLength) return mistake(`That is ${text.length} characters long.`, helpLine);
  const line = readLine(asksForAudit.test(text) ? withIds(text) : text);
  if (!line.ok) return line.mistake;
  const command = parseWords(line.value.words, line.value.flags);
  return command.verb === 'mistake' ? readyToCopy(command, line.value.flags) : command;
}

interface Line {
  readonly words: readonly string[];
  readonly flags: Flags;
}

function readLine(text: string): Parsed<Line> {
  const split = toWords(asTyped(text));
  if (split.kind === 'open-quote')
    return no('A quote is opened and never closed.', 'Close it: `--reason "red stars"`.');

  const flags = takeFlags(split.words);
  if (!flags.ok) return flags;
  const words = bareWords(flags.value.rest, decoration);
  switch (words[0]) {
    case 'lock':
      return withQuotedReason(flags.value, decoration);
    case 'freeze':
    case 'thaw':
      return withQuotedReason(flags.value, backTicks); // whose stars are no emphasis
    case 'apply':
    case 'delete':
    case 'unpin': // of files and header values the case tells, and in an expression a star
      return { ok: true, value: { words: bareWords(flags.value.rest, backTicks, true), flags: flags.value.flags } };
    default:
      return { ok: true, value: { words, flags: flags.value.flags } };
  }
}

/** Back-ticks and stars that are around a word, and not within it. */
const decoration = /^[`*]+|(?<![`*,;])[`*,;]+$/g;
const backTicks = /^`+|(?<![`,;])[`,;]+$/g;

interface Taken {
  readonly flags: Flags;
  readonly rest: readonly Word[];
}

/** What stands in quotes and is no flag's value is why something is held. */
function withQuotedReason({ flags, rest }: Taken, decoration: RegExp): Parsed<Line> {
  const words = bareWords(
    rest.filter(({ quoted }) => !quoted),
    decoration,
  );
  const reasons = rest.filter(({ quoted }) => quoted).map(({ text }) => text);
  if (reasons.length + (flags.reason === undefined ? 0 : 1) > 1)
    return no('There are several reasons.', 'Put all of it into one pair of quotes.');
  const [reason] = reasons.map((text) => text.trim()).filter((text) => text !== '');
  return { ok: true, value: { words, flags: reason === undefined ? flags : { ...flags, reason: asReason(reason) } } };
}

function bareWords(words: readonly Word[], around: RegExp, keepsCase = false): readonly string[] {
  const bare = words.map(({ text }) => text.replaceAll(around, '')).filter((word) => word !== '');
  const verb = bare.findIndex((word) => word.toLowerCase() !== '/shift');
  const lowered = bare.map((word, at) => (isUserId(word) || (keepsCase && at > verb) ? word : word.toLowerCase()));
  return lowered[0] === '/shift' ? lowered.slice(1) : lowered;
}

/**
 * What is suggested gets copied. So it keeps the flags that were typed, lest it act in another place or in earnest, and it is a
 * command that can be read; where a word in it is beyond repair, help is suggested instead.
 */
function readyToCopy({ wrong, next }: Mistake, flags: Flags): Mistake {
  const { namespace, cluster } = flags;
  const whole = next.replaceAll(/`(\/shift (?!help(?: |`))[^`]+)`/g, (_, command: string) => {
    const kept = formatFlags(/^\/shift (?:status|history|audit)(?: |$)/.test(command) ? { namespace, cluster } : flags);
    if (/^\/shift (?:approve|reject|withdraw|pending|tour)(?: |$)/.test(command)) return `\`${command}\``;
    return `\`${join(command, kept.replaceAll('`', "'"))}\``;
  });
  if (visible(whole) !== whole) return mistake(wrong, helpLine);
  const suggested = [...whole.matchAll(/`(\/shift[^`]*)`/g)];
  return mistake(wrong, suggested.every(([, command = '']) => isCommand(command)) ? whole : helpLine);
}

function isCommand(text: string): boolean {
  const line = readLine(text);
  return line.ok && parseWords(line.value.words, line.value.flags).verb !== 'mistake';
}

function parseWords(words: readonly string[], flags: Flags): Command | Mistake {
  const [first, ...rest] = words;
  if (first === undefined) return { verb: 'help', topic: undefined };
  if (first === 'shift' && !rest[0]?.includes('=') && looksLikeWish(rest.slice(1))) return parseShift(rest, flags);
  if (!isVerb(first)) return isMistypedVerb(words) ? unknownVerb(first, rest, flags) : parseShift(words, flags);
  if (first === 'why') return parseWhy(rest, flags);
  const saysWhen = (first === 'lock' || first === 'freeze') && rest.some((word) => word === 'for' || word === 'until');
  const namesRule = first === 'unpin' && !rest[0]?.includes('=') && rest.some((word) => word.includes('='));
  if (looksLikeWish(rest) && first !== 'set' && first !== 'promote' && !saysWhen && !namesRule)
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
    case 'status':
      return parseStatus(rest, flags);
    case 'history':
      return parseHistory(rest, flags);
    case 'approve':
    case 'reject':
    case 'withdraw':
      return parseDecision(first, rest, flags);
    case 'lock':
      return parseLock(rest, flags);
    case 'unlock':
      return parseUnlock(rest, flags);
    case 'freeze':
      return parseFreeze(rest, flags);
    case 'thaw':
      return parseThaw(rest, flags);
    case 'pending':
      return rest.length > 0 ? tooMuch(rest, '/shift pending') : { verb: 'pending' };
    case 'audit':
      return parseAudit(rest, flags);
    case 'tour':
      return parseTour(rest);
  }
}

function parseTour([step = '1', ...more]: readonly string[]): Command | Mistake {
  if (more.length > 0) return tooMuch(more, '/shift tour');
  if (/^[1-9]\d?$/.test(step)) return { verb: 'tour', step: Number(step) };
  return mistake(
    `${quote(step)} is no step of the tour.`,
    'Type `/shift tour`, or `/shift tour 3` for the third step.',
  );
}

function parseShift(words: readonly string[], flags: Flags): Command | Mistake {
  const [word, ...rest] = words;
  if (word === undefined)
    return mistake('Nothing is named to shift.', 'Type a service, a version and a percentage: `/shift reviews v3 50`.');
  const service = typedService(word, flags);
  if (!service.ok) return service.mistake;
  const wish = parseWish(word, rest);
  if (!wish.ok) return wish.mistake;
  return { verb: 'shift', service: service.value, wish: wish.value, options: options(flags) };
}

function parsePromote(words: readonly string[], flags: Flags): Command | Mistake {
  const [word, name, ...more] = words;
  if (word === undefined || name === undefined)
    return mistake(
      'A promotion names a service and a version.',
      `Type \`/shift promote ${plain(word ?? 'reviews')} v3\`.`,
    );
  if (more.length > 0) return tooMuch(more, `/shift promote ${plain(word)} ${plain(name)}`);
  const service = typedService(word, flags);
  if (!service.ok) return service.mistake;
  const version = versionName(name);
  if (!version.ok) return version.mistake;
  return {
    verb: 'shift',
    service: service.value,
    wish: { kind: 'share', version: version.value, percent: 100 },
    options: options(flags),
  };
}

function parseRollback(words: readonly string[], flags: Flags): Command | Mistake {
  const [word, to, id, ...more] = words;
  if (word === undefined) return mistake('A rollback names a service.', 'Type `/shift rollback reviews`.');
  const service = typedService(word, flags);
  if (!service.ok) return service.mistake;
  if (to === undefined) return { verb: 'rollback', service: service.value, backTo: undefined, options: options(flags) };

  const backTo = to === 'to' && id !== undefined && more.length === 0 ? readChangeId(id) : undefined;
  if (backTo !== undefined) return { verb: 'rollback', service: service.value, backTo, options: options(flags) };
  const bare = id === undefined ? readChangeId(to) : undefined;
  if (bare !== undefined)
    return mistake('A change is named after `to`.', `Type \`/shift rollback ${plain(word)} to ${bare}\`.`);
  return mistake(
    `${quote(words.slice(1).join(' '))} does not name a change.`,
    `Type \`/shift rollback ${plain(word)}\`, or the id of a change after \`to\`; \`/shift history ${plain(word)}\` lists them.`,
  );
}

/** The twins of a card's buttons. */
function parseDecision(
  verb: 'approve' | 'reject' | 'withdraw',
  words: readonly string[],
  flags: Flags,
): Command | Mistake {
  if (flags.dryRun) return mistake('A decision has no dry run.', 'Type `/shift pending` for what waits.');
  const [word, ...more] = words;
  if (word === undefined)
    return mistake(
      'A decision names a change.',
      `Type \`/shift ${verb} c-7F3K9QXZ\`; \`/shift pending\` lists what waits.`,
    );
  const id = readChangeId(word);
  if (id === undefined)
    return mistake(`${quote(word)} is not the id of a change.`, 'Type `/shift pending` for what waits.');
  if (verb === 'reject') {
    const said = {
      verb,
      id,
      reason: flags.reason ?? (more.length > 0 ? more.map(plain).join(' ') : undefined),
    } as const;
    return more.length > 0 ? tooMuch(more, formatCommand(said)) : said;
  }
  if (more.length > 0) return tooMuch(more, `/shift ${verb} ${id}`);
  return flags.reason === undefined
    ? { verb, id }
    : mistake('Only a rejection says why.', `Type \`/shift ${verb} ${id}\`.`);
}

/** Whatever else would be typed, after `why`. */
function parseWhy(words: readonly string[], flags: Flags): Command | Mistake {
  if (words.length === 0) return mistake('Why what?', 'Type what you would type to do it: `/shift why reviews v3 50`.');
  const command = words[0] === 'why' ? undefined : parseWords(words, flags);
  if (command?.verb === 'shift' || command?.verb === 'rollback') return { verb: 'why', command };
  if (looksLikeWish(words) && parseShift(['why', ...words], flags).verb === 'shift')
    return verbAsService('why', words, flags);
  if (command?.verb === 'mistake') return mistake(command.wrong, asQuestion(command.next));
  return mistake(
    'Policy is only asked about what moves traffic.',
    'Type a shift, a promotion or a rollback: `/shift why reviews v3 50`.',
  );
}

/** Whoever asked what policy would say is not shown a command that does it. */
function asQuestion(next: string): string {
  return next.replaceAll(/`\/shift (?!(?:help|status|history|audit|why|pending)(?: |`))/g, '`/shift why ');
}

function parseStatus(words: readonly string[], flags: Flags): Command | Mistake {
  const [word, ...more] = words;
  if (more.length > 0) return tooMuch(more, `/shift status ${plain(word ?? '')}`);
  if (word === undefined)
    return { verb: 'status', service: undefined, namespace: flags.namespace, cluster: flags.cluster };
  const service = typedService(word, flags);
  return service.ok ? { verb: 'status', ...service.value } : service.mistake;
}

function parseHistory(words: readonly string[], flags: Flags): Command | Mistake {
  const [word, ...more] = words;
  if (word === undefined) return mistake('A history is that of a service.', 'Type `/shift history reviews`.');
  if (more.length > 0) return tooMuch(more, `/shift history ${plain(word)}`);
  const service = typedService(word, flags);
  return service.ok ? { verb: 'history', service: service.value } : service.mistake;
}

function parseAudit(words: readonly string[], flags: Flags): Command | Mistake {
  const [word, ...more] = words;
  if (word === undefined) return { verb: 'audit', about: { kind: 'everything' } };
  if (more.length > 0) return tooMuch(more, `/shift audit ${plain(word)}`);
  if (isUserId(word)) return { verb: 'audit', about: { kind: 'person', user: word.slice(1) } };
  if (word.startsWith('@'))
    return mistake(
      `I cannot tell who ${quote(word)} is.`,
      'Pick the person from the list that opens when you type `@`, or name a service: `/shift audit reviews`.',
    );
  const id = readChangeId(word);
  if (id !== undefined) return { verb: 'audit', about: { kind: 'change', id } };
  const service = typedService(word, flags);
  return service.ok ? { verb: 'audit', about: { kind: 'service', service: service.value } } : service.mistake;
}

/** `@U01ALICE`, as a mention is read. */
function isUserId(word: string): boolean {
  return /^@[UW][A-Z0-9]+$/.test(word);
}

/** A word before a whole shift, or a word that is nearly a command and is not followed by a shift. */
function isMistypedVerb([first = '', ...rest]: readonly string[]): boolean {
  const [, second = '', third = ''] = rest;
  if (looksLikeWish(rest)) return rest.length === 3 && second !== 'to' && !isWeight(second) && isWeight(third);
  return nearest(first, verbs) !== undefined;
}

function unknownVerb(word: string, rest: readonly string[], flags: Flags): Mistake {
  const near = looksLikeWish(rest) ? undefined : nearest(word, verbs);
  const meant = near === undefined ? rest : [near, ...rest];
  const wrong = `I don't know ${quote(word)}.`;
  if (near !== undefined && parseWords(meant, flags).verb === 'mistake')
    return mistake(wrong, `Did you mean \`${near}\`? See \`/shift help ${near}\`.`);
  return mistake(wrong, `Did you mean \`${join('/shift', ...meant.map(plain))}\`?`);
}

/** A service that is called like a command, or a command too many before a whole shift. */
function verbAsService(verb: Verb, rest: readonly string[], flags: Flags): Mistake {
  const wrong = `${quote(verb)} is a command, and what follows reads like a shift.`;
  if (parseShift(rest, flags).verb === 'shift')
    return mistake(wrong, `Did you mean \`${join('/shift', ...rest.map(plain))}\`?`);
  return mistake(
    wrong,
    `If a service is named so, type \`${join('/shift', 'set', verb, ...rest.map(plain))}\`; else see \`/shift help ${verb}\`.`,
  );
}

const helpLine = 'Type `/shift help` for what I understand.';
