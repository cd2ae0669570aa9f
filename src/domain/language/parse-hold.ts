import { isScope, type TypedScope } from '../policy/scope.ts';
import { quote } from '../text/typed-text.ts';
import type { Command, HoldCommand } from './command.ts';
import { type End, endExamples, readEnd } from './end.ts';
import type { Flags } from './flags.ts';
import { formatFlags, join } from './format-flags.ts';
import { type Mistake, mistake, no, noRoute, type Parsed, plain, tooMuch } from './mistake.ts';
import { typedService } from './typed-service.ts';

/** Refuses a flag that would be dropped: without it the hold would be set at once, or for more than was asked. */
export function parseHold(verb: HoldCommand['verb'], words: readonly string[], flags: Flags): Command | Mistake {
  if (flags.dryRun) return mistake(`\`${verb}\` has no dry run.`, '`/shift status` shows what is locked or frozen.');
  if (flags.rule !== undefined) return noRoute(verb);
  switch (verb) {
    case 'lock':
      return parseLock(words, flags);
    case 'unlock':
      return parseUnlock(words, flags);
    case 'freeze':
      return parseFreeze(words, flags);
    case 'thaw':
      return parseThaw(words, flags);
  }
}

/** `lock reviews "migrating ratings" for 2h` */
function parseLock(words: readonly string[], flags: Flags): Command | Mistake {
  const [word, ...rest] = words;
  if (word === undefined || isEndWord(word))
    return mistake('A lock is about one service.', 'Type `/shift lock reviews for 2h`, and in quotes why.');
  const service = typedService(word, flags);
  if (!service.ok) return service.mistake;
  const end = endOf(`/shift lock ${plain(word)}`, rest, flags);
  return end.ok ? { verb: 'lock', service: service.value, end: end.value, reason: flags.reason } : end.mistake;
}

function parseUnlock(words: readonly string[], flags: Flags): Command | Mistake {
  const [word, ...more] = words;
  if (word === undefined) return mistake('Which lock?', 'Name its service: `/shift unlock reviews`.');
  if (more.length > 0) return tooMuch(more, `/shift unlock ${plain(word)}`);
  const service = typedService(word, flags);
  return service.ok ? { verb: 'unlock', service: service.value } : service.mistake;
}

const freezeExample =
  'Type cluster/namespace, with stars where you like: `/shift freeze prod-*/payments for 2h`, and in quotes why.';

/** `freeze prod-* for 2h`. The answer tells which clusters that reaches. */
function parseFreeze(words: readonly string[], flags: Flags): Command | Mistake {
  const [word, ...rest] = words;
  if (word === undefined || isEndWord(word)) return mistake('What is to be frozen?', freezeExample);
  const scope = typedScope(word, flags);
  if (!scope.ok) return scope.mistake;
  const end = endOf(`/shift freeze ${plain(word)}`, rest, flags);
  return end.ok ? { verb: 'freeze', scope: scope.value, end: end.value, reason: flags.reason } : end.mistake;
}

function parseThaw(words: readonly string[], flags: Flags): Command | Mistake {
  const [word, ...more] = words;
  if (word === undefined) return { verb: 'thaw', scope: undefined };
  if (more.length > 0) return tooMuch(more, `/shift thaw ${plain(word)}`);
  const scope = typedScope(word, flags);
  return scope.ok ? { verb: 'thaw', scope: scope.value } : scope.mistake;
}

function typedScope(word: string, { cluster, namespace }: Flags): Parsed<TypedScope> {
  if (namespace !== undefined)
    return no(
      `\`-n ${namespace}\` is not understood here.`,
      'Name cluster and namespace in one word, like `prod-eu/payments`.',
    );
  const scope = { pattern: word, cluster };
  if (isScope(scope)) return { ok: true, value: scope };
  return no(`${quote(word)} does not name what to freeze.`, freezeExample);
}

/** Reads one `for …` or `until …`. Other words were meant as the reason, which needs quotes. */
function endOf(command: string, words: readonly string[], flags: Flags): Parsed<End | undefined> {
  const at = words.findIndex(isEndWord);
  const stray = at < 0 ? words : words.slice(0, at);
  const [word, ...when] = at < 0 ? [] : words.slice(at);
  const end = word === 'for' || word === 'until' ? readEnd(word, when) : undefined;
  if (word !== undefined && end === undefined)
    return no(`${quote(words.slice(at).join(' '))} does not say when it ends.`, `What works: ${endExamples}.`);
  if (stray.length === 0) return { ok: true, value: end };
  const reason = flags.reason === undefined ? stray.join(' ') : undefined;
  const typed = join(command, ...words.slice(at < 0 ? words.length : at), formatFlags({ reason }));
  return no(
    `A reason needs quotes around it: ${quote(stray.join(' '))}.`,
    `Did you mean \`${typed.replaceAll('`', "'")}\`?`,
  );
}

function isEndWord(word: string): boolean {
  return word === 'for' || word === 'until';
}
