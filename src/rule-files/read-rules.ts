import type { FileFault, RuleFile, RuleFileReading } from '../domain/routing/rule-file.ts';
import { fault, inOrder } from '../yaml/faults.ts';
import { type Fault, readYamlDocuments, textOf } from '../yaml/read-yaml.ts';
import { classify, type FileObject, objectsIn } from './file-object.ts';
import { readManifest } from './manifest.ts';
import { meantInstead, type PlacedManifest } from './misprint.ts';
import type { Unconverted } from './of-2017/conversion.ts';
import { convert } from './of-2017/convert.ts';
import { type RouteRule, readRouteRule } from './of-2017/route-rule.ts';
import { wordFault } from './words.ts';

/** More than any rule file that people write, and little enough to parse quickly whatever it contains: parsing blocks the process. */
export const largestFile = 256 * 1024;
const mostDocuments = 200;
/** Each object is read and tried while a person waits. A List is one document with any number of objects. */
const mostObjects = 100;
const longestFault = 300;

/** The contents of a file, or all its faults. A file with a fault is not used at all. */
export function readRules(name: string, bytes: Uint8Array): RuleFileReading {
  if (bytes.length > largestFile) return refused(name, [wholeFile(`the file is larger than ${largestFile / 1024} KB`)]);
  const text = textOf(bytes);
  if (text === undefined) return refused(name, [wholeFile('the file is not UTF-8')]);
  const unreadable = controlCharacter(text) ?? template(text);
  if (unreadable !== undefined) return refused(name, [unreadable]);

  const { documents, hasMore } = readYamlDocuments(text, { deepest: 24, most: mostDocuments, wordFault });
  if (hasMore)
    return refused(name, [wholeFile(`the file has more than ${mostDocuments} documents: split it into several files`)]);
  const faults = documents.flatMap((document) => document.faults);
  const objects = documents.filter((each) => each.faults.length === 0).flatMap(objectsIn);
  if (objects.length > mostObjects)
    return refused(name, [wholeFile(`the file has more than ${mostObjects} objects: split it into several files`)]);
  const contents = contentsOf(objects);
  const all = [...faults, ...contents.faults];
  if (all.length > 0) return refused(name, all);
  return toFile(name, contents);
}

interface Contents {
  readonly placed: PlacedManifest[];
  readonly routeRules: RouteRule[];
  readonly bygone: Unconverted[];
  readonly faults: Fault[];
}

function contentsOf(objects: readonly FileObject[]): Contents {
  const contents: Contents = { placed: [], routeRules: [], bygone: [], faults: [] };
  for (const object of objects) sort(object, contents);
  contents.faults.push(...namedTwice(contents.routeRules.map((rule) => toNamed(rule, rule.object))));
  return contents;
}

function sort(object: FileObject, { placed, routeRules, bygone, faults }: Contents): void {
  const found = classify(object);
  if (found.kind === 'unknown') faults.push(...found.faults);
  else if (found.kind === 'bygone')
    bygone.push({ rule: found.name, line: object.line, why: `${found.of} has no equivalent today` });
  else if (found.kind === 'manifest') {
    const read = readManifest(object, found.of);
    if (read.ok) placed.push({ manifest: read.value, object });
    else faults.push(...read.faults);
  } else {
    const read = readRouteRule(object, found.format);
    if (read.ok) routeRules.push(read.value);
    else faults.push(...read.faults);
  }
}

function toFile(name: string, { placed, routeRules, bygone }: Contents): RuleFileReading {
  const present = placed.map(({ manifest }) => manifest);
  const { made, conversions, unconverted: left } = convert(routeRules, present);
  const unconverted = [...bygone, ...left].toSorted((a, b) => a.line - b.line);
  const all = [
    ...placed.map(({ manifest, object }) => ({ manifest, named: toNamed(manifest, object) })),
    ...made.map(({ manifest, line }) => ({ manifest, named: { ...manifest, line, column: 1 } })),
  ].toSorted((a, b) => a.named.line - b.named.line);
  const twice = namedTwice(all.map(({ named }) => named));
  if (twice.length > 0) return refused(name, twice);
  if (all.length === 0) return refused(name, unconverted.length === 0 ? [wholeFile(emptyFile)] : whyNone(unconverted));

  const manifests = all.map(({ manifest }) => manifest);
  const meant = meantInstead(placed, manifests);
  const file: RuleFile = { name, manifests, conversions, unconverted };
  return { kind: 'file', file: meant === undefined ? file : { ...file, meant } };
}

function whyNone(unconverted: readonly Unconverted[]): readonly Fault[] {
  return unconverted.map(({ rule, line, why }) => fault({ line, column: 1 }, `${rule}: ${why}`));
}

const emptyFile = 'the file is empty: write a VirtualService or another routing object';

interface NamedObject extends Pick<Fault, 'line' | 'column'> {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string | undefined;
}

function toNamed({ kind, name, namespace }: Omit<NamedObject, 'line' | 'column'>, object: FileObject): NamedObject {
  return { kind, name, namespace, ...object.at(['metadata', 'name']) };
}

/** An object without a namespace could be in any namespace. */
function namedTwice(all: readonly NamedObject[]): readonly Fault[] {
  return all.flatMap((each, at) => {
    const first = all.slice(0, at).find((other) => mayBeOne(other, each));
    if (first === undefined) return [];
    const way = first.namespace === each.namespace ? 'keep one' : 'keep one, or give both a namespace';
    return [fault(each, `${each.kind} \`${each.name}\` is already in line ${first.line}: ${way}`)];
  });
}

function mayBeOne(one: NamedObject, other: NamedObject): boolean {
  const isNamedAlike = one.kind === other.kind && one.name === other.name;
  const isApart = one.namespace !== undefined && other.namespace !== undefined && one.namespace !== other.namespace;
  return isNamedAlike && !isApart;
}

/** YAML allows no control characters, and some of them hide text from a reader. */
function controlCharacter(text: string): Fault | undefined {
  const at = text.search(/(?![\t\n\r])\p{Cc}/u);
  if (at < 0) return undefined;
  const before = text.slice(0, at).split('\n');
  const code = (text.codePointAt(at) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const where = { line: before.length, column: (before.at(-1) ?? '').length + 1 };
  return fault(where, `there is a control character (U+${code}) here`);
}

/** Templates of Helm and others look like YAML before they are rendered. */
function template(text: string): Fault | undefined {
  const lines = text.split('\n').map((line) => line.replace(/(^|\s)#.*$/, ''));
  const at = lines.findIndex((line) => line.includes('{{'));
  const column = (lines[at] ?? '').indexOf('{{') + 1;
  return at < 0 ? undefined : fault({ line: at + 1, column }, 'this is a template (`{{ … }}`): render it first');
}

function wholeFile(message: string): Fault {
  return fault({ line: 1, column: 1 }, message);
}

function refused(name: string, faults: readonly Fault[]): RuleFileReading {
  const told: readonly FileFault[] = inOrder(faults).map(({ line, column, message }) => ({
    line,
    column,
    what: message.length <= longestFault ? message : `${message.slice(0, longestFault)}…`,
  }));
  return { kind: 'bad-file', name, faults: told };
}
