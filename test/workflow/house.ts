import { setImmediate as turn } from 'node:timers/promises';
import type { Change } from '../../src/domain/change/change.ts';
import type { Command } from '../../src/domain/language/command.ts';
import type { End } from '../../src/domain/language/end.ts';
import type { ChangeId } from '../../src/domain/routing/names.ts';
import type { Route } from '../../src/domain/routing/route.ts';
import type { Percentages } from '../../src/domain/routing/split.ts';
import { Background } from '../../src/process/background.ts';
import { apply, type WorkerAnswer } from '../../src/workflow/applying/apply.ts';
import type { Bench } from '../../src/workflow/applying/bench.ts';
import { type RollbackAnswer, requestRollback, rollBack } from '../../src/workflow/asking/roll-back.ts';
import { promote, requestShift } from '../../src/workflow/asking/shift.ts';
import type { Answer } from '../../src/workflow/asking/submit.ts';
import { approve, reject, withdraw } from '../../src/workflow/deciding/approve.ts';
import { discard, planAnew } from '../../src/workflow/deciding/held.ts';
import type { Asker, Desk } from '../../src/workflow/desk.ts';
import { freeze, thaw } from '../../src/workflow/holding/freeze.ts';
import { lock, unlock } from '../../src/workflow/holding/lock.ts';
import type { Touched } from '../../src/workflow/ports/mesh.ts';
import { type Cards, cardsOf } from '../../src/workflow/showing/cards.ts';
import { Turns } from '../../src/workflow/turns.ts';
import { Reconciler } from '../../src/workflow/watching/reconcile.ts';
import { Sights } from '../../src/workflow/watching/see.ts';
import { type Lookout, lookAfter, lookAfterRecent } from '../../src/workflow/watching/watch-over.ts';
import { reviews, reviewsObject } from '../support/builders.ts';
import { InMemoryAudit } from '../support/in-memory-audit.ts';
import { InMemoryCards } from '../support/in-memory-cards.ts';
import { InMemoryChanges } from '../support/in-memory-changes.ts';
import { InMemoryChat } from '../support/in-memory-chat.ts';
import { InMemoryHolds } from '../support/in-memory-holds.ts';
import { InMemoryLog } from '../support/in-memory-log.ts';
import { InMemoryMesh } from '../support/in-memory-mesh.ts';
import { InMemoryMeter } from '../support/in-memory-meter.ts';
import { InMemoryNotices } from '../support/in-memory-notices.ts';
import { InMemoryPeople } from '../support/in-memory-people.ts';
import { InMemoryPolicies } from '../support/in-memory-policies.ts';
import { InMemoryQueue } from '../support/in-memory-queue.ts';
import { InMemoryRuleFiles } from '../support/in-memory-rule-files.ts';
import { InMemoryTraffic } from '../support/in-memory-traffic.ts';

type Options = Partial<Extract<Command, { verb: 'shift' }>['options']>;

/** The whole workflow on ports in memory, with a clock that stands still unless it is moved. */
export class House {
  readonly log = new InMemoryLog();
  readonly meter = new InMemoryMeter();
  readonly chat = new InMemoryChat();
  readonly queue = new InMemoryQueue();
  readonly cardLog = new InMemoryCards();
  readonly audit = new InMemoryAudit({ now: () => this.now() });
  readonly changes = new InMemoryChanges({ cards: this.cardLog, audit: this.audit, now: () => this.now() });
  readonly people = new InMemoryPeople();
  readonly policies = new InMemoryPolicies();
  readonly holds = new InMemoryHolds(this.audit);
  readonly notices = new InMemoryNotices();
  /** Counts no cluster's requests, until a test says so. */
  readonly traffic = new InMemoryTraffic();
  readonly ruleFiles = new InMemoryRuleFiles();
  readonly mesh: InMemoryMesh;
  readonly cards: Cards;
  readonly desk: Desk;
  readonly bench: Bench;
  /** One for each of two processes. */
  readonly #reconcilers: readonly Reconciler[];
  readonly lookout: Lookout;
  #touched: Touched[] = [];
  readonly #background = new Background(this.log);
  #nowMs = Date.parse('2026-11-22T14:03:11.000Z');
  #requests = 0;
  /** How often somebody was asked to look at the cards again. */
  lookedAgain = 0;

