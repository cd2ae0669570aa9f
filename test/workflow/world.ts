import { setImmediate as turn } from 'node:timers/promises';
import { type Change, revisionOf } from '../../src/domain/change/change.ts';
import type { ChangeId } from '../../src/domain/routing/names.ts';
import type { ObjectContent, ObjectRef } from '../../src/domain/routing/object.ts';
import type { Route } from '../../src/domain/routing/route.ts';
import type { Split } from '../../src/domain/routing/split.ts';
import { Background } from '../../src/process/background.ts';
import { apply, type WorkerAnswer } from '../../src/workflow/applying/apply.ts';
import type { Bench } from '../../src/workflow/applying/bench.ts';
import type { Desk } from '../../src/workflow/desk.ts';
import { approversOf } from '../../src/workflow/judging/approvers.ts';
import type { Touched } from '../../src/workflow/ports/mesh.ts';
import { Driver } from '../../src/workflow/ramping/drive.ts';
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
import { InMemoryRamps } from '../support/in-memory-ramps.ts';
import { InMemoryRooms } from '../support/in-memory-rooms.ts';
import { InMemoryRuleFiles } from '../support/in-memory-rule-files.ts';
import { InMemoryTraffic } from '../support/in-memory-traffic.ts';

/** An object that is there: as it routes, or as it is written. */
export type There = Route | readonly [ObjectRef, ObjectContent];

/** All ports in memory, a clock that stands still unless it is moved, and the processes that work in the background. */
export class World {
  readonly log = new InMemoryLog();
  readonly meter = new InMemoryMeter();
  readonly chat = new InMemoryChat();
  readonly queue = new InMemoryQueue();
  readonly cardLog = new InMemoryCards();
  readonly audit = new InMemoryAudit({ now: () => this.now() });
  readonly ramps = new InMemoryRamps({ cards: this.cardLog, audit: this.audit, now: () => this.now() });
  readonly changes = new InMemoryChanges({
    ...{ cards: this.cardLog, audit: this.audit, ramps: this.ramps },
    now: () => this.now(),
  });
  readonly people = new InMemoryPeople();
  readonly policies = new InMemoryPolicies();
  readonly holds = new InMemoryHolds(this.audit);
  readonly rooms = new InMemoryRooms();
  readonly notices = new InMemoryNotices();
  /** Counts no cluster's requests, until a test says so. */
  readonly traffic = new InMemoryTraffic();
  readonly ruleFiles = new InMemoryRuleFiles();
  readonly mesh = new InMemoryMesh();
  readonly cards: Cards;
  readonly desk: Desk;
  readonly bench: Bench;
  readonly lookout: Lookout;
  /** One for each of two processes. */
  readonly #reconcilers: readonly Reconciler[];
  readonly #background = new Background(this.log);
  #touched: Touched[] = [];
  #nowMs = Date.parse('2026-11-22T14:03:11.000Z');
  /** How often somebody was asked to look at the cards again. */
  lookedAgain = 0;

  /** Reviews at v1, unless a test says what is there. */
  constructor(...there: readonly There[]) {
    for (const each of there.length > 0 ? there : [reviews({ v1: 100 })]) this.#put(each);
    const { log, meter, chat, queue, cardLog, changes, ramps, audit, mesh } = this;
    const { policies, people, holds, rooms, notices, ruleFiles, traffic } = this;
    const now = () => this.now();
    const aside: Bench['aside'] = (work, what, fields) => this.#background.run(work, what, fields);
    const lookAgain = () => {
      this.lookedAgain += 1;
    };
    const approvers: Parameters<typeof cardsOf>[0]['approvers'] = (moved) => approversOf({ policies, mesh }, moved);
    this.cards = cardsOf({ changes, ramps, cards: cardLog, chat, approvers, log, aside, lookAgain });
    const { cards } = this;
    this.desk = {
      ...{ mesh, changes, ramps, audit, queue, cards: this.acceptedCards(), log, now, aside },
      ...{ policies, people, holds, rooms, notices, ruleFiles, turns: new Turns(), namespace: 'default' },
      traffic,
      get countedClusters() {
        return traffic.clusters; // a test may say so later
      },
    };
    this.bench = { mesh, changes, ramps, policies, people, holds, traffic, cards, meter, log, now, aside };
    this.lookout = { mesh, changes, cards, meter, log, now };
    const seeing = { mesh, changes, cards, traffic, meter, log, now, aside };
    const driver = new Driver(this.desk, { traffic, meter });
    const reconciling = {
      driver,
      mesh,
      now,
      aside,
      changes,
      cardLog,
      queue,
      cards,
      log,
      monotonicMs: () => this.#nowMs,
    };
    this.#reconcilers = [1, 2].map(() => new Reconciler({ ...reconciling, sights: new Sights(seeing) }));
    mesh.onTouched((touched) => this.#touched.push(touched));
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
  async attempt({ id }: Pick<Change, 'id'>): Promise<WorkerAnswer> {
    const answer = await apply(this.bench, { id });
    await this.settled();
    return answer;
  }

  /** A worker writes a change to its objects, and dies before it can say so. */
  async writeUntold(change: Change): Promise<void> {
    for (const edit of change.edits) {
      const { write } = await this.mesh.open(edit.object);
      const writable = edit.kind === 'weights' ? edit : { ...edit, content: edit.after };
      await write(writable, revisionOf(change, edit, this.now()));
    }
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

  /** What reviews has. */
  get split(): Split {
    return this.mesh.splitOf(reviewsObject);
  }

  get ledger() {
    return this.mesh.ledgerOf(reviewsObject);
  }

  #put(there: There): void {
    if ('object' in there) this.mesh.put(there);
    else this.mesh.putWhole(...there);
  }
}
