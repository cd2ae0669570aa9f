import { fileNamePart } from '../routing/rule-file.ts';
import { quote } from '../text/typed-text.ts';
import type { Command } from './command.ts';
import type { Flags } from './flags.ts';
import { join } from './format-flags.ts';
import { type Mistake, mistake, noRoute, plain, tooMuch } from './mistake.ts';
import { versionName } from './parse-wish.ts';
import { typedService } from './typed-service.ts';

const maxFileName = 200;

/** `apply bookinfo/virtual-service-all-v1` */
export function parseFileCommand(verb: 'apply' | 'delete', words: readonly string[], flags: Flags): Command | Mistake {
  const [word, ...more] = words;
  const example = `/shift ${verb} bookinfo/virtual-service-all-v1`;
  if (word === undefined) return mistake('Which rule file?', `Name it: \`${example}\`.`);
  if (!isFileName(word))
    return mistake(
      `${quote(word)} is not the name of a rule file: those have letters, digits and \`-_./\` only.`,
      `Type it like \`${example}\`.`,
    );
  if (flags.rule !== undefined) return noRoute(verb);
  if (more.length > 0) return tooMuch(more, `/shift ${verb} ${word}`);
  const { namespace, cluster, reason, dryRun = false } = flags;
  return { verb, file: word, place: { namespace, cluster }, reason, dryRun };
}

/** `unpin reviews end-user=jason` */
export function parseUnpin(words: readonly string[], flags: Flags): Command | Mistake {
  const [word, ...rest] = words;
  const rule = rest.join(' ').replaceAll(/["‘’]/g, "'").trim(); // formatCommand puts double quotes around it
  if (word === undefined || rule === '')
    return mistake(
      'Unpin takes a service and one of its rules.',
      `Name both: \`/shift unpin ${plain(word ?? 'reviews')} end-user=jason\`; \`/shift status ${plain(word ?? 'reviews')}\` shows its rules.`,
    );
  const service = typedService(word.toLowerCase(), flags);
  if (!service.ok) return service.mistake;
  const { reason, dryRun = false } = flags;
  if (flags.rule !== undefined) return noRoute('unpin');
  return { verb: 'unpin', service: service.value, rule, reason, dryRun };
}

/** `init reviews`, `init reviews v1 --http-route` */
export function parseInit(words: readonly string[], flags: Flags): Command | Mistake {
  const [word, version, ...more] = words;
  if (word === undefined)
    return mistake('The first rules of which service?', 'Name one that nothing routes yet: `/shift init reviews`.');
  const service = typedService(word, flags);
  if (!service.ok) return service.mistake;
  if (flags.rule !== undefined) return noRoute('init');
  if (more.length > 0) return tooMuch(more, join('/shift init', plain(word), plain(version ?? '')));
  const named = version === undefined ? undefined : versionName(version);
  if (named?.ok === false) return named.mistake;
  const { reason, dryRun = false, httpRoute } = flags;
  return {
    ...{ verb: 'init', service: service.value, reason, dryRun },
    ...(version !== undefined && { version }),
    ...(httpRoute !== undefined && { httpRoute }),
  };
}

/** A path inside RULES_DIR: it cannot lead out of that folder. */
function isFileName(word: string): boolean {
  return (
    word.length <= maxFileName &&
    word.split('/').every((part) => fileNamePart.test(part) && part !== '.' && part !== '..')
  );
}
