import { readChangeId, readRampId } from '../routing/names.ts';
import { quote } from '../text/typed-text.ts';
import type { Command } from './command.ts';
import type { Flags } from './flags.ts';
import { type Mistake, mistake, plain, tooMuch } from './mistake.ts';
import { isUserId } from './read-line.ts';
import { typedService } from './typed-service.ts';

export function parseStatus(words: readonly string[], flags: Flags): Command | Mistake {
  const [word, ...more] = words;
  if (more.length > 0) return tooMuch(more, `/shift status ${plain(word ?? '')}`);
  if (word === undefined)
    return { verb: 'status', service: undefined, namespace: flags.namespace, cluster: flags.cluster };
  const service = typedService(word, flags);
  return service.ok ? { verb: 'status', ...service.value } : service.mistake;
}

export function parseHistory(words: readonly string[], flags: Flags): Command | Mistake {
  const [word, ...more] = words;
  if (word === undefined) return mistake('A history is about one service.', 'Type `/shift history reviews`.');
  if (more.length > 0) return tooMuch(more, `/shift history ${plain(word)}`);
  const service = typedService(word, flags);
  return service.ok ? { verb: 'history', service: service.value } : service.mistake;
}

export function parseAudit(words: readonly string[], flags: Flags): Command | Mistake {
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
  const ramp = readRampId(word);
  if (ramp !== undefined) return { verb: 'audit', about: { kind: 'ramp', id: ramp } };
  const service = typedService(word, flags);
  return service.ok ? { verb: 'audit', about: { kind: 'service', service: service.value } } : service.mistake;
}

export function parseTour([step = '1', ...more]: readonly string[]): Command | Mistake {
  if (more.length > 0) return tooMuch(more, '/shift tour');
  if (/^[1-9]\d?$/.test(step)) return { verb: 'tour', step: Number(step) };
  return mistake(
    `${quote(step)} is no step of the tour.`,
    'Type `/shift tour`, or `/shift tour 3` for the third step.',
  );
}
