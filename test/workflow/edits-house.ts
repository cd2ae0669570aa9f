import { parseCommand } from '../../src/domain/language/parse-command.ts';
import type { ObjectContent, ObjectKind, ObjectRef } from '../../src/domain/routing/object.ts';
import type { Manifest } from '../../src/domain/routing/rule-file.ts';
import type { JsonObject } from '../../src/domain/text/json.ts';
import { type ClickedEdits, type EditsAnswer, requestEdits, type Way } from '../../src/workflow/asking/rule-file.ts';
import type { Asker } from '../../src/workflow/desk.ts';
import { acceptedIn, House } from './house.ts';

export const service = (name: string): ObjectRef => ({
  cluster: 'sandbox',
  kind: 'VirtualService',
  namespace: 'default',
  name,
});
export const destination = (name: string): ObjectRef => ({
  cluster: 'sandbox',
  kind: 'DestinationRule',
  namespace: 'default',
  name,
});

/** A spec that sends so much of a service's requests to each version, with rules above that. */
export function routing(
  name: string,
  weights: Readonly<Record<string, number>>,
  ...above: readonly JsonObject[]
): JsonObject {
  return { hosts: [name], http: [...above, { route: destinations(name, weights) }] };
}

function destinations(host: string, weights: Readonly<Record<string, number>>): readonly JsonObject[] {
  const all = Object.entries(weights);
  return all.map(([subset, weight]) => ({ destination: { host, subset }, ...(all.length > 1 && { weight }) }));
}

/** The rule of the tutorial that sends one user to v2. */
export const toJason: JsonObject = {
  match: [{ headers: { 'end-user': { exact: 'jason' } } }],
  route: destinations('reviews', { v2: 100 }),
};

export function versions(host: string, ...names: readonly string[]): JsonObject {
  return { host, subsets: names.map((name) => ({ name, labels: { version: name } })) };
}

export function manifest(name: string, spec: JsonObject, more: Partial<Manifest> = {}): Manifest {
  return { kind: 'VirtualService', name, spec, ...more };
}

export function ruleOf(name: string, spec: JsonObject): Manifest {
  return manifest(name, spec, { kind: 'DestinationRule' satisfies ObjectKind });
}

/** A house in which rule files are applied. */
export class EditsHouse extends House {
  /** What is there before anybody types: nothing but these. */
  constructor(objects: readonly (readonly [ObjectRef, JsonObject | ObjectContent])[]) {
    super();
    this.mesh.remove(service('reviews'));
    for (const [ref, content] of objects) this.mesh.putWhole(ref, isContent(content) ? content : { spec: content });
  }

  async type(line: string, asker = this.asker(), clicked?: ClickedEdits): Promise<EditsAnswer> {
    const command = parseCommand(line);
    if (command.verb !== 'apply' && command.verb !== 'delete' && command.verb !== 'unpin')
      throw new Error(`not understood: ${JSON.stringify(command)}`);
    const answer = await requestEdits(this.desk, command, asker, clicked);
    await this.settled();
    return answer;
  }

  /** The button of what was shown. */
  click(line: string, shown: EditsAnswer, { asker = this.asker(), isMeant = false }: Click = {}): Promise<EditsAnswer> {
    return this.type(line, asker, { stamp: wayIn(shown, isMeant).plan.stamp, isMeant });
  }

  /** Types, clicks, and has it applied. */
  async done(line: string, click: Click = {}) {
    const change = acceptedIn(await this.click(line, await this.type(line), click));
    await this.work();
    return this.stored(change.id);
  }

  spec(ref: ObjectRef): JsonObject | undefined {
    return this.mesh.contentOf(ref)?.spec;
  }
}

interface Click {
  readonly asker?: Asker;
  readonly isMeant?: boolean;
}

export function wayIn(answer: EditsAnswer, isMeant = false): Way {
  const way = answer.kind === 'question' ? answer.question.ways.find((each) => each.isMeant === isMeant) : undefined;
  if (way === undefined) throw new Error(`not a question: ${JSON.stringify(answer)}`);
  return way;
}

function isContent(content: JsonObject | ObjectContent): content is ObjectContent {
  return 'spec' in content;
}
