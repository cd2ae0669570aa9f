import type { Astray } from '../map/following.ts';
import type { ObjectKind } from './object.ts';
import type { Owner } from './owner.ts';
import type { HostVersion } from './undefined-versions.ts';

/** What a person should know before a plan is made real. */
export type PlanWarning =
  /** `of`: the kind of its object, if that is not a VirtualService. */
  | { readonly kind: 'puts-back'; readonly owner: Owner; readonly of?: ObjectKind | undefined }
  /** The rule splits connections. A proxy closes those that are open when it gets other weights (istio/istio#38616). */
  | { readonly kind: 'cuts-connections' }
  /** By the traffic map: requests that do not follow a rule of the change. */
  | (Astray & { readonly rule: string })
  /** Only requests through these gateways follow the rule, and none from inside the mesh. */
  | { readonly kind: 'gateways-only'; readonly gateways: readonly string[] }
  /** A version that gets more has no ready pod. `all`: how many it has; `percent`: what it gets, in whole percent. */
  | { readonly kind: 'no-pods'; readonly version: string; readonly all: number; readonly percent: number }
  /** A version gets far more than its share of the ready pods; `all`: those of the service. */
  | {
      readonly kind: 'few-pods';
      readonly version: string;
      readonly ready: number;
      readonly all: number;
      readonly percent: number;
    }
  /** Clients stay at one pod of a version of these hosts, and at no version. */
  | { readonly kind: 'hashed'; readonly hosts: readonly string[] }
  /** The rule takes the requests for these hosts, too, and not only those for the service that was named. */
  | { readonly kind: 'also-for'; readonly hosts: readonly string[] }
  /** They would get requests, and no DestinationRule defines them. */
  | { readonly kind: 'undefined-versions'; readonly versions: readonly HostVersion[] };