  constructor(...routes: readonly Route[]) {
    const { log, meter, chat, queue, cardLog, changes, audit } = this;
    const { policies, people, holds, notices, ruleFiles, traffic } = this;
    const mesh = new InMemoryMesh(routes.length > 0 ? routes : [reviews({ v1: 100 })]);
    const now = () => this.now();
    const aside: Bench['aside'] = (work, what, fields) => this.#background.run(work, what, fields);
    const lookAgain = () => {
      this.lookedAgain += 1;
    };
    this.mesh = mesh;
    this.cards = cardsOf({ changes, cards: cardLog, chat, log, aside, lookAgain });
    this.desk = {
      ...{ mesh, changes, audit, queue, cards: this.acceptedCards(), log, now, aside },
      ...{ policies, people, holds, notices, ruleFiles },
      turns: new Turns(),
      namespace: 'default',
    };
    this.#reconcilers = [1, 2].map(
      () =>
        new Reconciler({
          mesh,
          now,
          aside,
          changes,
          cardLog,
          queue,
          cards: this.cards,
          sights: new Sights({ mesh, changes, cards: this.cards, traffic, meter, log, now, aside }),
          log,
          monotonicMs: () => this.#nowMs,
        }),
    );
    this.lookout = { mesh, changes, cards: this.cards, meter, log, now };
    mesh.onTouched((touched) => this.#touched.push(touched));
    this.bench = { mesh, changes, policies, people, holds, traffic, cards: this.cards, meter, log, now, aside };
  }

  /** What shows the card of a change once it is accepted. */
  protected acceptedCards(): Desk['cards'] {
    return this.cards;
  }

