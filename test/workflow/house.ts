import { type Change, planShown } from '../../src/domain/change/change.ts';
import type { WeightsEdit } from '../../src/domain/change/edit.ts';
import { type Command, type EditCommand, type HoldCommand, isEditCommand } from '../../src/domain/language/command.ts';
import type { End } from '../../src/domain/language/end.ts';
import { parseCommand } from '../../src/domain/language/parse-command.ts';
import type { ChangeId } from '../../src/domain/routing/names.ts';
import type { ObjectRef } from '../../src/domain/routing/object.ts';
import type { Percentages, Split } from '../../src/domain/routing/split.ts';
import type { JsonObject } from '../../src/domain/text/json.ts';
import { maxTries } from '../../src/workflow/applying/apply.ts';
import type { AcceptedAnswer } from '../../src/workflow/asking/answer-once.ts';
import { requestRollback, rollBack } from '../../src/workflow/asking/roll-back.ts';
import { type ClickedEdits, type EditsAnswer, requestEdits, type Way } from '../../src/workflow/asking/rule-file.ts';
import { promote, requestShift } from '../../src/workflow/asking/shift.ts';
import type { Answer } from '../../src/workflow/asking/submit.ts';
import type { RollbackAnswer } from '../../src/workflow/asking/take-one-back.ts';
import { approve } from '../../src/workflow/deciding/approve.ts';
import { discard, planAnew } from '../../src/workflow/deciding/held.ts';
import { reject, withdraw } from '../../src/workflow/deciding/reject.ts';
import type { Asker, Desk } from '../../src/workflow/desk.ts';
import { type DependencyError, MeshUnavailableError } from '../../src/workflow/errors.ts';
import { carryOut } from '../../src/workflow/holding/hold-command.ts';
import { Turns } from '../../src/workflow/turns.ts';
import { moving } from '../support/builders.ts';
import type { WriteFault } from '../support/mesh-faults.ts';
import { service } from './manifests.ts';
import { World } from './world.ts';

export type ShiftOptions = Partial<Extract<Command, { verb: 'shift' }>['options']>;
type Wish = Extract<Command, { verb: 'shift' }>['wish'];
type HoldOptions = { readonly end?: End; readonly reason?: string };

/** The whole workflow in memory, and what people type and click there. */
export class House extends World {
  #requests = 0;
  /** What a change that is asked for here edits beside reviews. */
  readonly others: readonly ObjectRef[] = [];

  /** All objects that such a change edits. */
  get objects(): readonly ObjectRef[] {
    return [service('reviews'), ...this.others];
  }

  /** Those beside reviews that are there. */
  get othersThere(): readonly ObjectRef[] {
    return this.others.filter((object) => this.spec(object) !== undefined);
  }

  /** How many changes of ours they have: one number where all have as many. */
  get seqs(): readonly number[] {
    return [...new Set(this.objects.map((object) => this.mesh.ledgerOf(object).seq))];
  }

  /** Another person, or the same one with another gesture. */
  asker(user = 'U01ALICE', overrides: Partial<Asker> = {}): Asker {
    this.#requests += 1;
    return {
      user,
      origin: { team: 'T01TEAM', channel: 'C01CHANNEL' },
      request: `gesture ${this.#requests}`,
      until: this.now().getTime() + 2_000,
      answerBy: this.now().getTime() + 2_500,
      ...overrides,
    };
  }

  /** What makes the change that a person wants here: each call delivers the same gesture. */
  async gesture(
    version: string,
    percent: number,
    options: ShiftOptions = {},
    asker = this.asker(),
  ): Promise<() => Promise<EditsAnswer>> {
    return () => this.shift(version, percent, options, asker);
  }

  /** Asks for a change of reviews: as a shift, unless the house is one of another kind. */
  async ask(version: string, percent: number, options: ShiftOptions = {}, asker = this.asker()): Promise<EditsAnswer> {
    const deliver = await this.gesture(version, percent, options, asker);
    return deliver();
  }

  /** The same, and it must be accepted. */
  async accepted(version: string, percent: number, options: ShiftOptions = {}, asker = this.asker()): Promise<Change> {
    return acceptedIn(await this.ask(version, percent, options, asker));
  }

  /** The same, and applied. */
  async applied(version: string, percent: number, options: ShiftOptions = {}, asker = this.asker()): Promise<Change> {
    const change = await this.accepted(version, percent, options, asker);
    await this.work();
    return this.stored(change.id);
  }

