import type { ObjectKind } from '../../domain/routing/object.ts';
import { destinationRuleKind } from './destination-rule.ts';
import type { RoutingKind } from './kind.ts';
import { virtualServiceKind } from './virtual-service.ts';

/** Every kind of object that a change may write. */
export const kinds: Readonly<Record<ObjectKind, RoutingKind>> = {
  VirtualService: virtualServiceKind,
  DestinationRule: destinationRuleKind,
};

/** Whether objects of a kind have rules with splits that can be moved. */
export function hasRules(kind: ObjectKind): boolean {
  return kinds[kind].rulesField !== undefined;
}