  now(): Date {
    return new Date(this.#nowMs);
  }

  pass(ms: number): void {
    this.#nowMs += ms;
  }

  /** Another person, or the same one with another gesture. */
  asker(user = 'U01ALICE', overrides: Partial<Asker> = {}): Asker {
    this.#requests += 1;
    return {
      user,
      origin: { team: 'T01TEAM', channel: 'C01CHANNEL' },
      request: `gesture ${this.#requests}`,
      until: this.#nowMs + 2_000,
      answerBy: this.#nowMs + 2_500,
      ...overrides,
    };
  }

  /** `/shift reviews v3 50` */
  shift(version: string, percent: number, options: Options = {}, asker = this.asker()): Promise<Answer> {
    return this.request({ kind: 'share', version, percent }, options, asker);
  }

  /** `/shift reviews v1=80 v3=20` */
  shiftAll(shares: Percentages, options: Options = {}): Promise<Answer> {
    return this.request({ kind: 'whole', shares }, options, this.asker());
  }

  /** `/shift ratings v3 50` */
  shiftOf(service: string, version: string, percent: number): Promise<Answer> {
    return this.request({ kind: 'share', version, percent }, {}, this.asker(), service);
  }

  /** As if each gesture came to another process, and until what it left aside is done. */
  async request(
    wish: Extract<Command, { verb: 'shift' }>['wish'],
    options: Options,
    asker: Asker,
    service = 'reviews',
  ): Promise<Answer> {
    const command = {
      verb: 'shift',
      service: { service },
      wish,
      options: { dryRun: false, ...options },
    } as const;
    const answer = await requestShift({ ...this.desk, turns: new Turns() }, command, asker);
    await this.settled();
    return answer;
  }

  /** The same, and it must be accepted. */
  async accepted(version: string, percent: number, options: Options = {}, asker = this.asker()): Promise<Change> {
    return acceptedIn(await this.shift(version, percent, options, asker));
  }

  /** `/shift rollback reviews` */
  typeRollback(backTo?: ChangeId, asker = this.asker(), options: Options = {}) {
    const command = {
      verb: 'rollback',
      service: { service: 'reviews' },
      backTo,
      options: { dryRun: false, ...options },
    } as const;
    return requestRollback(this.desk, command, asker);
  }

  clickRollback(id: ChangeId, seen?: string, asker = this.asker()) {
    return rollBack(this.desk, id, asker, seen);
  }

  clickPromote(id: ChangeId, asker = this.asker()) {
    return promote(this.desk, id, asker);
  }

  clickApplyAnyway(id: ChangeId, asker = this.asker(), seen?: string) {
    return planAnew(this.desk, id, asker, seen);
  }

  approve(id: ChangeId, user: string, seen?: string) {
    return approve(this.desk, { id, seen }, this.asker(user));
  }

  /** The same gesture, perhaps delivered again. */
  approveAs(id: ChangeId, asker: Asker) {
    return approve(this.desk, { id }, asker);
  }

  reject(id: ChangeId, user: string, reason?: string) {
    return reject(this.desk, { id }, this.asker(user), reason);
  }

  withdraw(id: ChangeId, user: string) {
    return withdraw(this.desk, { id }, this.asker(user));
  }

  /** `/shift lock reviews` */
  async lock(user: string, options: { end?: End; reason?: string } = {}, seen?: string) {
    const answer = await lock(
      this.desk,
      { verb: 'lock', service: { service: 'reviews' }, ...options },
      this.asker(user),
      seen,
    );
    await this.settled();
    return answer;
  }

  async unlock(user: string) {
    const answer = await unlock(this.desk, { verb: 'unlock', service: { service: 'reviews' } }, this.asker(user));
    await this.settled();
    return answer;
  }

  /** `/shift freeze sandbox/default` */
  freeze(user: string, pattern: string, options: { end?: End; reason?: string } = {}) {
    return freeze(this.desk, { verb: 'freeze', scope: { pattern }, ...options }, this.asker(user));
  }

  async thaw(user: string, pattern?: string, seen?: string) {
    const scope = pattern === undefined ? undefined : { pattern };
    const answer = await thaw(this.desk, { verb: 'thaw', scope }, this.asker(user), seen);
    await this.settled();
    return answer;
  }

  clickDiscard(id: ChangeId, asker = this.asker()) {
    return discard(this.desk, id, asker);
  }

  /** Workers do all that waits, and what they left aside. Answers what they said of the jobs that are to come back later. */
  async work(workers = 1): Promise<readonly WorkerAnswer[]> {
    await this.settled(); // what was accepted has its job
    const later: WorkerAnswer[] = [];
    await Promise.all(
      Array.from({ length: workers }, async () => {
        for (let job = this.queue.take(); job !== undefined; job = this.queue.take()) {
          let answer = await apply(this.bench, job);
          while (answer.kind === 'not-yet' && answer.afterMs < 100) {
            await turn();
            answer = await apply(this.bench, job);
          }
          if (answer.kind === 'not-yet') later.push(answer);
        }
      }),
    );
    await this.settled();
    return later;
  }

  /** One attempt at one change. */
  async attempt({ id }: Change): Promise<WorkerAnswer> {
    const answer = await apply(this.bench, { id });
    await this.settled();
    return answer;
  }

  /** Asks for a shift and applies it. */
  async applied(version: string, percent: number, options: Options = {}, asker = this.asker()): Promise<Change> {
    const change = await this.accepted(version, percent, options, asker);
    await this.work();
    return this.stored(change.id);
  }

  async reconcile(): Promise<number> {
    const [open = 0] = await this.reconcileAtOnce(1);
    return open;
  }

  /** The first process makes a round, and what it leaves aside goes on. */
  async beginRound(): Promise<void> {
    await this.#reconcilers[0]?.round();
    await turn();
  }

  /** As many processes do so at the same time. */
  async reconcileAtOnce(processes: 1 | 2 = 2): Promise<readonly number[]> {
    const open = await Promise.all(this.#reconcilers.slice(0, processes).map((each) => each.round()));
    await this.settled();
    return open;
  }

  /** In how long the first process is to look again. */
  get dueInMs(): number {
    return this.#reconcilers[0]?.dueInMs ?? Number.POSITIVE_INFINITY;
  }

  /** Processes look after all that the watch has heard of since. True when one of them should look again. */
  async look(processes = 1): Promise<boolean> {
    const heard = this.#touched;
    this.#touched = [];
    const answers = await Promise.all(
      Array.from({ length: processes }, async () => {
        let again = false;
        for (const touched of heard) again = (await lookAfter(this.lookout, touched)) || again;
        return again;
      }),
    );
    await this.settled();
    return answers.includes(true);
  }

  /** A round over all that was applied lately. */
  async lookAround(): Promise<void> {
    await lookAfterRecent(this.lookout);
    await this.settled();
  }

  settled(): Promise<void> {
    return this.#background.ended();
  }

  stored(id: ChangeId): Change {
    const change = this.changes.all.find((each) => each.id === id);
    if (change === undefined) throw new Error(`nothing is stored of ${id}`);
    return change;
  }

  get split() {
    return this.mesh.splitOf(reviewsObject);
  }

  get ledger() {
    return this.mesh.ledgerOf(reviewsObject);
  }
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

function isAccepted(answer: { readonly kind: string }): answer is Extract<Answer, { kind: 'accepted' }> {
  return answer.kind === 'accepted';
}

/** A house where acceptance shows no card: a test says when one is shown. */
export class QuietHouse extends House {
  protected override acceptedCards(): Desk['cards'] {
    return { showSoon: () => {} };
  }
}