  /** A change of which nobody knows whether it took effect: its last write was `stored` or not, and no answer came. */
  async unsettled({ stored }: { readonly stored: boolean }): Promise<Change> {
    const away = new MeshUnavailableError('away');
    const change = await this.accepted('v3', 50);
    this.queue.lose();
    for (let tries = 1; tries < maxTries; tries += 1) {
      this.failReading(away);
      await this.attempt(change);
      this.pass(20_000);
    }
    this.failWrite('last', { error: away, stored });
    this.afterReading(() => this.mesh.failReads(away));
    await this.attempt(change);
    return change;
  }

  /** What `toMatchObject` looks for in a list with one entry for each object of such a change; `first`: that of reviews. */
  ofEach(first: object) {
    return this.objects.map((_, at) => (at === 0 ? first : {}));
  }

  /** The same in the change itself. */
  moving(from: Split, to?: Split, bound: Partial<Omit<WeightsEdit, 'moves'>> = {}) {
    const [edit] = moving(from, to, bound).edits;
    return { edits: this.ofEach(edit ?? {}) };
  }

  /** Something happens once a worker has next read all objects of a change that was asked for here. */
  afterReading(happens: () => Promise<void> | void): void {
    for (const _ of this.others) this.mesh.afterNextRead(() => {});
    this.mesh.afterNextRead(happens);
  }

  /** The first or the last write of such a change goes wrong. */
  failWrite(which: 'first' | 'last', fault: WriteFault): void {
    const before = which === 'last' ? this.others.map(() => 'none' as const) : [];
    this.mesh.failWrites(...before, fault);
  }

  /** The cluster does not answer when all objects of such a change are next read. */
  failReading(error: DependencyError): void {
    this.mesh.failReads(error, ...this.others.map(() => error));
  }

  /** What is live of a split that was brought back: a shift keeps the places of versions that get nothing. */
  brought(split: Split): Split {
    return split;
  }

  /** `/shift reviews v3 50` */
  shift(version: string, percent: number, options: ShiftOptions = {}, asker = this.asker()): Promise<Answer> {
    return this.request({ kind: 'share', version, percent }, options, asker);
  }

  /** The same, and it must be accepted. */
  async shifted(version: string, percent: number, options: ShiftOptions = {}): Promise<Change> {
    return acceptedIn(await this.shift(version, percent, options));
  }

  /** `/shift reviews v1=80 v3=20` */
  shiftAll(shares: Percentages, options: ShiftOptions = {}): Promise<Answer> {
    return this.request({ kind: 'whole', shares }, options, this.asker());
  }

  /** `/shift ratings v3 50` */
  shiftOf(name: string, version: string, percent: number): Promise<Answer> {
    return this.request({ kind: 'share', version, percent }, {}, this.asker(), name);
  }

  /** As if each gesture came to another process, and until what it left aside is done. */
  async request(wish: Wish, options: ShiftOptions, asker: Asker, name = 'reviews'): Promise<Answer> {
    const typed = { wish, options: { dryRun: false, ...options } };
    const command = { verb: 'shift', service: { service: name }, ...typed } as const;
    const answer = await requestShift({ ...this.desk, turns: new Turns() }, command, asker);
    await this.settled();
    return answer;
  }

  /** `/shift apply bookinfo/all`, or another command about whole objects. */
  type(line: string, asker = this.asker(), clicked?: ClickedEdits): Promise<EditsAnswer> {
    return this.requestEdits(editCommand(line), asker, clicked);
  }

  protected async requestEdits(command: EditCommand, asker: Asker, clicked?: ClickedEdits): Promise<EditsAnswer> {
    const answer = await requestEdits(this.desk, command, asker, clicked);
    await this.settled();
    return answer;
  }

  /** The button of what was shown. */
  click(line: string, shown: EditsAnswer, { asker = this.asker(), isMeant = false }: Click = {}): Promise<EditsAnswer> {
    return this.type(line, asker, { stamp: wayIn(shown, isMeant).plan.stamp, isMeant });
  }

  /** Types and clicks, and it must be accepted. */
  async clicked(line: string, click: Click = {}): Promise<Change> {
    return acceptedIn(await this.click(line, await this.type(line), click));
  }

  /** The same, and applied. */
  async done(line: string, click: Click = {}): Promise<Change> {
    const { id } = await this.clicked(line, click);
    await this.work();
    return this.stored(id);
  }

