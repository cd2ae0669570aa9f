import {
  Composer,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  type Pair,
  Parser,
  parseDocument,
  type Scalar,
} from 'yaml';

/** What is wrong, where in the file, and what to write instead. */
export interface Fault {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export type Path = readonly PropertyKey[];
type Position = Pick<Fault, 'line' | 'column'>;

export interface ReadYaml {
  /** Plain values only. Every key of the file is an own property, `__proto__` too. */
  readonly value: unknown;
  readonly faults: readonly Fault[];
  /** Where the value at a path is, or the closest thing around it. */
  at(path: Path): Position;
  /** Where the key at a path is. */
  atKey(path: Path): Position;
}

/** What differs between kinds of files. */
export interface Dialect {
  readonly deepest: number;
  /** What is wrong with a key or a scalar that YAML itself accepts. */
  readonly wordFault?: (word: YamlWord) => string | undefined;
}

export interface YamlWord {
  readonly value: unknown;
  /** The source text, if it has no quotes. */
  readonly plain: string | undefined;
  readonly isKey: boolean;
}

const start: Position = { line: 1, column: 1 };
const ours: Dialect = { deepest: 12 };

const options = {
  version: '1.2',
  schema: 'core',
  merge: false,
  strict: true,
  uniqueKeys: false, // checked below, in linear time
  prettyErrors: false,
} as const;

/**
 * Reads YAML 1.2 (core schema), and only the plain part of it. Without anchors, aliases, merge keys and tags, a small file cannot expand
 * into a large value, and every line means what it shows.
 */
export function readYaml(text: string): ReadYaml {
  const tooMany = tooManyParts(text);
  if (tooMany !== undefined) return unread(tooMany);
  const lines = new LineCounter();
  return readDocument(parseDocument(text, { ...options, lineCounter: lines }), lines, ours);
}

/** The same for a file of several documents, up to `most` of them. */
export function readYamlDocuments(
  text: string,
  { most, ...dialect }: Dialect & { readonly most: number },
): { readonly documents: readonly ReadYaml[]; readonly hasMore: boolean } {
  const tooMany = tooManyParts(text);
  if (tooMany !== undefined) return { documents: [unread(tooMany)], hasMore: false };
  const lines = new LineCounter();
  const documents: ReadYaml[] = [];
  for (const document of new Composer(options).compose(new Parser(lines.addNewLine).parse(text))) {
    if (documents.length === most) return { documents, hasMore: true };
    documents.push(readDocument(document, lines, dialect));
  }
  return { documents, hasMore: false };
}

/** A file of 500 rules has some 40,000. What is in the way of reading grows with them, and signs alone make many of few bytes. */
const mostParts = 60_000;

/** What the lexer puts in between: the beginning of a document or a scalar, and the end of a flow. */
const marks: ReadonlySet<string> = new Set(['\u0002', '\u0018', '\u001f', '\ufeff']);

/** Where a text has more words and signs than are read, counted before anything is made of them. */
function tooManyParts(text: string): Fault | undefined {
  let parts = 0;
  let line = 1;
  for (const token of new Lexer().lex(text)) {
    if (token.trim() !== '' && !marks.has(token)) parts += 1;
    if (parts > mostParts)
      return {
        line,
        column: 1,
        message: `the file has more than ${mostParts} words and signs, which are read up to here`,
      };
    for (let at = token.indexOf('\n'); at >= 0; at = token.indexOf('\n', at + 1)) line += 1;
  }
  return undefined;
}

function unread(fault: Fault): ReadYaml {
  return { value: undefined, faults: [fault], at: () => fault, atKey: () => fault };
}

/** Undefined if the bytes are not UTF-8; the decoder's own error does not say where. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function readDocument(
  document: Pick<Document.Parsed, 'contents' | 'errors' | 'warnings'>,
  lines: LineCounter,
  dialect: Dialect,
): ReadYaml {
  const walk = new Walk(lines, document.contents, dialect);
  const told = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
    ...walk.position(pos[0]),
    code,
    message: wordsFor[message] ?? wordsFor[code] ?? message,
  }));
  const endless = told.find(({ message }) => message === nestedTooDeep);
  // The walk reports tags itself, and says what to do.
  const broken = endless === undefined ? told.filter(({ code }) => code !== 'TAG_RESOLVE_FAILED') : [endless];
  // A document that did not parse as a whole may be nested without end, so the walk is skipped: its parse errors are enough.
  const value = broken.length === 0 ? walk.value(document.contents) : undefined;
  const faults = broken.length === 0 && walk.faults.length === 0 ? told : [...broken, ...walk.faults];
  return {
    value,
    faults: faults.map(({ line, column, message }) => ({ line, column, message })),
    at: (path) => walk.at(path),
    atKey: (path) => walk.atKey(path),
  };
}

const nestedTooDeep = 'this is nested too deeply';

/** Replaces messages of the parser that do not say what to do. */
const wordsFor: Readonly<Record<string, string>> = {
  'Implicit map keys need to be followed by map values': 'a key needs a colon and a space after it',
  'Maximum call stack size exceeded': nestedTooDeep,
  TAB_AS_INDENT: 'this line is indented with a tab: use spaces',
  MULTIPLE_DOCS: 'a second document starts here: keep only one',
};

class Walk {
  readonly faults: Fault[] = [];
  readonly #lines: LineCounter;
  readonly #root: Node | null;
  readonly #dialect: Dialect;
  /** The children of each map by key, so that a map with many faults is not searched once for each. */
  readonly #steps = new Map<Node, ReadonlyMap<string, Step>>();

