import { isObject, type JsonObject } from './object.ts';
import { badRequest, tooLarge, unprocessable } from './status.ts';

const MOST_OPERATIONS = 10_000;
const OPERATIONS: readonly unknown[] = ['add', 'remove', 'replace', 'move', 'copy', 'test'];

interface Place {
  readonly parent: unknown;
  readonly key: string;
}

/**
 * Applies a JSON patch. Changes the document in place, and returns the result.
 *
 * We use no library, because the answers must be the API server's: negative array indices count from the end, a `test` for null
 * passes if the field is absent, and a patch that cannot be applied always gets the same error, which does not say why.
 */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  const operations = checkedOperations(patch);
  let root = document;
  for (const operation of operations) root = apply(root, operation);
  return root;
}

function checkedOperations(patch: unknown): readonly JsonObject[] {
  if (patch === null) return [];
  if (!Array.isArray(patch)) throw notDecodable(patch, '[]handlers.jsonPatchOp');
  if (patch.length > MOST_OPERATIONS) {
    throw tooLarge(`The allowed maximum operations in a JSON patch is ${MOST_OPERATIONS}, got ${patch.length}`);
  }
  return patch.map(checkedOperation);
}

function checkedOperation(operation: unknown): JsonObject {
  if (operation !== null && !isObject(operation)) throw notDecodable(operation, 'handlers.jsonPatchOp');
  const refuse = (why: string) => badRequest(`invalid operation ${inOrder(operation)}: ${why}`);
  if (operation === null || !OPERATIONS.includes(operation['op'])) throw refuse('unsupported operation');

  const { op, path, from, value } = operation;
  if (typeof path !== 'string') throw refuse("failed to decode 'path': operation missing path field: missing value");
  if ((op === 'move' || op === 'copy') && typeof from !== 'string') {
    throw refuse("failed to decode 'from': operation, missing from field: missing value");
  }
  if ((op === 'add' || op === 'replace') && value === undefined) {
    throw refuse("failed to decode 'value': operation, missing value field: missing value");
  }
  return operation;
}

/** The server's message shows an operation with its fields sorted, and the values as they were sent. */
function inOrder(operation: JsonObject | null): string {
  if (operation === null) return 'null';
  return JSON.stringify(Object.fromEntries(Object.entries(operation).sort(([one], [other]) => (one < other ? -1 : 1))));
}

function notDecodable(value: unknown, goType: string): Error {
  const type = Array.isArray(value) ? 'array' : typeof value;
  return badRequest(`error decoding patch: json: cannot unmarshal ${type} into Go value of type ${goType}`);
}

function apply(root: unknown, { op, path, from, value }: JsonObject): unknown {
  const target = String(path);
  if (op === 'test') return test(root, target, value);
  if (op === 'add') return add(root, target, value);
  if (op === 'remove') return remove(root, target);
  if (op === 'replace') return replace(root, target, value);

  const source = String(from);
  // The whole document cannot be moved or copied into itself.
  const moved = source === '' ? undefined : structuredClone(read(root, source));
  if (moved === undefined) throw unprocessable();
  return add(op === 'move' ? remove(root, source) : root, target, moved);
}

function test(root: unknown, path: string, expected: unknown): unknown {
  const actual = read(root, path);
  // An absent field of an object counts as null. An absent list item, or a field of something else, is an error.
  if (actual === undefined && !isObject(placeOf(root, path).parent)) throw unprocessable();
  if (!isEqual(actual ?? null, expected ?? null)) throw unprocessable();
  return root;
}

/** An `add` may not name the whole document; a `replace` may. */
function add(root: unknown, path: string, value: unknown): unknown {
  const { parent, key } = placeOf(root, path);
  if (Array.isArray(parent)) parent.splice(key === '-' ? parent.length : indexOf(parent, key, parent.length), 0, value);
  else if (isObject(parent)) set(parent, key, value);
  else throw unprocessable();
  return root;
}

function remove(root: unknown, path: string): unknown {
  const { parent, key } = placeOf(root, path);
  if (read(root, path) === undefined) throw unprocessable();
  if (Array.isArray(parent)) parent.splice(indexOf(parent, key, parent.length - 1), 1);
  else if (isObject(parent)) Reflect.deleteProperty(parent, key);
  return root;
}

function replace(root: unknown, path: string, value: unknown): unknown {
  if (path === '') return value;
  const { parent, key } = placeOf(root, path);
  if (read(root, path) === undefined) throw unprocessable();
  if (Array.isArray(parent)) parent[indexOf(parent, key, parent.length - 1)] = value;
  else if (isObject(parent)) set(parent, key, value);
  return root;
}

/** Defines the field, so that even a key `__proto__` is a field like any other. */
function set(parent: JsonObject, key: string, value: unknown): void {
  Object.defineProperty(parent, key, { value, writable: true, enumerable: true, configurable: true });
}

function placeOf(root: unknown, path: string): Place {
  const end = path.lastIndexOf('/');
  if (end === -1) throw unprocessable();
  return { parent: read(root, path.slice(0, end)), key: unescapeToken(path.slice(end + 1)) };
}

/** The value at a path, or undefined if there is none. */
function read(root: unknown, path: string): unknown {
  if (path === '') return root;
  if (!path.startsWith('/')) throw unprocessable();
  return path
    .slice(1)
    .split('/')
    .reduce((value: unknown, token) => step(value, unescapeToken(token)), root);
}

function step(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return isIndex(key) ? value.at(Number(key)) : undefined;
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function indexOf(parent: readonly unknown[], key: string, last: number): number {
  const index = Number(key) < 0 ? Number(key) + parent.length : Number(key);
  if (!isIndex(key) || index < 0 || index > last) throw unprocessable();
  return index;
}

function isIndex(key: string): boolean {
  return /^-?\d+$/.test(key);
}

function unescapeToken(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}

function isEqual(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => isEqual(item, other[index]));
  }
  if (!isObject(one) || !isObject(other)) return one === other;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && isEqual(one[key], other[key]))
  );
}
