import { readChangeId } from '../routing/names.ts';
import { nearest } from '../text/nearest.ts';
import { quote, withIds } from '../text/typed-text.ts';
import { type Command, formatCommand, isVerb, join, type Verb, verbs } from './command.ts';
import { corrected } from './correct.ts';
import { type Flags, options } from './flags.ts';
import { helpLine, type Mistake, mistake, plain, tooMuch } from './mistake.ts';
import { parseFileCommand, parseUnpin } from './parse-edit.ts';
import { parseHold } from './parse-hold.ts';
import { isWeight, looksLikeWish, parseWish, versionName } from './parse-wish.ts';
import { isUserId, type Line, readLine } from './read-line.ts';
import { typedService } from './typed-service.ts';

const maxTypedLength = 4000;

/** Only `audit` reads a mention as a person. In other commands it is text, and keeps the name that people see. */
const asksForAudit = /^\s*(?:\/shift\s+)?audit\s/i;

/** Reads one line of the /shift language. Never throws. */
export function parseCommand(text: string): Command | Mistake {
  if (text.length > maxTypedLength) return mistake(`That is ${text.length} characters long.`, helpLine);
  const line = readLine(asksForAudit.test(text) ? withIds(text) : text);
  if (!line.ok) return line.mistake;
  const parse = ({ words, flags }: Line) => parseWords(words, flags);
  const command = parse(line.value);
  return command.verb === 'mistake' ? corrected(command, line.value, parse) : command;
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
    case 'unlock':
    case 'freeze':
    case 'thaw':
      return parseHold(first, rest, flags);
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

/** These commands do the same as the buttons of a card. */
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

/** After `why` comes the command that it asks about. */
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

/** Somebody who only asked what policy says must not copy a command that acts. */
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
  if (word === undefined) return mistake('A history is about one service.', 'Type `/shift history reviews`.');
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

/** True for an extra word before a whole shift, and for a word that is nearly a command and has no shift behind it. */
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

/** Either a service has the name of a command, or there is a command too many before a whole shift. */
function verbAsService(verb: Verb, rest: readonly string[], flags: Flags): Mistake {
  const wrong = `${quote(verb)} is a command, and what follows reads like a shift.`;
  if (parseShift(rest, flags).verb === 'shift')
    return mistake(wrong, `Did you mean \`${join('/shift', ...rest.map(plain))}\`?`);
  return mistake(
    wrong,
    `If a service is named so, type \`${join('/shift', 'set', verb, ...rest.map(plain))}\`; else see \`/shift help ${verb}\`.`,
  );
}
