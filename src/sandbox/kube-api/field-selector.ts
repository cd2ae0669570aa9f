import type { Kind } from './kinds.ts';
import { at, type KubeObject } from './object.ts';
import { badRequest } from './status.ts';

const ALWAYS = ['metadata.name', 'metadata.namespace'];

/** Reads a fieldSelector such as `metadata.name=reviews`. */
export function parseFieldSelector(kind: Kind, text: string): (object: KubeObject) => boolean {
  const terms = text.split(',').filter((term) => term !== '');
  const tests = terms.map((term) => parseTerm(kind, text, term));
  return (object) => tests.every((test) => test(object));
}

function parseTerm(kind: Kind, selector: string, term: string): (object: KubeObject) => boolean {
  const match = /^(?<name>[^=!]*)(?<operator>!=|==?)(?<value>.*)$/.exec(term);
  if (match?.groups === undefined) throw badRequest(`invalid selector: '${selector}'; can't understand '${term}'`);
  const { name = '', operator, value = '' } = match.groups;
  if (![...ALWAYS, ...(kind.selectable ?? [])].includes(name)) throw badRequest(`field label not supported: ${name}`);
  const path = pathOf(kind, name);
  return (object) => (String(at(object, ...path) ?? '') === value) === (operator !== '!=');
}

/** For an Event, `source` means `source.component`. */
function pathOf(kind: Kind, name: string): readonly string[] {
  return kind.kind === 'Event' && name === 'source' ? ['source', 'component'] : name.split('.');
}

/** The name if a fieldSelector asks for exactly one, otherwise an empty string. */
export function nameSelected(text: string): string {
  const names = text.split(',').flatMap((term) => /^metadata\.name==?([^=!]+)$/.exec(term)?.[1] ?? []);
  return names.length === 1 ? names.join('') : '';
}