  constructor(lines: LineCounter, root: Node | null, dialect: Dialect) {
    this.#lines = lines;
    this.#root = root;
    this.#dialect = dialect;
  }

  position(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return line === 0 ? start : { line, column: col };
  }

  at(path: Path): Position {
    return this.#find(path, ({ key, value }) => value ?? key);
  }

  atKey(path: Path): Position {
    return this.#find(path, ({ key, value }) => key ?? value);
  }

  /** Follows the path as far as it exists. */
  #find(path: Path, which: (step: Step) => Node | null): Position {
    let step: Step = { key: null, value: this.#root };
    for (const part of path) {
      const next = this.#stepInto(step.value, part);
      if (next === undefined) return this.#positionOf(step.value ?? step.key);
      step = next;
    }
    return this.#positionOf(which(step));
  }

  #stepInto(node: Node | null, part: PropertyKey): Step | undefined {
    if (node === null) return undefined;
    if (!isSeq<Node>(node)) return this.#steps.get(node)?.get(String(part));
    const item = node.items[Number(part)];
    return item === undefined ? undefined : { key: null, value: item };
  }

  #positionOf(node: Node | null): Position {
    return node === null ? start : this.position(node.range?.[0] ?? 0);
  }

  value(node: Node | null, depth = 0): unknown {
    if (node === null) return null;
    const where = this.#positionOf(node);
    if (depth > this.#dialect.deepest) return this.#fault(where, nestedTooDeep);
    if (isAlias(node)) return this.#fault(where, `an alias (*${node.source}) is not allowed: write the value out`);
    if ('anchor' in node && node.anchor !== undefined)
      this.#fault(where, `an anchor (&${node.anchor}) is not allowed: remove it`);
    if (node.tag !== undefined) this.#fault(where, `a tag (${node.tag}) is not allowed: remove it`);
    if (isScalar(node)) return this.#word(node, where, false);
    if (isSeq<Node>(node)) return node.items.map((item) => this.value(item, depth + 1));
    return isMap<Node, Node>(node) ? this.#map(node, node.items, depth + 1) : undefined;
  }

  #map(map: Node, pairs: readonly Pair<Node, Node>[], depth: number): object {
    const entries = new Map<string, unknown>();
    const steps = new Map<string, Step>();
    for (const { key: node, value } of pairs) {
      const where = this.#positionOf(node);
      const key = keyOf(node);
      if (isScalar(node)) this.#word(node, where, true);
      if (key === undefined) this.#fault(where, 'a key must be one word');
      else if (key === '<<') this.#fault(where, 'a merge key (<<) is not allowed: write the keys out');
      else if (entries.has(key)) this.#fault(where, `\`${key}\` is here twice: keep one`);
      if (key === undefined || entries.has(key)) continue;
      steps.set(key, { key: node, value });
      const read = this.value(value, depth);
      if (key !== '<<') entries.set(key, read);
    }
    this.#steps.set(map, steps);
    return Object.fromEntries(entries);
  }

  #word(scalar: Scalar, where: Position, isKey: boolean): unknown {
    const { value, type, source } = scalar;
    const wrong = this.#dialect.wordFault?.({ value, plain: type === 'PLAIN' ? source : undefined, isKey });
    return wrong === undefined ? value : this.#fault(where, wrong);
  }

  #fault(where: Position, message: string): undefined {
    this.faults.push({ ...where, message });
    return undefined;
  }
}

interface Step {
  readonly key: Node | null;
  readonly value: Node | null;
}

function keyOf(node: Node): string | undefined {
  return isScalar(node) && node.value !== null ? String(node.value) : undefined;
}
