import { isHost, isLabel, splitServiceWord } from '../routing/names.ts';
import { objectWord, readObjectWord } from '../routing/object-word.ts';
import { quote } from '../text/typed-text.ts';
import type { TypedService } from './command.ts';
import type { Flags } from './flags.ts';
import { no, type Parsed } from './mistake.ts';

/** The service that a word and the flags name, or the object (`vs/edge`). */
export function typedService(word: string, flags: Flags): Parsed<TypedService> {
  const object = readObjectWord(word);
  if (object !== undefined)
    return { ok: true, value: { service: objectWord(object), namespace: flags.namespace, cluster: flags.cluster } };
  const split = splitServiceWord(word);
  const isHostWord = isHost(word) && word.includes('.');
  // With `-n` the word is one name, and the flag says where its object is.
  const isElsewhere = isHostWord && flags.namespace !== undefined && split.namespace !== flags.namespace;
  const { service, namespace } = isElsewhere ? { service: word, namespace: undefined } : split;
  if (namespace !== undefined && flags.namespace !== undefined && namespace !== flags.namespace) {
    return no(`${quote(word)} and \`-n ${flags.namespace}\` name two namespaces.`, 'Leave one of them out.');
  }
  const place = namespace ?? flags.namespace;
  if (!isHost(service) || (place !== undefined && !isLabel(place))) {
    return no(
      `${quote(word)} cannot be the name of a service.`,
      'A name is lower-case letters, digits and dashes, like `reviews` or `bookinfo/reviews`.',
    );
  }
  const host = isHostWord && flags.namespace === undefined && word === `${service}.${namespace}` ? { host: word } : {};
  return { ok: true, value: { service, namespace: place, cluster: flags.cluster, ...host } };
}
