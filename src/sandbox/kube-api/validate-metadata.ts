import { type FieldError, invalid, required, tooLong } from './field-error.ts';
import type { Kind } from './kinds.ts';
import type { ObjectMeta } from './object.ts';

const DNS_1123_LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const DNS_1123_SUBDOMAIN = `${DNS_1123_LABEL}(\\.${DNS_1123_LABEL})*`;
const LABEL_VALUE = '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?';
const NAME_PART = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const MOST_ANNOTATION_BYTES = 262_144;

const EDGES = 'must start and end with an alphanumeric character';

interface NameRule {
  readonly pattern: string;
  readonly most: number;
  readonly words: string;
}

const SUBDOMAIN: NameRule = {
  pattern: DNS_1123_SUBDOMAIN,
  most: 253,
  words: `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and ${EDGES} (e.g. 'example.com'`,
};
const LABEL: NameRule = {
  pattern: DNS_1123_LABEL,
  most: 63,
  words: `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and ${EDGES} (e.g. ${quoted(['my-name', '123-abc'])}`,
};
const SERVICE_NAME: NameRule = {
  pattern: '[a-z]([-a-z0-9]*[a-z0-9])?',
  most: 63,
  words: `a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. ${quoted(['my-name', 'abc-123'])}`,
};
/** Kinds whose name becomes part of a DNS name. */
const NAME_RULES: Readonly<Record<string, NameRule>> = { Namespace: LABEL, Service: SERVICE_NAME };

function unlike({ pattern, words }: NameRule): string {
  return `${words}, regex used for validation is '${pattern}')`;
}

/** The server puts two spaces before its "or". */
function quoted(examples: readonly string[]): string {
  return examples.map((example) => `'${example}'`).join(',  or ');
}

const NAME_WORDS = `alphanumeric characters, '-', '_' or '.', and ${EDGES} (e.g. ${quoted(['MyName', 'my.name', '123-abc'])}, regex used for validation is '${NAME_PART}')`;

/** The errors in an object's metadata. */
export function metadataErrors(kind: Kind, metadata: ObjectMeta): readonly FieldError[] {
  return [
    ...nameErrors(kind, metadata.name ?? ''),
    ...Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => labelErrors(key, value)),
    ...annotationErrors(metadata.annotations ?? {}),
  ];
}

function nameErrors({ group, kind }: Kind, name: string): readonly FieldError[] {
  if (name === '') return [required('metadata.name', 'name or generateName is required')];
  if (group === 'rbac.authorization.k8s.io') return pathSegmentErrors(name);
  const rule = NAME_RULES[kind] ?? SUBDOMAIN;
  return [
    ...(name.length > rule.most
      ? [invalid('metadata.name', name, `must be no more than ${rule.most} characters`)]
      : []),
    ...(matches(rule.pattern, name) ? [] : [invalid('metadata.name', name, unlike(rule))]),
  ];
}

/** Roles and bindings may have any name that fits into a path. */
function pathSegmentErrors(name: string): readonly FieldError[] {
  if (name === '.' || name === '..') return [invalid('metadata.name', name, `may not be '${name}'`)];
  const bad = ['/', '%'].filter((char) => name.includes(char));
  return bad.map((char) => invalid('metadata.name', name, `may not contain '${char}'`));
}

function labelErrors(key: string, value: string): readonly FieldError[] {
  return [...keyErrors(key, 'metadata.labels'), ...labelValueErrors(value)];
}

function labelValueErrors(value: string): readonly FieldError[] {
  const shape = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and ${EDGES}`;
  const examples = `(e.g. ${quoted(['MyValue', 'my_value', '12345'])}, regex used for validation is '${LABEL_VALUE}')`;
  return [
    ...(value.length > 63 ? [invalid('metadata.labels', value, 'must be no more than 63 bytes')] : []),
    ...(matches(LABEL_VALUE, value) ? [] : [invalid('metadata.labels', value, `${shape} ${examples}`)]),
  ];
}

/** Checks the key of a label or annotation: a name, with an optional DNS subdomain and a slash before it. */
function keyErrors(key: string, field: string): readonly FieldError[] {
  const [prefix, name = ''] = key.includes('/') ? split(key) : [undefined, key];
  if (name.includes('/')) {
    const shape = `a valid label key must consist of ${NAME_WORDS}`;
    return [invalid(field, key, `${shape} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`)];
  }
  return [
    ...(prefix === '' ? [invalid(field, key, 'prefix part must be non-empty')] : []),
    ...(prefix && !matches(DNS_1123_SUBDOMAIN, prefix)
      ? [invalid(field, key, `prefix part ${unlike(SUBDOMAIN)}`)]
      : []),
    ...(name === '' ? [invalid(field, key, 'name part must be non-empty')] : []),
    ...(name.length > 63 ? [invalid(field, key, 'name part must be no more than 63 bytes')] : []),
    ...(matches(NAME_PART, name) ? [] : [invalid(field, key, `name part must consist of ${NAME_WORDS}`)]),
  ];
}

function split(key: string): readonly [string, string] {
  const slash = key.indexOf('/');
  return [key.slice(0, slash), key.slice(slash + 1)];
}

function annotationErrors(annotations: Readonly<Record<string, string>>): readonly FieldError[] {
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations)) bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  return [
    // The server checks the key of an annotation in lower case.
    ...Object.keys(annotations).flatMap((key) =>
      keyErrors(key.toLowerCase(), 'metadata.annotations').map((error) => ({
        ...error,
        message: error.message.replace(JSON.stringify(key.toLowerCase()), JSON.stringify(key)),
      })),
    ),
    ...(bytes > MOST_ANNOTATION_BYTES ? [tooLong('metadata.annotations', MOST_ANNOTATION_BYTES)] : []),
  ];
}

function matches(pattern: string, text: string): boolean {
  return new RegExp(`^(?:${pattern})$`).test(text);
}
