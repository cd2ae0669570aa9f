import { isRampName } from '../ramp/ramp-name.ts';
import { atOnce } from '../ramp/steps.ts';
import { readChangeId } from '../routing/names.ts';
import { quote } from '../text/typed-text.ts';
import { namesClusters } from './clusters.ts';
import type { Command, MovingCommand } from './command.ts';
import { type Flags, options } from './flags.ts';
import { type Mistake, mistake, type Parsed, plain, tooMuch } from './mistake.ts';
import { looksLikeRamp, parseSteps, parseWatched, type TypedRamp } from './parse-steps.ts';
import { looksLikeWish, parseWish, shiftOf, versionName } from './parse-wish.ts';
import { typedService } from './typed-service.ts';

type ShiftOrRamp = Extract<MovingCommand, { verb: 'shift' | 'ramp' }>;

/** `reviews v3 50`, `reviews v1=80 v3=20`, `reviews v3 10,50 every 5m` */
export function parseShift(words: readonly string[], flags: Flags): ShiftOrRamp | Mistake {
  const [word, ...rest] = words;
  if (word === undefined)
    return mistake('Nothing is named to shift.', 'Type a service, a version and a percentage: `/shift reviews v3 50`.');
  const service = typedService(word, flags);
  if (!service.ok) return service.mistake;
  const wish = parseWish(word, rest);
  const ramp = rampIn(word, rest, flags, wish.ok);
  if (ramp !== undefined && !ramp.ok) return ramp.mistake;
  if (ramp !== undefined)
    return {
      verb: 'ramp',
      service: service.value,
      ...ramp.value,
      options: { ...options(flags), noGuard: flags.noGuard ?? false },
    };
  if (!wish.ok) return wish.mistake;
  const asked = { service: service.value, wish: wish.value, options: options(flags) };
  return namesClusters(flags.cluster) ? inSequence(word, asked) : { verb: 'shift', ...asked };
}

/** A share that several clusters get, one after the other: a ramp of one step, which nobody watches. */
function inSequence(
  word: string,
  { service, wish, options: asked }: Omit<Extract<MovingCommand, { verb: 'shift' }>, 'verb'>,
): ShiftOrRamp | Mistake {
  if (wish.kind === 'whole')
    return mistake(
      'One version gets its share in one cluster after the other, and this is a whole split.',
      `Type \`${shiftOf(word)} v3 50\`, or the whole split for each cluster.`,
    );
  const steps = [{ percent: wish.percent, stay: atOnce }] as const;
  return { verb: 'ramp', service, version: wish.version, steps, options: { ...asked, noGuard: false } };
}

function rampIn(
  service: string,
  words: readonly string[],
  { watchMs }: Flags,
  isWish: boolean,
): Parsed<TypedRamp> | undefined {
  if (watchMs !== undefined) return parseWatched(service, words, watchMs);
  return isWish ? undefined : parseSteps(service, words);
}

export function isMove({ verb }: Command | Mistake): boolean {
  return verb === 'shift' || verb === 'ramp';
}

/** Whether the words after a name read like a shift or a ramp. */
export function looksLikeMove(words: readonly string[]): boolean {
  return looksLikeWish(words) || looksLikeRamp(words);
}

export function parsePromote(words: readonly string[], flags: Flags): Command | Mistake {
  const [word, name, ...more] = words;
  if (word === undefined || name === undefined)
    return mistake(
      'A promotion names a service and a version.',
      `Type \`/shift promote ${plain(word ?? 'reviews')} v3\`.`,
    );
  if (looksLikeRamp(words) && parseShift(words, flags).verb === 'ramp')
    return mistake('A promotion has no steps.', `Did you mean \`${shiftOf(word)} ${words.slice(1).join(' ')}\`?`);
  if (words.length === 3 && isRampName(more[0] ?? ''))
    return mistake(
      `${quote(more[0] ?? '')} is more than I understand.`,
      `Type \`/shift promote ${plain(word)} ${plain(name)}\` for all of it at once, or \`${shiftOf(word)} ${plain(name)} ${more[0]}\` for a ramp of that name.`,
    );
  if (more.length > 0) return tooMuch(more, `/shift promote ${plain(word)} ${plain(name)}`);
  const service = typedService(word, flags);
  if (!service.ok) return service.mistake;
  const version = versionName(name);
  if (!version.ok) return version.mistake;
  const wish = { kind: 'share', version: version.value, percent: 100 } as const;
  const asked = { service: service.value, wish, options: options(flags) };
  return namesClusters(flags.cluster) ? inSequence(word, asked) : { verb: 'shift', ...asked, promotes: true };
}

export function parseRollback(words: readonly string[], flags: Flags): Command | Mistake {
  const [word, to, id, ...more] = words;
  if (flags.allRules === true)
    return mistake('A rollback takes back a change, whatever its rules.', 'Leave `--all-routes` out.');
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
