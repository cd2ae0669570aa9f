import { type AnyNode, type Expression, type Function as FunctionNode, parse } from 'acorn';

/** A place in the code where work waits for other work. */
export interface Step {
  /** File, function, ordinal within it, and the source shortened: unique, and the same as long as the function is. */
  readonly name: string;
  readonly kind: 'await' | 'return' | 'for-await';
  /** Whether evaluating it once more does anything again. */
  readonly calls: boolean;
  /** False for what ends in a `.catch(…)` of its own: no exception comes out of it, whatever fails within. */
  readonly throws: boolean;
  /** False where it only waits for what was begun before: that cannot fail before anybody listens to it. */
  readonly begins: boolean;
}

export interface Instrumented {
  readonly code: string;
  readonly steps: readonly Step[];
}

/**
 * Sends every await of a module through a named step, and every call that an async function returns, which may be a promise. Found by
 * a parser, so that no await is left out; what it does not know how to send through a step is an error.
 */
export function instrument(source: string, file: string, stepUrl: string): Instrumented {
  const steps: Step[] = [];
  const inserts: Insert[] = [];
  const counts = new Map<string, number>();

  const add = (kind: Step['kind'], argument: Expression, place: Place) => {
    const at = `${file} ${place.name}`;
    const ordinal = (counts.get(at) ?? 0) + 1;
    counts.set(at, ordinal);
    const name = `${at} ${ordinal}: ${shortened(source.slice(argument.start, argument.end))}`;
    steps.push({
      name,
      kind,
      calls: holds(argument, isCall),
      throws: !isCaught(argument),
      begins: kind === 'for-await' || begins(argument),
    });
    const call = kind === 'for-await' ? '$steps' : '$step';
    const arrow = holds(argument, isAwait) ? 'async () =>' : '() =>';
    inserts.push({ at: argument.start, text: `${call}(${JSON.stringify(name)}, ${arrow} (`, opens: true });
    inserts.push({ at: argument.end, text: '))', opens: false });
  };

  visit(parse(source, { ecmaVersion: 'latest', sourceType: 'module' }), { name: 'module', isAsync: true }, add);
  const header = `import { step as $step, steps as $steps } from ${JSON.stringify(stepUrl)}; `;
  return { code: header + withInserts(source, inserts), steps };
}

interface Insert {
  readonly at: number;
  readonly text: string;
  readonly opens: boolean;
}

interface Place {
  /** Of the nearest function that has a name. */
  readonly name: string;
  readonly isAsync: boolean;
}

type Add = (kind: Step['kind'], argument: Expression, place: Place) => void;

function visit(node: AnyNode, place: Place, add: Add): void {
  if (node.type === 'AwaitExpression') add('await', node.argument, place);
  else if (node.type === 'ForOfStatement' && node.await) add('for-await', node.right, place);
  else if (node.type === 'VariableDeclaration' && node.kind === 'await using')
    throw new Error(`${place.name}: "await using" is an await that is not sent through a step yet`);
  else if (node.type === 'ReturnStatement' && node.argument) addReturn(node.argument, place, add);
  else if (node.type === 'ArrowFunctionExpression' && node.async && node.body.type !== 'BlockStatement')
    addReturn(node.body, { ...place, isAsync: true }, add);

  for (const child of childrenOf(node)) visit(child, placeIn(child, node, place), add);
}

/** What waits within such a call is a step of its own, and the call is then one of what was awaited. */
function addReturn(argument: Expression, place: Place, add: Add): void {
  if (place.isAsync && argument.type === 'CallExpression' && !holds(argument, isAwait)) add('return', argument, place);
}

function placeIn(node: AnyNode, parent: AnyNode, place: Place): Place {
  if (!isFunction(node)) return place;
  return { name: nameOf(node, parent) ?? place.name, isAsync: node.async };
}

function nameOf(node: FunctionNode, parent: AnyNode): string | undefined {
  if (node.id) return node.id.name;
  if (parent.type === 'VariableDeclarator' && parent.id.type === 'Identifier') return parent.id.name;
  const isMember =
    parent.type === 'MethodDefinition' || parent.type === 'Property' || parent.type === 'PropertyDefinition';
  if (!isMember) return undefined;
  if (parent.key.type === 'PrivateIdentifier') return `#${parent.key.name}`;
  return parent.key.type === 'Identifier' ? parent.key.name : undefined;
}

function isFunction(node: AnyNode): node is FunctionNode & AnyNode {
  return (
    node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression'
  );
}

function isAwait(node: AnyNode): boolean {
  return node.type === 'AwaitExpression';
}

function isCall(node: AnyNode): boolean {
  return node.type === 'CallExpression' || node.type === 'NewExpression';
}

function begins(node: AnyNode): boolean {
  return node.type === 'CallExpression' && isOfPromises(node.callee)
    ? node.arguments.some((each) => holds(each, isCall))
    : holds(node, isCall);
}

function isOfPromises(callee: AnyNode): boolean {
  return callee.type === 'MemberExpression' && callee.object.type === 'Identifier' && callee.object.name === 'Promise';
}

function isCaught(node: AnyNode): boolean {
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return false;
  return node.callee.property.type === 'Identifier' && node.callee.property.name === 'catch';
}

/** In what is evaluated here and now; functions that it makes are not looked into. */
function holds(node: AnyNode, is: (node: AnyNode) => boolean): boolean {
  return is(node) || childrenOf(node).some((child) => !isFunction(child) && holds(child, is));
}

function childrenOf(node: AnyNode): readonly AnyNode[] {
  return Object.values(node).flat().filter(isNode);
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

function withInserts(source: string, inserts: readonly Insert[]): string {
  // What opens further out stands first, and closes last.
  const opening = inserts.filter(({ opens }) => opens);
  const closing = inserts.filter(({ opens }) => !opens).toReversed();
  let [code, from] = ['', 0];
  for (const { at, text } of [...closing, ...opening].toSorted((a, b) => a.at - b.at)) {
    code += source.slice(from, at) + text;
    from = at;
  }
  return code + source.slice(from);
}

const longest = 60;

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`;
}