  /** `/shift rollback reviews` */
  typeRollback(backTo?: ChangeId, asker = this.asker(), options: ShiftOptions = {}): Promise<RollbackAnswer> {
    const named = { service: 'reviews' };
    const command = { verb: 'rollback', service: named, backTo, options: { dryRun: false, ...options } } as const;
    return requestRollback(this.desk, command, asker);
  }

  clickRollback(id: ChangeId, seen?: string, asker = this.asker()): Promise<RollbackAnswer> {
    return rollBack(this.desk, id, asker, { seen });
  }

  /** Clicks it, and has it applied. */
  async rolledBack(id: ChangeId, seen?: string, asker = this.asker()): Promise<Change> {
    const change = acceptedIn(await this.clickRollback(id, seen, asker));
    await this.work();
    return this.stored(change.id);
  }

  clickPromote(id: ChangeId, asker = this.asker()) {
    return promote(this.desk, id, asker);
  }

  clickApplyAnyway(id: ChangeId, asker = this.asker(), seen?: string) {
    return planAnew(this.desk, id, asker, seen);
  }

  clickDiscard(id: ChangeId, asker = this.asker()) {
    return discard(this.desk, id, asker);
  }

  /** Clicks on the card as it is now, unless it showed something else. */
  async approve(id: ChangeId, user: string, seen?: string) {
    const state = this.changes.all.find((each) => each.id === id)?.state;
    const now = state?.kind === 'awaiting' ? planShown(state) : undefined;
    return approve(this.desk, { id, seen: seen ?? now }, this.asker(user));
  }

  /** Types `approve` and the id. */
  typeApproval(id: ChangeId, user: string) {
    return approve(this.desk, { id }, this.asker(user));
  }

  reject(id: ChangeId, user: string, reason?: string) {
    return reject(this.desk, { id }, this.asker(user), reason);
  }

  withdraw(id: ChangeId, user: string) {
    return withdraw(this.desk, { id }, this.asker(user));
  }

  /** `/shift lock reviews` */
  lock(user: string, options: HoldOptions = {}, seen?: string) {
    return this.#hold({ verb: 'lock', service: { service: 'reviews' }, ...options }, user, seen);
  }

  unlock(user: string) {
    return this.#hold({ verb: 'unlock', service: { service: 'reviews' } }, user);
  }

  /** `/shift freeze sandbox/default` */
  freeze(user: string, pattern: string, options: HoldOptions = {}) {
    return this.#hold({ verb: 'freeze', scope: { pattern }, ...options }, user);
  }

  thaw(user: string, pattern?: string, seen?: string) {
    return this.#hold({ verb: 'thaw', scope: pattern === undefined ? undefined : { pattern } }, user, seen);
  }

  async #hold(command: HoldCommand, user: string, seen?: string) {
    const answer = await carryOut(this.desk, command, this.asker(user), seen);
    await this.settled();
    return answer;
  }

  spec(ref: ObjectRef): JsonObject | undefined {
    return this.mesh.contentOf(ref)?.spec;
  }
}

/** A house where acceptance shows no card: a test says when one is shown. */
export class QuietHouse extends House {
  protected override acceptedCards(): Desk['cards'] {
    return { showSoon: () => {} };
  }
}

/** A house in a cluster where nothing is. */
export function emptyHouse(): House {
  const house = new House();
  house.mesh.remove(service('reviews'));
  return house;
}

interface Click {
  readonly asker?: Asker;
  readonly isMeant?: boolean;
}

function editCommand(line: string): EditCommand {
  const command = parseCommand(line);
  if (isEditCommand(command)) return command;
  throw new Error(`not understood: ${JSON.stringify(command)}`);
}

export function acceptedIn(answer: { readonly kind: string }): Change {
  if (isAccepted(answer)) return answer.change;
  throw new Error(`not accepted: ${JSON.stringify(answer)}`);
}

/** The stamp of what a rollback would undo, as the button that confirms it carries. */
export function stampIn(answer: RollbackAnswer): string {
  if (answer.kind === 'confirm') return answer.undo.stamp;
  throw new Error(`not a question: ${JSON.stringify(answer)}`);
}

/** One way to do what was shown. */
export function wayIn(answer: EditsAnswer, isMeant = false): Way {
  const way = answer.kind === 'question' ? answer.question.ways.find((each) => each.isMeant === isMeant) : undefined;
  if (way === undefined) throw new Error(`not a question: ${JSON.stringify(answer)}`);
  return way;
}

function isAccepted(answer: { readonly kind: string }): answer is AcceptedAnswer {
  return answer.kind === 'accepted';
}
