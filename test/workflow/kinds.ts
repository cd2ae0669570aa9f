import type { ObjectRef } from '../../src/domain/routing/object.ts';
import { giveShare, type Split } from '../../src/domain/routing/split.ts';
import type { Json, JsonObject } from '../../src/domain/text/json.ts';
import type { EditsAnswer } from '../../src/workflow/asking/rule-file.ts';
import { House, type ShiftOptions, wayIn } from './house.ts';
import { destinations, manifest, service } from './manifests.ts';
import type { There } from './world.ts';

export const twoObjects = {
  kind: 'a rule file of two objects',
  houseOf: (...there: readonly There[]): House => new TwoObjectsHouse(...there),
};

/**
 * The kinds of change that people ask for. What is true of all of them is tested once, for each: `house.ask('v3', 50)` is how a person
 * asks for it there, and all else is the same.
 */
export const kinds = [
  { kind: 'a shift', houseOf: (...there: readonly There[]): House => new House(...there) },
  { kind: 'a rule file', houseOf: (...there: readonly There[]): House => new FileHouse(...there) },
  twoObjects,
];

/** Those that edit reviews alone. */
export const kindsOfOneObject = kinds.slice(0, 2);

/** Those that write whole objects. */
export const kindsOfFiles = kinds.slice(1);

/** A house in which people change reviews by rule files, which write it whole. */
class FileHouse extends House {
  override async gesture(
    version: string,
    percent: number,
    { reason }: ShiftOptions = {},
    asker = this.asker(),
  ): Promise<() => Promise<EditsAnswer>> {
    const file = `${version}-${percent}`;
    const all = this.objects.map(({ name }) => manifest(name, this.#specOf(name, version, percent)));
    this.ruleFiles.write(file, all);
    const command = { verb: 'apply', file, place: {}, reason, dryRun: false } as const;
    const { plan, isMeant } = wayIn(await this.requestEdits(command, this.asker(asker.user)));
    return () => this.requestEdits(command, asker, { stamp: plan.stamp, isMeant });
  }

  /** It has what the file has. */
  override brought(split: Split): Split {
    return Object.fromEntries(Object.entries(split).filter(([, weight]) => weight > 0));
  }

  /** What a shift of reviews would come to, and a timeout, so that it is more than weights. */
  #specOf(name: string, version: string, percent: number): JsonObject {
    const { hosts = [name], http = [] } = this.spec(service(name)) ?? {};
    const above = isList(http) ? http.slice(0, -1) : [];
    const shares = giveShare(this.split, version, percent);
    if (shares.kind !== 'split') throw new Error(`nobody else has anything of ${name}`);
    return { hosts, http: [...above, { timeout: `${percent}s`, route: destinations(name, shares.split) }] };
  }
}

/** The same with files that hold ratings, too. */
class TwoObjectsHouse extends FileHouse {
  override readonly others: readonly ObjectRef[] = [service('ratings')];
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
