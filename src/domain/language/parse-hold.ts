import { isScope, type TypedScope } from '../policy/scope.ts';
import { quote } from '../text/typed-text.ts';
import { type Command, formatFlags, join } from './command.ts';
import { type End, endExamples, readEnd } from './end.ts';
import type { Flags } from './flags.ts';
import { type Mistake, mistake, no, type Parsed, plain, tooMuch } from './mistake.ts';
import { typedService } from './typed-service.ts';

/** `lock reviews "migrating ratings" for 2h` */
export function parseLock(words: readonly string[], flags: Flags): Command | Mistake {
  const [word, ...rest] = words;
  if (word === undefined || isEndWord(word))
    return mistake('A lock is that of a service.', 'Type `/shift lock reviews for 2h`, and in quotes why.');
  const service = typedService(word, flags);
  if (!service.ok) return service.mistake;
  const end = endOf(`/shift lock ${plain(word)}`, rest, flags);
  return end.ok ? { verb: 'lock', service: service.value, end: end.value, reason: flags.reason } : end.mistake;
}

export function parseUnlock(words: readonly string[], flags: Flags): Command | Mistake {
  const [word, ...more] = words;
  if (word === undefined) return mistake('Which lock?', 'Name its service: `/shift unlock reviews`.');
  if (more.length > 0) return tooMuch(more, `/shift unlock ${plain(word)}`);
  const service = typedService(word, flags);
  return service.ok ? { verb: 'unlock', service: service.value } : service.mistake;
}

const freezeExample =
  'Type cluster/namespace, with stars where you like: `/shift freeze prod-*/payments for 2h`, and in quotes why.';

/** `freeze prod-*` and so on: what it reaches is known only with the clusters, and is told. */
export function parseFreeze(words: readonly string[], flags: Flags): Command | Mistake {
  const [word, ...rest] = words;
  if (word === undefined || isEndWord(word)) return mistake('What is to be frozen?', freezeExample);
  const scope = typedScope(word, flags);
  if (!scope.ok) return scope.mistake;
  const end = endOf(`/shift freeze ${plain(word)}`, rest, flags);
  return end.ok ? { verb: 'freeze', scope: scope.value, end: end.value, reason: flags.reason } : end.mistake;
}

export function parseThaw(words: readonly string[], flags: Flags): Command | Mistake {
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

/** What follows is `for` or `until`, once; other words were to be the reason, and want quotes. */
function endOf(command: string, words: readonly string[], flags: Flags): Parsed<End | undefined> {
  const at = words.findIndex(isEndWord);
  const stray = at < 0 ? words : words.slice(0, at);
  const [word, ...when] = at < 0 ? [] : words.slice(at);
  const end = word === 'for' || word === 'until' ? readEnd(word, when) : undefined;
  if (word !== undefined && end === undefined)
    return no(`${quote(words.slice(at).join(' '))} does not say when it ends.`, `What works: ${endExamples}.`);
  if (stray.length === 0) return { ok: true, value: end };
  const reason = flags.reason ?? stray.join(' ');
  const typed = join(command, ...words.slice(at < 0 ? words.length : at), formatFlags({ reason }));
  return no(
    `A reason wants quotes around it: ${quote(stray.join(' '))}.`,
    `Did you mean \`${typed.replaceAll('`', "'")}\`?`,
  );
}

function isEndWord(word: string): boolean {
  return word === 'for' || word === 'until';
}
