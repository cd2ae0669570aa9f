import type { TypedService } from '../../domain/language/command.ts';
import type { Ramp } from '../../domain/ramp/ramp.ts';
import type { ServiceName } from '../../domain/routing/names.ts';
import { readObjectWord } from '../../domain/routing/object-word.ts';
import type { Desk } from '../desk.ts';
import { namesTyped } from './names-typed.ts';

export type FoundRamp =
  | { readonly kind: 'ramp'; readonly ramp: Ramp }
  | { readonly kind: 'no-ramp'; readonly name: ServiceName; readonly open: readonly Ramp[] }
  /** Ramps move several of its rules. */
  | { readonly kind: 'several-ramps'; readonly name: ServiceName; readonly ramps: readonly Ramp[] };

/** The ramp that is not over, by the service that people name, or by the name of its object. */
export async function findRamp(
  desk: Desk,
  { service, rule }: { readonly service: TypedService; readonly rule?: string | undefined },
): Promise<FoundRamp> {
  const [name] = await namesTyped(desk, service);
  const open = await desk.ramps.open();
  const its = open.filter((ramp) => isOf(ramp, name) && (rule === undefined || movesRule(ramp, rule)));
  const [ramp, ...more] = its;
  if (ramp === undefined) return { kind: 'no-ramp', name, open };
  return more.length === 0 ? { kind: 'ramp', ramp } : { kind: 'several-ramps', name, ramps: its };
}

export function isOf({ name, before }: Ramp, { cluster, namespace, service }: ServiceName): boolean {
  const { kind, name: objectName } = readObjectWord(service) ?? { kind: undefined, name: service };
  const isThere = before.some(({ object }) => object.cluster === cluster);
  const isNamed = isThere && name.namespace === namespace && name.service === service;
  return (
    isNamed ||
    before.some(
      ({ object }) =>
        object.cluster === cluster &&
        object.namespace === namespace &&
        object.name === objectName &&
        (kind === undefined || object.kind === kind),
    )
  );
}

function movesRule({ before }: Ramp, rule: string): boolean {
  return before.some((each) => each.rule === rule);
}
