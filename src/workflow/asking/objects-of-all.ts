import type { ServiceName } from '../../domain/routing/names.ts';
import { isSameObject, type ObjectRef } from '../../domain/routing/object.ts';
import { readObjectWord } from '../../domain/routing/object-word.ts';
import type { Desk } from '../desk.ts';

/** An object of which all rules that split are meant, or those with these keys. */
export interface ObjectOfAll {
  readonly object: ObjectRef;
  readonly among?: readonly string[] | undefined;
}

/** What `--all-routes` is about: these objects, and all others by which requests for the service come, such as gateways'. */
export async function objectsOfAll(
  { mesh }: Pick<Desk, 'mesh'>,
  name: ServiceName,
  [first, ...more]: readonly [ObjectRef, ...ObjectRef[]],
): Promise<readonly [ObjectOfAll, ...ObjectOfAll[]]> {
  const followed = readObjectWord(name.service) === undefined ? await mesh.followed(name) : [];
  const others = followed.filter(({ object }) => ![first, ...more].some((each) => isSameObject(each, object)));
  return [
    { object: first },
    ...more.map((object) => ({ object })),
    ...others.map(({ object, rules }) => ({ object, among: rules })),
  ];
}
